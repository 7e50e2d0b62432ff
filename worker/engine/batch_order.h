#ifndef FATHOM_WORKER_ENGINE_BATCH_ORDER_H_
#define FATHOM_WORKER_ENGINE_BATCH_ORDER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker {

// Decides which samples make up which batch, as v1::BatchOrder defines it:
//   shuffled: batches are cut one after the other from a random order of all
//     samples (Fisher, Yates). When the order has fewer samples left than a
//     batch needs, those are left out and a new order is drawn;
//   in_order: batch t has the samples t B + i modulo m, i = 0, ..., B - 1;
//   drawn: every sample of a batch is drawn by itself, with replacement.
// The batches depend on the arguments of the constructor alone.
//
// Not thread-safe.
class BatchOrder {
 public:
  // `rows` is the number m of samples, `batch_size` the number B of samples in
  // a batch: 1 <= B <= m < 2^31. `seed` is the seed of the random orders.
  BatchOrder(int64_t rows, int64_t batch_size, v1::BatchOrder order,
             uint64_t seed);

  // Returns the indices of the samples of the next batch. They stay valid until
  // the next call.
  std::span<const int32_t> Next();

  // Goes on as `batches` calls of Next would. That takes no time but for
  // shuffled batches: each of their orders is a shuffle of the one before, and
  // costs a draw for every sample. Returns false, in the midst of this, soon
  // after `keep_going` has returned false.
  bool Skip(int64_t batches, absl::FunctionRef<bool()> keep_going);

 private:
  // Draws a new order of all samples.
  void Shuffle();
  // Draws a new order if the present one has no whole batch left.
  void RenewOrder();
  // Returns a sample that is drawn among the first `count`.
  int32_t Draw(int64_t count);

  const int64_t rows_;
  const int64_t batch_size_;
  const v1::BatchOrder order_;
  kernel::RandomStream random_;
  // All samples in their present order if shuffled, else those of a batch.
  std::vector<int32_t> samples_;
  // Where the next batch starts: a position in samples_ if shuffled, else a
  // sample.
  int64_t next_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_BATCH_ORDER_H_
