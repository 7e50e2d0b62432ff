#ifndef FATHOM_WORKER_KERNEL_LINEAR_NET_H_
#define FATHOM_WORKER_KERNEL_LINEAR_NET_H_

#include <cstdint>
#include <vector>

#include "worker/kernel/parameterization.h"

namespace fathom::kernel {

// W = W_N ... W_1 with every factor trained; N = 1 is the direct model. Letters
// as in data_pass.h; factors are numbered from 1 as in formulas.
//
// With U_j = W_N ... W_{j+1} (k x d_j) and T_j = G W_1^T ... W_{j-1}^T
// (k x d_{j-1}) the gradient of W_j is U_j^T T_j, of rank k at most. It is
// never stored as a whole. Cost of a step: about 6 k flops per weight, hence
// next to nothing for hidden layers of width 1.
class LinearNet final : public Parameterization {
 public:
  // Zero factors for widths d_0 ... d_N (at least two, each >= 1).
  explicit LinearNet(std::vector<int64_t> widths);

  int depth() const { return static_cast<int>(factors_.size()); }
  // W_j, 1 <= j <= depth().
  Matrix factor(int j);
  ConstMatrix factor(int j) const;

  void WriteEndToEnd(Matrix w) override;
  void PullBack(ConstMatrix gradient) override;
  void Update(Optimizer& optimizer) override;
  double GradientNorm() override;
  double Balancedness() override;

  // Writes row i of dL/dW_j, after PullBack.
  void WriteGradientRow(int j, int64_t i, double* row) const;

 private:
  const std::vector<int64_t> widths_;
  std::vector<std::vector<double>> factors_;  // [j - 1]: W_j, row by row.
  std::vector<std::vector<double>> above_;    // [j]: U_j, for 1 <= j <= N - 2.
  std::vector<std::vector<double>> below_;    // [j]: T_j, for 2 <= j <= N.
  ConstMatrix gradient_;                      // T_1 = G.
  std::vector<double> row_;                   // Of one gradient, at a time.

  ConstMatrix above(int j) const;  // U_j, 1 <= j < N.
  ConstMatrix below(int j) const;  // T_j, 1 <= j <= N.
};

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_LINEAR_NET_H_
