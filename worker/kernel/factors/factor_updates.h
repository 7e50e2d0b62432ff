#ifndef FATHOM_WORKER_KERNEL_FACTORS_FACTOR_UPDATES_H_
#define FATHOM_WORKER_KERNEL_FACTORS_FACTOR_UPDATES_H_

#include <cstdint>

#include "worker/kernel/factors/factor_isa.h"

// The updates of factor_isa.h for a vector type V as factor_kernel.h describes
// it. The formulas of the optimizers are in optimizers.h.
namespace fathom::worker::kernel {

// Calls rule(g, at, mask...) for every register of weights: g is their
// gradient, `at` is the position of the first one, and a mask is there only
// where the register is not full.
template <class V, class Rule>
inline void ForEach(const Gradient& gradient, const Rule& rule) {
  const int64_t whole = gradient.columns / V::kLanes * V::kLanes;
  const auto mask = V::Some(gradient.columns - whole);
  if (gradient.left == nullptr) {
    for (int64_t c = 0; c < whole; c += V::kLanes) {
      rule(V::Load(gradient.right + c), c);
    }
    if (whole < gradient.columns) {
      rule(V::Load(gradient.right + whole, mask), whole, mask);
    }
    return;
  }
  for (int64_t i = 0; i < gradient.rows; ++i) {
    const auto left = V::Set(gradient.left[i]);
    const int64_t row = i * gradient.columns;
    for (int64_t c = 0; c < whole; c += V::kLanes) {
      rule(V::Multiply(left, V::Load(gradient.right + c)), row + c);
    }
    if (whole < gradient.columns) {
      rule(V::Multiply(left, V::Load(gradient.right + whole, mask)),
           row + whole, mask);
    }
  }
}

// The best constant for the first guess of an inverse root of a double (Lomont
// 2003), which is then right up to 3.5 %.
inline constexpr uint64_t kRootMagic = 0x5fe6eb50c7b537a9;

// Returns the square root of 0 and of x from 2^-990 on, within 0.5000001 units
// in the last place. (Between 0 and 2^-990 the root comes out too small, and
// that of infinity is NaN.) The instruction for a square root would occupy the
// divider, and the loop would then take longer than the memory does.
//
// With e = 1 - x y^2, y (1 + e/2 + 3/8 e^2) is nearer to x^(-1/2) than y is by
// the third power: the errors are 3.5e-2, 1.1e-4 and 3e-12. A step of Heron's
// method on x y does the rest.
template <class V>
inline typename V::Vector Root(typename V::Vector x) {
  const auto one = V::Set(1), half = V::Set(0.5), three_eighths = V::Set(0.375);
  // The addition keeps the square of the guess finite.
  auto y = V::SubtractHalfBits(kRootMagic, V::Add(x, V::Set(0x1p-1000)));
  for (int i = 0; i < 2; ++i) {
    const auto e = V::NegatedFma(x, V::Multiply(y, y), one);
    y = V::Fma(V::Multiply(y, e), V::Fma(three_eighths, e, half), y);
  }
  const auto root = V::Multiply(x, y);
  const auto rest = V::NegatedFma(root, root, x);
  return V::Fma(rest, V::Multiply(half, y), root);
}

// Returns g + decay w.
template <class V>
inline typename V::Vector Decayed(typename V::Vector g, typename V::Vector w,
                                  typename V::Vector decay) {
  return V::Fma(decay, w, g);
}

// Returns a x + b y.
template <class V>
inline typename V::Vector Mix(typename V::Vector a, typename V::Vector x,
                              typename V::Vector b, typename V::Vector y) {
  return V::Fma(a, x, V::Multiply(b, y));
}

// Prefetches the numbers that an update reaches 4 KiB later, because the
// factors of a trial are often not in the nearer caches when its turn comes.
template <class V>
inline void Ahead(const double* weights, const double* memory = nullptr,
                  const double* more = nullptr) {
  __builtin_prefetch(weights + 512, 1);
  if (memory != nullptr) __builtin_prefetch(memory + 512, 1);
  if (more != nullptr) __builtin_prefetch(more + 512, 1);
}

template <class V>
void GradientDescent(const Gradient& gradient, const GradientDescentStep& step,
                     double* weights) {
  const auto keep = V::Set(step.keep), rate = V::Set(step.rate);
  ForEach<V>(gradient, [=](auto g, int64_t i, auto... mask) {
    Ahead<V>(weights + i);
    const auto w = V::Load(weights + i, mask...);
    V::Store(weights + i, V::NegatedFma(rate, g, V::Multiply(keep, w)),
             mask...);
  });
}

template <class V, bool kNesterov>
void Momentum(const Gradient& gradient, const MomentumStep& step,
              double* weights, double* velocity) {
  const auto rate = V::Set(step.rate), decay = V::Set(step.decay);
  const auto momentum = V::Set(step.momentum);
  ForEach<V>(gradient, [=](auto g, int64_t i, auto... mask) {
    Ahead<V>(weights + i, velocity + i);
    const auto w = V::Load(weights + i, mask...);
    const auto h = Decayed<V>(g, w, decay);
    const auto v = V::Fma(momentum, V::Load(velocity + i, mask...), h);
    V::Store(velocity + i, v, mask...);
    const auto move = kNesterov ? V::Fma(momentum, v, h) : v;
    V::Store(weights + i, V::NegatedFma(rate, move, w), mask...);
  });
}

template <class V>
void AdaGrad(const Gradient& gradient, const AdaGradStep& step, double* weights,
             double* squares) {
  const auto rate = V::Set(step.rate), decay = V::Set(step.decay);
  const auto epsilon = V::Set(step.epsilon);
  ForEach<V>(gradient, [=](auto g, int64_t i, auto... mask) {
    Ahead<V>(weights + i, squares + i);
    const auto w = V::Load(weights + i, mask...);
    const auto h = Decayed<V>(g, w, decay);
    const auto s = V::Fma(h, h, V::Load(squares + i, mask...));
    V::Store(squares + i, s, mask...);
    const auto move = V::Divide(h, V::Add(Root<V>(s), epsilon));
    V::Store(weights + i, V::NegatedFma(rate, move, w), mask...);
  });
}

template <class V>
void RmsProp(const Gradient& gradient, const RmsPropStep& step, double* weights,
             double* squares) {
  const auto rate = V::Set(step.rate), decay = V::Set(step.decay);
  const auto rho = V::Set(step.rho), rest = V::Set(step.rest);
  const auto epsilon = V::Set(step.epsilon);
  ForEach<V>(gradient, [=](auto g, int64_t i, auto... mask) {
    Ahead<V>(weights + i, squares + i);
    const auto w = V::Load(weights + i, mask...);
    const auto h = Decayed<V>(g, w, decay);
    const auto s =
        Mix<V>(rho, V::Load(squares + i, mask...), rest, V::Multiply(h, h));
    V::Store(squares + i, s, mask...);
    const auto move = V::Divide(h, V::Add(Root<V>(s), epsilon));
    V::Store(weights + i, V::NegatedFma(rate, move, w), mask...);
  });
}

template <class V>
void AdaDelta(const Gradient& gradient, const RmsPropStep& step,
              double* weights, double* squares, double* moves) {
  const auto rate = V::Set(step.rate), decay = V::Set(step.decay);
  const auto rho = V::Set(step.rho), rest = V::Set(step.rest);
  const auto epsilon = V::Set(step.epsilon);
  ForEach<V>(gradient, [=](auto g, int64_t i, auto... mask) {
    Ahead<V>(weights + i, squares + i, moves + i);
    const auto w = V::Load(weights + i, mask...);
    const auto h = Decayed<V>(g, w, decay);
    const auto s =
        Mix<V>(rho, V::Load(squares + i, mask...), rest, V::Multiply(h, h));
    V::Store(squares + i, s, mask...);
    const auto before = V::Load(moves + i, mask...);
    const auto move = V::Multiply(V::Divide(Root<V>(V::Add(before, epsilon)),
                                            Root<V>(V::Add(s, epsilon))),
                                  h);
    V::Store(moves + i, Mix<V>(rho, before, rest, V::Multiply(move, move)),
             mask...);
    V::Store(weights + i, V::NegatedFma(rate, move, w), mask...);
  });
}

template <class V>
void Adam(const Gradient& gradient, const AdamStep& step, double* weights,
          double* means, double* squares) {
  const auto rate = V::Set(step.rate), decay = V::Set(step.decay);
  const auto beta1 = V::Set(step.beta1), rest1 = V::Set(step.rest1);
  const auto beta2 = V::Set(step.beta2), rest2 = V::Set(step.rest2);
  const auto epsilon = V::Set(step.epsilon);
  const auto root_scale = V::Set(step.root_scale);
  ForEach<V>(gradient, [=](auto g, int64_t i, auto... mask) {
    Ahead<V>(weights + i, means + i, squares + i);
    const auto w = V::Load(weights + i, mask...);
    const auto h = Decayed<V>(g, w, decay);
    const auto m = Mix<V>(beta1, V::Load(means + i, mask...), rest1, h);
    const auto s =
        Mix<V>(beta2, V::Load(squares + i, mask...), rest2, V::Multiply(h, h));
    V::Store(means + i, m, mask...);
    V::Store(squares + i, s, mask...);

    const auto move = V::Divide(m, V::Fma(Root<V>(s), root_scale, epsilon));
    V::Store(weights + i, V::NegatedFma(rate, move, w), mask...);
  });
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_FACTORS_FACTOR_UPDATES_H_
