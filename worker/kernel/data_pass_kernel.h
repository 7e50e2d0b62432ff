#ifndef FATHOM_WORKER_KERNEL_DATA_PASS_KERNEL_H_
#define FATHOM_WORKER_KERNEL_DATA_PASS_KERNEL_H_

#include "worker/kernel/data_pass_isa.h"
#include "worker/kernel/loss_cross_entropy.h"
#include "worker/kernel/loss_lp.h"

// The loops of data_pass_isa.h for a vector type V, which must live in an
// unnamed namespace (so that all of this is internal to the including file) and
// have
//   Vector                      the register type
//   kLanes                      doubles in it; divides 8
//   kMinPanels, kMaxColumns     shape of the widest tile: its sums, one line of
//                               its panels and a factor must fit the registers
//   Zero() Load(p) LoadAnywhere(p) Store(p, v) Broadcast(p) Add(a, b)
//   Multiply(a, b) Transpose(kLanes vectors)
//   Subtract(a, b) Divide(a, b) Constant(x)
//   Fma(a, b, c)                a b + c, rounded once
//   SelectLess(a, b, x, y)      x where a < b, else y (also for NaN)
//   And(a, b) AndNot(a, b) Or(a, b)   of the bits; AndNot is ~a & b
//   ShiftLeft52(a) ShiftRight52(a)    of the bits, zeros coming in
//
// A sum of a tile stays in a register over the whole inner loop, and every sum
// is one chain, so the shape of a tile has no influence on bits.
namespace fathom::kernel {

template <class V>
struct TileShape {
  static constexpr int kVectors = kPanel / V::kLanes;  // Per panel.

  // Narrow tiles take more panels, to have enough independent chains to hide
  // the latency of an FMA. More would only be more streams for the memory to
  // follow.
  static constexpr int Panels(int columns) {
    const int panels = 12 / (kVectors * columns);
    return panels < V::kMinPanels ? V::kMinPanels : panels > 8 ? 8 : panels;
  }
};

// How far ahead of the loads X is asked for, in doubles: 1 KiB for the first
// cache, 32 KiB for the second. Panels and blocks follow each other in memory,
// so this reaches into the next tile, and at the end of a block into the next
// block. A single column asks for nothing: it is as fast as the memory anyway.
inline constexpr int64_t kNear = 128;
inline constexpr int64_t kFar = 4096;

template <class V, int kPanels, int kColumns, bool kExtend>
inline void Tile(const BlockProduct& product, int64_t panel, int64_t column) {
  using Vector = typename V::Vector;
  constexpr int kVectors = TileShape<V>::kVectors;
  const int64_t stride = product.stride;
  const double* x = product.panels + panel * stride;
  const double* factor = product.factors + column * kBlock;
  double* const* out = product.out + column;
  const int64_t offset = product.out_offset + panel * kPanel;

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
      const double* at = x + (v / kVectors) * stride + k * kPanel;
      line[v] = V::Load(at + (v % kVectors) * V::kLanes);
      if (kColumns > 1 && v % kVectors == 0) {
        __builtin_prefetch(at + kNear);
        __builtin_prefetch(at + kFar, 0, 2);
      }
    }
#pragma GCC unroll 16
    for (int n = 0; n < kColumns; ++n) {
      const Vector f = V::Broadcast(factor + n * kBlock + k);
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
      double* to = out[n] + offset + v * V::kLanes;
      V::Store(to, kExtend ? sum[n][v] : V::Add(V::Load(to), sum[n][v]));
    }
  }
}

// The panels from `panel` on, by the tallest tiles that fit.
template <class V, int kPanels, int kColumns, bool kExtend>
void Panels(const BlockProduct& product, int64_t panel, int64_t column) {
  for (; panel + kPanels <= product.panel_count; panel += kPanels) {
    Tile<V, kPanels, kColumns, kExtend>(product, panel, column);
  }
  if constexpr (kPanels > 1) {
    if (panel < product.panel_count) {
      Panels<V, kPanels - 1, kColumns, kExtend>(product, panel, column);
    }
  }
}

template <class V, int kColumns, bool kExtend>
void Columns(const BlockProduct& product, int64_t column, int64_t count) {
  if (count == kColumns) {
    Panels<V, TileShape<V>::Panels(kColumns), kColumns, kExtend>(product, 0,
                                                                 column);
  } else if constexpr (kColumns > 1) {
    Columns<V, kColumns - 1, kExtend>(product, column, count);
  }
}

// All columns, by tiles that are as wide and as even as can be.
template <class V, bool kExtend>
void Multiply(const BlockProduct& product) {
  for (int64_t column = 0; column < product.column_count;) {
    const int64_t left = product.column_count - column;
    const int64_t tiles = (left + V::kMaxColumns - 1) / V::kMaxColumns;
    const int64_t width = (left + tiles - 1) / tiles;
    Columns<V, V::kMaxColumns, kExtend>(product, column, width);
    column += width;
  }
}

// Copies 8 x 8 tiles: the lines of a tile follow each other in both layouts,
// and it is turned over in registers.
template <class V>
void PackTiles(const PanelRows& rows) {
  constexpr int kVectors = TileShape<V>::kVectors;
  for (int64_t q = 0; q < rows.panel_count; ++q) {
    double* const samples = rows.samples + q * kPanel * kPanel;
    double* const features = rows.features + q * rows.feature_stride;
#pragma GCC unroll 8
    for (int i = 0; i < kPanel; i += V::kLanes) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        typename V::Vector tile[V::kLanes];
#pragma GCC unroll 8
        for (int l = 0; l < V::kLanes; ++l) {
          const int64_t feature = q * kPanel + v * V::kLanes;
          tile[l] = V::LoadAnywhere(rows.rows[i + l] + feature);
          V::Store(features + (i + l) * kPanel + v * V::kLanes, tile[l]);
        }
        V::Transpose(tile);
#pragma GCC unroll 8
        for (int l = 0; l < V::kLanes; ++l) {
          V::Store(samples + (v * V::kLanes + l) * kPanel + i, tile[l]);
        }
      }
    }
  }
}

template <class V>
constexpr DataPassKernels MakeKernels() {
  return {
      V::kMaxColumns,
      Multiply<V, true>,
      Multiply<V, false>,
      PackTiles<V>,
      {EvenPowerLoss<V>, RealPowerLoss<V>, LogisticLoss<V>, SoftmaxLoss<V>}};
}

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_DATA_PASS_KERNEL_H_
