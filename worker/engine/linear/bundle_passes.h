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

// What the lanes of a bundle are run against: all data, and the batches of
// minibatch training. Lanes with the same batch settings share their batches,
// which are packed once.
//
// Holds up to 16 b d bytes for every batch size b, and half of that again where
// it is used in single precision. Not thread-safe.
class BundlePasses {
 public:
  // `problem` must outlive this.
  explicit BundlePasses(const Problem& problem);

  // Takes the lanes that are to be run from now on. A lane must be there from
  // the first step of its group on, or it would miss batches.
  void SetLanes(const std::vector<Lane*>& lanes);

  // Makes what their passes need and takes long to make. False soon after
  // `keep_going` has returned false.
  bool Prepare(const std::function<bool()>& keep_going) const;

  // Runs what the lanes need at their step: the next batches, and then all data
  // for those that train or measure on it.
  void Run();

 private:
  // A packed batch of one size and precision.
  class BatchPass {
   public:
    virtual ~BatchPass() = default;
    virtual void Run(std::span<const int32_t> samples,
                     std::span<const kernel::Column> columns) = 0;
  };
  template <class T>
  class BatchPassOf;
  std::unique_ptr<BatchPass> MakeBatchPass(const Lane::Batch& batch) const;

  struct BatchLanes {
    BatchOrder order;
    std::vector<Lane*> lanes;
    std::vector<kernel::Column> columns;
  };

  const Problem& problem_;
  const std::unique_ptr<kernel::Pass> pass_;  // Over all data.
  std::vector<kernel::Column> columns_;       // For it.
  size_t every_step_ = 0;  // How many of these are there at every step.
  std::map<Lane::Batch, BatchLanes> batches_;
  std::map<std::pair<int64_t, kernel::Precision>, std::unique_ptr<BatchPass>>
      batch_passes_;  // By size.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_BUNDLE_PASSES_H_
