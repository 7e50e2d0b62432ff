#include "client/analysis/analysis.h"

#include <numeric>
#include <utility>

#include "absl/algorithm/container.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

using Names = google::protobuf::RepeatedPtrField<std::string>;

// Replaces the axes of a list by `names`, unless `names` is empty. Known names
// become full ones.
void Replace(const std::vector<std::string>& names, Names* axes) {
  if (names.empty()) return;
  axes->Clear();
  for (const std::string& name : names) {
    axes->Add(ResolveAxisField(name).value_or(name));
  }
}

// Takes the axes that were asked for in another list out of a list that was not
// asked for.
void TakeOut(const Names& asked, Names* axes) {
  Names left;
  for (const std::string& axis : *axes) {
    if (!absl::c_linear_search(asked, axis)) *left.Add() = axis;
  }
  *axes = left;
}

}  // namespace

v1::SummarySpec PlanOf(const v1::SweepSpec& spec,
                       const AnalysisQuestion& question) {
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
  if (question.at.has_value()) {
    plan.clear_at();
    plan.add_at(*question.at);
  }
  if (question.race.goal.has_value()) plan.set_epsilon(*question.race.goal);
  return plan;
}

std::vector<std::vector<size_t>> FamiliesOf(const SweepAnalysis& analysis) {
  std::vector<std::vector<size_t>> families;
  bool any = false;
  const auto add = [&](const auto& members) {
    std::vector<size_t>& family = families.emplace_back();
    for (const auto& member : members) {
      family.push_back(static_cast<size_t>(member.group));
    }
    any = any || family.size() > 1;
  };
  for (const Race& race : analysis.races) add(race.racers);
  for (const LevelComparison& level : analysis.levels) add(level.groups);
  if (any) return families;
  std::vector<size_t> all(analysis.summary.rows.size());
  std::iota(all.begin(), all.end(), size_t{0});
  return {all};
}

}  // namespace fathom::client
