#ifndef FATHOM_WORKER_KERNEL_VECTOR_MATH_H_
#define FATHOM_WORKER_KERNEL_VECTOR_MATH_H_

#include "worker/kernel/pass/data_pass_isa.h"

// Elementary functions of whole vectors, for the vector types V of
// data_pass_kernel.h. They are made of + - * / and FMA, comparisons, and
// operations on the bits of the exponent, and therefore have the same bits on
// every machine and in every lane.
namespace fathom::worker::kernel {

// Rounds |x| < 2^51 to the nearest integer, ties to even.
template <class V>
typename V::Vector Round(typename V::Vector x) {
  // The sum has no room for the fraction of x in its mantissa.
  const auto shift = V::Set(0x1.8p52);
  return V::Subtract(V::Add(x, shift), shift);
}

// Returns 2^n for an integer -1022 <= n <= 1023, by writing n + 1023 into the
// field of the exponent.
template <class V>
typename V::Vector TwoTo(typename V::Vector n) {
  return V::ShiftLeft52(V::Add(n, V::Set(0x1.8p52 + 1023)));
}

// The parts of a logarithm: the exponent of x = 2^exponent m with m from
// sqrt(1/2) to sqrt(2), and log m.
template <class V>
struct LogParts {
  typename V::Vector exponent;
  typename V::Vector log;
};

// Splits x > 0. For other x the result means nothing, but it is finite unless x
// is infinite or NaN.
template <class V>
LogParts<V> SplitLog(typename V::Vector x) {
  using Vector = typename V::Vector;
  const Vector one = V::Set(1);
  // Subnormal numbers are scaled, so that they have all bits of the mantissa.
  const Vector least = V::Set(0x1p-1022);
  const Vector scaled =
      V::SelectLess(x, least, V::Multiply(x, V::Set(0x1p54)), x);
  Vector exponent =
      V::Subtract(V::Or(V::ShiftRight52(scaled), V::Set(0x1p52)),
                  V::SelectLess(x, least, V::Set(0x1p52 + 1023 + 54),
                                V::Set(0x1p52 + 1023)));
  Vector m = V::Or(V::AndNot(V::Set(-__builtin_inf()), scaled), one);
  const Vector root2 = V::Set(0x1.6a09e667f3bcdp0);
  exponent = V::SelectLess(root2, m, V::Add(exponent, one), exponent);
  m = V::SelectLess(root2, m, V::Multiply(m, V::Set(0.5)), m);
  // With f = (m - 1) / (m + 1): log m = 2 (f + f^3 / 3 + f^5 / 5 + ...), where
  // f^2 < 0.0295.
  const Vector f = V::Divide(V::Subtract(m, one), V::Add(m, one));
  const Vector square = V::Multiply(f, f);
  Vector series = V::Set(1.0 / 23);
#pragma GCC unroll 16
  for (int k = 21; k >= 3; k -= 2) {
    series = V::Fma(series, square, V::Set(1.0 / k));
  }
  const Vector twice = V::Add(f, f);
  return {exponent, V::Fma(V::Multiply(twice, square), series, twice)};
}

// ln 2, and the part of it that its double lacks.
inline constexpr double kLn2 = 0x1.62e42fefa39efp-1;
inline constexpr double kLn2Rest = 0x1.abc9e3b39803fp-56;

// Returns log x for x > 0, with an error below 2 units in the last place.
template <class V>
typename V::Vector Log(typename V::Vector x) {
  const LogParts<V> parts = SplitLog<V>(x);
  return V::Fma(parts.exponent, V::Set(kLn2),
                V::Fma(parts.exponent, V::Set(kLn2Rest), parts.log));
}

// Returns e^x 2^n for |x| < 2000 and an integer |n| < 2^40, with a relative
// error below 3e-16; infinity above the largest double, and 0 below the least
// one.
template <class V>
typename V::Vector ScaledExp(typename V::Vector x, typename V::Vector n) {
  using Vector = typename V::Vector;
  // Write x = q ln 2 + r with |r| <= 0.35.
  const Vector q = Round<V>(V::Multiply(x, V::Set(0x1.71547652b82fep0)));
  Vector r = V::Fma(q, V::Set(-kLn2), x);
  r = V::Fma(q, V::Set(-kLn2Rest), r);
  Vector series = V::Set(1.0 / 6227020800);  // 1 / 13!
  constexpr double kInverseFactorials[] = {1.0 / 479001600,
                                           1.0 / 39916800,
                                           1.0 / 3628800,
                                           1.0 / 362880,
                                           1.0 / 40320,
                                           1.0 / 5040,
                                           1.0 / 720,
                                           1.0 / 120,
                                           1.0 / 24,
                                           1.0 / 6,
                                           0.5,
                                           1,
                                           1};
#pragma GCC unroll 16
  for (int k = 0; k < 13; ++k) {
    series = V::Fma(series, r, V::Set(kInverseFactorials[k]));
  }
  // 2^power is multiplied in two factors, because it may be out of range where
  // the product is not.
  Vector power = V::Add(q, n);
  power = V::SelectLess(power, V::Set(-1200), V::Set(-1200), power);
  power = V::SelectLess(V::Set(1200), power, V::Set(1200), power);
  const Vector half = Round<V>(V::Multiply(power, V::Set(0.5)));
  return V::Multiply(V::Multiply(series, TwoTo<V>(half)),
                     TwoTo<V>(V::Subtract(power, half)));
}

// Returns e^x for x <= 0.
template <class V>
typename V::Vector ExpOfNegative(typename V::Vector x) {
  const auto least = V::Set(-800);
  return ScaledExp<V>(V::SelectLess(x, least, least, x), V::Zero());
}

// Returns x^a for x >= 0 and 0 < a <= 64: 0 for x = 0, and NaN where x is not
// finite. The relative error is below 2e-16 (3 + a).
template <class V>
typename V::Vector RealPower(typename V::Vector x, typename V::Vector a) {
  using Vector = typename V::Vector;
  const LogParts<V> parts = SplitLog<V>(x);
  // In 2^(a exponent) the whole part of the product becomes an exponent. The
  // fraction, which takes the rounding error of the product, stays small.
  const Vector product = V::Multiply(a, parts.exponent);
  const Vector error =
      V::Fma(a, parts.exponent, V::Subtract(V::Zero(), product));
  const Vector whole = Round<V>(product);
  const Vector fraction = V::Add(V::Subtract(product, whole), error);
  const Vector log = V::Fma(fraction, V::Set(kLn2), V::Multiply(a, parts.log));
  const Vector power = ScaledExp<V>(log, whole);
  return V::Add(V::SelectLess(V::Zero(), x, power, V::Zero()),
                V::Subtract(x, x));
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_VECTOR_MATH_H_
