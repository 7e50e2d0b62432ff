#ifndef FATHOM_WORKER_ENGINE_LINEAR_GROUPS_H_
#define FATHOM_WORKER_ENGINE_LINEAR_GROUPS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/engine/linear/cost.h"

namespace fathom::worker {

// Splits the trials of a bundle, in their order, into groups and returns the
// number of trials of each group. The trials of a group take all of their steps
// together before the next group begins. Sizes are positive, and their sum is
// the number of trials.
//
// A single group reads the data only once per step for all trials, which pays
// for large data. Small data stay in the second-level cache anyway; then a
// group has about as many trials as stay in that cache together with the data,
// one more at most. In larger groups of wide nets every step would fetch each
// weight from memory, which takes up to twice as long.
//
// Cost: O(trials).
std::vector<int64_t> GroupSizes(absl::Span<const v1::TrialSpec* const> trials,
                                const DataShape& shape);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_GROUPS_H_
