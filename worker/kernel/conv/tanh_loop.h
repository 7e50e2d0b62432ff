#ifndef FATHOM_WORKER_KERNEL_CONV_TANH_LOOP_H_
#define FATHOM_WORKER_KERNEL_CONV_TANH_LOOP_H_

#include <cstdint>

#include "worker/kernel/vector_math.h"

namespace fathom::worker::kernel {

// tanh x = (1 - e^-2|x|) / (1 + e^-2|x|) with the sign of x, in double, rounded
// to float; x itself for |x| < 2^-12, where the two differ by less than half a
// unit in the last place of a float. Error below one such unit. D is the vector
// type of doubles.
template <class D>
void TanhOfAll(int64_t count, float* values) {
  using Vector = typename D::Vector;
  const Vector sign = D::Set(-0.0);
  const Vector one = D::Set(1);
  for (int64_t i = 0; i < count; i += D::kLanes) {
    const Vector x = D::Load(values + i);
    const Vector size = D::AndNot(sign, x);
    const Vector power = ExpOfNegative<D>(D::Multiply(size, D::Set(-2)));
    const Vector tanh = D::Divide(D::Subtract(one, power), D::Add(one, power));
    const Vector both = D::Or(tanh, D::And(sign, x));
    D::Store(values + i, D::SelectLess(size, D::Set(0x1p-12), x, both));
  }
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_TANH_LOOP_H_
