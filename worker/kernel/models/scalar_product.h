#ifndef FATHOM_WORKER_KERNEL_MODELS_SCALAR_PRODUCT_H_
#define FATHOM_WORKER_KERNEL_MODELS_SCALAR_PRODUCT_H_

#include <cstdint>
#include <vector>

#include "worker/kernel/models/parameterization.h"

namespace fathom::worker::kernel {

// The model W = omega w, with a trained matrix w (k x d) and a single trained
// scalar omega. For one output it is a linear net of depth 2 and width 1, bit
// by bit. With G = dL/dW the gradients are omega G for w and <G, w> for omega.
// The weights are w, row by row, then omega.
//
// Not thread-safe.
class ScalarProduct final : public Parameterization {
 public:
  // Makes a model of zeros for k outputs and d features.
  ScalarProduct(int64_t outputs, int64_t columns);

  Matrix matrix() { return {matrix_.data(), k_, d_, d_}; }
  double& scalar() { return scalar_; }

  void WriteEndToEnd(Matrix w) override;
  void PullBack(ConstMatrix gradient) override;
  void Update(Optimizer& optimizer) override;
  double GradientNorm() override;
  // Returns | |w|_F^2 - omega^2 |; gradient flow without weight decay conserves
  // the difference between the outer bars.
  double Balancedness() override;
  void AddState(StateArrays* state) override;

 private:
  const int64_t k_, d_;
  std::vector<double> matrix_;  // w, row by row.
  double scalar_ = 0;           // omega
  ConstMatrix gradient_;        // G
  double scalar_gradient_ = 0;  // <G, w>
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_MODELS_SCALAR_PRODUCT_H_
