#ifndef FATHOM_WORKER_KERNEL_CONV_TILE_TRANSFORMS_H_
#define FATHOM_WORKER_KERNEL_CONV_TILE_TRANSFORMS_H_

#include <cstdint>

#include "worker/kernel/conv/conv_isa.h"

// The transforms of F(2, 5) for a vector type V of floats of vectors.h. The
// matrices come from the points 0, 1, -1, 2, -1/2 and infinity (Toom-Cook); a
// pair of points a and -1/a has the smallest errors of all small ones.
namespace fathom::worker::kernel {

// Multiplies kIn numbers by a kOut x kIn matrix; numbers are kStep apart in x
// and y.
struct OfInput {
  static constexpr int kIn = 6, kOut = 6;
  template <class V, class Vector, int kX, int kY>
  static void Apply(const Vector* x, Vector* y) {
    const Vector x0 = x[0], x1 = x[kX], x2 = x[2 * kX];
    const Vector x3 = x[3 * kX], x4 = x[4 * kX], x5 = x[5 * kX];
    const Vector odd = x1 - x3, even = x4 - x2;
    y[0] = V::Fma(V::Set(1.5f), odd, V::Fma(V::Set(-2), x2, x0)) + x4;
    y[kY] = V::Fma(V::Set(-2.5f), x2, V::Fma(V::Set(-0.5f), x3, x4)) - x1;
    y[2 * kY] = V::Fma(V::Set(-2.5f), x3, V::Fma(V::Set(0.5f), x2, x4)) + x1;
    y[3 * kY] = V::Fma(V::Set(-0.5f), odd, even);
    y[4 * kY] = V::Fma(V::Set(2), odd, even);
    y[5 * kY] = V::Fma(V::Set(-1.5f), even, V::Fma(V::Set(-2), x3, x1)) + x5;
  }
};

struct OfWeights {
  static constexpr int kIn = 5, kOut = 6;
  template <class V, class Vector, int kX, int kY>
  static void Apply(const Vector* x, Vector* y) {
    const Vector x0 = x[0], x1 = x[kX], x2 = x[2 * kX];
    const Vector x3 = x[3 * kX], x4 = x[4 * kX];
    const Vector even = (x0 + x2) + x4, odd = x1 + x3;
    // By Horner's rule.
    const auto at = [&](float a) {
      const Vector point = V::Set(a);
      Vector sum = V::Fma(point, x4, x3);
      sum = V::Fma(point, sum, x2);
      sum = V::Fma(point, sum, x1);
      return V::Fma(point, sum, x0);
    };
    y[0] = x0;
    y[kY] = V::Set(-1.0f / 3) * (even + odd);
    y[2 * kY] = V::Set(1.0f / 3) * (even - odd);
    y[3 * kY] = V::Set(1.0f / 15) * at(2);
    y[4 * kY] = V::Set(-16.0f / 15) * at(-0.5f);
    y[5 * kY] = x4;
  }
};

struct ToOutput {
  static constexpr int kIn = 6, kOut = 2;
  template <class V, class Vector, int kX, int kY>
  static void Apply(const Vector* x, Vector* y) {
    const Vector x1 = x[kX], x2 = x[2 * kX], x3 = x[3 * kX], x4 = x[4 * kX];
    y[0] = x[0] + ((x1 + x2) + (x3 + x4));
    y[kY] =
        V::Fma(V::Set(2), x3, V::Fma(V::Set(-0.5f), x4, x1 - x2)) + x[5 * kX];
  }
};

struct OfGradient {
  static constexpr int kIn = 2, kOut = 6;
  template <class V, class Vector, int kX, int kY>
  static void Apply(const Vector* x, Vector* y) {
    const Vector x0 = x[0], x1 = x[kX];
    y[0] = x0;
    y[kY] = x0 + x1;
    y[2 * kY] = x0 - x1;
    y[3 * kY] = V::Fma(V::Set(2), x1, x0);
    y[4 * kY] = V::Fma(V::Set(-0.5f), x1, x0);
    y[5 * kY] = x1;
  }
};

struct ToGradient {
  static constexpr int kIn = 6, kOut = 5;
  template <class V, class Vector, int kX, int kY>
  static void Apply(const Vector* x, Vector* y) {
    const Vector x1 = V::Set(-1.0f / 3) * x[kX];
    const Vector x2 = V::Set(1.0f / 3) * x[2 * kX];
    const Vector x3 = V::Set(1.0f / 15) * x[3 * kX];
    const Vector x4 = V::Set(-16.0f / 15) * x[4 * kX];
    const Vector even = x1 + x2, odd = x1 - x2;
    y[0] = x[0] + (even + (x3 + x4));
    y[kY] = V::Fma(V::Set(2), x3, V::Fma(V::Set(-0.5f), x4, odd));
    y[2 * kY] = V::Fma(V::Set(4), x3, V::Fma(V::Set(0.25f), x4, even));
    y[3 * kY] = V::Fma(V::Set(8), x3, V::Fma(V::Set(-0.125f), x4, odd));
    y[4 * kY] =
        V::Fma(V::Set(16), x3, V::Fma(V::Set(0.0625f), x4, even)) + x[5 * kX];
  }
};

template <class V, class Rule>
inline void TransformTile(const TileTransform& transform, const float* from,
                          float* to, const float* bias) {
  using Vector = typename V::Vector;
  constexpr int kIn = Rule::kIn, kOut = Rule::kOut;
  Vector rows[kIn * kOut];
#pragma GCC unroll 6
  for (int i = 0; i < kIn; ++i) {
    Vector x[kIn];
#pragma GCC unroll 6
    for (int j = 0; j < kIn; ++j) {
      x[j] = V::Load(from + i * transform.from_grid.row +
                     j * transform.from_grid.column);
    }
    Rule::template Apply<V, Vector, 1, 1>(x, rows + i * kOut);
  }
#pragma GCC unroll 6
  for (int j = 0; j < kOut; ++j) {
    Vector y[kOut];
    Rule::template Apply<V, Vector, kOut, 1>(rows + j, y);
#pragma GCC unroll 6
    for (int i = 0; i < kOut; ++i) {
      V::Store(to + i * transform.to_grid.row + j * transform.to_grid.column,
               bias == nullptr ? y[i] : y[i] + V::Load(bias));
    }
  }
}

template <class V, class Rule>
void TransformTiles(const TileTransform& transform) {
  for (int64_t y = 0; y < transform.rows; ++y) {
    for (int64_t x = 0; x < transform.columns; ++x) {
      const float* const from = transform.from +
                                y * transform.from_grid.tile_row +
                                x * transform.from_grid.tile_column;
      float* const to = transform.to + y * transform.to_grid.tile_row +
                        x * transform.to_grid.tile_column;
      for (int64_t c = 0; c < transform.channels; c += V::kLanes) {
        TransformTile<V, Rule>(
            transform, from + c, to + c,
            transform.bias == nullptr ? nullptr : transform.bias + c);
      }
    }
  }
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_TILE_TRANSFORMS_H_
