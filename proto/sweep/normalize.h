#ifndef FATHOM_PROTO_SWEEP_NORMALIZE_H_
#define FATHOM_PROTO_SWEEP_NORMALIZE_H_

#include "fathom/v1/sweep.pb.h"

namespace fathom {

// Writes every default of sweep.proto where `spec` leaves a field unset. The
// only place that knows defaults. Also replaces short names of axes by full
// paths and listed values by the type of their field; what is unknown or does
// not fit stays for Validate. Idempotent; does not validate.
//
// Where the rule of the optimizer is an axis, the defaults that depend on it
// are left to FitToRule in each trial.
v1::SweepSpec Normalize(v1::SweepSpec spec);

// Leaves a trial the fields of its own rule and loss: unsets those of others,
// and writes the defaults of those of its rule that are unset.
void FitToRule(v1::TrialSpec* trial);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_NORMALIZE_H_
