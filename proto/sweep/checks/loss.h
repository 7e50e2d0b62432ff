#ifndef FATHOM_PROTO_SWEEP_CHECKS_LOSS_H_
#define FATHOM_PROTO_SWEEP_CHECKS_LOSS_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

namespace fathom {

// Checks what goes with the losses of a normalized `spec`: fields that only
// other losses use, and targets that are not labels where a loss needs labels.
// `varied` holds the paths of all axes. Appends what is wrong to `violations`.
void CheckLoss(const v1::SweepSpec& spec,
               const absl::flat_hash_set<std::string>& varied,
               std::vector<Violation>* violations);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_CHECKS_LOSS_H_
