#ifndef FATHOM_WORKER_KERNEL_PASS_LOSS_LP_H_
#define FATHOM_WORKER_KERNEL_PASS_LOSS_LP_H_

#include <cstdint>

#include "worker/kernel/pass/data_pass_isa.h"
#include "worker/kernel/vector_math.h"

// The l_p losses, for the vector types V of data_pass_kernel.h and residuals r
// in T. Either T is the number type of V, or T is float and V is of doubles.
namespace fathom::worker::kernel {

// Returns r^(2 half + 1), by repeated squaring from the lowest bit of `half`
// up. kHalf is `half` if that is 0 or 1, and otherwise above 1.
template <class V, int kHalf>
inline typename V::Vector OddPower(typename V::Vector r, int half) {
  if constexpr (kHalf == 0) return r;
  typename V::Vector square = V::Multiply(r, r);
  if constexpr (kHalf == 1) return V::Multiply(r, square);
  typename V::Vector power = r;
  for (int bits = half; bits > 0; bits >>= 1) {
    if (bits & 1) power = V::Multiply(power, square);
    square = V::Multiply(square, square);
  }
  return power;
}

// Computes kColumns columns at once, because each of them is a chain of sums.
template <class V, class T, int kHalf, int kColumns>
void EvenPowers(const LossBlock<T>& block, int64_t column) {
  using Vector = typename V::Vector;
  constexpr int64_t kWidth = kPanelOf<typename V::Number>;
  constexpr bool kInDouble = kWidth == kPanel;
  constexpr int kVectors = kWidth / V::kLanes;
  const int half = (static_cast<int>(block.p) - 2) / 2;
  double* const lanes = block.error_lanes + column * kPanelOf<T>;
  T* const values = block.values + column * kBlockOf<T>;
  Vector sum[kColumns][kVectors];
#pragma GCC unroll 4
  for (int n = 0; n < kColumns; ++n) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      const int64_t at = n * kPanelOf<T> + v * V::kLanes;
      if constexpr (kInDouble) {
        sum[n][v] = V::Load(lanes + at);
      } else {
        sum[n][v] =
            block.starts
                ? V::Zero()
                : V::Load(block.block_errors + column * kPanelOf<T> + at);
      }
    }
  }
  for (int64_t i = 0; i < block.rows; i += kWidth) {
#pragma GCC unroll 4
    for (int n = 0; n < kColumns; ++n) {
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) {
        T* const at = values + n * kBlockOf<T> + i + v * V::kLanes;
        const Vector r = V::Load(at);
        const Vector power = OddPower<V, kHalf>(r, half);
        V::Store(at, power);
        sum[n][v] = V::Fma(power, r, sum[n][v]);
      }
    }
  }
#pragma GCC unroll 4
  for (int n = 0; n < kColumns; ++n) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      const int64_t at = n * kPanelOf<T> + v * V::kLanes;
      if constexpr (kInDouble) {
        V::Store(lanes + at, sum[n][v]);
      } else if (block.ends) {
        V::AddTo(lanes + at, sum[n][v]);
      } else {
        V::Store(block.block_errors + column * kPanelOf<T> + at, sum[n][v]);
      }
    }
  }
}

template <class V, class T, int kHalf>
void EvenPowersOfColumns(const LossBlock<T>& block) {
  int64_t column = 0;
  for (; column + 4 <= block.column_count; column += 4) {
    EvenPowers<V, T, kHalf, 4>(block, column);
  }
  for (; column < block.column_count; ++column) {
    EvenPowers<V, T, kHalf, 1>(block, column);
  }
}

// Computes the loss of an even p: replaces r by r^(p-1) and adds r^p to the
// error. Sums of doubles go on from block to block. Sums of floats are those of
// one block, and are added to the error in double.
template <class V, class T>
void EvenPowerLoss(const LossBlock<T>& block) {
  if (block.p == 2) return EvenPowersOfColumns<V, T, 0>(block);
  if (block.p == 4) return EvenPowersOfColumns<V, T, 1>(block);
  EvenPowersOfColumns<V, T, 2>(block);
}

// Computes the loss of a real p: replaces r by sign(r) |r|^(p-1), and adds that
// times r to the error.
template <class V, class T>
void RealPowerLoss(const LossBlock<T>& block) {
  using Vector = typename V::Vector;
  constexpr int kVectors = kPanel / V::kLanes;
  const Vector exponent = V::Set(block.p - 1);
  const Vector sign = V::Set(-0.0);
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

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_LOSS_LP_H_
