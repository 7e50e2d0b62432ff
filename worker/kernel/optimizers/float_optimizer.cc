#include "worker/kernel/optimizers/float_optimizer.h"

#include <cmath>

namespace fathom::worker::kernel {
namespace {

// Lowers each weight w_i by move(h, i), where h is its gradient with the decay.
template <class Move>
inline void ForEach(int64_t count, const float* __restrict gradient,
                    float decay, float* __restrict weights, const Move& move) {
  for (int64_t i = 0; i < count; ++i) {
    const float decayed = decay * weights[i];
    weights[i] -= move(gradient[i] + decayed, i);
  }
}

}  // namespace

int StateNumbers(FloatRule rule) {
  switch (rule) {
    case FloatRule::kGradientDescent:
      return 0;
    case FloatRule::kAdaDelta:
    case FloatRule::kAdam:
      return 2;
    default:
      return 1;
  }
}

FloatOptimizer::FloatOptimizer(const FloatRuleOptions& options, int64_t count)
    : options_(options) {
  const int numbers = StateNumbers(options.rule);
  const float start = options.rule == FloatRule::kAdaGrad
                          ? static_cast<float>(options.initial_accumulator)
                          : 0;
  if (numbers > 0) first_state_.assign(count, start);
  if (numbers > 1) second_state_.assign(count, 0);
}

// The powers are products, as std::pow differs from machine to machine.
void FloatOptimizer::BeginStep() {
  power1_ *= options_.beta1;
  power2_ *= options_.beta2;
}

void FloatOptimizer::AddState(StateArrays* state) {
  state->doubles.emplace_back(&power1_, 1);
  state->doubles.emplace_back(&power2_, 1);
  state->floats.emplace_back(first_state_);
  state->floats.emplace_back(second_state_);
}

void FloatOptimizer::Update(int64_t first, int64_t count, const float* gradient,
                            float* weights) {
  const auto rate = static_cast<float>(options_.learning_rate);
  const auto decay = static_cast<float>(options_.weight_decay);
  const auto epsilon = static_cast<float>(options_.epsilon);
  float* __restrict const s =
      first_state_.empty() ? nullptr : first_state_.data() + first;
  float* __restrict const u =
      second_state_.empty() ? nullptr : second_state_.data() + first;
  const auto for_each = [&](const auto& move) {
    ForEach(count, gradient, decay, weights, move);
  };
  switch (options_.rule) {
    case FloatRule::kGradientDescent:
      return for_each([&](float h, int64_t) { return rate * h; });
    case FloatRule::kHeavyBall: {
      const auto mu = static_cast<float>(options_.momentum);
      return for_each([&](float h, int64_t i) {
        s[i] = mu * s[i] + h;
        return rate * s[i];
      });
    }
    case FloatRule::kNesterov: {
      const auto mu = static_cast<float>(options_.momentum);
      return for_each([&](float h, int64_t i) {
        s[i] = mu * s[i] + h;
        return rate * (h + mu * s[i]);
      });
    }
    case FloatRule::kAdaGrad:
      return for_each([&](float h, int64_t i) {
        s[i] += h * h;
        return rate * h / (std::sqrt(s[i]) + epsilon);
      });
    case FloatRule::kAdaDelta: {
      const auto rho = static_cast<float>(options_.rho);
      const auto rest = static_cast<float>(1 - options_.rho);
      return for_each([&](float h, int64_t i) {
        s[i] = rho * s[i] + rest * (h * h);
        const float delta =
            std::sqrt(u[i] + epsilon) / std::sqrt(s[i] + epsilon) * h;
        u[i] = rho * u[i] + rest * (delta * delta);
        return rate * delta;
      });
    }
    case FloatRule::kRmsProp: {
      const auto rho = static_cast<float>(options_.rho);
      const auto rest = static_cast<float>(1 - options_.rho);
      return for_each([&](float h, int64_t i) {
        s[i] = rho * s[i] + rest * (h * h);
        return rate * h / (std::sqrt(s[i]) + epsilon);
      });
    }
    case FloatRule::kAdam: {
      const auto beta1 = static_cast<float>(options_.beta1);
      const auto rest1 = static_cast<float>(1 - options_.beta1);
      const auto beta2 = static_cast<float>(options_.beta2);
      const auto rest2 = static_cast<float>(1 - options_.beta2);
      const auto corrected =
          static_cast<float>(options_.learning_rate / (1 - power1_));
      const auto root_scale = static_cast<float>(1 / std::sqrt(1 - power2_));
      return for_each([&](float h, int64_t i) {
        s[i] = beta1 * s[i] + rest1 * h;
        u[i] = beta2 * u[i] + rest2 * (h * h);
        return corrected * s[i] / (std::sqrt(u[i]) * root_scale + epsilon);
      });
    }
  }
}

}  // namespace fathom::worker::kernel
