#ifndef FATHOM_WORKER_KERNEL_OPTIMUM_GRAM_H_
#define FATHOM_WORKER_KERNEL_OPTIMUM_GRAM_H_

#include <cstdint>
#include <vector>

#include "worker/kernel/vector_ops.h"

// Weighted second moments and their Cholesky factors, for matrices of some
// hundred to some thousand rows. All results have the same bits on every
// machine.
namespace fathom::worker::kernel {

// The number of rows over which an entry of a Gram matrix is summed in one
// chain before the chain is added to the entry. It is part of the numerics.
inline constexpr int64_t kGramRows = 128;

// Adds X^T diag(w) X to the part of `sum` (d x d) on and above the diagonal,
// for X (m x d) and `weights` w (m). The part below the diagonal is
// overwritten.
//
// Every entry is a ChainProduct over the rows of a block of kGramRows, and the
// blocks are added in order. Cost: m d^2 flops.
void AddGram(ConstMatrix x, const double* weights, Matrix sum);

// Factors A + mu diag(A) = U^T U for a symmetric A (n x n), of which the part
// on and above the diagonal is given. An entry 0 on the diagonal counts as 1.
// Cost: n^3 / 3 flops, 16 n^2 bytes.
//
// Not thread-safe.
class Cholesky {
 public:
  // Factors with the given mu >= 0 or, when the matrix is not positive definite
  // in doubles, with the first of 16 mu, 256 mu, ... (at least 1e-16) for which
  // it is. Returns false when A is not finite or when no mu up to 1 suffices.
  bool Factor(ConstMatrix a, double mu);

  // Replaces b by the solution of (A + mu diag(A)) x = b.
  void Solve(double* b) const;

  // Returns the mu with which Factor succeeded.
  double mu() const { return mu_; }

 private:
  // Factors with mu_. Returns false when the factor does not exist.
  bool TryFactor(ConstMatrix a);

  int64_t n_ = 0;
  double mu_ = 0;
  std::vector<double> u_;  // n x n, row by row.
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMUM_GRAM_H_
