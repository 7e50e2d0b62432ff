#ifndef FATHOM_CLIENT_UI_DATA_PLANNED_H_
#define FATHOM_CLIENT_UI_DATA_PLANNED_H_

#include "absl/status/statusor.h"
#include "client/ui/exchange.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Returns the sweep with the summary that the parameters `by`, `over`,
// `average` and `metric` ask for in place of what its spec says. Each may be
// given several times, and have several axes with commas. INVALID_ARGUMENT for
// a question that the sweep cannot answer.
absl::StatusOr<v1::Sweep> PlannedSweep(const UiRequest& asked, v1::Sweep sweep);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_PLANNED_H_
