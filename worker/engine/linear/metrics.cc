#include "worker/engine/linear/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "worker/kernel/models/preconditioner.h"
#include "worker/kernel/portable_math.h"

namespace fathom::worker {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double FrobeniusNorm(kernel::ConstMatrix a) {
  double square = 0;
  for (int64_t r = 0; r < a.rows; ++r) {
    square += kernel::Dot(a.row(r), a.row(r), a.columns);
  }
  return std::sqrt(square);
}

double SingularMax(const Snapshot& s) {
  const std::vector<double>& values = s.spectrum.values();
  return *std::max_element(values.begin(), values.end());
}

double SingularMin(const Snapshot& s) {
  const std::vector<double>& values = s.spectrum.values();
  return *std::min_element(values.begin(), values.end());
}

double EffectiveRank(const Snapshot& s) {
  const double most = SingularMax(s);
  if (most == 0 || std::isnan(most)) return most;
  double sum = 0;
  for (const double value : s.spectrum.values()) sum += value / most;
  double entropy = 0;
  for (const double value : s.spectrum.values()) {
    const double p = value / most / sum;
    if (p > 0) entropy -= p * kernel::Log(p);
  }
  return kernel::Exp(entropy);
}

kernel::EigenvalueRange Preconditioner(const Snapshot& s) {
  const std::vector<double>& values = s.spectrum.values();
  if (std::isnan(values[0])) return {.min = kNaN, .max = kNaN};
  return kernel::PreconditionerRange(s.order, s.end_to_end.rows,
                                     s.end_to_end.columns, values);
}

double PreconditionCondition(const Snapshot& s) {
  const auto [min, max] = Preconditioner(s);
  return min == 0 ? std::numeric_limits<double>::infinity() : max / min;
}

double AdaptiveRate(const Snapshot& s) {
  const double norm = FrobeniusNorm(s.end_to_end);
  if (!std::isfinite(norm)) return norm;
  return kernel::RealPower(norm, 2 - 2 / s.order);
}

double AzimuthShare(const Snapshot& s) {
  const kernel::ConstMatrix before = s.previous;
  if (before.data == nullptr) return 0;
  double along = 0;
  double update_square = 0;
  for (int64_t i = 0; i < before.rows; ++i) {
    for (int64_t c = 0; c < before.columns; ++c) {
      const double update = s.end_to_end.row(i)[c] - before.row(i)[c];
      along += update * before.row(i)[c];
      update_square += update * update;
    }
  }
  const double size = std::sqrt(update_square) * FrobeniusNorm(before);
  if (size == 0) return 0;
  const double cosine = along / size;
  return cosine * cosine;
}

double TrainingAccuracy(const Snapshot& s) {
  return Accuracy(s.end_to_end, s.problem->rows, s.problem->x.data(),
                  s.problem->y.data(), s.outputs);
}

double ReconstructionError(const Snapshot& s) {
  double square = 0;
  for (int64_t i = 0; i < s.solution.rows; ++i) {
    for (int64_t c = 0; c < s.solution.columns; ++c) {
      const double gap = s.end_to_end.row(i)[c] - s.solution.row(i)[c];
      square += gap * gap;
    }
  }
  return std::sqrt(square) / FrobeniusNorm(s.solution);
}

constexpr MetricRule kRules[] = {
    {v1::METRIC_LOSS, [](const Snapshot& s) { return s.loss; }},
    {v1::METRIC_LP_ERROR, [](const Snapshot& s) { return s.error; }},
    {.metric = v1::METRIC_EXCESS_LOSS,
     .measure = [](const Snapshot& s) { return s.loss - s.optimum; },
     .needs_optimum = true},
    {.metric = v1::METRIC_GRADIENT_NORM,
     .measure = [](const Snapshot& s) { return s.model->GradientNorm(); },
     .needs_gradient = true},
    {v1::METRIC_WEIGHT_NORM,
     [](const Snapshot& s) { return FrobeniusNorm(s.end_to_end); }},
    {v1::METRIC_BALANCEDNESS,
     [](const Snapshot& s) { return s.model->Balancedness(); }},
    {.metric = v1::METRIC_E2E_DEVIATION,
     .measure =
         [](const Snapshot& s) { return s.shadow->Deviation(s.end_to_end); },
     .needs_shadow = true},
    {v1::METRIC_SINGULAR_MAX, SingularMax},
    {v1::METRIC_SINGULAR_MIN, SingularMin},
    {v1::METRIC_EFFECTIVE_RANK, EffectiveRank},
    {v1::METRIC_PRECONDITION_MAX,
     [](const Snapshot& s) { return Preconditioner(s).max; }},
    {v1::METRIC_PRECONDITION_MIN,
     [](const Snapshot& s) { return Preconditioner(s).min; }},
    {v1::METRIC_PRECONDITION_CONDITION, PreconditionCondition},
    {v1::METRIC_ADAPTIVE_RATE, AdaptiveRate},
    {.metric = v1::METRIC_AZIMUTH_SHARE,
     .measure = AzimuthShare,
     .needs_previous = true},
    {v1::METRIC_RECONSTRUCTION_ERROR, ReconstructionError},
    {.metric = v1::METRIC_WARMUP_RHO,
     .measure = [](const Snapshot& s) { return s.warm_up->rho(); },
     .needs_warm_up = true},
    {.metric = v1::METRIC_WARMUP_GAMMA,
     .measure = [](const Snapshot& s) { return s.warm_up->gamma(); },
     .needs_warm_up = true},
    {.metric = v1::METRIC_WARMUP_GROWTH,
     .measure = [](const Snapshot& s) { return s.warm_up->growth(); },
     .needs_warm_up = true},
    {.metric = v1::METRIC_WARMUP_RESIDUAL,
     .measure = [](const Snapshot& s) { return s.warm_up->residual(); },
     .needs_warm_up = true},
    {v1::METRIC_ACCURACY, TrainingAccuracy},
    {v1::METRIC_TEST_LOSS, [](const Snapshot& s) { return s.test.loss(); }},
    {v1::METRIC_TEST_ERROR,
     [](const Snapshot& s) { return 1 - s.test.accuracy(); }},
    {v1::METRIC_VALIDATION_LOSS,
     [](const Snapshot& s) { return s.validation.loss(); }},
    {v1::METRIC_VALIDATION_ERROR,
     [](const Snapshot& s) { return 1 - s.validation.accuracy(); }},
};

}  // namespace

const std::vector<double>& Spectrum::values() const {
  if (values_ == nullptr) values_ = &finder_->Find(w_);
  return *values_;
}

const MetricRule* FindMetricRule(v1::Metric metric) {
  for (const MetricRule& rule : kRules) {
    if (rule.metric == metric) return &rule;
  }
  return nullptr;
}

}  // namespace fathom::worker
