#ifndef FATHOM_WORKER_KERNEL_PASS_TURNED_PRODUCT_H_
#define FATHOM_WORKER_KERNEL_PASS_TURNED_PRODUCT_H_

#include <cstdint>

#include "worker/kernel/pass/data_pass_isa.h"

// Computes the gradient from panels of samples, for the vector types V of
// data_pass_kernel.h. Vectors run over the columns, and single numbers of X are
// broadcast. The panels of samples then serve for both products, so that X is
// read from memory only once.
namespace fathom::worker::kernel {

// Transposes column_count columns: line i of `to` has number i of each of them.
template <class V>
void Turn(const TurnedColumns<typename V::Number>& columns) {
  constexpr int64_t kStride = kBlockOf<typename V::Number>;
  for (int64_t c = 0; c < columns.column_count; c += V::kLanes) {
    for (int64_t i = 0; i < columns.length; i += V::kLanes) {
      typename V::Vector tile[V::kLanes];
#pragma GCC unroll 16
      for (int l = 0; l < V::kLanes; ++l) {
        tile[l] = c + l < columns.column_count
                      ? V::Load(columns.from + (c + l) * kStride + i)
                      : V::Zero();
      }
      V::Transpose(tile);
#pragma GCC unroll 16
      for (int l = 0; l < V::kLanes; ++l) {
        V::Store(columns.to + (i + l) * columns.width + c, tile[l]);
      }
    }
  }
}

// Prefetches the memory that is read next, a few cache lines at a time.
struct Ahead {
  const char* at;
  const char* end;

  void Ask(int lines) {
    for (int i = 0; i < lines && at < end; ++i, at += 64) {
      __builtin_prefetch(at, 0, 2);
    }
  }
};

// Computes the chains of kFeatures features and kVectors registers of columns,
// and prefetches `lines` cache lines for each panel.
template <class V, int kVectors, int kFeatures>
inline void TurnedTile(const TurnedProduct<typename V::Number>& product,
                       int64_t feature, int64_t column, int lines,
                       Ahead& ahead) {
  using T = typename V::Number;
  using Vector = typename V::Vector;
  constexpr int64_t kWidth = kPanelOf<T>;
  const int64_t width = product.width;
  const T* x = product.panels + feature * kWidth;
  const T* factor = product.factors + column;
  T* const chains = product.chains + feature * width + column;

  Vector sum[kFeatures][kVectors];
#pragma GCC unroll 16
  for (int f = 0; f < kFeatures; ++f) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      sum[f][v] = product.starts ? V::Zero()
                                 : V::Load(chains + f * width + v * V::kLanes);
    }
  }
  for (int64_t q = 0; q < product.panel_count; ++q) {
#pragma GCC unroll 16
    for (int f = 0; f < kFeatures; ++f) {
      __builtin_prefetch(x + product.stride + f * kWidth);
    }
    ahead.Ask(lines);
    for (int64_t l = 0; l < kWidth; ++l) {
      Vector line[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        line[v] = V::Load(factor + v * V::kLanes);
      }
#pragma GCC unroll 16
      for (int f = 0; f < kFeatures; ++f) {
        const Vector s = V::Set(x[f * kWidth + l]);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
          sum[f][v] = V::Fma(s, line[v], sum[f][v]);
        }
      }
      factor += width;
    }
    x += product.stride;
  }
  double* const totals = product.totals + feature * width + column;
#pragma GCC unroll 16
  for (int f = 0; f < kFeatures; ++f) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const int64_t at = f * width + v * V::kLanes;
      if (product.ends) {
        V::AddTo(totals + at, sum[f][v]);
      } else {
        V::Store(chains + at, sum[f][v]);
      }
    }
  }
}

// Returns the number of features of a tile whose sums fill the registers.
template <class V>
constexpr int TurnedFeatures(int vectors) {
  const int features = V::kTurnedSums / vectors;
  return features > 12 ? 12 : features;
}

// Computes all features for kVectors registers of columns.
template <class V, int kVectors>
void TurnedFeatureTiles(const TurnedProduct<typename V::Number>& product,
                        int64_t column, Ahead& ahead) {
  constexpr int kFeatures = TurnedFeatures<V>(kVectors);
  const int64_t count = product.feature_count;
  // All of the next memory is prefetched during the first columns.
  const int64_t calls = (count / kFeatures + 1) * product.panel_count;
  const int lines = static_cast<int>((ahead.end - ahead.at) / (64 * calls) + 1);
  int64_t feature = 0;
  for (; feature + kFeatures <= count; feature += kFeatures) {
    TurnedTile<V, kVectors, kFeatures>(product, feature, column, lines, ahead);
  }
  for (; feature + 4 <= count; feature += 4) {
    TurnedTile<V, kVectors, 4>(product, feature, column, lines, ahead);
  }
  for (; feature < count; ++feature) {
    TurnedTile<V, kVectors, 1>(product, feature, column, lines, ahead);
  }
}

// Computes all features for `vectors` <= kVectors registers of columns.
template <class V, int kVectors>
void TurnedColumnTile(const TurnedProduct<typename V::Number>& product,
                      int64_t column, int64_t vectors, Ahead& ahead) {
  if (vectors == kVectors) {
    TurnedFeatureTiles<V, kVectors>(product, column, ahead);
  } else if constexpr (kVectors > 1) {
    TurnedColumnTile<V, kVectors - 1>(product, column, vectors, ahead);
  }
}

// Computes all columns, by tiles that are as wide and as even in size as
// possible.
template <class V>
void MultiplyTurned(const TurnedProduct<typename V::Number>& product) {
  Ahead ahead = {
      reinterpret_cast<const char*>(product.next),
      reinterpret_cast<const char*>(product.next) + product.next_bytes};
  const int64_t width = product.width;
  for (int64_t column = 0; column < width;) {
    const int64_t left = (width - column) / V::kLanes;
    const int64_t tiles = (left + V::kTurnedVectors - 1) / V::kTurnedVectors;
    const int64_t vectors = (left + tiles - 1) / tiles;
    TurnedColumnTile<V, V::kTurnedVectors>(product, column, vectors, ahead);
    column += vectors * V::kLanes;
  }
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_TURNED_PRODUCT_H_
