#include "client/analysis/best.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "client/analysis/speedup.h"
#include "client/analysis/summary_classes.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/space.h"

namespace fathom {
namespace {

using Names = google::protobuf::RepeatedPtrField<std::string>;

// Replaces a list of axes unless `names` is empty; names in full, if known.
void Replace(const std::vector<std::string>& names, Names* axes) {
  if (names.empty()) return;
  axes->Clear();
  for (const std::string& name : names) {
    axes->Add(ResolveAxisField(name).value_or(name));
  }
}

// Leaves a list that was not asked for the axes that no asked-for list has.
void TakeOut(const Names& asked, Names* axes) {
  Names left;
  for (const std::string& axis : *axes) {
    if (!absl::c_linear_search(asked, axis)) *left.Add() = axis;
  }
  *axes = left;
}

// The curves of a row up to the last step of the summary.
Arm ArmOf(const SummaryRow& row, const SweepSummary& summary,
          const Space& space) {
  Arm arm{.curves = row.curves, .stopped = row.best.back()->stopped_earlier};
  const size_t kept =
      absl::c_upper_bound(arm.curves.steps, summary.steps.back()) -
      arm.curves.steps.begin();
  arm.curves.steps.resize(kept);
  for (std::vector<double>& values : arm.curves.values) values.resize(kept);
  for (const int64_t trial : row.best.back()->trials) {
    arm.keys.push_back(AxisKey(space, trial, summary.average_over));
  }
  return arm;
}

void CountTrials(absl::Span<const TrialResult> results, const Space& space,
                 const SummaryClasses& classes, BestReport* report) {
  for (const TrialResult& result : results) {
    GroupBest& group =
        report->groups[classes.GroupOf(space.PositionsAt(result.trial))];
    if (IsFinished(result.state)) ++group.finished;
    if (result.state == v1::TRIAL_STATE_DIVERGED) ++group.diverged;
    if (result.state == v1::TRIAL_STATE_FAILED) ++group.failed;
  }
}

void DescribeBest(BestReport* report) {
  for (size_t i = 0; i < report->groups.size(); ++i) {
    const SummaryRow& row = report->summary.rows[i];
    GroupBest& group = report->groups[i];
    group.group = row.group;
    group.best = row.best.back();
    if (group.best.has_value()) group.statistics = Describe(group.best->values);
  }
}

// Compares the rows of a family with the first one, where these have a best.
void CompareFamily(const std::vector<size_t>& family,
                   const std::vector<std::optional<Arm>>& arms,
                   BestReport* report) {
  const std::optional<Arm>& base = arms[family[0]];
  for (const size_t i : family) {
    GroupBest& group = report->groups[i];
    if (i != family[0]) {
      group.base_depth = DepthOf(report->summary, family[0]);
    }
    if (!base.has_value() || !arms[i].has_value()) continue;
    const std::optional<double> epsilon =
        EpsilonOf(*base, *arms[i], report->epsilon);
    if (epsilon.has_value()) group.reach = ReachOf(*arms[i], *epsilon);
    if (i == family[0]) continue;
    group.speed_up = MeasureSpeedUp(*base, *arms[i], report->epsilon);
  }
}

void CompareGroups(const Space& space, BestReport* report) {
  const SweepSummary& summary = report->summary;
  std::vector<std::optional<Arm>> arms(summary.rows.size());
  for (size_t i = 0; i < arms.size(); ++i) {
    if (!summary.rows[i].best.back().has_value()) continue;
    arms[i] = ArmOf(summary.rows[i], summary, space);
    if (!report->epsilon.has_value()) continue;
    report->groups[i].reach = ReachOf(*arms[i], *report->epsilon);
  }
  for (const std::vector<size_t>& family : DepthFamilies(summary)) {
    if (family.size() > 1) CompareFamily(family, arms, report);
  }
}

}  // namespace

v1::SummarySpec PlanOf(const v1::SweepSpec& spec,
                       const BestQuestion& question) {
  v1::SummarySpec plan = SummaryOf(spec);
  Replace(question.by, plan.mutable_by());
  Replace(question.best_over, plan.mutable_best_over());
  Replace(question.average_over, plan.mutable_average_over());
  const std::pair<bool, Names*> lists[] = {
      {question.by.empty(), plan.mutable_by()},
      {question.best_over.empty(), plan.mutable_best_over()},
      {question.average_over.empty(), plan.mutable_average_over()}};
  for (const auto& [is_asked_not, list] : lists) {
    if (!is_asked_not) continue;
    for (const auto& [other_is_not, other] : lists) {
      if (!other_is_not) TakeOut(*other, list);
    }
  }
  if (question.metric.has_value()) plan.set_metric(*question.metric);
  const int64_t at = question.at.value_or(*plan.at().rbegin());
  plan.clear_at();
  plan.add_at(at);
  if (question.epsilon.has_value()) plan.set_epsilon(*question.epsilon);
  return plan;
}

absl::StatusOr<BestReport> MakeBestReport(
    const v1::SweepSpec& spec, SweepSummary summary,
    absl::Span<const Observation> at_step,
    absl::Span<const Observation> stopped,
    absl::Span<const TrialResult> results) {
  ASSIGN_OR_RETURN(const Space space, Space::Create(spec));
  const v1::SummarySpec plan = SummaryOf(spec);
  BestReport report{.summary = std::move(summary), .trials = space.size()};
  if (plan.has_epsilon()) report.epsilon = plan.epsilon();
  report.groups.resize(report.summary.rows.size());
  const SummaryClasses classes(spec, plan);
  CountTrials(results, space, classes, &report);
  DescribeBest(&report);
  CompareGroups(space, &report);
  std::vector<Observation> values(at_step.begin(), at_step.end());
  absl::c_move(HeldObservations(stopped, report.summary.steps, space),
               std::back_inserter(values));
  std::vector<StableBand> bands =
      MeasureBands(space, classes, report.summary, values, results);
  for (size_t i = 0; i < bands.size(); ++i) {
    report.groups[i].band = std::move(bands[i]);
  }
  return report;
}

}  // namespace fathom
