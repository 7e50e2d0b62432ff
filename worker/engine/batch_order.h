#ifndef FATHOM_WORKER_ENGINE_BATCH_ORDER_H_
#define FATHOM_WORKER_ENGINE_BATCH_ORDER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "worker/kernel/random/random.h"

namespace fathom::worker {

// Decides which samples make up which batch. Batches are cut one after the
// other from a random order of all samples (Fisher, Yates). When the order has
// fewer samples left than a batch needs, those are left out and a new order is
// drawn. The batches depend on the three numbers of the constructor alone.
//
// Not thread-safe.
class BatchOrder {
 public:
  // `rows` is the number of samples; 1 <= batch_size <= rows < 2^31.
  BatchOrder(int64_t rows, int64_t batch_size, uint64_t seed);

  // Returns the indices of the samples of the next batch. They stay valid until
  // the next call.
  std::span<const int32_t> Next();

 private:
  // Draws a new order of all samples.
  void Shuffle();

  const int64_t batch_size_;
  kernel::RandomStream random_;
  std::vector<int32_t> order_;
  int64_t next_;  // Position in order_ at which the next batch starts.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_BATCH_ORDER_H_
