#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_FLOAT_OPTIMIZER_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_FLOAT_OPTIMIZER_H_

#include <cstdint>
#include <vector>

#include "worker/kernel/state_arrays.h"

namespace fathom::worker::kernel {

// The rules of optimizers.h in single precision, for nets whose weights are
// floats. The formulas are those there, weight by weight.
enum class FloatRule {
  kGradientDescent = 1,
  kHeavyBall,
  kNesterov,
  kAdaGrad,
  kAdaDelta,
  kRmsProp,
  kAdam,
};

// The numbers of a rule; those that it does not use do not matter.
struct FloatRuleOptions {
  FloatRule rule = FloatRule::kGradientDescent;
  double learning_rate = 0;        // eta, until it is set anew.
  double weight_decay = 0;         // lambda
  double momentum = 0;             // mu
  double beta1 = 0;                //
  double beta2 = 0;                //
  double rho = 0;                  //
  double epsilon = 0;              //
  double initial_accumulator = 0;  // s_0
};

// Returns how many numbers a rule keeps per weight.
int StateNumbers(FloatRule rule);

// Moves the weights of one trial, which lie in one piece of memory, against
// their gradient. Every weight goes through the same few operations by itself,
// each rounded to float: how weights are vectorized or cut into calls changes
// no bit.
//
// Keeps StateNumbers(rule) floats per weight. Not thread-safe.
class FloatOptimizer {
 public:
  // Of `count` weights.
  FloatOptimizer(const FloatRuleOptions& options, int64_t count);

  // Sets the step size of the steps from now on.
  void SetLearningRate(double eta) { options_.learning_rate = eta; }

  // Begins a step: called once before the Updates of it.
  void BeginStep();

  // Moves `count` weights, of which `weights` is the first, the `first` of the
  // trial. Once per weight and step.
  void Update(int64_t first, int64_t count, const float* gradient,
              float* weights);

  // Adds what the rule keeps of all weights. The learning rate is not part of
  // it.
  void AddState(StateArrays* state);

 private:
  FloatRuleOptions options_;
  std::vector<float> first_state_;   // Velocity, squares or means.
  std::vector<float> second_state_;  // Squares of Adam, moves of AdaDelta.
  double power1_ = 1;                // beta1^t
  double power2_ = 1;                // beta2^t
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZERS_FLOAT_OPTIMIZER_H_
