#ifndef FATHOM_WORKER_ENGINE_LINEAR_WARM_UP_TRACE_H_
#define FATHOM_WORKER_ENGINE_LINEAR_WARM_UP_TRACE_H_

#include <cstdint>
#include <vector>

#include "worker/kernel/models/scalar_product.h"

namespace fathom::worker {

// What gradient descent with rate eta on W = omega w, (k x d), is to W itself
// (Arora, Cohen, Hazan 2018, section 3): with G = dL/dW an update is
//   W <- W - rho G - gamma W + eta^2 omega <G, w> G,
//   rho = eta omega^2,  gamma = eta <G, w> / omega,
// a step of an adaptive rate and a shrinking, whose sums over the steps are
// momentum: sweep.proto has the weights mu of the past gradients. Only reads
// the model. Not finite where omega = 0: then W = 0 has no predicted update.
// The direct model, W itself, is the case of an omega that stays 1.
//
// Cost: 10 k d flops a step. Not thread-safe.
class WarmUpTrace {
 public:
  // Follows `product` (k x d), which must outlive this; null follows the direct
  // model.
  WarmUpTrace(double learning_rate, kernel::ScalarProduct* product, int64_t k,
              int64_t d);

  // Sets eta for the current step and those after it.
  void SetLearningRate(double eta) { rate_ = eta; }

  // Takes W and dL/dW of the current step, before its update. Call at every
  // step.
  void Observe(kernel::ConstMatrix w, kernel::ConstMatrix gradient);

  // Of the step observed last.
  double rho() const { return rho_; }
  double gamma() const { return gamma_; }
  // sum of log |1 - gamma| over the steps before it.
  double growth() const { return growth_; }
  // |W_t - (W - rho G - gamma W)|_F / |W_t - W|_F, with W, rho, G and gamma of
  // the step before; 0 at the first step and where W_t is as predicted.
  double residual() const { return residual_; }

 private:
  // Sets rho and gamma.
  void Predict(kernel::ConstMatrix gradient);

  double rate_;
  kernel::ScalarProduct* const product_;
  bool started_ = false;
  double rho_ = 0;
  double gamma_ = 0;
  double growth_ = 0;
  double residual_ = 0;
  std::vector<double> previous_;   // W of the step before, row by row.
  std::vector<double> predicted_;  // W - rho G - gamma W there.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_WARM_UP_TRACE_H_
