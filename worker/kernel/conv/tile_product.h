#ifndef FATHOM_WORKER_KERNEL_CONV_TILE_PRODUCT_H_
#define FATHOM_WORKER_KERNEL_CONV_TILE_PRODUCT_H_

#include <cstdint>

#include "worker/kernel/conv/conv_isa.h"

// The loop of a TileProduct for a vector type V of floats of vectors.h that
// also has
//   kMaxRows, kMaxBlocks shape of the largest tile: its sums, a line of b and a
//                        number of a must fit the registers
//
// The sums of a tile stay in registers over the whole chain, and every sum is
// one chain, so the shape of a tile has no influence on bits.
namespace fathom::worker::kernel {

// kAcross: a_row is 1, else a_step is.
template <class V, int kRows, int kBlocks, bool kAcross>
inline void Tile(const TileProduct& product, const float* a, float* out) {
  using Vector = typename V::Vector;
  constexpr int kPerBlock = kChannelBlock / V::kLanes;
  constexpr int kVectors = kBlocks * kPerBlock;
  const int64_t a_row = kAcross ? 1 : product.a_row;
  const int64_t a_step = kAcross ? product.a_step : 1;
  const int64_t b_step = product.b_step;
  const int64_t b_block = product.b_block;
  const auto out_at = [&](int r, int v) {
    return out + r * product.out_row + v / kPerBlock * product.out_block +
           v % kPerBlock * V::kLanes;
  };

  Vector sum[kRows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      sum[r][v] = product.extends ? V::Load(out_at(r, v)) : V::Zero();
    }
  }
  const float* a_turn = a;
  const float* b_turn = product.b;
  for (int64_t o = product.turns; o > 0; --o) {
    // Some addresses reach three rows each: there are not enough registers for
    // one per row.
    constexpr int kGroups = (kRows + 3) / 4;
    const float* at[kGroups];
#pragma GCC unroll 16
    for (int g = 0; g < kGroups; ++g) at[g] = a_turn + 4 * g * a_row;
    const float* line = b_turn;
    for (int64_t k = product.steps; k > 0; --k) {
      Vector factor[kVectors];
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) {
        factor[v] =
            V::Load(line + v / kPerBlock * b_block + v % kPerBlock * V::kLanes);
      }
#pragma GCC unroll 16
      for (int r = 0; r < kRows; ++r) {
        const Vector x = V::Set(at[r / 4][r % 4 * a_row]);
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) {
          sum[r][v] = V::Fma(x, factor[v], sum[r][v]);
        }
      }
#pragma GCC unroll 16
      for (int g = 0; g < kGroups; ++g) at[g] += a_step;
      line += b_step;
    }
    a_turn += product.a_turn;
    b_turn += product.b_turn;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) V::Store(out_at(r, v), sum[r][v]);
  }
}

template <class V, int kRows, int kBlocks, bool kAcross>
void Tiles(const TileProduct& product) {
  if (product.rows == kRows) {
    for (int64_t t = 0; t < product.count; ++t) {
      Tile<V, kRows, kBlocks, kAcross>(product, product.a + t * product.a_next,
                                       product.out + t * product.out_next);
    }
  } else if constexpr (kRows > 1) {
    Tiles<V, kRows - 1, kBlocks, kAcross>(product);
  }
}

template <class V, bool kAcross>
void MultiplyTiles(const TileProduct& product) {
  if constexpr (V::kMaxBlocks > 1) {
    if (product.blocks > 1) {
      Tiles<V, V::kMaxRows, V::kMaxBlocks, kAcross>(product);
      return;
    }
  }
  Tiles<V, V::kMaxRows, 1, kAcross>(product);
}

// to += from.
template <class V>
void AddAll(int64_t count, const float* from, float* to) {
  for (int64_t i = 0; i < count; i += V::kLanes) {
    V::Store(to + i, V::Load(to + i) + V::Load(from + i));
  }
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_TILE_PRODUCT_H_
