#include "client/analysis/summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/analysis/summary_classes.h"
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
  std::vector<std::pair<int64_t, double>> values = {};  // By trial.
  bool stopped_earlier = false;
};

// The mean over the trials, summed in their order as in MeanCurve.
Best MakeBest(Tally tally) {
  absl::c_sort(tally.values);
  Best best{.stopped_earlier = tally.stopped_earlier};
  for (const auto& [trial, value] : tally.values) {
    best.trials.push_back(trial);
    best.values.push_back(value);
    best.value += value;
  }
  best.value /= static_cast<double>(best.trials.size());
  return best;
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
    tally.values.emplace_back(observation.trial, observation.value);
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
          space.PositionsAt(tally.values.front().first);
      const auto count = static_cast<int64_t>(tally.values.size());
      if (count != classes.TrialsPerSetting(positions)) continue;
      Best candidate = MakeBest(std::move(tally));
      if (best.has_value() && best->value <= candidate.value) continue;
      candidate.settings = classes.SettingValues(positions);
      best = std::move(candidate);
    }
  }
  return summary;
}

}  // namespace fathom
