#ifndef FATHOM_WORKER_ENGINE_BATCH_ORDER_H_
#define FATHOM_WORKER_ENGINE_BATCH_ORDER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "fathom/v1/sweep.pb.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker {

// Says which samples are in which batch, as v1::BatchOrder defines the orders:
//   shuffled: cut from a random order of all samples (Fisher, Yates), one batch
//     after the other; when fewer than a batch are left, those are left out and
//     a new order is drawn;
//   in_order: batch t has the samples t B + i modulo m, i = 0, ..., B - 1;
//   drawn: every sample of a batch is drawn by itself, with replacement.
// Depends on the arguments of the constructor alone.
//
// Not thread-safe.
class BatchOrder {
 public:
  // Of m = `rows` samples, B = `batch_size` in a batch: 1 <= B <= m < 2^31.
  // `seed` is that of the random orders.
  BatchOrder(int64_t rows, int64_t batch_size, v1::BatchOrder order,
             uint64_t seed);

  // Returns the samples of the next batch; valid until the next call.
  std::span<const int32_t> Next();

 private:
  void Shuffle();
  std::span<const int32_t> NextOfShuffled();
  // Returns a sample that is drawn among the first `count`.
  int32_t Draw(int64_t count);

  const int64_t rows_;
  const int64_t batch_size_;
  const v1::BatchOrder order_;
  kernel::RandomStream random_;
  // All samples in their present order if shuffled, else those of a batch.
  std::vector<int32_t> samples_;
  int64_t next_;  // First sample of the next batch, a position or a sample.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_BATCH_ORDER_H_
