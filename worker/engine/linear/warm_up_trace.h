#ifndef FATHOM_WORKER_ENGINE_LINEAR_WARM_UP_TRACE_H_
#define FATHOM_WORKER_ENGINE_LINEAR_WARM_UP_TRACE_H_

#include <cstdint>
#include <vector>

#include "worker/kernel/models/scalar_product.h"

namespace fathom::worker {

// Follows what gradient descent with rate eta on W = omega w (k x d) does to W
// itself (Arora, Cohen, Hazan 2018, section 3). With G = dL/dW an update is
//   W <- W - rho G - gamma W + eta^2 omega <G, w> G,
//   rho = eta omega^2,  gamma = eta <G, w> / omega.
// This is a step of an adaptive rate together with a shrinking of W. Summed
// over the steps, the shrinking acts as momentum; METRIC_WARMUP_GROWTH in
// sweep.proto gives the weights mu of the past gradients. A model that trains W
// directly is the case of an omega that stays 1.
//
// The trace only reads the model. Its numbers are not finite where omega = 0,
// because no update of W = 0 is predicted. Cost: about 12 k d flops a step. Not
// thread-safe.
class WarmUpTrace {
 public:
  // Follows `product` (k x d), which must outlive this object. A null `product`
  // stands for a model that trains W directly.
  WarmUpTrace(double learning_rate, kernel::ScalarProduct* product, int64_t k,
              int64_t d);

  // Sets eta for the current step and those after it.
  void SetLearningRate(double eta) { rate_ = eta; }

  // Takes W and dL/dW of the current step. Call it at every step, before the
  // update.
  void Observe(kernel::ConstMatrix w, kernel::ConstMatrix gradient);

  // Adds what the trace keeps between two steps.
  void AddState(kernel::StateArrays* state);

  // Return rho and gamma of the step that was observed last.
  double rho() const { return rho_; }
  double gamma() const { return gamma_; }
  // Returns the sum of log |1 - gamma| over the steps before the one observed
  // last.
  double growth() const { return growth_; }
  // Returns |W_t - (W - rho G - gamma W)|_F / |W_t - W|_F for W_t of the step
  // observed last, with W, rho, G and gamma of the step before it; 0 at the
  // first step and where W_t is as predicted.
  double residual() const { return residual_; }

 private:
  // Computes rho_ and gamma_ from the gradient of the current step.
  void Predict(kernel::ConstMatrix gradient);

  double rate_;
  kernel::ScalarProduct* const product_;
  double observed_ = 0;  // Steps so far.
  double rho_ = 0;
  double gamma_ = 0;
  double growth_ = 0;
  double residual_ = 0;
  std::vector<double> previous_;   // W of the step before, row by row.
  std::vector<double> predicted_;  // W - rho G - gamma W of that step.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_WARM_UP_TRACE_H_
