#ifndef FATHOM_WORKER_KERNEL_FACTORS_FACTOR_ISA_H_
#define FATHOM_WORKER_KERNEL_FACTORS_FACTOR_ISA_H_

#include <stdint.h>

#include <cstdint>

// What a trial needs from an instruction set for its own factors: products of
// small matrices and the optimizers' loops, compiled once per set from
// factor_kernel.h. Of the files compiled for one, data_pass_isa.h says what
// they must not do.
namespace fathom::worker::kernel {

// out_rc = sum_l a_rl b_lc, each one chain of fused multiply-adds that starts
// at zero, l in order. a_rl stands at a + r a_row + l a_step, so that A may be
// a matrix or the transpose of one.
struct ChainProduct {
  const double* a;
  int64_t a_row;
  int64_t a_step;
  const double* b;
  int64_t b_stride;
  double* out;
  int64_t out_stride;
  int64_t rows, length, columns;  // Of out, of a chain, of out.
};

// out_ri = <row r of A, row i of B>, summed by fused multiply-adds in 8 lanes
// that start at zero, element l in lane l mod 8. The lanes are added as a tree:
// l + 4 to l, then 2 to 0 and 3 to 1, then 1 to 0.
struct DotProducts {
  const double* a;
  int64_t a_stride;
  const double* b;
  int64_t b_stride;
  double* out;
  int64_t out_stride;
  int64_t rows, length, columns;  // Of A, of a row, rows of B.
};

// The gradient of rows x columns weights that lie row by row: left_i right_c,
// rounded. Where left is null there is one row, and it is `right`.
struct Gradient {
  const double* left;
  const double* right;
  int64_t rows, columns;
};

// The constants of one step of each optimizer; its header has the formula.
struct GradientDescentStep {
  double keep, rate;
};
struct MomentumStep {
  double rate, decay, momentum;
};
struct AdaGradStep {
  double rate, decay, epsilon;
};
struct RmsPropStep {
  double rate, decay, rho, rest, epsilon;  // rest = 1 - rho.
};
struct AdamStep {
  double rate, decay, beta1, rest1, beta2, rest2, epsilon;
  double root_scale;  // Of sqrt(s).
};

// The updates move `weights` and what is remembered of each of them. A product
// whose result is added to is fused with the addition.
struct FactorKernels {
  void (*chains)(const ChainProduct& product);
  void (*dots)(const DotProducts& products);
  void (*gradient_descent)(const Gradient& gradient,
                           const GradientDescentStep& step, double* weights);
  void (*heavy_ball)(const Gradient& gradient, const MomentumStep& step,
                     double* weights, double* velocity);
  void (*nesterov)(const Gradient& gradient, const MomentumStep& step,
                   double* weights, double* velocity);
  void (*adagrad)(const Gradient& gradient, const AdaGradStep& step,
                  double* weights, double* squares);
  void (*rmsprop)(const Gradient& gradient, const RmsPropStep& step,
                  double* weights, double* squares);
  void (*adadelta)(const Gradient& gradient, const RmsPropStep& step,
                   double* weights, double* squares, double* moves);
  void (*adam)(const Gradient& gradient, const AdamStep& step, double* weights,
               double* means, double* squares);
};

const FactorKernels& PortableFactorKernels();
const FactorKernels& Avx2FactorKernels();
const FactorKernels& Avx512FactorKernels();

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_FACTORS_FACTOR_ISA_H_
