#ifndef FATHOM_WORKER_KERNEL_FACTORS_FACTOR_KERNEL_H_
#define FATHOM_WORKER_KERNEL_FACTORS_FACTOR_KERNEL_H_

#include <cstdint>

#include "worker/kernel/factors/factor_isa.h"
#include "worker/kernel/factors/factor_updates.h"

// The loops of factor_isa.h for a vector type V of doubles of vectors.h that
// also has
//   kSums                       registers to keep sums in
//   kMaxRows                    rows of the tallest tile of chains
//
// Every sum is one chain, either in a register or at its place in `out`, so
// that the shape of a tile has no influence on bits.
namespace fathom::worker::kernel {

inline constexpr int64_t kVirtualLanes = 8;

template <class V>
constexpr int64_t CeilDivide(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

// Computes kRows rows of `out` times kVectors registers of columns. With
// kPartial, the last register may extend beyond the last column.
template <class V, int kRows, int kVectors, bool kPartial>
inline void ChainTile(const ChainProduct& product, int64_t row,
                      int64_t column) {
  using Vector = typename V::Vector;
  const double* a = product.a + row * product.a_row;
  const double* b = product.b + column;
  const auto mask =
      V::Some(product.columns - column - (kVectors - 1) * V::kLanes);
  Vector sum[kRows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) sum[r][v] = V::Zero();
  }
  for (int64_t l = 0; l < product.length; ++l) {
    Vector line[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      const double* at = b + v * V::kLanes;
      line[v] = kPartial && v == kVectors - 1 ? V::Load(at, mask) : V::Load(at);
    }
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const Vector factor = V::Set(a[r * product.a_row]);
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) {
        sum[r][v] = V::Fma(factor, line[v], sum[r][v]);
      }
    }
    a += product.a_step;
    b += product.b_stride;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
    double* to = product.out + (row + r) * product.out_stride + column;
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      if (kPartial && v == kVectors - 1) {
        V::Store(to + v * V::kLanes, sum[r][v], mask);
      } else {
        V::Store(to + v * V::kLanes, sum[r][v]);
      }
    }
  }
}

// Computes a tile of kRows rows and `vectors` <= kVectors registers of columns.
template <class V, int kRows, int kVectors>
void ChainPanel(const ChainProduct& product, int64_t row, int64_t column,
                int64_t vectors) {
  if (vectors == kVectors) {
    if (column + kVectors * V::kLanes <= product.columns) {
      ChainTile<V, kRows, kVectors, false>(product, row, column);
    } else if constexpr (V::kLanes > 1) {
      ChainTile<V, kRows, kVectors, true>(product, row, column);
    }
  } else if constexpr (kVectors > 1) {
    ChainPanel<V, kRows, kVectors - 1>(product, row, column, vectors);
  }
}

// Computes a tile of `rows` <= kRows rows and `vectors` registers of columns.
template <class V, int kRows>
void ChainRows(const ChainProduct& product, int64_t row, int64_t rows,
               int64_t column, int64_t vectors) {
  if (rows == kRows) {
    ChainPanel<V, kRows, V::kSums / V::kMaxRows>(product, row, column, vectors);
  } else if constexpr (kRows > 1) {
    ChainRows<V, kRows - 1>(product, row, rows, column, vectors);
  }
}

// Adds kCount rows of B times their factors to `to`, one after the other,
// starting from zero when kStart. Reads B in the order in which it is stored,
// and therefore as fast as the memory allows.
template <class V, int kCount, bool kStart>
inline void AddRows(const ChainProduct& product, const double* a,
                    const double* b, double* to) {
  using Vector = typename V::Vector;
  Vector factor[kCount];
#pragma GCC unroll 8
  for (int l = 0; l < kCount; ++l) factor[l] = V::Set(a[l * product.a_step]);
  const int64_t whole = product.columns / V::kLanes * V::kLanes;
  for (int64_t c = 0; c < whole; c += V::kLanes) {
    Vector sum = kStart ? V::Zero() : V::Load(to + c);
#pragma GCC unroll 8
    for (int l = 0; l < kCount; ++l) {
      sum = V::Fma(factor[l], V::Load(b + l * product.b_stride + c), sum);
    }
    V::Store(to + c, sum);
  }
  if (whole == product.columns) return;
  const auto mask = V::Some(product.columns - whole);
  Vector sum = kStart ? V::Zero() : V::Load(to + whole, mask);
#pragma GCC unroll 8
  for (int l = 0; l < kCount; ++l) {
    sum =
        V::Fma(factor[l], V::Load(b + l * product.b_stride + whole, mask), sum);
  }
  V::Store(to + whole, sum, mask);
}

