#ifndef FATHOM_WORKER_KERNEL_MODELS_LINEAR_NET_H_
#define FATHOM_WORKER_KERNEL_MODELS_LINEAR_NET_H_

#include <cstdint>
#include <vector>

#include "worker/kernel/aligned.h"
#include "worker/kernel/models/parameterization.h"

namespace fathom::worker::kernel {

// W = W_N ... W_1 with every factor trained; N = 1 is the direct model. Letters
// as in data_pass.h; factors are numbered from 1 as in formulas.
//
// With U_j = W_N ... W_{j+1} (k x d_j) and T_j = G W_1^T ... W_{j-1}^T
// (k x d_{j-1}) the gradient of W_j is U_j^T T_j, of rank k at most. It is
// never stored as a whole. Cost of a step: about 6 k flops per weight, hence
// next to nothing for hidden layers of width 1; for one output it is the time
// to read the weights three times and to write them once.
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

  // Writes out.rows rows of dL/dW_j, those from `first` on. After PullBack.
  void WriteGradientRows(int j, int64_t first, Matrix out) const;

 private:
  const std::vector<int64_t> widths_;
  std::vector<AlignedDoubles> factors_;     // [j - 1]: W_j, row by row.
  std::vector<std::vector<double>> above_;  // [j]: U_j, for 1 <= j <= N - 2.
  std::vector<std::vector<double>> below_;  // [j]: T_j, for 2 <= j <= N.
  ConstMatrix gradient_;                    // T_1 = G.
  std::vector<double> rows_;                // Some of a gradient of rank > 1.
  std::vector<double> imbalance_scratch_;

  ConstMatrix above(int j) const;  // U_j, 1 <= j < N.
  ConstMatrix below(int j) const;  // T_j, 1 <= j <= N.
  // How many rows of dL/dW_j fit rows_.
  int64_t RowsAtATime(int j) const;
  void UpdateRankOne(Optimizer& optimizer);
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_MODELS_LINEAR_NET_H_
