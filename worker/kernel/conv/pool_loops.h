#ifndef FATHOM_WORKER_KERNEL_CONV_POOL_LOOPS_H_
#define FATHOM_WORKER_KERNEL_CONV_POOL_LOOPS_H_

#include <cstdint>

#include "worker/kernel/conv/conv_isa.h"
#include "worker/kernel/vectors.h"

// The loops of pooling for a vector type V of floats of vectors.h.
namespace fathom::worker::kernel {

// Calls window(place of its first pixel in the images, its own place) for the
// window of every pooled pixel.
template <class Window>
inline void ForEachWindow(const PoolImages& shape, const Window& window) {
  const int64_t line = shape.columns * shape.size * shape.channels;
  for (int64_t row = 0; row < shape.images * shape.rows; ++row) {
    for (int64_t column = 0; column < shape.columns; ++column) {
      window(row * shape.size * line + column * shape.size * shape.channels,
             (row * shape.columns + column) * shape.channels);
    }
  }
}

template <class V, int kSize>
void PoolWindows(const PoolImages& shape, const float* from, float* to,
                 uint8_t* chosen) {
  using Vector = typename V::Vector;
  using Places = Lanes<int32_t, V::kLanes>;
  using Bytes = Lanes<uint8_t, V::kLanes>;
  const int64_t size = kSize > 0 ? kSize : shape.size;
  const int64_t line = shape.columns * size * shape.channels;
  ForEachWindow(shape, [&](int64_t first, int64_t pooled) {
    for (int64_t c = 0; c < shape.channels; c += V::kLanes) {
      const float* at = from + first + c;
      Vector best = V::Load(at);
      Places place = {};
#pragma GCC unroll 2
      for (int64_t u = 0; u < size; ++u) {
#pragma GCC unroll 2
        for (int64_t v = 0; v < size; ++v) {
          const Vector next = V::Load(at + u * line + v * shape.channels);
          // A NaN is chosen, and never replaced by a number.
          const auto better = (next > best) | (next != next);
          best = better ? next : best;
          place =
              better ? static_cast<int32_t>(u * size + v) + Places{} : place;
        }
      }
      V::Store(to + pooled + c, best);
      const Bytes bytes = __builtin_convertvector(place, Bytes);
      __builtin_memcpy(chosen + pooled + c, &bytes, sizeof(bytes));
    }
  });
}

template <class V, int kSize>
void UnpoolWindows(const PoolImages& shape, const float* from,
                   const uint8_t* chosen, float* to) {
  using Vector = typename V::Vector;
  using Places = Lanes<int32_t, V::kLanes>;
  using Bytes = Lanes<uint8_t, V::kLanes>;
  const int64_t size = kSize > 0 ? kSize : shape.size;
  const int64_t line = shape.columns * size * shape.channels;
  ForEachWindow(shape, [&](int64_t first, int64_t pooled) {
    for (int64_t c = 0; c < shape.channels; c += V::kLanes) {
      const Vector value = V::Load(from + pooled + c);
      Bytes bytes;
      __builtin_memcpy(&bytes, chosen + pooled + c, sizeof(bytes));
      const Places place = __builtin_convertvector(bytes, Places);
      float* at = to + first + c;
#pragma GCC unroll 2
      for (int64_t u = 0; u < size; ++u) {
#pragma GCC unroll 2
        for (int64_t v = 0; v < size; ++v) {
          const Places here = static_cast<int32_t>(u * size + v) + Places{};
          V::Store(at + u * line + v * shape.channels,
                   place == here ? value : V::Zero());
        }
      }
    }
  });
}

template <class V>
void Pool(const PoolImages& shape, const float* from, float* to,
          uint8_t* chosen) {
  if (shape.size == 2) {
    PoolWindows<V, 2>(shape, from, to, chosen);
  } else {
    PoolWindows<V, 0>(shape, from, to, chosen);
  }
}

template <class V>
void Unpool(const PoolImages& shape, const float* from, const uint8_t* chosen,
            float* to) {
  if (shape.size == 2) {
    UnpoolWindows<V, 2>(shape, from, chosen, to);
  } else {
    UnpoolWindows<V, 0>(shape, from, chosen, to);
  }
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_POOL_LOOPS_H_
