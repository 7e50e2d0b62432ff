#ifndef FATHOM_WORKER_ENGINE_LINEAR_BUNDLE_PASSES_H_
#define FATHOM_WORKER_ENGINE_LINEAR_BUNDLE_PASSES_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "worker/data/problem.h"
#include "worker/engine/batch_order.h"
#include "worker/engine/linear/lane.h"
#include "worker/kernel/pass/data_pass.h"
#include "worker/kernel/pass/pass.h"

namespace fathom::worker {

// Runs the data passes that the lanes of a bundle need: over all data, and over
// the batches of minibatch training. Lanes with the same batch settings share
// their batches, and each batch is packed once for all of them.
//
// Memory: up to 16 b d bytes for every batch size b, and half as much again
// where a batch of this size is used in single precision. Not thread-safe.
class BundlePasses {
 public:
  // `problem` must outlive this object.
  explicit BundlePasses(const Problem& problem);

  // Sets the lanes that run from now on. A lane must be among them from the
  // first step of its group on, because it would miss batches otherwise.
  void SetLanes(const std::vector<Lane*>& lanes);

  // Prepares the first step of a group, which is `step` of all its lanes, with
  // what takes long: computes what the passes need, and finds the batches of
  // the step. Call it after the first SetLanes of the group, once. Returns
  // false soon after `keep_going` has returned false.
  bool Prepare(int64_t step, const std::function<bool()>& keep_going);

  // Runs the passes that the lanes need at their current step: first over the
  // next batches, then over all data, for the lanes that train on all data and
  // for those that need the loss of all data at this step.
  void Run();

 private:
  // A pass over a batch of fixed size and precision, with room for its packed
  // samples.
  class BatchPass {
   public:
    virtual ~BatchPass() = default;
    virtual void Run(std::span<const int32_t> samples,
                     std::span<const kernel::Column> columns) = 0;
  };
  template <class T>
  class BatchPassOf;
  std::unique_ptr<BatchPass> MakeBatchPass(const Lane::Batch& batch) const;

  // The lanes that share the same batches, and their columns.
  struct BatchLanes {
    BatchOrder order;
    std::vector<Lane*> lanes;
    std::vector<kernel::Column> columns;
  };

  const Problem& problem_;
  const std::unique_ptr<kernel::Pass> pass_;  // The pass over all data.
  std::vector<kernel::Column> columns_;       // The columns of pass_.
  // Number of columns_ that belong to lanes that train on all data.
  size_t every_step_ = 0;
  std::map<Lane::Batch, BatchLanes> batches_;
  std::map<std::pair<int64_t, kernel::Precision>, std::unique_ptr<BatchPass>>
      batch_passes_;  // By batch size and precision.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_BUNDLE_PASSES_H_
