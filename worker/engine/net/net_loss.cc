#include "worker/engine/net/net_loss.h"

#include <cmath>

#include "absl/status/status.h"
#include "worker/kernel/conv/softmax_loss.h"
#include "worker/kernel/portable_math.h"

namespace fathom::worker {

NetLoss::NetLoss(const v1::LossSpec& spec, std::span<const double> targets,
                 int64_t outputs)
    : cross_entropy_(spec.kind() == v1::LOSS_KIND_CROSS_ENTROPY),
      p_(spec.lp()),
      factor_(spec.factor() == v1::LOSS_FACTOR_ONE ? 1 : 1 / spec.lp()),
      targets_(targets),
      outputs_(outputs) {}

absl::StatusOr<NetLoss> NetLoss::Create(const v1::LossSpec& spec,
                                        std::span<const double> targets,
                                        int64_t outputs) {
  NetLoss loss(spec, targets, outputs);
  if (!loss.cross_entropy_) return loss;
  const auto rows = static_cast<int64_t>(targets.size()) / outputs;
  for (int64_t i = 0; i < rows; ++i) {
    int64_t ones = 0;
    int32_t label = 0;
    for (int64_t c = 0; c < outputs; ++c) {
      const double y = targets[i * outputs + c];
      if (y == 1) {
        ++ones;
        label = static_cast<int32_t>(c);
      } else if (y != 0) {
        ones = -outputs;
      }
    }
    if (outputs == 1 ? ones < 0 : ones != 1) {
      return absl::InvalidArgumentError(
          outputs == 1 ? "cross_entropy needs targets that are 0 or 1; see "
                         "target_class"
                       : "cross_entropy needs one-hot targets; see one_hot");
    }
    if (outputs > 1) loss.labels_.push_back(label);
  }
  return loss;
}

NetLoss::Term NetLoss::Of(double output, double target) const {
  if (cross_entropy_) {
    // log(1 + e^z) - y z without overflow, and its derivative s - y, where s is
    // the logistic function of z.
    if (!std::isfinite(output)) return {NAN, NAN};
    const double power = kernel::Exp(-std::fmin(std::fabs(output), 700));
    const double loss =
        std::fmax(output, 0) - target * output + kernel::Log(1 + power);
    const double sigmoid = output >= 0 ? 1 / (1 + power) : power / (1 + power);
    return {loss, sigmoid - target};
  }
  const double residual = output - target;
  const double size = std::fabs(residual);
  if (!std::isfinite(size)) return {size, residual};
  const double slope = p_ == 2 ? size : kernel::RealPower(size, p_ - 1);
  return {factor_ * slope * size,
          factor_ * p_ * std::copysign(slope, residual)};
}

NetLoss::Sums NetLoss::Evaluate(std::span<const int32_t> samples,
                                kernel::FloatMatrix outputs,
                                bool gradient) const {
  if (!labels_.empty()) return Softmax(samples, outputs, gradient);
  const double scale = 1 / static_cast<double>(samples.size());
  Sums sums;
  for (size_t i = 0; i < samples.size(); ++i) {
    float* const row = outputs.data + static_cast<int64_t>(i) * outputs.stride;
    const double* const target = &targets_[samples[i] * outputs_];
    // Of several outputs the first largest one is what the net says.
    int64_t said = 0;
    int64_t label = 0;
    for (int64_t c = 0; c < outputs_; ++c) {
      if (row[c] > row[said]) said = c;
      if (target[c] > target[label]) label = c;
    }
    const bool right =
        outputs_ == 1 ? (row[0] > 0) == (target[0] > 0) : said == label;
    sums.errors += right ? 0 : 1;
    for (int64_t c = 0; c < outputs_; ++c) {
      const Term term = Of(row[c], target[c]);
      sums.loss += term.loss;
      if (gradient) row[c] = static_cast<float>(term.slope * scale);
    }
  }
  return sums;
}

NetLoss::Sums NetLoss::Softmax(std::span<const int32_t> samples,
                               kernel::FloatMatrix outputs,
                               bool gradient) const {
  std::vector<int32_t> labels(samples.size());
  for (size_t i = 0; i < samples.size(); ++i) labels[i] = labels_[samples[i]];
  const kernel::SoftmaxLoss found = kernel::MeasureSoftmaxLoss(
      outputs, labels, 1 / static_cast<double>(samples.size()),
      gradient ? &outputs : nullptr);
  return {found.sum, found.errors};
}

double NetLoss::ZeroLoss() const {
  if (!labels_.empty()) return kernel::Log(static_cast<double>(outputs_));
  double sum = 0;
  for (const double target : targets_) sum += Of(0, target).loss;
  return sum * static_cast<double>(outputs_) /
         static_cast<double>(targets_.size());
}

}  // namespace fathom::worker
