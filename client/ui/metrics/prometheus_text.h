#ifndef FATHOM_CLIENT_UI_METRICS_PROMETHEUS_TEXT_H_
#define FATHOM_CLIENT_UI_METRICS_PROMETHEUS_TEXT_H_

#include <string>

#include "fathom/v1/telemetry.pb.h"

namespace fathom::client {

// Returns the text that Prometheus scrapes. What another program sent cannot
// spoil it: families and labels whose names are none, families without a kind
// or with one that this program does not know, a second family of a name, a
// second sample of the same labels, and histograms that are none are left out.
std::string PrometheusText(const v1::Telemetry& telemetry);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_METRICS_PROMETHEUS_TEXT_H_
