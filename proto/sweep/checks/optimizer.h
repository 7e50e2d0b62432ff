#ifndef FATHOM_PROTO_SWEEP_CHECKS_OPTIMIZER_H_
#define FATHOM_PROTO_SWEEP_CHECKS_OPTIMIZER_H_

#include <vector>

#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

namespace fathom {

// Checks that the fields of a normalized `spec` that belong to some rules of
// the optimizer only are used: a value by one rule of the sweep, an axis by
// all, as it would repeat trials of the others. Appends what is wrong to
// `violations`.
void CheckOptimizer(const v1::SweepSpec& spec,
                    std::vector<Violation>* violations);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_CHECKS_OPTIMIZER_H_
