#include "worker/kernel/conv/softmax_loss.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>

#include "worker/kernel/portable_math.h"

namespace fathom::worker::kernel {
namespace {

// e^t for t <= 0: below the range of Exp it is far below what changes a sum
// that is at least 1.
double ExpOfLogit(double t) { return t < -700 ? 0 : Exp(t); }

// The cross-entropy of one sample.
double LossOfSample(std::span<const float> logits, int64_t label, double scale,
                    float* gradient) {
  const float most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float z : logits) sum += ExpOfLogit(double{z} - most);
  for (int64_t c = 0; gradient != nullptr && c < std::ssize(logits); ++c) {
    const double share = ExpOfLogit(double{logits[c]} - most) / sum;
    gradient[c] = static_cast<float>((share - (c == label ? 1 : 0)) * scale);
  }
  return Log(sum);
}

}  // namespace

SoftmaxLoss MeasureSoftmaxLoss(ConstFloatMatrix logits,
                               std::span<const int32_t> labels, double scale,
                               FloatMatrix* gradient) {
  assert(std::ssize(labels) == logits.rows);
  SoftmaxLoss loss = {0, 0};
  for (int64_t s = 0; s < logits.rows; ++s) {
    const std::span<const float> z(logits.data + s * logits.stride,
                                   logits.columns);
    const int64_t label = labels[s];
    assert(label >= 0 && label < logits.columns);
    float* const to =
        gradient == nullptr ? nullptr : gradient->data + s * gradient->stride;
    const bool finite = std::all_of(z.begin(), z.end(),
                                    [](float v) { return std::isfinite(v); });
    if (!finite) {
      loss.sum = std::numeric_limits<double>::quiet_NaN();
      ++loss.errors;
      if (to != nullptr) {
        std::fill_n(to, z.size(), std::numeric_limits<float>::quiet_NaN());
      }
      continue;
    }
    const auto most = std::max_element(z.begin(), z.end());
    const double t = double{z[label]} - *most;
    loss.errors += most - z.begin() != label;
    loss.sum += LossOfSample(z, label, scale, to) - t;
  }
  return loss;
}

}  // namespace fathom::worker::kernel
