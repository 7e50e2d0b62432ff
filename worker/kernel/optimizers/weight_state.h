#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_WEIGHT_STATE_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_WEIGHT_STATE_H_

#include <algorithm>
#include <cstdint>
#include <utility>

#include "worker/kernel/aligned.h"

namespace fathom::worker::kernel {

// What a rule remembers of each weight: one number by its position. Grows with
// the ranges of the first step; later steps find everything in place.
//
// Not thread-safe.
class WeightState {
 public:
  explicit WeightState(double initial = 0) : initial_(initial) {}

  // Returns the numbers of `count` weights, those from `first` on. Valid until
  // the next call.
  double* Range(int64_t first, int64_t count) {
    if (first + count > size_) Grow(first + count);
    return numbers_.get() + first;
  }

 private:
  void Grow(int64_t end) {
    if (end > capacity_) {
      capacity_ = std::max(end, 2 * capacity_);
      AlignedDoubles larger = AllocateAligned(capacity_);
      std::copy_n(numbers_.get(), size_, larger.get());
      numbers_ = std::move(larger);
    }
    std::fill(numbers_.get() + size_, numbers_.get() + end, initial_);
    size_ = end;
  }

  const double initial_;
  int64_t size_ = 0;
  int64_t capacity_ = 0;
  AlignedDoubles numbers_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZERS_WEIGHT_STATE_H_
