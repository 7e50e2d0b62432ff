#ifndef FATHOM_WORKER_KERNEL_PORTABLE_MATH_H_
#define FATHOM_WORKER_KERNEL_PORTABLE_MATH_H_

#include <cstdint>
#include <limits>

// Elementary functions out of + - * / alone, which IEEE 754 rounds in one way
// only: the same bits on every machine. The C library's log, exp and pow have
// several versions, chosen by the processor, that differ in the last bit.
namespace fathom::worker::kernel {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Natural logarithm of a finite x > 0; error below 2 units in the last place.
double Log(double x);

// e^x for |x| <= 740; relative error below 1e-15.
double Exp(double x);

// x^(1/n) for a finite x >= 0 and 1 <= n <= 64; relative error below 1e-15.
double Root(double x, int n);

// x^n for n >= 0, by squaring.
double Power(double x, int64_t n);

// Cosine of 0 <= x <= pi; absolute error below 1e-15.
double Cos(double x);

// e^x - 1 for any x but NaN, without cancellation near 0.
double ExpMinusOne(double x);

// x^a for finite x >= 0 and a >= 0, with 0^0 = 1; infinity where it is above
// the largest double, 0 where it is below 1e-321. Relative error below 1e-15
// (1 + |a log x|).
double RealPower(double x, double a);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PORTABLE_MATH_H_
