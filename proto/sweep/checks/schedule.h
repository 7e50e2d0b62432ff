#ifndef FATHOM_PROTO_SWEEP_CHECKS_SCHEDULE_H_
#define FATHOM_PROTO_SWEEP_CHECKS_SCHEDULE_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

namespace fathom {

// Checks what goes together in a learning-rate schedule and in the order of
// minibatches: a field that belongs to some shapes is there where one of the
// sweep's shapes needs it, and nowhere else; an order of batches needs batches.
// `varied` has the paths of all axes. A part of Validate.
void CheckSchedule(const v1::SweepSpec& spec,
                   const absl::flat_hash_set<std::string>& varied,
                   std::vector<Violation>* violations);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_CHECKS_SCHEDULE_H_
