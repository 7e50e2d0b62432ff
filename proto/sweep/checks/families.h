#ifndef FATHOM_PROTO_SWEEP_CHECKS_FAMILIES_H_
#define FATHOM_PROTO_SWEEP_CHECKS_FAMILIES_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

namespace fathom {

// Checks what goes with the model families of a normalized `spec`: fields that
// its families do not have (order, depth, hidden layers), and families and
// metrics that need plain gradient descent. `varied` holds the paths of all
// axes. Appends what is wrong to `violations`.
void CheckFamilies(const v1::SweepSpec& spec,
                   const absl::flat_hash_set<std::string>& varied,
                   std::vector<Violation>* violations);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_CHECKS_FAMILIES_H_
