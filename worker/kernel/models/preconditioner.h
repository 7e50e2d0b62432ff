#ifndef FATHOM_WORKER_KERNEL_MODELS_PRECONDITIONER_H_
#define FATHOM_WORKER_KERNEL_MODELS_PRECONDITIONER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "worker/kernel/vector_ops.h"

// The linear map that depth N puts in front of the gradient G of the end-to-end
// matrix W (both k x d):
//   P_W(G) = sum_{j=1}^N [W W^T]^((j-1)/N) G [W^T W]^((N-j)/N).
// With W = U S V^T its eigenvectors are u_r v_q^T, its eigenvalues
//   e(s_r, s_q) = sum_{j=1}^N s_r^(2(j-1)/N) s_q^(2(N-j)/N),
// where s is 0 beyond min(k, d) and 0^0 = 1. The sum is geometric,
//   e(s, t) = (s^2 - t^2) / (s^(2/N) - t^(2/N)),  e(s, s) = N s^(2-2/N),
// which gives it a meaning for every real N >= 1: the *order* of the rule.
namespace fathom::worker::kernel {

// Returns e(s, t) for finite s, t >= 0; e is 1 everywhere for order 1.
double PreconditionerEigenvalue(double order, double s, double t);

// The extreme eigenvalues of P_W.
struct EigenvalueRange {
  double min = 0;
  double max = 0;
};
// Takes all min(k, d) singular values of W (k x d), in any order.
EigenvalueRange PreconditionerRange(double order, int64_t k, int64_t d,
                                    std::span<const double> singular_values);

// Computes P_W(G) for a W that moves in small steps: the singular directions of
// the last call are where the search for the next ones starts, so the bits of a
// result depend on the sequence of calls.
//
// For one output or one feature it is
//   |W|^(2-2/N) (G + (N-1) <G, W> W / |W|^2),  and 0 for W = 0 and N > 1.
// Otherwise, with r = min(k, d), it costs about 11 r k d flops and an
// eigenproblem of size r. Nothing is allocated after the first call.
//
// Not thread-safe.
class Preconditioner {
 public:
  // For k x d matrices; order >= 1.
  Preconditioner(double order, int64_t k, int64_t d);

  // out = P_W(G). NaN throughout when W is not finite.
  void Apply(ConstMatrix w, ConstMatrix g, Matrix out);

 private:
  // Both take W times 2^-exponent.
  void ApplyToVector(ConstMatrix w, int exponent, ConstMatrix g, Matrix out);
  void ApplyToWide(ConstMatrix w, int exponent, ConstMatrix g, Matrix out);
  void FindDirections(ConstMatrix w);
  void WriteFactors(int exponent);

  const double order_;
  const int64_t k_, d_;
  const int64_t r_, c_;  // min and max of k and d.

  bool started_ = false;
  // r x r, row by row.
  std::vector<double> basis_;     // U^T, from call to call.
  std::vector<double> gram_;      // U^T W W^T U.
  std::vector<double> rotation_;  // Of the last basis into this one.
  std::vector<double> cross_;     // U^T G W^T U.
  std::vector<double> scratch_;
  std::vector<double> power_;  // r: e(s, 0).
  std::vector<double> log_;    // r: log s^2, -infinity for 0.
  // P_W(G) = factors [G; U^T W], r x 2r and 2r x c.
  std::vector<double> factors_;
  std::vector<double> inner_;  // U^T factors.
  std::vector<double> stacked_;
  std::vector<double> turned_;  // r x c: U^T W with the last basis.
  std::vector<double> wide_;    // r x c: P_W(G) transposed, when k > d.
  std::vector<double> scaled_;  // r x c: W scaled or transposed.
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_MODELS_PRECONDITIONER_H_
