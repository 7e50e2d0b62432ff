#ifndef FATHOM_TESTS_WORKER_REFERENCE_RULE_H_
#define FATHOM_TESTS_WORKER_REFERENCE_RULE_H_

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace fathom::test {

// The settings of an optimizer; each rule uses those that it knows.
struct RuleOptions {
  double learning_rate = 0;
  double weight_decay = 0;
  double momentum = 0;
  double beta1 = 0;
  double beta2 = 0;
  double rho = 0;
  double epsilon = 0;
  double initial_accumulator = 0;
};

// The optimizers as their papers write them, for all weights at once and in
// long double. They share no code with the kernels.
class ReferenceRule {
 public:
  using Vector = std::vector<long double>;

  ReferenceRule(std::string name, const RuleOptions& options, size_t weights)
      : name_(std::move(name)),
        o_(options),
        a_(weights, name_ == "adagrad" ? options.initial_accumulator : 0),
        b_(weights) {}

  // Takes a step with the weights `w`, whose gradient without decay is `g`.
  void Step(const Vector& g, Vector& w) {
    ++t_;
    for (size_t i = 0; i < w.size(); ++i) {
      w[i] -= o_.learning_rate * Move(g[i] + o_.weight_decay * w[i], i);
    }
  }

 private:
  long double Move(long double h, size_t i) {
    const long double epsilon = o_.epsilon;
    if (name_ == "gd") return h;
    if (name_ == "momentum") return a_[i] = o_.momentum * a_[i] + h;
    if (name_ == "nesterov") {
      a_[i] = o_.momentum * a_[i] + h;
      return h + o_.momentum * a_[i];
    }
    if (name_ == "adagrad") {
      a_[i] += h * h;
      return h / (std::sqrt(a_[i]) + epsilon);
    }
    if (name_ == "adadelta") {
      Average(o_.rho, h * h, a_[i]);
      const long double move =
          std::sqrt(b_[i] + epsilon) / std::sqrt(a_[i] + epsilon) * h;
      Average(o_.rho, move * move, b_[i]);
      return move;
    }
    if (name_ == "rmsprop") {
      Average(o_.rho, h * h, a_[i]);
      return h / (std::sqrt(a_[i]) + epsilon);
    }
    Average(o_.beta1, h, b_[i]);
    Average(o_.beta2, h * h, a_[i]);
    const long double mean = b_[i] / (1 - PowerOfStep(o_.beta1));
    const long double square = a_[i] / (1 - PowerOfStep(o_.beta2));
    return mean / (std::sqrt(square) + epsilon);
  }

  static void Average(long double decay, long double value, long double& mean) {
    mean = decay * mean + (1 - decay) * value;
  }

  long double PowerOfStep(long double base) const {
    return std::pow(base, static_cast<long double>(t_));
  }

  const std::string name_;
  const RuleOptions o_;
  Vector a_;  // Squares, or velocity.
  Vector b_;  // Means of moves or of gradients.
  int t_ = 0;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_REFERENCE_RULE_H_
