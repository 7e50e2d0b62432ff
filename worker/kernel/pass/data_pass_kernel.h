#ifndef FATHOM_WORKER_KERNEL_PASS_DATA_PASS_KERNEL_H_
#define FATHOM_WORKER_KERNEL_PASS_DATA_PASS_KERNEL_H_

#include <cstdint>

#include "worker/kernel/pass/data_pass_isa.h"
#include "worker/kernel/pass/loss_cross_entropy.h"
#include "worker/kernel/pass/loss_lp.h"
#include "worker/kernel/pass/turned_product.h"

// The loops of data_pass_isa.h for a vector type V of vectors.h that also has
//   kMinPanels, kMaxColumns     shape of the widest tile: its sums, one line of
//                               its panels and a factor must fit the registers
//   kTurnedVectors, kTurnedSums the same for the product of turned columns
//
// A sum of a tile stays in a register over the whole inner loop, and every sum
// is one chain, so the shape of a tile has no influence on bits.
namespace fathom::worker::kernel {

// The shape of the tiles of a product.
template <class V>
struct TileShape {
  // Registers per panel.
  static constexpr int kVectors = kPanelOf<typename V::Number> / V::kLanes;

  // Returns the number of panels of a tile. Narrow tiles take more panels, so
  // that there are enough independent chains to hide the latency of an FMA.
  // Even more panels would only be more streams for the memory to follow.
  static constexpr int Panels(int columns) {
    const int panels = 12 / (kVectors * columns);
    return panels < V::kMinPanels ? V::kMinPanels : panels > 8 ? 8 : panels;
  }
};

// The distances, in bytes, at which X is prefetched ahead of the loads: 1 KiB
// for the first cache, 32 KiB for the second. Panels and blocks follow each
// other in memory, so this reaches into the next tile and, at the end of a
// block, into the next block. A single column prefetches nothing, because it is
// as fast as the memory anyway.
inline constexpr int64_t kNear = 1024;
inline constexpr int64_t kFar = 32768;

template <class V>
using ProductOf = BlockProduct<typename V::Number>;

// Computes the sums of kPanels panels and kColumns columns.
template <class V, int kPanels, int kColumns, bool kExtend>
inline void Tile(const ProductOf<V>& product, int64_t panel, int64_t column) {
  using Vector = typename V::Vector;
  using T = typename V::Number;
  constexpr int kVectors = TileShape<V>::kVectors;
  constexpr int64_t kWidth = kPanelOf<T>;
  const int64_t stride = product.stride;
  const T* x = product.panels + panel * stride;
  const T* factor = product.factors + column * kBlockOf<T>;
  const int64_t offset = product.out_offset + panel * kWidth;

  Vector sum[kColumns][kPanels * kVectors];
#pragma GCC unroll 16
  for (int n = 0; n < kColumns; ++n) {
#pragma GCC unroll 64
    for (int v = 0; v < kPanels * kVectors; ++v) {
      sum[n][v] =
          kExtend ? V::Load(product.start[column + n] + offset + v * V::kLanes)
                  : V::Zero();
    }
  }
  for (int64_t k = 0; k < product.length; ++k) {
    Vector line[kPanels * kVectors];
#pragma GCC unroll 64
    for (int v = 0; v < kPanels * kVectors; ++v) {
      const T* at = x + (v / kVectors) * stride + k * kWidth;
      line[v] = V::Load(at + (v % kVectors) * V::kLanes);
      if (kColumns > 1 && v % kVectors == 0) {
        __builtin_prefetch(at + kNear / sizeof(T));
        __builtin_prefetch(at + kFar / sizeof(T), 0, 2);
      }
    }
#pragma GCC unroll 16
    for (int n = 0; n < kColumns; ++n) {
      const Vector f = V::Set(factor[n * kBlockOf<T> + k]);
#pragma GCC unroll 64
      for (int v = 0; v < kPanels * kVectors; ++v) {
        sum[n][v] = V::Fma(line[v], f, sum[n][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int n = 0; n < kColumns; ++n) {
#pragma GCC unroll 64
    for (int v = 0; v < kPanels * kVectors; ++v) {
      const int64_t at = offset + v * V::kLanes;
      if constexpr (kExtend) {
        V::Store(product.out[column + n] + at, sum[n][v]);
      } else {
        V::AddTo(product.totals[column + n] + at, sum[n][v]);
      }
    }
  }
}

// Computes the panels from `panel` on, by the tallest tiles that fit.
template <class V, int kPanels, int kColumns, bool kExtend>
void Panels(const ProductOf<V>& product, int64_t panel, int64_t column) {
  for (; panel + kPanels <= product.panel_count; panel += kPanels) {
    Tile<V, kPanels, kColumns, kExtend>(product, panel, column);
  }
  if constexpr (kPanels > 1) {
    if (panel < product.panel_count) {
      Panels<V, kPanels - 1, kColumns, kExtend>(product, panel, column);
    }
  }
}

// Computes all panels of `count` <= kColumns columns.
template <class V, int kColumns, bool kExtend>
void Columns(const ProductOf<V>& product, int64_t column, int64_t count) {
  if (count == kColumns) {
    Panels<V, TileShape<V>::Panels(kColumns), kColumns, kExtend>(product, 0,
                                                                 column);
  } else if constexpr (kColumns > 1) {
    Columns<V, kColumns - 1, kExtend>(product, column, count);
  }
}

// Computes all columns, by tiles that are as wide and as even in size as
// possible.
template <class V, bool kExtend>
void Multiply(const ProductOf<V>& product) {
  for (int64_t column = 0; column < product.column_count;) {
    const int64_t left = product.column_count - column;
    const int64_t tiles = (left + V::kMaxColumns - 1) / V::kMaxColumns;
    const int64_t width = (left + tiles - 1) / tiles;
    Columns<V, V::kMaxColumns, kExtend>(product, column, width);
    column += width;
  }
}

// Copies square tiles. The lines of a tile follow each other in both layouts,
// and the tile is transposed in registers.
template <class V>
void PackTiles(const PanelRows<typename V::Number>& rows) {
  using T = typename V::Number;
  constexpr int kVectors = TileShape<V>::kVectors;
  constexpr int64_t kWidth = kPanelOf<T>;
  for (int64_t q = 0; q < rows.panel_count; ++q) {
    T* const samples = rows.samples + q * kWidth * kWidth;
    T* const features = rows.features + q * rows.feature_stride;
#pragma GCC unroll 16
    for (int i = 0; i < kWidth; i += V::kLanes) {
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) {
        typename V::Vector tile[V::kLanes];
#pragma GCC unroll 16
        for (int l = 0; l < V::kLanes; ++l) {
          const int64_t feature = q * kWidth + v * V::kLanes;
          tile[l] = V::Load(rows.rows[i + l] + feature);
          V::Store(features + (i + l) * kWidth + v * V::kLanes, tile[l]);
        }
        V::Transpose(tile);
#pragma GCC unroll 16
        for (int l = 0; l < V::kLanes; ++l) {
          V::Store(samples + (v * V::kLanes + l) * kWidth + i, tile[l]);
        }
      }
    }
  }
}

// Returns the loops for V; D is the vector type of doubles.
template <class V, class D>
constexpr DataPassKernels<typename V::Number> MakeKernels() {
  using T = typename V::Number;
  return {V::kMaxColumns,
          Multiply<V, true>,
          Multiply<V, false>,
          PackTiles<V>,
          V::kLanes,
          Turn<V>,
          MultiplyTurned<V>,
          {EvenPowerLoss<V, T>, EvenPowerLoss<D, T>, RealPowerLoss<D, T>,
           LogisticLoss<D, T>, SoftmaxLoss<D, T>}};
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_DATA_PASS_KERNEL_H_
