#ifndef FATHOM_CLIENT_UI_METRICS_UI_TELEMETRY_H_
#define FATHOM_CLIENT_UI_METRICS_UI_TELEMETRY_H_

#include "absl/time/time.h"
#include "client/ui/http/counts.h"
#include "fathom/v1/telemetry.pb.h"

namespace fathom::client {

// Returns what the process of the page measures of itself, for MetricsText.
// `certificate_end` is when its certificate ends, infinite without TLS.
v1::Telemetry TelemetryOf(const UiCounts& counts, absl::Time certificate_end);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_METRICS_UI_TELEMETRY_H_
