#include "client/analysis/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/facts/losses.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/held_out.h"

namespace fathom::client {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

bool HasStepsAxis(const v1::SweepSpec& spec) {
  return absl::c_any_of(spec.axes(), [](const v1::AxisGroup& group) {
    return absl::c_any_of(group.axes(), [](const v1::Axis& axis) {
      return axis.field() == "steps";
    });
  });
}

std::vector<std::string> ShortNames(
    const google::protobuf::RepeatedPtrField<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) names.push_back(ShortFieldName(path));
  return names;
}

// Returns the mean over the trials of a setting at one step, summed in their
// order; unset unless all of them have a value.
std::optional<Best> BestOf(const TrialTable& table, const Levels& levels,
                           size_t number, size_t step) {
  const SettingRows& setting = table.settings()[number];
  if (static_cast<int64_t>(setting.rows.size()) != setting.expected) {
    return std::nullopt;
  }
  Best best{.settings = setting.values, .setting = number};
  for (const size_t i : setting.rows) {
    const std::optional<double> value = levels.At(i, step);
    if (!value.has_value()) return std::nullopt;
    const TrialRow& row = table.rows()[i];
    best.trials.push_back(row.trial);
    best.values.push_back(*value);
    best.value += *value;
    best.diverged_later |= row.state == v1::TRIAL_STATE_DIVERGED;
    best.stopped_earlier |= row.state == v1::TRIAL_STATE_STOPPED &&
                            row.last_step < levels.steps()[step];
  }
  best.value /= static_cast<double>(best.trials.size());
  return best;
}

std::optional<Best> BestOfGroup(const TrialTable& table, const Levels& levels,
                                int64_t group, size_t step,
                                const MetricFacts& facts) {
  std::optional<Best> best;
  for (const size_t number : table.SettingsOf(group)) {
    std::optional<Best> candidate = BestOf(table, levels, number, step);
    if (!candidate.has_value()) continue;
    const bool better =
        !best.has_value() ||
        (facts.use == MetricUse::kShown
             ? table.MeanFinalLoss(number) < table.MeanFinalLoss(best->setting)
             : IsBetter(facts, candidate->value, best->value));
    if (better) best = std::move(candidate);
  }
  return best;
}

}  // namespace

v1::SummarySpec SummaryOf(const v1::SweepSpec& spec) {
  v1::SummarySpec summary = spec.summarize();
  const bool says_nothing = summary.by().empty() &&
                            summary.best_over().empty() &&
                            summary.average_over().empty();
  const bool named = AxisOver(spec, kFileField) != nullptr ||
                     AxisOver(spec, kTargetField) != nullptr;
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      const std::string& field = axis.field();
      // Values of different losses cannot be compared.
      const bool is_loss = field == "loss.kind" || IsLossField(field);
      if (says_nothing && (is_loss || field == "model.depth")) {
        summary.add_by(field);
      } else if (!absl::c_linear_search(summary.by(), field) &&
                 !absl::c_linear_search(summary.best_over(), field) &&
                 !absl::c_linear_search(summary.average_over(), field)) {
        // Losses on different data cannot be compared, so that no data set is
        // the best one: axes over data go into `by`. Where data have names, the
        // axis of digests is left out. Nor is a seed chosen: the best draw says
        // nothing of the next.
        if (field == "seed") {
          summary.add_average_over(field);
        } else if (!IsDatasetField(field) && !IsHeldOutField(field)) {
          summary.add_best_over(field);
        } else if (field != kDigestField || !named) {
          summary.add_by(field);
        }
      }
    }
  }
  if (summary.metric() == v1::METRIC_UNSPECIFIED) {
    summary.set_metric(spec.trial().record().metrics().empty()
                           ? v1::METRIC_LOSS
                           : spec.trial().record().metrics(0));
  }
  if (summary.at().empty() && !HasStepsAxis(spec)) {
    summary.add_at(spec.trial().steps());
  }
  absl::c_sort(*summary.mutable_at());
  summary.mutable_at()->erase(
      std::unique(summary.mutable_at()->begin(), summary.mutable_at()->end()),
      summary.mutable_at()->end());
  return summary;
}

Levels::Levels(const TrialTable& table, std::vector<int64_t> steps)
    : table_(table), steps_(std::move(steps)) {
  values_.assign(table.rows().size() * steps_.size(), kNone);
  // The last points of the curves are known already.
  for (const TrialRow& row : table.rows()) {
    if (!row.points) continue;
    Add({.trial = row.trial,
         .state = row.state,
         .at = absl::MakeConstSpan(&row.last_step, 1),
         .values = absl::MakeConstSpan(&row.last, 1)});
  }
}

bool Levels::NeedsCurves() const {
  // The last points are enough where the only compared step is the end of every
  // trial.
  return steps_.size() > 1 ||
         (steps_[0] != kAtTheEnd &&
          absl::c_any_of(table_.rows(), [&](const auto& row) {
            return row.last_step > steps_[0];
          }));
}

std::optional<double> Levels::ValueAt(const TrialRow& row,
                                      const TrialCurve& curve,
                                      int64_t step) const {
  if (curve.at.empty()) return std::nullopt;
  const bool stopped = row.state == v1::TRIAL_STATE_STOPPED;
  if (step == kAtTheEnd) {
    if (!stopped && row.state != v1::TRIAL_STATE_SUCCEEDED) return std::nullopt;
    return curve.values.back();
  }
  if (stopped && curve.at.back() < step) return curve.values.back();
  const auto found = absl::c_lower_bound(curve.at, step);
  if (found == curve.at.end() || *found != step) return std::nullopt;
  return curve.values[found - curve.at.begin()];
}

void Levels::Add(const TrialCurve& whole) {
  const std::optional<size_t> number = table_.RowOf(whole.trial);
  if (!number.has_value()) return;
  const TrialCurve curve = CutOff(whole, table_.last_step());
  for (size_t i = 0; i < steps_.size(); ++i) {
    values_[*number * steps_.size() + i] =
        ValueAt(table_.rows()[*number], curve, steps_[i]).value_or(kNone);
  }
}

std::optional<double> Levels::At(size_t row, size_t i) const {
  const double value = values_[row * steps_.size() + i];
  if (std::isnan(value)) return std::nullopt;
  return value;
}

SweepSummary Summarize(const Grouping& grouping, const TrialTable& table,
                       const Levels& levels, const v1::SummarySpec& plan) {
  SweepSummary summary;
  summary.metric = plan.metric();
  summary.by = ShortNames(plan.by());
  summary.best_over = ShortNames(plan.best_over());
  summary.average_over = ShortNames(plan.average_over());
  summary.steps = levels.steps();
  const MetricFacts& facts = FactsOf(plan.metric());
  for (int64_t group = 0; group < grouping.group_count(); ++group) {
    SummaryRow& row = summary.rows.emplace_back();
    row.group = grouping.GroupValues(group);
    for (size_t step = 0; step < summary.steps.size(); ++step) {
      row.best.push_back(BestOfGroup(table, levels, group, step, facts));
    }
  }
  return summary;
}

}  // namespace fathom::client
