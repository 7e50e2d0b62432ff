#ifndef FATHOM_WORKER_KERNEL_PASS_LOSS_CROSS_ENTROPY_H_
#define FATHOM_WORKER_KERNEL_PASS_LOSS_CROSS_ENTROPY_H_

#include <cstdint>

#include "worker/kernel/pass/data_pass_isa.h"
#include "worker/kernel/vector_math.h"

// The cross-entropy losses, for the vector types V of doubles of
// data_pass_kernel.h. They take predictions z, the logits, in T. Where a
// prediction is not finite, neither is the error.
namespace fathom::worker::kernel {

// Returns log w for w = fl(base + rest) with base >= rest >= 0, as if the sum
// had not been rounded. `inverse` is 1 / w.
template <class V>
typename V::Vector LogOfSum(typename V::Vector base, typename V::Vector rest,
                            typename V::Vector w, typename V::Vector inverse) {
  const auto lost = V::Subtract(rest, V::Subtract(w, base));
  return V::Fma(lost, inverse, Log<V>(w));
}

// Computes the loss of one output with labels y in {0, 1}. With v = z for y = 0
// and v = -z for y = 1, the error is log(1 + e^v). Its derivative by v is the
// inverse of 1 + e^-v, which is accurate in all digits for both signs of v.
template <class V, class T>
void LogisticLoss(const LossBlock<T>& block) {
  using Vector = typename V::Vector;
  constexpr int kVectors = kPanel / V::kLanes;
  alignas(64) static constexpr double kPlaces[kPanel] = {0, 1, 2, 3,
                                                         4, 5, 6, 7};
  const Vector one = V::Set(1);
  const Vector sign = V::Set(-0.0);
  Vector sum[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    sum[v] = V::Load(block.error_lanes + v * V::kLanes);
  }
  for (int64_t i = 0; i < block.rows; i += kPanel) {
    const Vector end = V::Set(static_cast<double>(block.samples - i));
    for (int v = 0; v < kVectors; ++v) {
      const int64_t at = i + v * V::kLanes;
      const Vector z = V::Load(block.values + at);
      const Vector side =
          V::Fma(V::Set(2), V::Load(block.negated_targets + at), one);
      const Vector margin = V::Multiply(side, z);
      const Vector tail = ExpOfNegative<V>(V::Or(sign, margin));
      const Vector w = V::Add(one, tail);
      const Vector inverse = V::Divide(one, w);
      Vector error = LogOfSum<V>(one, tail, w, inverse);
      error =
          V::Add(error, V::SelectLess(V::Zero(), margin, margin, V::Zero()));
      error = V::Add(error, V::Subtract(z, z));
      const Vector slope =
          V::SelectLess(margin, V::Zero(), V::Multiply(tail, inverse), inverse);
      V::Store(block.values + at, V::Multiply(side, slope));
      const Vector place = V::Load(kPlaces + v * V::kLanes);
      sum[v] = V::Add(sum[v], V::SelectLess(place, end, error, V::Zero()));
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    V::Store(block.error_lanes + v * V::kLanes, sum[v]);
  }
}

// Computes the loss of several outputs with one-hot labels. With
//   t_c = z_c - max z
// the error is log(sum_c e^t_c) - t_label, and its derivative by z_c is the
// probability e^t_c / sum minus y_c. The sums run over the outputs in order.
// Terms with t = 0 are counted separately, so that an error far below 1 is
// accurate in all digits.
template <class V, class T>
void SoftmaxLoss(const LossBlock<T>& block) {
  using Vector = typename V::Vector;
  const Vector one = V::Set(1);
  const int64_t outputs = block.column_count;
  for (int64_t i = 0; i < block.rows; i += V::kLanes) {
    T* const z = block.values + i;
    const T* const negated = block.negated_targets + i;
    Vector most = V::Load(z);
    for (int64_t c = 1; c < outputs; ++c) {
      const Vector next = V::Load(z + c * kBlockOf<T>);
      most = V::SelectLess(most, next, next, most);
    }
    Vector ties = V::Zero();
    Vector rest = V::Zero();
    Vector label = V::Zero();   // -t_label
    Vector labels = V::Zero();  // 1, and 0 in the padding.
    for (int64_t c = 0; c < outputs; ++c) {
      const Vector t = V::Subtract(V::Load(z + c * kBlockOf<T>), most);
      const Vector power = ExpOfNegative<V>(t);
      V::Store(z + c * kBlockOf<T>, power);
      rest = V::Add(rest, V::SelectLess(t, V::Zero(), power, V::Zero()));
      ties = V::Add(ties, V::SelectLess(t, V::Zero(), V::Zero(), one));
      const Vector y = V::Load(negated + c * block.target_stride);
      label = V::Fma(y, t, label);
      labels = V::Subtract(labels, y);
    }
    const Vector w = V::Add(ties, rest);
    const Vector inverse = V::Divide(one, w);
    const Vector log = LogOfSum<V>(ties, rest, w, inverse);
    double* const lane = block.error_lanes + i % kPanel;
    V::Store(lane, V::Add(V::Load(lane), V::Fma(labels, log, label)));
    for (int64_t c = 0; c < outputs; ++c) {
      V::Store(z + c * kBlockOf<T>,
               V::Fma(V::Load(z + c * kBlockOf<T>), inverse,
                      V::Load(negated + c * block.target_stride)));
    }
  }
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_LOSS_CROSS_ENTROPY_H_
