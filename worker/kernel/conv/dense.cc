#include "worker/kernel/conv/dense.h"

#include <algorithm>
#include <cstdint>

namespace fathom::worker::kernel {

int64_t DenseWorkspace(int64_t batch, int64_t inputs, int64_t outputs) {
  return std::max({ProductWorkspace(batch, inputs, outputs),
                   ProductWorkspace(batch, outputs, inputs),
                   ProductWorkspace(outputs, batch, inputs)});
}

void DenseForward(ConstFloatMatrix in, ConstFloatMatrix weights,
                  const float* bias, FloatMatrix out, float* workspace,
                  Isa isa) {
  if (bias != nullptr) {
    for (int64_t s = 0; s < out.rows; ++s) {
      std::copy_n(bias, out.columns, out.data + s * out.stride);
    }
  }
  Multiply(in, Turn::kAsIs, weights, Turn::kTransposed,
           bias != nullptr ? Into::kAdd : Into::kReplace, out, workspace, isa);
}

void DenseInputGradient(ConstFloatMatrix out_gradient, ConstFloatMatrix weights,
                        FloatMatrix in_gradient, float* workspace, Isa isa) {
  Multiply(out_gradient, Turn::kAsIs, weights, Turn::kAsIs, Into::kReplace,
           in_gradient, workspace, isa);
}

void DenseWeightGradient(ConstFloatMatrix in, ConstFloatMatrix out_gradient,
                         FloatMatrix weight_gradient, float* bias_gradient,
                         float* workspace, Isa isa) {
  Multiply(out_gradient, Turn::kTransposed, in, Turn::kAsIs, Into::kReplace,
           weight_gradient, workspace, isa);
  if (bias_gradient == nullptr) return;
  std::fill_n(bias_gradient, out_gradient.columns, 0.0f);
  for (int64_t s = 0; s < out_gradient.rows; ++s) {
    const float* const row = out_gradient.data + s * out_gradient.stride;
    for (int64_t o = 0; o < out_gradient.columns; ++o) {
      bias_gradient[o] += row[o];
    }
  }
}

}  // namespace fathom::worker::kernel