// Computes one row of `out` in a sweep through B.
template <class V>
void ChainRow(const ChainProduct& product, int64_t row) {
  constexpr int kCount = 8;
  const double* a = product.a + row * product.a_row;
  const double* b = product.b;
  double* to = product.out + row * product.out_stride;
  int64_t l = 0;
  const auto advance = [&](int64_t count) {
    l += count;
    a += count * product.a_step;
    b += count * product.b_stride;
  };
  if (product.length >= kCount) {
    AddRows<V, kCount, true>(product, a, b, to);
    advance(kCount);
  } else {
    AddRows<V, 1, true>(product, a, b, to);
    advance(1);
  }
  for (; l + kCount <= product.length; advance(kCount)) {
    AddRows<V, kCount, false>(product, a, b, to);
  }
  for (; l < product.length; advance(1)) {
    AddRows<V, 1, false>(product, a, b, to);
  }
}

// Computes a single row of `out` in a sweep through B; computes several rows in
// tiles that are as even in size as possible, one panel of B at a time.
template <class V>
void Chains(const ChainProduct& product) {
  if (product.rows == 1 || V::kMaxRows == 1) {
    for (int64_t row = 0; row < product.rows; ++row) ChainRow<V>(product, row);
    return;
  }
  int64_t vectors = CeilDivide<V>(product.columns, V::kLanes);
  for (int64_t column = 0; vectors > 0;) {
    const int64_t width =
        CeilDivide<V>(vectors, CeilDivide<V>(vectors, V::kSums / V::kMaxRows));
    for (int64_t row = 0; row < product.rows;) {
      const int64_t left = product.rows - row;
      const int64_t height =
          CeilDivide<V>(left, CeilDivide<V>(left, V::kMaxRows));
      ChainRows<V, V::kMaxRows>(product, row, height, column, width);
      row += height;
    }
    vectors -= width;
    column += width * V::kLanes;
  }
}

// Computes kRows x kColumns entries of `out`.
template <class V, int kRows, int kColumns>
inline void DotTile(const DotProducts& products, int64_t row, int64_t column) {
  using Vector = typename V::Vector;
  constexpr int kVectors = kVirtualLanes / V::kLanes;
  const double* a = products.a + row * products.a_stride;
  const double* b = products.b + column * products.b_stride;
  Vector sum[kRows][kColumns][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
    for (int i = 0; i < kColumns; ++i) {
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) sum[r][i][v] = V::Zero();
    }
  }
  const auto add = [&](int64_t l, auto load) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      Vector right[kColumns];
#pragma GCC unroll 16
      for (int i = 0; i < kColumns; ++i) {
        right[i] = load(b + i * products.b_stride + l, v);
      }
#pragma GCC unroll 16
      for (int r = 0; r < kRows; ++r) {
        const Vector left = load(a + r * products.a_stride + l, v);
#pragma GCC unroll 16
        for (int i = 0; i < kColumns; ++i) {
          sum[r][i][v] = V::Fma(left, right[i], sum[r][i][v]);
        }
      }
    }
  };
  const int64_t whole = products.length / kVirtualLanes * kVirtualLanes;
  for (int64_t l = 0; l < whole; l += kVirtualLanes) {
    add(l, [](const double* p, int v) { return V::Load(p + v * V::kLanes); });
  }
  // The lanes beyond the end add zero times zero, which changes no sum, because
  // no sum is -0.
  if (whole < products.length) {
    const int64_t rest = products.length - whole;
    add(whole, [rest](const double* p, int v) {
      return V::Load(p + v * V::kLanes, V::Some(rest - v * V::kLanes));
    });
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
    V::StoreSums(sum[r],
                 products.out + (row + r) * products.out_stride + column);
  }
}

template <class V, int kRows, int kColumns>
void DotColumns(const DotProducts& products, int64_t row) {
  int64_t column = 0;
  for (; column + kColumns <= products.columns; column += kColumns) {
    DotTile<V, kRows, kColumns>(products, row, column);
  }
  for (; column < products.columns; ++column) {
    DotTile<V, kRows, 1>(products, row, column);
  }
}

template <class V>
void Dots(const DotProducts& products) {
  constexpr int kPacks = V::kSums * V::kLanes / kVirtualLanes;
  constexpr int kColumns = kPacks >= 24 ? 8 : kPacks >= 6 ? 2 : 1;
  constexpr int kRows = kPacks >= 6 ? 3 : 1;
  int64_t row = 0;
  for (; row + kRows <= products.rows; row += kRows) {
    DotColumns<V, kRows, kColumns>(products, row);
  }
  for (; row < products.rows; ++row) {
    DotColumns<V, 1, kPacks >= 24 ? 8 : kPacks >= 6 ? 4 : 1>(products, row);
  }
}

template <class V>
constexpr FactorKernels MakeFactorKernels() {
  return {.chains = Chains<V>,
          .dots = Dots<V>,
          .gradient_descent = GradientDescent<V>,
          .heavy_ball = Momentum<V, false>,
          .nesterov = Momentum<V, true>,
          .adagrad = AdaGrad<V>,
          .rmsprop = RmsProp<V>,
          .adadelta = AdaDelta<V>,
          .adam = Adam<V>};
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_FACTORS_FACTOR_KERNEL_H_
