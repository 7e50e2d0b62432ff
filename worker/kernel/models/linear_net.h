#ifndef FATHOM_WORKER_KERNEL_MODELS_LINEAR_NET_H_
#define FATHOM_WORKER_KERNEL_MODELS_LINEAR_NET_H_

#include <cstdint>
#include <vector>

#include "worker/kernel/aligned.h"
#include "worker/kernel/models/parameterization.h"

namespace fathom::worker::kernel {

// A linear net: W = W_N ... W_1, with every factor trained; N = 1 trains W
// directly. W is k x d, and factors are numbered from 1 as in formulas.
//
// With U_j = W_N ... W_{j+1} (k x d_j) and T_j = G W_1^T ... W_{j-1}^T (k x
// d_{j-1}) the gradient of W_j is U_j^T T_j, of rank k at most. It is never
// stored as a whole. A step costs about 6 k flops per weight, which is next to
// nothing for hidden layers of width 1. For one output it takes the time to
// read the weights three times and to write them once.
//
// Not thread-safe.
class LinearNet final : public Parameterization {
 public:
  // Makes factors of zeros for the widths d_0 ... d_N (at least two, each >=
  // 1).
  explicit LinearNet(std::vector<int64_t> widths);

  int depth() const { return static_cast<int>(factors_.size()); }
  // Returns W_j, 1 <= j <= depth().
  Matrix factor(int j);
  ConstMatrix factor(int j) const;

  void WriteEndToEnd(Matrix w) override;
  void PullBack(ConstMatrix gradient) override;
  void Update(Optimizer& optimizer) override;
  double GradientNorm() override;
  double Balancedness() override;
  void AddState(StateArrays* state) override;

  // Writes out.rows rows of dL/dW_j to `out`, beginning with row `first`. Call
  // it after PullBack.
  void WriteGradientRows(int j, int64_t first, Matrix out) const;

 private:
  const std::vector<int64_t> widths_;
  // W_j is at [j - 1], row by row.
  std::vector<AlignedDoubles> factors_;
  // U_j is at [j], for 1 <= j <= N - 2.
  std::vector<std::vector<double>> above_;
  // T_j is at [j], for 2 <= j <= N.
  std::vector<std::vector<double>> below_;
  // T_1, which is G.
  ConstMatrix gradient_;
  // Some rows of a gradient of rank > 1.
  std::vector<double> rows_;
  std::vector<double> imbalance_scratch_;

  ConstMatrix above(int j) const;  // Returns U_j, 1 <= j < N.
  ConstMatrix below(int j) const;  // Returns T_j, 1 <= j <= N.
  // Returns how many rows of dL/dW_j fit into rows_.
  int64_t RowsAtATime(int j) const;
  // Updates the weights of a net with one output.
  void UpdateRankOne(Optimizer& optimizer);
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_MODELS_LINEAR_NET_H_
