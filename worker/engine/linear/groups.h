#ifndef FATHOM_WORKER_ENGINE_LINEAR_GROUPS_H_
#define FATHOM_WORKER_ENGINE_LINEAR_GROUPS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/engine/linear/cost.h"

namespace fathom::worker {

// How many of the trials of a bundle, in their order, take all of their steps
// before the next ones begin. Sizes are positive, and sum up to all.
//
// All together would read the data once per step for everyone, which pays for
// large data. Small data stay in the second cache by themselves; then only as
// many trials go together as about stay there with their weights (one more at
// most). Of wide nets more than that would fetch each weight from memory in
// every step, which takes up to twice as long.
//
// Cost: O(trials).
std::vector<int64_t> GroupSizes(absl::Span<const v1::TrialSpec* const> trials,
                                const DataShape& shape);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_GROUPS_H_
