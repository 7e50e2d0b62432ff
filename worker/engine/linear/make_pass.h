#ifndef FATHOM_WORKER_ENGINE_LINEAR_MAKE_PASS_H_
#define FATHOM_WORKER_ENGINE_LINEAR_MAKE_PASS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "worker/data/problem.h"
#include "worker/kernel/pass/pass.h"

namespace fathom::worker {

// Whether the pass over all m samples of d features takes the squared errors of
// `column` from reduced data (reduced_data.h). It does so where m >= 2 d, for
// every column with p = 2 in double precision and for no other. (In single
// precision reduced data would say less than the samples do, because their
// digits are those of doubles.)
//
// The bits of a result depend on this choice, which is therefore part of the
// numerics and depends on nothing but the trial's loss, its precision and the
// shape of its data.
bool ReducesSquares(const kernel::Column& column, int64_t m, int64_t d);

// Computes what the pass over all data of `problem` needs for `columns` and
// what takes long to compute. Returns false soon after `keep_going` has
// returned false.
bool PrepareData(const Problem& problem,
                 std::span<const kernel::Column> columns,
                 const std::function<bool()>& keep_going);

// Makes the pass over all data of `problem`, which must outlive the pass.
// PrepareData must have returned true for columns before the pass runs on them.
std::unique_ptr<kernel::Pass> MakePass(const Problem& problem);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_MAKE_PASS_H_
