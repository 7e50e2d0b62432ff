#ifndef FATHOM_WORKER_KERNEL_LOSS_LP_H_
#define FATHOM_WORKER_KERNEL_LOSS_LP_H_

#include "worker/kernel/data_pass_isa.h"
#include "worker/kernel/vector_math.h"

// The l_p losses, for the vector types V of data_pass_kernel.h and residuals r
// in T: either V's own numbers, or floats for a V of doubles.
namespace fathom::kernel {

// Even p: r becomes r^(p-1), and r^p is added to the error. The powers are made
// by squaring, from the lowest bit of (p-2)/2 up. Sums of doubles go on from
// block to block; those of floats are of one block, and added to the error in
// double.
template <class V, class T>
void EvenPowerLoss(const LossBlock<T>& block) {
  using Vector = typename V::Vector;
  constexpr int64_t kWidth = kPanelOf<typename V::Number>;
  constexpr int kVectors = kWidth / V::kLanes;
  const int half = (static_cast<int>(block.p) - 2) / 2;
  constexpr bool kInDouble = kWidth == kPanel;
  Vector sum[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    if constexpr (kInDouble) {
      sum[v] = V::Load(block.error_lanes + v * V::kLanes);
    } else {
      sum[v] = V::Zero();
    }
  }
  for (int64_t i = 0; i < block.rows; i += kWidth) {
    for (int v = 0; v < kVectors; ++v) {
      T* at = block.values + i + v * V::kLanes;
      const Vector r = V::Load(at);
      Vector power = r;
      Vector square = V::Multiply(r, r);
      for (int bits = half; bits > 0; bits >>= 1) {
        if (bits & 1) power = V::Multiply(power, square);
        square = V::Multiply(square, square);
      }
      V::Store(at, power);
      sum[v] = V::Fma(power, r, sum[v]);
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    double* const lanes = block.error_lanes + v * V::kLanes;
    if constexpr (kInDouble) {
      V::Store(lanes, sum[v]);
    } else {
      V::AddTo(lanes, sum[v]);
    }
  }
}

// Real p: r becomes sign(r) |r|^(p-1), and that times r is added to the error.
template <class V, class T>
void RealPowerLoss(const LossBlock<T>& block) {
  using Vector = typename V::Vector;
  constexpr int kVectors = kPanel / V::kLanes;
  const Vector exponent = V::Constant(block.p - 1);
  const Vector sign = V::Constant(-0.0);
  Vector sum[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    sum[v] = V::Load(block.error_lanes + v * V::kLanes);
  }
  for (int64_t i = 0; i < block.rows; i += kPanel) {
    for (int v = 0; v < kVectors; ++v) {
      T* at = block.values + i + v * V::kLanes;
      const Vector r = V::Load(at);
      const Vector size = RealPower<V>(V::AndNot(sign, r), exponent);
      const Vector power = V::Or(size, V::And(sign, r));
      V::Store(at, power);
      sum[v] = V::Fma(power, r, sum[v]);
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    V::Store(block.error_lanes + v * V::kLanes, sum[v]);
  }
}

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_LOSS_LP_H_
