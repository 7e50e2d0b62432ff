#ifndef FATHOM_WORKER_KERNEL_MODELS_END_TO_END_RULE_H_
#define FATHOM_WORKER_KERNEL_MODELS_END_TO_END_RULE_H_

#include <cstdint>
#include <vector>

#include "worker/kernel/models/parameterization.h"
#include "worker/kernel/models/preconditioner.h"

namespace fathom::worker::kernel {

// Trains W itself by the end-to-end update rule, which moves W against
// P_W(dL/dW) (preconditioner.h) instead of its gradient. Under gradient descent
// with rate eta and a decay of N lambda the rule is
//   W <- (1 - eta lambda N) W - eta P_W(dL/dW).
// A balanced linear net of depth N does the same to its end-to-end matrix up to
// terms of order eta^2. Order 1 is gradient descent to the last bit. For N > 1,
// W = 0 does not move, just as a net of zeros does not.
//
// Not thread-safe.
class EndToEndRule final : public Parameterization {
 public:
  // Starts at `start` (k x d); order >= 1.
  EndToEndRule(double order, ConstMatrix start);

  void WriteEndToEnd(Matrix w) override;
  void PullBack(ConstMatrix gradient) override;
  void Update(Optimizer& optimizer) override;
  // Returns sqrt <G, P_W(G)> for G = dL/dW, which is the gradient norm of a
  // balanced net with this end-to-end matrix.
  double GradientNorm() override;
  double Balancedness() override { return 0; }
  // The state has W and the directions that the preconditioner starts at.
  void AddState(StateArrays* state) override;
  bool StateIsSound() const override { return preconditioner_.StateIsSound(); }

 private:
  const double order_;
  const int64_t k_, d_;
  std::vector<double> weights_;  // W, row by row.
  std::vector<double> step_;     // P_W(G).
  ConstMatrix gradient_;         // G.
  Preconditioner preconditioner_;

  Matrix weights() { return {weights_.data(), k_, d_, d_}; }
  // Returns P_W(G), which is G itself for order 1.
  ConstMatrix step() const;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_MODELS_END_TO_END_RULE_H_
