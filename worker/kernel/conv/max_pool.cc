#include "worker/kernel/conv/max_pool.h"

#include <cassert>
#include <cstdint>

#include "worker/kernel/conv/conv_isa.h"
#include "worker/kernel/conv/conv_kernels_of.h"

namespace fathom::worker::kernel {
namespace {

PoolImages Pooled(const ImageShape& out, int64_t images, int64_t size) {
  return {images, out.rows, out.columns, PaddedChannels(out.channels), size};
}

}  // namespace

MaxPool::MaxPool(const ImageShape& in, int64_t size, Isa isa)
    : in_(in), size_(size), kernels_(&ConvKernelsOf(isa)) {
  assert(size >= 1 && size <= 15 && in.rows % size == 0 &&
         in.columns % size == 0);
}

void MaxPool::Forward(int64_t images, const float* in, float* out_values,
                      uint8_t* chosen) const {
  kernels_->pool(Pooled(out(), images, size_), in, out_values, chosen);
}

void MaxPool::Backward(int64_t images, const float* out_gradient,
                       const uint8_t* chosen, float* in_gradient) const {
  kernels_->unpool(Pooled(out(), images, size_), out_gradient, chosen,
                   in_gradient);
}

}  // namespace fathom::worker::kernel
