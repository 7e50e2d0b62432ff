#ifndef FATHOM_WORKER_KERNEL_WEIGHT_STATE_H_
#define FATHOM_WORKER_KERNEL_WEIGHT_STATE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fathom::kernel {

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
    const auto end = static_cast<size_t>(first + count);
    if (end > numbers_.size()) numbers_.resize(end, initial_);
    return numbers_.data() + first;
  }

 private:
  const double initial_;
  std::vector<double> numbers_;
};

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_WEIGHT_STATE_H_
