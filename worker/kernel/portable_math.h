#ifndef FATHOM_WORKER_KERNEL_PORTABLE_MATH_H_
#define FATHOM_WORKER_KERNEL_PORTABLE_MATH_H_

#include <cstdint>
#include <limits>

// Elementary functions made of + - * / alone, which IEEE 754 rounds in only one
// way, so that they have the same bits on every machine. The log, exp and pow
// of the C library exist in several versions, chosen by the processor, that
// differ in the last bit.
namespace fathom::worker::kernel {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Returns the natural logarithm of a finite x > 0, with an error below 2 units
// in the last place.
double Log(double x);

// Returns e^x for |x| <= 740, with a relative error below 1e-15.
double Exp(double x);

// Returns x^(1/n) for a finite x >= 0 and 1 <= n <= 64, with a relative error
// below 1e-15.
double Root(double x, int n);

// Returns x^n for n >= 0, computed by repeated squaring.
double Power(double x, int64_t n);

// Returns the cosine of 0 <= x <= pi, with an absolute error below 1e-15.
double Cos(double x);

// Returns e^x - 1 for any x but NaN, without cancellation near 0.
double ExpMinusOne(double x);

// Returns x^a for finite x >= 0 and a >= 0, with 0^0 = 1; infinity where the
// power exceeds the largest double, and 0 where it is below 1e-321. The
// relative error is below 1e-15 (1 + |a log x|).
double RealPower(double x, double a);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PORTABLE_MATH_H_
