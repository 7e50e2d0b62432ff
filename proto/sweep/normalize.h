#ifndef FATHOM_PROTO_SWEEP_NORMALIZE_H_
#define FATHOM_PROTO_SWEEP_NORMALIZE_H_

#include "fathom/v1/sweep.pb.h"

namespace fathom {

// Returns `spec` with the default of sweep.proto in every field that it leaves
// unset; no other code knows defaults. Short names of fields become full paths,
// and listed values of axes get the type of their field. Names that are unknown
// and values that do not fit stay as they are, for Validate to find.
// Idempotent; does not validate.
//
// Where an axis varies the rule of the optimizer, FitToRule writes the defaults
// that depend on the rule into each trial.
v1::SweepSpec Normalize(v1::SweepSpec spec);

// Fits the fields of a trial to its rule of the optimizer and its loss: unsets
// the fields that only other rules or losses use, and writes the rule's
// defaults where its fields are unset.
void FitToRule(v1::TrialSpec* trial);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_NORMALIZE_H_
