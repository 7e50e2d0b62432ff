#ifndef FATHOM_WORKER_ENGINE_LINEAR_MAKE_PASS_H_
#define FATHOM_WORKER_ENGINE_LINEAR_MAKE_PASS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "worker/data/problem.h"
#include "worker/kernel/pass/pass.h"

namespace fathom::worker {

// Whether the pass over all of m samples with d features takes squared errors
// from reduced data (reduced_data.h): where m >= 2 d, for every column with
// p = 2 in double and for no other. Part of the numerics: the bits of a result
// depend on it, and it on nothing but the trial's loss and precision and the
// shape of its data. (In single precision the loss would still need all
// samples: what the reduction keeps to 16 digits is a difference.)
bool ReducesSquares(const kernel::Column& column, int64_t m, int64_t d);

// Makes what the pass over all data of `problem` needs for `columns` and takes
// long to make. False soon after `keep_going` has returned false.
bool PrepareData(const Problem& problem,
                 std::span<const kernel::Column> columns,
                 const std::function<bool()>& keep_going);

// Makes the pass over all data of `problem`, which must outlive it. Before it
// runs on columns, PrepareData must have returned true for them.
std::unique_ptr<kernel::Pass> MakePass(const Problem& problem);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_MAKE_PASS_H_
