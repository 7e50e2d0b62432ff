#ifndef FATHOM_WORKER_KERNEL_MODELS_PRECONDITIONER_H_
#define FATHOM_WORKER_KERNEL_MODELS_PRECONDITIONER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "worker/kernel/state_arrays.h"
#include "worker/kernel/vector_ops.h"

// The linear map that depth N applies to the gradient G of the end-to-end
// matrix W (both k x d):
//   P_W(G) = sum_{j=1}^N [W W^T]^((j-1)/N) G [W^T W]^((N-j)/N).
// With W = U S V^T its eigenvectors are u_r v_q^T, and its eigenvalues are
//   e(s_r, s_q) = sum_{j=1}^N s_r^(2(j-1)/N) s_q^(2(N-j)/N),
// where s is 0 beyond min(k, d) and 0^0 = 1. The sum is geometric,
//   e(s, t) = (s^2 - t^2) / (s^(2/N) - t^(2/N)),  e(s, s) = N s^(2-2/N),
// and these formulas have a meaning for every real N >= 1, the *order* of the
// rule.
namespace fathom::worker::kernel {

// Returns e(s, t) for finite s, t >= 0. For order 1 it is 1 everywhere.
double PreconditionerEigenvalue(double order, double s, double t);

// The least and the largest eigenvalue of P_W.
struct EigenvalueRange {
  double min = 0;
  double max = 0;
};
// Returns the extreme eigenvalues of P_W from all min(k, d) singular values of
// W (k x d), which may be in any order.
EigenvalueRange PreconditionerRange(double order, int64_t k, int64_t d,
                                    std::span<const double> singular_values);

// Computes P_W(G) for a W that moves in small steps. The search for the
// singular directions of W starts at those of the last call, so the bits of a
// result depend on the sequence of calls.
//
// For one output or one feature P_W(G) is
//   |W|^(2-2/N) (G + (N-1) <G, W> W / |W|^2),  and 0 for W = 0 and N > 1.
// Otherwise, with r = min(k, d), it costs about 11 r k d flops and an
// eigenproblem of size r. Nothing is allocated after the first call.
//
// Not thread-safe.
class Preconditioner {
 public:
  // Prepares for k x d matrices and order >= 1.
  Preconditioner(double order, int64_t k, int64_t d);

  // Computes out = P_W(G). All entries are NaN when W is not finite.
  void Apply(ConstMatrix w, ConstMatrix g, Matrix out);

  // Adds the directions that the next call starts at.
  void AddState(StateArrays* state);
  // Whether these are orthonormal, or none have been searched for yet.
  bool StateIsSound() const;

 private:
  // Compute P_W(G) for a vector and for k <= d. Both take W times 2^-exponent.
  void ApplyToVector(ConstMatrix w, int exponent, ConstMatrix g, Matrix out);
  void ApplyToWide(ConstMatrix w, int exponent, ConstMatrix g, Matrix out);
  // Finds the singular directions of W.
  void FindDirections(ConstMatrix w);
  // Computes factors_ from the singular directions.
  void WriteFactors(int exponent);

  const double order_;
  const int64_t k_, d_;
  const int64_t r_, c_;  // min and max of k and d.

  // Whether directions were searched for: the rows of U^T have length 1.
  bool started() const;

  // The next five are r x r, row by row.
  std::vector<double> basis_;     // U^T, kept for the next call; 0 before.
  std::vector<double> gram_;      // U^T W W^T U.
  std::vector<double> rotation_;  // From the last basis to this one.
  std::vector<double> cross_;     // U^T G W^T U.
  std::vector<double> scratch_;
  std::vector<double> power_;  // r: e(s, 0).
  std::vector<double> log_;    // r: log s^2, -infinity for 0.
  // P_W(G) = factors [G; U^T W], where the factors are r x 2r and the stacked
  // matrix is 2r x c.
  std::vector<double> factors_;
  std::vector<double> inner_;  // U^T times factors_.
  std::vector<double> stacked_;
  std::vector<double> turned_;  // r x c: U^T W with the last basis.
  std::vector<double> wide_;    // r x c: P_W(G) transposed, when k > d.
  std::vector<double> scaled_;  // r x c: W scaled or transposed.
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_MODELS_PRECONDITIONER_H_
