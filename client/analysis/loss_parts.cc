#include "client/analysis/loss_parts.h"

#include <cmath>
#include <iterator>

#include "absl/algorithm/container.h"
#include "client/analysis/statistics/statistics.h"
#include "proto/sweep/facts/metrics.h"

namespace fathom::client {
namespace {

// Places among the metrics.
constexpr size_t kTotal = 0;
constexpr size_t kData = 1;
constexpr size_t kRegularizer = 2;
constexpr v1::Metric kParts[] = {
    v1::METRIC_BATCH_LOSS, v1::METRIC_BATCH_DATA_LOSS, v1::METRIC_REGULARIZER};

bool MayRegularize(const v1::SweepSpec& spec) {
  if (spec.trial().regularizer().l2() > 0) return true;
  return absl::c_any_of(spec.axes(), [](const v1::AxisGroup& group) {
    return absl::c_any_of(group.axes(), [](const v1::Axis& axis) {
      return axis.field() == "regularizer.l2";
    });
  });
}

Estimate EstimateOf(const std::vector<double>& sample) {
  const SampleStatistics statistics = Describe(sample);
  return {statistics.mean, statistics.standard_error};
}

Estimate Minus(const Estimate& a, const Estimate& b) {
  Estimate difference = {.mean = a.mean - b.mean};
  if (a.error.has_value() && b.error.has_value()) {
    difference.error = std::hypot(*a.error, *b.error);
  }
  return difference;
}

}  // namespace

std::vector<v1::Metric> LossPartMetrics(const v1::SweepSpec& spec) {
  const auto& recorded = spec.trial().record().metrics();
  const bool all = absl::c_all_of(kParts, [&](v1::Metric part) {
    return absl::c_linear_search(recorded, int{part});
  });
  if (!all || !MayRegularize(spec)) return {};
  std::vector<v1::Metric> metrics(std::begin(kParts), std::end(kParts));
  for (const int number : recorded) {
    const auto metric = static_cast<v1::Metric>(number);
    const MetricFacts& facts = FactsOf(metric);
    if (facts.part != DataPart::kTraining && facts.classes) {
      metrics.push_back(metric);
    }
  }
  return metrics;
}

void LossPartsFinder::Add(size_t metric, const TrialCurve& curve) {
  if (curve.at.empty()) return;
  std::vector<Observation>& points = points_[{metric, curve.trial}];
  for (size_t i = 0; i < curve.at.size(); ++i) {
    points.push_back({curve.trial, curve.at[i], curve.values[i]});
  }
  ends_[{metric, curve.trial}] = {
      .finished = curve.state == v1::TRIAL_STATE_SUCCEEDED ||
                  curve.state == v1::TRIAL_STATE_STOPPED,
      .step = curve.at.back(),
      .value = curve.values.back()};
}

LossPart LossPartsFinder::PartOf(const SummaryRow& row, size_t metric) const {
  LossPart part;
  std::vector<Observation> points;
  std::vector<double> ends;
  for (const int64_t trial : row.shown_trials) {
    const auto found = points_.find({metric, trial});
    if (found == points_.end()) continue;
    points.insert(points.end(), found->second.begin(), found->second.end());
    const End& end = ends_.at({metric, trial});
    if (end.finished) ends.push_back(end.value);
  }
  part.curves = AlignCurves(row.shown_trials, points);
  part.curve = MeanCurve(part.curves);
  if (!ends.empty() && ends.size() == row.shown_trials.size()) {
    part.end = EstimateOf(ends);
  }
  return part;
}

std::optional<LossDifference> LossPartsFinder::Compare(const LossParts& parts,
                                                       size_t reference,
                                                       size_t row) const {
  LossDifference difference = {.reference = reference, .row = row};
  const std::vector<LossPart>& base = parts.rows[reference];
  const std::vector<LossPart>& other = parts.rows[row];
  for (const auto& [place, to] :
       {std::pair(kTotal, &difference.total),
        std::pair(kData, &difference.data),
        std::pair(kRegularizer, &difference.regularizer)}) {
    if (!base[place].end.has_value() || !other[place].end.has_value()) {
      return std::nullopt;
    }
    *to = Minus(*base[place].end, *other[place].end);
  }
  return difference;
}

LossParts LossPartsFinder::Result(
    const SweepSummary& summary,
    const std::vector<std::vector<size_t>>& families) {
  LossParts parts{.metrics = metrics_};
  if (metrics_.empty()) return parts;
  for (const SummaryRow& row : summary.rows) {
    std::vector<LossPart>& of_row = parts.rows.emplace_back();
    for (size_t m = 0; m < metrics_.size(); ++m) {
      of_row.push_back(PartOf(row, m));
    }
  }
  for (const std::vector<size_t>& family : families) {
    for (size_t i = 1; i < family.size(); ++i) {
      std::optional<LossDifference> difference =
          Compare(parts, family.front(), family[i]);
      if (difference.has_value()) parts.differences.push_back(*difference);
    }
  }
  return parts;
}

}  // namespace fathom::client
