#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_OPTIMIZERS_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_OPTIMIZERS_H_

#include "worker/kernel/optimizers/optimizer.h"
#include "worker/kernel/optimizers/weight_state.h"

// The optimizers, each as its paper writes it. In the formulas w are the
// weights, g is the gradient of the loss, eta the learning rate and lambda the
// weight decay.
namespace fathom::worker::kernel {

// Gradient descent:
//   w <- (1 - eta lambda) w - eta g.
class GradientDescent final : public Optimizer {
 public:
  GradientDescent(double learning_rate, double weight_decay)
      : Optimizer(learning_rate), weight_decay_(weight_decay) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;
  void AddState(int64_t count, StateArrays* state) override;

 private:
  const double weight_decay_;
};

// Polyak's heavy ball (1964): with h = g + lambda w and v = 0 at the start,
//   v <- mu v + h,  w <- w - eta v.
// Keeps one number per weight.
class HeavyBall final : public Optimizer {
 public:
  struct Options {
    double learning_rate;  // eta, until it is set anew
    double weight_decay;   // lambda
    double momentum;       // mu
  };

  explicit HeavyBall(const Options& options)
      : Optimizer(options.learning_rate), options_(options) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;
  void AddState(int64_t count, StateArrays* state) override;

 private:
  const Options options_;
  WeightState velocity_;
};

// Nesterov's accelerated gradient (1983) with constant momentum: with h = g +
// lambda w and v = 0 at the start,
//   v <- mu v + h,  w <- w - eta (h + mu v).
// This is x' = w - eta h, w' = x' + mu (x' - x): the weights are the
// extrapolated points, at which the gradient is taken. Keeps one number per
// weight.
class Nesterov final : public Optimizer {
 public:
  struct Options {
    double learning_rate;  // eta, until it is set anew
    double weight_decay;   // lambda
    double momentum;       // mu
  };

  explicit Nesterov(const Options& options)
      : Optimizer(options.learning_rate), options_(options) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;
  void AddState(int64_t count, StateArrays* state) override;

 private:
  const Options options_;
  WeightState velocity_;
};

// AdaGrad (Duchi, Hazan, Singer 2011), diagonal: with h = g + lambda w and
// s = s_0 at the start,
//   s <- s + h^2,  w <- w - eta h / (sqrt(s) + epsilon).
// Keeps one number per weight.
class AdaGrad final : public Optimizer {
 public:
  struct Options {
    double learning_rate;        // eta, until it is set anew
    double weight_decay;         // lambda
    double epsilon;              // > 0
    double initial_accumulator;  // s_0
  };

  explicit AdaGrad(const Options& options)
      : Optimizer(options.learning_rate),
        options_(options),
        squares_(options.initial_accumulator) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;
  void AddState(int64_t count, StateArrays* state) override;

 private:
  const Options options_;
  WeightState squares_;
};

// AdaDelta (Zeiler 2012): with h = g + lambda w and s = u = 0 at the start,
//   s <- rho s + (1 - rho) h^2,
//   delta = sqrt(u + epsilon) / sqrt(s + epsilon) h,
//   u <- rho u + (1 - rho) delta^2,  w <- w - eta delta.
// Zeiler's own rule has eta = 1. Keeps two numbers per weight.
class AdaDelta final : public Optimizer {
 public:
  struct Options {
    double learning_rate;  // eta, until it is set anew
    double weight_decay;   // lambda
    double rho;
    double epsilon;  // > 0
  };

  explicit AdaDelta(const Options& options)
      : Optimizer(options.learning_rate), options_(options) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;
  void AddState(int64_t count, StateArrays* state) override;

 private:
  const Options options_;
  WeightState squares_;  // s
  WeightState moves_;    // u
};

// RMSProp (Tieleman, Hinton 2012): with h = g + lambda w and s = 0 at the
// start,
//   s <- rho s + (1 - rho) h^2,  w <- w - eta h / (sqrt(s) + epsilon).
// Keeps one number per weight.
class RmsProp final : public Optimizer {
 public:
  struct Options {
    double learning_rate;  // eta, until it is set anew
    double weight_decay;   // lambda
    double rho;
    double epsilon;  // > 0
  };

  explicit RmsProp(const Options& options)
      : Optimizer(options.learning_rate), options_(options) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;
  void AddState(int64_t count, StateArrays* state) override;

 private:
  const Options options_;
  WeightState squares_;
};

// Adam (Kingma, Ba 2015): with h = g + lambda w and m = s = 0 at the start, in
// step t = 1, 2, ...
//   m <- beta1 m + (1 - beta1) h,  s <- beta2 s + (1 - beta2) h^2,
//   w <- w - eta m / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + epsilon).
// Keeps two numbers per weight.
class Adam final : public Optimizer {
 public:
  struct Options {
    double learning_rate;  // eta, until it is set anew
    double weight_decay;   // lambda
    double beta1;
    double beta2;
    double epsilon;  // > 0
  };

  explicit Adam(const Options& options)
      : Optimizer(options.learning_rate), options_(options) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;
  void AddState(int64_t count, StateArrays* state) override;

 private:
  const Options options_;
  double power1_ = 1;  // beta1^t
  double power2_ = 1;  // beta2^t
  WeightState means_;
  WeightState squares_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZERS_OPTIMIZERS_H_
