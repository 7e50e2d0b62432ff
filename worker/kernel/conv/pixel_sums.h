#ifndef FATHOM_WORKER_KERNEL_CONV_PIXEL_SUMS_H_
#define FATHOM_WORKER_KERNEL_CONV_PIXEL_SUMS_H_

#include <cstdint>

#include "worker/kernel/conv/conv_isa.h"
#include "worker/kernel/conv/even_parts.h"

namespace fathom::worker::kernel {

// to[c] = start + sum_p from[p * channels + c] over so many pixels in order,
// for 0 <= c < channels, a multiple of 16: the gradient by biases of one image.
// The start is zero, or, where `extends`, what stands in `to`.
inline void SumPixels(const ConvKernels& kernels, int64_t pixels,
                      int64_t channels, bool extends, const float* from,
                      float* to) {
  // A sum is a sum of products with 1.
  static constexpr float kOne = 1;
  TileProduct sums = {.a = &kOne,
                      .a_step = 0,
                      .b = nullptr,
                      .b_step = channels,
                      .b_block = kChannelBlock,
                      .out = nullptr,
                      .out_block = kChannelBlock,
                      .steps = pixels,
                      .extends = extends};
  ForEvenParts(channels / kChannelBlock, kernels.max_blocks,
               [&](int64_t o, int64_t blocks) {
                 sums.blocks = blocks;
                 sums.b = from + o * kChannelBlock;
                 sums.out = to + o * kChannelBlock;
                 kernels.across(sums);
               });
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_PIXEL_SUMS_H_
