#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_OPTIMIZER_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_OPTIMIZER_H_

#include <cstdint>

#include "worker/kernel/factors/factor_isa.h"
#include "worker/kernel/state_arrays.h"

namespace fathom::worker::kernel {

// Returns the gradient of `count` weights whose numbers are in memory at `g`.
inline Gradient WrittenGradient(const double* g, int64_t count) {
  return {.left = nullptr, .right = g, .rows = 1, .columns = count};
}

// An optimizer is a rule that moves the weights of one trial against their
// gradient. It works on ranges of weights, so that no gradient has to be in
// memory as a whole; for a single output a gradient is a product of two vectors
// and is never written to memory.
//
// Not thread-safe.
class Optimizer {
 public:
  // `learning_rate` is eta, the step size.
  explicit Optimizer(double learning_rate) : learning_rate_(learning_rate) {}
  virtual ~Optimizer() = default;

  // Sets the step size of the steps from now on. Called between steps.
  void SetLearningRate(double eta) { learning_rate_ = eta; }

  // Updates the weights of a model from its weight `first` on, as many as
  // `gradient` (factor_isa.h) has entries. A step updates every weight once, in
  // ascending order, in any number of calls; a call with `first` 0 begins a
  // step. An optimizer keeps the state of a weight by its position.
  virtual void Update(int64_t first, const Gradient& gradient,
                      double* weights) = 0;

  // Adds what the rule keeps of the `count` weights of a model. The learning
  // rate is not part of it.
  virtual void AddState(int64_t count, StateArrays* state) = 0;

 protected:
  double learning_rate() const { return learning_rate_; }

 private:
  double learning_rate_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZERS_OPTIMIZER_H_
