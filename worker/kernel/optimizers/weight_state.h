#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_WEIGHT_STATE_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_WEIGHT_STATE_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "worker/kernel/aligned.h"

namespace fathom::worker::kernel {

// Holds one number of an optimizer's state for each weight, by the position of
// the weight. The first step makes it grow to all weights; later steps allocate
// nothing.
//
// Not thread-safe.
class WeightState {
 public:
  explicit WeightState(double initial = 0) : initial_(initial) {}

  // Returns the numbers of the `count` weights from `first` on. The pointer is
  // valid until the next call.
  double* Range(int64_t first, int64_t count) {
    if (first + count > size_) Grow(first + count);
    return numbers_.get() + first;
  }

  // Returns those of the first `count` weights, which are all. Valid until a
  // call for more weights.
  std::span<double> First(int64_t count) {
    return {Range(0, count), static_cast<size_t>(count)};
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
