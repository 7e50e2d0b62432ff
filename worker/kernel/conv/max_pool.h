#ifndef FATHOM_WORKER_KERNEL_CONV_MAX_POOL_H_
#define FATHOM_WORKER_KERNEL_CONV_MAX_POOL_H_

#include <cstdint>

#include "worker/kernel/conv/images.h"
#include "worker/kernel/isa.h"

namespace fathom::worker::kernel {

struct ConvKernels;

// Max pooling over windows of size x size pixels that do not overlap, with
// images laid out as in images.h. Nothing is allocated, and every buffer
// belongs to the caller; safe to share between threads. As it chooses numbers
// and computes none, it commutes with every activation that does not decrease:
// pool first, and there is less to activate.
class MaxPool {
 public:
  // `size` is 1 to 15 and divides the rows and the columns of `in`.
  MaxPool(const ImageShape& in, int64_t size, Isa isa = ActiveIsa());

  const ImageShape& in() const { return in_; }
  ImageShape out() const {
    return {in_.rows / size_, in_.columns / size_, in_.channels};
  }

  // out(y, x, c) = max in(size y + u, size x + v, c) over 0 <= u, v < size, and
  // chosen = size u + v of the first that is as great, row by row. NaN counts
  // as greater than any number: it is not lost. `chosen` has as many entries as
  // `out`.
  void Forward(int64_t images, const float* in, float* out,
               uint8_t* chosen) const;
  // What was chosen gets the gradient by its window's maximum, the rest zero.
  void Backward(int64_t images, const float* out_gradient,
                const uint8_t* chosen, float* in_gradient) const;

 private:
  ImageShape in_;
  int64_t size_;
  const ConvKernels* kernels_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_MAX_POOL_H_
