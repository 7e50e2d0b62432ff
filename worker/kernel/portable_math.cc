#include "worker/kernel/portable_math.h"

#include <cassert>
#include <cmath>
#include <limits>

namespace fathom::worker::kernel {
namespace {

// ln 2, split into a short high part, whose product with an exponent is exact,
// and the rest.
constexpr double kLn2High = 0x1.62e42fefa3800p-1;
constexpr double kLn2Low = 0x1.ef35793c76730p-45;
constexpr double kSqrtHalf = 0x1.6a09e667f3bcdp-1;
constexpr double kPi = 0x1.921fb54442d18p+1;

}  // namespace

double Log(double x) {
  assert(x > 0 && std::isfinite(x));
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // Exact, with m in [1/2, 1).
  if (m < kSqrtHalf) {
    m *= 2;
    --exponent;
  }
  // With f = (m - 1) / (m + 1): log m = 2 (f + f^3 / 3 + f^5 / 5 + ...), where
  // f^2 < 0.0295.
  const double f = (m - 1) / (m + 1);
  const double square = f * f;
  double series = 0;
  for (int k = 23; k >= 3; k -= 2) series = (series + 1.0 / k) * square;
  const double e = exponent;
  return e * kLn2High + (2 * f + (2 * f * series + e * kLn2Low));
}

double Exp(double x) {
  assert(std::fabs(x) <= 740);
  // Write x = n ln 2 + r with |r| <= 0.35.
  const double n = std::floor(x / (kLn2High + kLn2Low) + 0.5);
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double series = 0;
  for (int k = 16; k >= 2; --k) series = (series + 1) * (r / k);
  return std::ldexp(1 + (r + r * series), static_cast<int>(n));
}

double Root(double x, int n) {
  assert(x >= 0 && std::isfinite(x) && n >= 1);
  if (x == 0 || n == 1) return x;
  // Write x = m 2^(n q) with m in [1/2, 2^n); then no power of the root of m
  // can overflow.
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  const int q = static_cast<int>(std::floor(static_cast<double>(exponent) / n));
  m = std::ldexp(m, exponent - n * q);
  double root = Exp(Log(m) / n);
  root += root * (m / Power(root, n) - 1) / n;  // One step of Newton's method.
  return std::ldexp(root, q);
}

double Power(double x, int64_t n) {
  assert(n >= 0);
  double power = 1;
  for (; n > 0; n >>= 1, x *= x) {
    if (n & 1) power *= x;
  }
  return power;
}

double Cos(double x) {
  assert(x >= 0 && x <= kPi);
  // cos x = -cos(pi - x) = 1 - 2 sin^2(x/2), where x/2 <= pi/4.
  if (x > kPi / 2) return -Cos(kPi - x);
  const double half = x / 2;
  const double square = half * half;
  double series = 0;  // sin(half) / half - 1
  for (int k = 16; k >= 2; k -= 2) {
    series = (series + 1) * (-square / (k * (k + 1)));
  }
  const double sine = half + half * series;
  return 1 - 2 * (sine * sine);
}

double ExpMinusOne(double x) {
  if (x > 709.7) return std::numeric_limits<double>::infinity();
  if (x < -40) return -1;
  if (std::fabs(x) > 0.35) return Exp(x) - 1;
  double series = 0;
  for (int k = 16; k >= 2; --k) series = (series + 1) * (x * (1.0 / k));
  return x + x * series;
}

double RealPower(double x, double a) {
  assert(x >= 0 && std::isfinite(x) && a >= 0);
  if (a == 0) return 1;
  if (x == 0) return 0;
  const double log = a * Log(x);
  if (log > 709.7) return std::numeric_limits<double>::infinity();
  return log < -740 ? 0 : Exp(log);
}

}  // namespace fathom::worker::kernel
