#ifndef FATHOM_CLIENT_UI_METRICS_UI_TELEMETRY_H_
#define FATHOM_CLIENT_UI_METRICS_UI_TELEMETRY_H_

#include "client/ui/http/counts.h"
#include "fathom/v1/telemetry.pb.h"

namespace fathom::client {

// Returns what the process of the page measures of itself, for MetricsText.
v1::Telemetry TelemetryOf(const UiCounts& counts);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_METRICS_UI_TELEMETRY_H_
