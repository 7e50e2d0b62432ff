#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_OPTIMIZER_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_OPTIMIZER_H_

#include <cstdint>

#include "worker/kernel/factors/factor_isa.h"

namespace fathom::worker::kernel {

// The gradient `g` of `count` weights, written down.
inline Gradient WrittenGradient(const double* g, int64_t count) {
  return {.left = nullptr, .right = g, .rows = 1, .columns = count};
}

// A rule that moves the weights of one trial against their gradient. Works on
// ranges of weights, so that no gradient has to lie in memory as a whole: for a
// single output it is a product of two vectors and never written down.
//
// Not thread-safe.
class Optimizer {
 public:
  // `learning_rate` is eta, the step size.
  explicit Optimizer(double learning_rate) : learning_rate_(learning_rate) {}
  virtual ~Optimizer() = default;

  // Sets the step size of the steps from now on. Called between steps.
  void SetLearningRate(double eta) { learning_rate_ = eta; }

  // Moves the weights of a model from its `first` one on, as many as `gradient`
  // (factor_isa.h) is for. A step calls this once for every weight, in
  // ascending order, so that `first` 0 opens a step; rules with a memory keep
  // it by that position. How a step is cut into calls does not matter.
  virtual void Update(int64_t first, const Gradient& gradient,
                      double* weights) = 0;

 protected:
  double learning_rate() const { return learning_rate_; }

 private:
  double learning_rate_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZERS_OPTIMIZER_H_
