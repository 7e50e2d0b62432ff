#include "worker/kernel/optimizers/optimizers.h"

#include <cmath>

#include "worker/kernel/vector_ops.h"

namespace fathom::worker::kernel {

void GradientDescent::Update(int64_t /*first*/, const Gradient& gradient,
                             double* weights) {
  const double rate = learning_rate();
  ActiveFactorKernels().gradient_descent(
      gradient, {1 - rate * weight_decay_, rate}, weights);
}

void GradientDescent::AddState(int64_t /*count*/, StateArrays* /*state*/) {}

void HeavyBall::Update(int64_t first, const Gradient& gradient,
                       double* weights) {
  const auto [start_rate, decay, momentum] = options_;
  ActiveFactorKernels().heavy_ball(
      gradient, {.rate = learning_rate(), .decay = decay, .momentum = momentum},
      weights, velocity_.Range(first, gradient.rows * gradient.columns));
}

void HeavyBall::AddState(int64_t count, StateArrays* state) {
  state->doubles.push_back(velocity_.First(count));
}

void Nesterov::Update(int64_t first, const Gradient& gradient,
                      double* weights) {
  const auto [start_rate, decay, momentum] = options_;
  ActiveFactorKernels().nesterov(
      gradient, {.rate = learning_rate(), .decay = decay, .momentum = momentum},
      weights, velocity_.Range(first, gradient.rows * gradient.columns));
}

void Nesterov::AddState(int64_t count, StateArrays* state) {
  state->doubles.push_back(velocity_.First(count));
}

void AdaGrad::Update(int64_t first, const Gradient& gradient, double* weights) {
  ActiveFactorKernels().adagrad(
      gradient,
      {.rate = learning_rate(),
       .decay = options_.weight_decay,
       .epsilon = options_.epsilon},
      weights, squares_.Range(first, gradient.rows * gradient.columns));
}

void AdaGrad::AddState(int64_t count, StateArrays* state) {
  state->doubles.push_back(squares_.First(count));
}

void AdaDelta::Update(int64_t first, const Gradient& gradient,
                      double* weights) {
  const auto [start_rate, decay, rho, epsilon] = options_;
  const int64_t count = gradient.rows * gradient.columns;
  ActiveFactorKernels().adadelta(gradient,
                                 {.rate = learning_rate(),
                                  .decay = decay,
                                  .rho = rho,
                                  .rest = 1 - rho,
                                  .epsilon = epsilon},
                                 weights, squares_.Range(first, count),
                                 moves_.Range(first, count));
}

void AdaDelta::AddState(int64_t count, StateArrays* state) {
  state->doubles.push_back(squares_.First(count));
  state->doubles.push_back(moves_.First(count));
}

void RmsProp::Update(int64_t first, const Gradient& gradient, double* weights) {
  const auto [start_rate, decay, rho, epsilon] = options_;
  ActiveFactorKernels().rmsprop(
      gradient,
      {.rate = learning_rate(),
       .decay = decay,
       .rho = rho,
       .rest = 1 - rho,
       .epsilon = epsilon},
      weights, squares_.Range(first, gradient.rows * gradient.columns));
}

void RmsProp::AddState(int64_t count, StateArrays* state) {
  state->doubles.push_back(squares_.First(count));
}

// The powers of beta1 and beta2 are computed as products, because std::pow
// differs from machine to machine.
void Adam::Update(int64_t first, const Gradient& gradient, double* weights) {
  const auto [start_rate, decay, beta1, beta2, epsilon] = options_;
  if (first == 0) {
    power1_ *= beta1;
    power2_ *= beta2;
  }
  const int64_t count = gradient.rows * gradient.columns;
  ActiveFactorKernels().adam(gradient,
                             {.rate = learning_rate() / (1 - power1_),
                              .decay = decay,
                              .beta1 = beta1,
                              .rest1 = 1 - beta1,
                              .beta2 = beta2,
                              .rest2 = 1 - beta2,
                              .epsilon = epsilon,
                              .root_scale = 1 / std::sqrt(1 - power2_)},
                             weights, means_.Range(first, count),
                             squares_.Range(first, count));
}

void Adam::AddState(int64_t count, StateArrays* state) {
  state->doubles.emplace_back(&power1_, 1);
  state->doubles.emplace_back(&power2_, 1);
  state->doubles.push_back(means_.First(count));
  state->doubles.push_back(squares_.First(count));
}

}  // namespace fathom::worker::kernel
