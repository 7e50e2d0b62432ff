#ifndef FATHOM_PROTO_SWEEP_NAMES_H_
#define FATHOM_PROTO_SWEEP_NAMES_H_

#include <string>

#include "fathom/v1/sweep.pb.h"

namespace fathom {

// These functions return the lower-case names of metrics, families and states,
// as they stand in specs, SQL and JSON: "lp_error", "linear_net", "running".
// For a value that this program does not know they return its number.
std::string MetricName(v1::Metric metric);
std::string FamilyName(v1::ModelFamily family);
std::string StateName(v1::SweepState state);
std::string StateName(v1::TrialState state);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_NAMES_H_
