#include "worker/kernel/conv/images.h"

#include <algorithm>
#include <cstdint>

namespace fathom::worker::kernel {

void FrameImage(const ImageShape& shape, int64_t k, const float* image,
                float* framed) {
  std::fill_n(framed, shape.framed_size(k), 0.0f);
  const int64_t line = shape.columns * shape.channels;
  for (int64_t h = 0; h < shape.rows; ++h) {
    std::copy_n(image + h * line, line, framed + shape.FramedIndex(k, h, 0, 0));
  }
}

}  // namespace fathom::worker::kernel
