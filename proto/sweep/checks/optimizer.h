#ifndef FATHOM_PROTO_SWEEP_CHECKS_OPTIMIZER_H_
#define FATHOM_PROTO_SWEEP_CHECKS_OPTIMIZER_H_

#include <vector>

#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

namespace fathom {

// Checks the fields of a normalized `spec` that only some rules of the
// optimizer use. A fixed value must be used by at least one rule of the sweep.
// An axis must be used by all of them, as it would repeat the trials of a rule
// that ignores it. Appends what is wrong to `violations`.
void CheckOptimizer(const v1::SweepSpec& spec,
                    std::vector<Violation>* violations);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_CHECKS_OPTIMIZER_H_
