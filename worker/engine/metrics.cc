#include "worker/engine/metrics.h"

#include <cassert>
#include <cmath>

namespace fathom {
namespace {

double FrobeniusNorm(kernel::ConstMatrix a) {
  double square = 0;
  for (int64_t r = 0; r < a.rows; ++r) {
    square += kernel::Dot(a.row(r), a.row(r), a.columns);
  }
  return std::sqrt(square);
}

constexpr MetricRule kRules[] = {
    {v1::METRIC_LOSS, [](const Snapshot& s) { return s.loss; }, false},
    {v1::METRIC_LP_ERROR, [](const Snapshot& s) { return s.error; }, false},
    {v1::METRIC_GRADIENT_NORM,
     [](const Snapshot& s) { return s.model->GradientNorm(); }, true},
    {v1::METRIC_WEIGHT_NORM,
     [](const Snapshot& s) { return FrobeniusNorm(s.end_to_end); }, false},
    {v1::METRIC_BALANCEDNESS,
     [](const Snapshot& s) { return s.model->Balancedness(); }, false},
};

}  // namespace

const MetricRule& FindMetricRule(v1::Metric metric) {
  for (const MetricRule& rule : kRules) {
    if (rule.metric == metric) return rule;
  }
  assert(false && "metrics are validated before they reach the engine");
  return kRules[0];
}

}  // namespace fathom
