#ifndef FATHOM_WORKER_KERNEL_CONV_IMAGES_H_
#define FATHOM_WORKER_KERNEL_CONV_IMAGES_H_

#include <cstdint>

#include "worker/kernel/aligned.h"
#include "worker/kernel/conv/conv_isa.h"

// How images lie in memory, in float32. Every buffer starts at a multiple of 64
// bytes (AllocateAlignedArray<float>).
//
// Images: pixels row by row, the channels of a pixel side by side, padded to a
// multiple of 16 by zeros: channel c of pixel (h, w) of image b is at
//   ((b rows + h) columns + w) PaddedChannels(channels) + c.
// The kernels read no padding of an input, or multiply it by the zeros that pad
// the weights; they write zeros there.
//
// Framed images, for the first layer of a net: each has a frame of k / 2 zeros
// on all four sides, where k is the size of the kernel, and its channels are
// not padded: channel c of pixel (h, w) of image b is at
//   ((b (rows + k - 1) + h + k / 2) (columns + k - 1) + w + k / 2) channels +
//   c.
namespace fathom::worker::kernel {

// Returns `channels`, or the next multiple of 16 above it.
constexpr int64_t PaddedChannels(int64_t channels) {
  return RoundUp(channels, kChannelBlock);
}

// The size of the images of one layer.
struct ImageShape {
  int64_t rows, columns, channels;

  // How many floats an image takes, and where one of its numbers lies in it.
  constexpr int64_t size() const {
    return rows * columns * PaddedChannels(channels);
  }
  constexpr int64_t Index(int64_t h, int64_t w, int64_t c) const {
    return (h * columns + w) * PaddedChannels(channels) + c;
  }
  // The same of a framed image, for a kernel of k x k.
  constexpr int64_t framed_size(int64_t k) const {
    return (rows + k - 1) * (columns + k - 1) * channels;
  }
  constexpr int64_t FramedIndex(int64_t k, int64_t h, int64_t w,
                                int64_t c) const {
    return ((h + k / 2) * (columns + k - 1) + w + k / 2) * channels + c;
  }
};

// Copies one image of rows x columns x channels numbers that have neither frame
// nor padding into a framed one, whose frame it sets to zero. Lanes of a bundle
// that train on the same batch share the result. Thread-safe.
void FrameImage(const ImageShape& shape, int64_t k, const float* image,
                float* framed);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_IMAGES_H_
