#ifndef FATHOM_CLIENT_UI_METRICS_METRICS_H_
#define FATHOM_CLIENT_UI_METRICS_METRICS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/connection.h"
#include "fathom/v1/telemetry.pb.h"

namespace fathom::client {

// Returns what `fathom ui` answers at /metrics: the telemetry of the
// coordinator, or what a ledger file tells, and `own`, which is what the
// process of the page measures of itself. A coordinator of a release without
// telemetry, or one that does not answer, gives `own` and fathom_up alone: what
// can still be said is worth more than an error, which a monitor could not tell
// from a page that is down. UNAUTHENTICATED or PERMISSION_DENIED when the
// connection may not ask.
absl::StatusOr<std::string> MetricsText(Connection& connection,
                                        const v1::Telemetry& own = {});

// Returns what `fathom ui` answers at /healthz: OK while its coordinator
// answers or its ledger can be read, otherwise why not.
absl::Status Health(Connection& connection);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_METRICS_METRICS_H_
