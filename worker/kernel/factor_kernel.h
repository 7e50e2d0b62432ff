#ifndef FATHOM_WORKER_KERNEL_FACTOR_KERNEL_H_
#define FATHOM_WORKER_KERNEL_FACTOR_KERNEL_H_

#include "worker/kernel/factor_isa.h"

// The loops of factor_isa.h for a vector type V, which must live in an unnamed
// namespace (so that all of this is internal to the including file) and have
//   Vector, kLanes              the register type and the doubles in it
//   kSums                       registers to keep sums in
//   kMaxRows                    rows of the tallest tile of chains
//   Mask, Some(n)               the first n lanes; all for n >= kLanes, none
//                               for n <= 0
//   Zero() Load(p) Load(p, mask) Store(p, v) Store(p, v, mask) Set(x)
//   Add Multiply Divide
//   Fma(a, b, c)                a b + c, rounded once
//   NegatedFma(a, b, c)         c - a b, rounded once
//   GuessInverseRoot(x)         x^(-1/2) up to 3.5 %, from the bits of x:
//                               kRootMagic - (bits >> 1)
//   StoreSums(packs, p)         of packs of 8 / kLanes registers each, as the
//                               tree of DotProducts
// Pointers need no alignment. Lanes that a mask leaves out load zero.
//
// Every sum is one chain in a register or in its place in `out`, so the shape
// of a tile has no influence on bits.
namespace fathom::kernel {

inline constexpr int64_t kVirtualLanes = 8;

// The best start for the root of a double (Lomont 2003).
inline constexpr int64_t kRootMagic = 0x5fe6eb50c7b537a9;

template <class V>
constexpr int64_t CeilDivide(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

// kRows rows of `out` times kVectors registers of columns; with kPartial, the
// last register may be cut.
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

template <class V, int kRows>
void ChainRows(const ChainProduct& product, int64_t row, int64_t rows,
               int64_t column, int64_t vectors) {
  if (rows == kRows) {
    ChainPanel<V, kRows, V::kSums / V::kMaxRows>(product, row, column, vectors);
  } else if constexpr (kRows > 1) {
    ChainRows<V, kRows - 1>(product, row, rows, column, vectors);
  }
}

// `to` += kCount rows of B times their factors, one after the other; from zero
// when kStart. Goes through B in its own order: as fast as the memory.
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

// One row of `out` is a sweep through B; several are tiles, as even in size as
// can be, a panel of B at a time.
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
  // A zero times a zero changes no sum: none of them is -0.
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

// Calls rule(g, at, mask...) for every register of weights.
template <class V, class Rule>
inline void ForEach(const Gradient& gradient, const Rule& rule) {
  const int64_t whole = gradient.columns / V::kLanes * V::kLanes;
  const auto mask = V::Some(gradient.columns - whole);
  if (gradient.left == nullptr) {
    for (int64_t c = 0; c < whole; c += V::kLanes) {
      rule(V::Load(gradient.right + c), c);
    }
    if (whole < gradient.columns) {
      rule(V::Load(gradient.right + whole, mask), whole, mask);
    }
    return;
  }
  for (int64_t i = 0; i < gradient.rows; ++i) {
    const auto left = V::Set(gradient.left[i]);
    const int64_t row = i * gradient.columns;
    for (int64_t c = 0; c < whole; c += V::kLanes) {
      rule(V::Multiply(left, V::Load(gradient.right + c)), row + c);
    }
    if (whole < gradient.columns) {
      rule(V::Multiply(left, V::Load(gradient.right + whole, mask)),
           row + whole, mask);
    }
  }
}

// The square root of 0 and of x from 2^-990 on, within 0.5000001 units in the
// last place. (Between them it comes out too small, of infinity as NaN.) An
// instruction for it blocks the divider, which then takes longer than the
// memory; this does not.
//
// With e = 1 - x y^2, y (1 + e/2 + 3/8 e^2) is nearer to x^(-1/2) by the third
// power: 3.5e-2, 1.1e-4, 3e-12. Heron's step on x y does the rest.
template <class V>
inline typename V::Vector Root(typename V::Vector x) {
  const auto one = V::Set(1), half = V::Set(0.5), three_eighths = V::Set(0.375);
  // Keeps the square of the guess finite.
  auto y = V::GuessInverseRoot(V::Add(x, V::Set(0x1p-1000)));
  for (int i = 0; i < 2; ++i) {
    const auto e = V::NegatedFma(x, V::Multiply(y, y), one);
    y = V::Fma(V::Multiply(y, e), V::Fma(three_eighths, e, half), y);
  }
  const auto root = V::Multiply(x, y);
  const auto rest = V::NegatedFma(root, root, x);
  return V::Fma(rest, V::Multiply(half, y), root);
}

// g + decay w.
template <class V>
inline typename V::Vector Decayed(typename V::Vector g, typename V::Vector w,
                                  typename V::Vector decay) {
  return V::Fma(decay, w, g);
}

// a x + b y.
template <class V>
inline typename V::Vector Mix(typename V::Vector a, typename V::Vector x,
                              typename V::Vector b, typename V::Vector y) {
  return V::Fma(a, x, V::Multiply(b, y));
}

// Asks for what an update comes to 4 KiB later: a trial's factors are often out
// of the nearer caches when its turn comes.
template <class V>
inline void Ahead(const double* weights, const double* memory = nullptr,
                  const double* more = nullptr) {
  __builtin_prefetch(weights + 512, 1);
  if (memory != nullptr) __builtin_prefetch(memory + 512, 1);
  if (more != nullptr) __builtin_prefetch(more + 512, 1);
}

template <class V>
void GradientDescent(const Gradient& gradient, const GradientDescentStep& step,
                     double* weights) {
  const auto keep = V::Set(step.keep), rate = V::Set(step.rate);
  ForEach<V>(gradient, [=](auto g, int64_t i, auto... mask) {
    Ahead<V>(weights + i);
    const auto w = V::Load(weights + i, mask...);
    V::Store(weights + i, V::NegatedFma(rate, g, V::Multiply(keep, w)),
             mask...);
  });
}

template <class V, bool kNesterov>
void Momentum(const Gradient& gradient, const MomentumStep& step,
              double* weights, double* velocity) {
  const auto rate = V::Set(step.rate), decay = V::Set(step.decay);
  const auto momentum = V::Set(step.momentum);
  ForEach<V>(gradient, [=](auto g, int64_t i, auto... mask) {
    Ahead<V>(weights + i, velocity + i);
    const auto w = V::Load(weights + i, mask...);
    const auto h = Decayed<V>(g, w, decay);
    const auto v = V::Fma(momentum, V::Load(velocity + i, mask...), h);
    V::Store(velocity + i, v, mask...);
    const auto move = kNesterov ? V::Fma(momentum, v, h) : v;
    V::Store(weights + i, V::NegatedFma(rate, move, w), mask...);
  });
}

template <class V>
void AdaGrad(const Gradient& gradient, const AdaGradStep& step, double* weights,
             double* squares) {
  const auto rate = V::Set(step.rate), decay = V::Set(step.decay);
  const auto epsilon = V::Set(step.epsilon);
  ForEach<V>(gradient, [=](auto g, int64_t i, auto... mask) {
    Ahead<V>(weights + i, squares + i);
    const auto w = V::Load(weights + i, mask...);
    const auto h = Decayed<V>(g, w, decay);
    const auto s = V::Fma(h, h, V::Load(squares + i, mask...));
    V::Store(squares + i, s, mask...);
    const auto move = V::Divide(h, V::Add(Root<V>(s), epsilon));
    V::Store(weights + i, V::NegatedFma(rate, move, w), mask...);
  });
}

template <class V>
void RmsProp(const Gradient& gradient, const RmsPropStep& step, double* weights,
             double* squares) {
  const auto rate = V::Set(step.rate), decay = V::Set(step.decay);
  const auto rho = V::Set(step.rho), rest = V::Set(step.rest);
  const auto epsilon = V::Set(step.epsilon);
  ForEach<V>(gradient, [=](auto g, int64_t i, auto... mask) {
    Ahead<V>(weights + i, squares + i);
    const auto w = V::Load(weights + i, mask...);
    const auto h = Decayed<V>(g, w, decay);
    const auto s =
        Mix<V>(rho, V::Load(squares + i, mask...), rest, V::Multiply(h, h));
    V::Store(squares + i, s, mask...);
    const auto move = V::Divide(h, V::Add(Root<V>(s), epsilon));
    V::Store(weights + i, V::NegatedFma(rate, move, w), mask...);
  });
}

template <class V>
void AdaDelta(const Gradient& gradient, const RmsPropStep& step,
              double* weights, double* squares, double* moves) {
  const auto rate = V::Set(step.rate), decay = V::Set(step.decay);
  const auto rho = V::Set(step.rho), rest = V::Set(step.rest);
  const auto epsilon = V::Set(step.epsilon);
  ForEach<V>(gradient, [=](auto g, int64_t i, auto... mask) {
    Ahead<V>(weights + i, squares + i, moves + i);
    const auto w = V::Load(weights + i, mask...);
    const auto h = Decayed<V>(g, w, decay);
    const auto s =
        Mix<V>(rho, V::Load(squares + i, mask...), rest, V::Multiply(h, h));
    V::Store(squares + i, s, mask...);
    const auto before = V::Load(moves + i, mask...);
    const auto move = V::Multiply(V::Divide(Root<V>(V::Add(before, epsilon)),
                                            Root<V>(V::Add(s, epsilon))),
                                  h);
    V::Store(moves + i, Mix<V>(rho, before, rest, V::Multiply(move, move)),
             mask...);
    V::Store(weights + i, V::NegatedFma(rate, move, w), mask...);
  });
}

template <class V>
void Adam(const Gradient& gradient, const AdamStep& step, double* weights,
          double* means, double* squares) {
  const auto rate = V::Set(step.rate), decay = V::Set(step.decay);
  const auto beta1 = V::Set(step.beta1), rest1 = V::Set(step.rest1);
  const auto beta2 = V::Set(step.beta2), rest2 = V::Set(step.rest2);
  const auto epsilon = V::Set(step.epsilon);
  const auto root_scale = V::Set(step.root_scale);
  ForEach<V>(gradient, [=](auto g, int64_t i, auto... mask) {
    Ahead<V>(weights + i, means + i, squares + i);
    const auto w = V::Load(weights + i, mask...);
    const auto h = Decayed<V>(g, w, decay);
    const auto m = Mix<V>(beta1, V::Load(means + i, mask...), rest1, h);
    const auto s =
        Mix<V>(beta2, V::Load(squares + i, mask...), rest2, V::Multiply(h, h));
    V::Store(means + i, m, mask...);
    V::Store(squares + i, s, mask...);

    const auto move = V::Divide(m, V::Fma(Root<V>(s), root_scale, epsilon));
    V::Store(weights + i, V::NegatedFma(rate, move, w), mask...);
  });
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

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_FACTOR_KERNEL_H_
