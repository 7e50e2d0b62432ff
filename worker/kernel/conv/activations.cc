#include "worker/kernel/conv/activations.h"

#include <algorithm>
#include <cstdint>

#include "worker/kernel/conv/conv_isa.h"
#include "worker/kernel/conv/conv_kernels_of.h"

namespace fathom::worker::kernel {

void Activate(Activation activation, int64_t count, float* values, Isa isa) {
  switch (activation) {
    case Activation::kLinear:
      break;
    case Activation::kRelu:
      for (int64_t i = 0; i < count; ++i) {
        values[i] = values[i] < 0 ? 0 : values[i];
      }
      break;
    case Activation::kTanh: {
      const ConvKernels& kernels = ConvKernelsOf(isa);
      const int64_t whole = count / kChannelBlock * kChannelBlock;
      kernels.tanh(whole, values);
      alignas(64) float rest[kChannelBlock] = {};
      std::copy_n(values + whole, count - whole, rest);
      kernels.tanh(kChannelBlock, rest);
      std::copy_n(rest, count - whole, values + whole);
      break;
    }
  }
}

void ActivateBackward(Activation activation, int64_t count,
                      const float* outputs, float* gradients) {
  switch (activation) {
    case Activation::kLinear:
      break;
    case Activation::kRelu:
      for (int64_t i = 0; i < count; ++i) {
        gradients[i] = outputs[i] > 0 ? gradients[i] : 0;
      }
      break;
    case Activation::kTanh:
      for (int64_t i = 0; i < count; ++i) {
        gradients[i] *= 1 - outputs[i] * outputs[i];
      }
      break;
  }
}

void MultiplyBy(int64_t count, const float* factors, float* values) {
  for (int64_t i = 0; i < count; ++i) values[i] *= factors[i];
}

}  // namespace fathom::worker::kernel
