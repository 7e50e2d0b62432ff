#include "client/view/summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/view/summary_classes.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/space.h"
#include "proto/sweep/values.h"

namespace fathom {
namespace {

// Largest value of `steps` in the sweep.
int64_t LastStep(const v1::SweepSpec& spec) {
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      if (axis.field() != "steps") continue;
      int64_t last = 0;
      for (int64_t i = 0; i < AxisLength(axis); ++i) {
        last = std::max(last, AxisValue(axis, i).integer());
      }
      return last;
    }
  }
  return spec.trial().steps();
}

std::vector<std::string> ShortNames(
    const google::protobuf::RepeatedPtrField<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) names.push_back(ShortFieldName(path));
  return names;
}

// Trials of one setting with a value at one step.
struct Tally {
  double sum = 0;
  std::vector<int64_t> trials = {};
  bool stopped_earlier = false;
};

// The observations at `steps`, which ascend, that follow from those of trials
// that a rule stopped.
std::vector<Observation> HeldObservations(absl::Span<const Observation> stopped,
                                          absl::Span<const int64_t> steps,
                                          const Space& space) {
  std::vector<Observation> held;
  for (const Observation& last : stopped) {
    if (last.trial < 0 || last.trial >= space.size()) continue;
    const int64_t end = space.TrialAt(last.trial).steps();
    for (const int64_t step : steps) {
      if (step > last.step && step <= end) {
        held.push_back({last.trial, step, last.value});
      }
    }
  }
  return held;
}

}  // namespace

v1::SummarySpec SummaryOf(const v1::SweepSpec& spec) {
  v1::SummarySpec summary = spec.summarize();
  const bool says_nothing = summary.by().empty() &&
                            summary.best_over().empty() &&
                            summary.average_over().empty();
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      const std::string& field = axis.field();
      if (says_nothing && (field == "loss.lp" || field == "model.depth")) {
        summary.add_by(field);
      } else if (says_nothing && field == "seed") {
        summary.add_average_over(field);
      } else if (!absl::c_linear_search(summary.by(), field) &&
                 !absl::c_linear_search(summary.best_over(), field) &&
                 !absl::c_linear_search(summary.average_over(), field)) {
        summary.add_best_over(field);
      }
    }
  }
  if (summary.metric() == v1::METRIC_UNSPECIFIED) {
    summary.set_metric(spec.trial().record().metrics().empty()
                           ? v1::METRIC_LOSS
                           : spec.trial().record().metrics(0));
  }
  if (summary.at().empty()) summary.add_at(LastStep(spec));
  absl::c_sort(*summary.mutable_at());
  summary.mutable_at()->erase(
      std::unique(summary.mutable_at()->begin(), summary.mutable_at()->end()),
      summary.mutable_at()->end());
  return summary;
}

absl::StatusOr<SweepSummary> SummarizeSweep(
    const v1::SweepSpec& spec, absl::Span<const Observation> observations,
    absl::Span<const Observation> stopped) {
  ASSIGN_OR_RETURN(const Space space, Space::Create(spec));
  const v1::SummarySpec plan = SummaryOf(spec);
  const SummaryClasses classes(spec, plan);

  SweepSummary summary;
  summary.metric = plan.metric();
  summary.by = ShortNames(plan.by());
  summary.best_over = ShortNames(plan.best_over());
  summary.average_over = ShortNames(plan.average_over());
  summary.steps.assign(plan.at().begin(), plan.at().end());
  if (classes.group_count() > kMostSummaryRows) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the summary would have ", classes.group_count(),
        " rows; name fewer axes in `summarize: {by: ...}`, or query the "
        "results"));
  }

  // Group, step, setting. Ordered, so that ties go to the first setting.
  std::map<std::pair<int64_t, size_t>, std::map<std::vector<int64_t>, Tally>>
      tallies;
  const auto count_in = [&](const Observation& observation, bool is_held) {
    const auto step = absl::c_find(summary.steps, observation.step);
    if (step == summary.steps.end() || !std::isfinite(observation.value) ||
        observation.trial < 0 || observation.trial >= space.size()) {
      return;
    }
    const std::vector<int64_t> positions = space.PositionsAt(observation.trial);
    Tally& tally =
        tallies[{classes.GroupOf(positions), step - summary.steps.begin()}]
               [classes.SettingOf(positions)];
    tally.sum += observation.value;
    tally.trials.push_back(observation.trial);
    tally.stopped_earlier |= is_held;
  };
  for (const Observation& observation : observations) {
    count_in(observation, false);
  }
  for (const Observation& observation :
       HeldObservations(stopped, summary.steps, space)) {
    count_in(observation, true);
  }

  summary.rows.resize(classes.group_count());
  for (int64_t group = 0; group < classes.group_count(); ++group) {
    SummaryRow& row = summary.rows[group];
    row.group = classes.GroupValues(group);
    row.best.resize(summary.steps.size());
  }
  for (auto& [key, settings] : tallies) {
    std::optional<Best>& best = summary.rows[key.first].best[key.second];
    for (auto& [setting, tally] : settings) {
      const std::vector<int64_t> positions =
          space.PositionsAt(tally.trials.front());
      const auto count = static_cast<int64_t>(tally.trials.size());
      if (count != classes.TrialsPerSetting(positions)) continue;
      const double mean = tally.sum / static_cast<double>(count);
      if (best.has_value() && best->value <= mean) continue;
      absl::c_sort(tally.trials);
      best = Best{.value = mean,
                  .settings = classes.SettingValues(positions),
                  .trials = tally.trials,
                  .stopped_earlier = tally.stopped_earlier};
    }
  }
  return summary;
}

Curve MeanCurve(absl::Span<const int64_t> trials,
                absl::Span<const Observation> observations,
                absl::Span<const Observation> stopped, int64_t last_step) {
  struct Sum {
    double sum = 0;
    size_t count = 0;
  };
  std::map<int64_t, Sum> by_step;
  for (const Observation& observation : observations) {
    if (!std::isfinite(observation.value)) continue;
    Sum& sum = by_step[observation.step];
    sum.sum += observation.value;
    ++sum.count;
  }
  if (!stopped.empty()) by_step.try_emplace(last_step);
  for (const Observation& last : stopped) {
    for (auto at = by_step.upper_bound(last.step); at != by_step.end(); ++at) {
      at->second.sum += last.value;
      ++at->second.count;
    }
  }
  Curve curve;
  for (const auto& [step, sum] : by_step) {
    if (sum.count != trials.size()) continue;
    curve.steps.push_back(step);
    curve.values.push_back(sum.sum / static_cast<double>(sum.count));
  }
  return curve;
}

std::optional<double> FirstStepAtOrBelow(const Curve& curve, double target) {
  for (size_t i = 0; i < curve.steps.size(); ++i) {
    if (!(curve.values[i] <= target)) continue;
    const auto step = static_cast<double>(curve.steps[i]);
    if (i == 0 || curve.values[i] == target) return step;
    // The curve is above the target at i - 1. Logarithms of a value that is not
    // positive do not exist; then the recorded step has to do.
    if (!(curve.values[i] > 0) || !(target > 0)) return step;
    const auto before = static_cast<double>(curve.steps[i - 1]);
    const double part = std::log(curve.values[i - 1] / target) /
                        std::log(curve.values[i - 1] / curve.values[i]);
    return std::expm1(std::log1p(before) +
                      part * (std::log1p(step) - std::log1p(before)));
  }
  return std::nullopt;
}

}  // namespace fathom
