#ifndef FATHOM_WORKER_KERNEL_FACTORS_FACTOR_ISA_H_
#define FATHOM_WORKER_KERNEL_FACTORS_FACTOR_ISA_H_

#include <stdint.h>

#include <cstdint>

#include "worker/kernel/isa.h"

// The loops over a trial's own factors: products of small matrices and the
// updates of the optimizers. They are compiled once for each instruction set
// (vectors.h) from factor_kernel.h.
namespace fathom::worker::kernel {

// Describes the product out_rc = sum_l a_rl b_lc. Each entry is one chain of
// fused multiply-adds that starts at zero, with l in ascending order. The entry
// a_rl is at a + r a_row + l a_step, so that A may be a matrix or the transpose
// of one.
struct ChainProduct {
  const double* a;
  int64_t a_row;
  int64_t a_step;
  const double* b;
  int64_t b_stride;
  double* out;
  int64_t out_stride;
  // Rows of out, length of a chain (columns of A), and columns of out.
  int64_t rows, length, columns;
};

// Describes the products out_ri = <row r of A, row i of B>. Each is summed by
// fused multiply-adds in 8 lanes that start at zero, with element l in lane l
// mod 8. The lanes are then added as a tree: l + 4 to l, then 2 to 0 and 3 to
// 1, then 1 to 0.
struct DotProducts {
  const double* a;
  int64_t a_stride;
  const double* b;
  int64_t b_stride;
  double* out;
  int64_t out_stride;
  // Rows of A, length of a row, and rows of B.
  int64_t rows, length, columns;
};

// The gradient of rows x columns weights that are stored row by row: its
// entries are left_i right_c, rounded. Where `left` is null there is one row,
// and the gradient is `right` itself.
struct Gradient {
  const double* left;
  const double* right;
  int64_t rows, columns;
};

// The constants of one step of each optimizer; optimizers.h has the formulas.
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
  double root_scale;  // The factor of sqrt(s).
};

// The loops for one instruction set. The updates change `weights` and the
// numbers of state that an optimizer keeps for each weight. Where something is
// added to a product, the product and the addition are fused.
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

// Returns the loops for one instruction set, which the machine must support to
// run them; ActiveFactorKernels chooses among them. Defined by factor_loops.cc,
// compiled for `isa`.
template <Isa isa>
const FactorKernels& FactorLoops();

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_FACTORS_FACTOR_ISA_H_
