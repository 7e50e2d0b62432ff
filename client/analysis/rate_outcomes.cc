#include "client/analysis/rate_outcomes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

constexpr char kRate[] = "learning_rate";

// The trials of one group and rate.
struct Tally {
  RateOutcome outcome = {};
  int64_t finished = 0;
  int64_t expected = 0;
  int64_t valued = 0;
  double sum = 0;  // Of the values.
};

double RateOf(const Space& space, int64_t trial) {
  for (const Space::Parameter& parameter : space.ParametersAt(trial)) {
    if (parameter.name == kRate) return parameter.value.number();
  }
  return 0;
}

void Add(const TrialResult& result, Tally* tally) {
  if (IsFinished(result.state)) ++tally->finished;
  RateOutcome& outcome = tally->outcome;
  if (result.state == v1::TRIAL_STATE_FAILED) ++outcome.failed;
  if (result.state != v1::TRIAL_STATE_DIVERGED) return;
  ++outcome.diverged;
  outcome.first_divergence =
      std::min(outcome.first_divergence.value_or(result.steps), result.steps);
  outcome.last_divergence =
      std::max(outcome.last_divergence.value_or(result.steps), result.steps);
}

std::vector<RateOutcome> Outcomes(const std::map<double, Tally>& tallies) {
  std::vector<RateOutcome> outcomes;
  for (const auto& [rate, tally] : tallies) {
    RateOutcome& outcome = outcomes.emplace_back(tally.outcome);
    outcome.rate = rate;
    outcome.complete = tally.finished == tally.expected;
    if (tally.valued == tally.expected) {
      outcome.value = tally.sum / static_cast<double>(tally.valued);
    }
  }
  return outcomes;
}

}  // namespace

bool IsFinished(v1::TrialState state) {
  return state != v1::TRIAL_STATE_PENDING && state != v1::TRIAL_STATE_LEASED;
}

std::string AxisKey(const Space& space, int64_t trial,
                    const std::vector<std::string>& names) {
  std::string key;
  for (const Space::Parameter& parameter : space.ParametersAt(trial)) {
    if (absl::c_linear_search(names, parameter.name)) {
      absl::StrAppend(&key, ValueText(parameter.value), "\n");
    }
  }
  return key;
}

std::vector<StableBand> MeasureBands(const Space& space,
                                     const SummaryClasses& classes,
                                     const SweepSummary& summary,
                                     absl::Span<const Observation> values,
                                     absl::Span<const TrialResult> results) {
  if (!absl::c_linear_search(summary.best_over, kRate)) return {};
  std::vector<std::string> others = summary.best_over;
  std::erase(others, kRate);
  const auto best_of = [&](size_t group) -> const std::optional<Best>& {
    return summary.rows[group].best.back();
  };
  std::vector<std::optional<std::string>> wanted;  // Per group: their values.
  for (size_t i = 0; i < summary.rows.size(); ++i) {
    wanted.push_back(
        best_of(i).has_value()
            ? std::make_optional(AxisKey(space, best_of(i)->trials[0], others))
            : std::nullopt);
  }
  absl::flat_hash_map<int64_t, double> value_of;
  for (const Observation& value : values) value_of[value.trial] = value.value;

  std::vector<std::map<double, Tally>> tallies(summary.rows.size());
  for (const TrialResult& result : results) {
    const std::vector<int64_t> positions = space.PositionsAt(result.trial);
    const int64_t group = classes.GroupOf(positions);
    if (wanted[group].has_value() &&
        AxisKey(space, result.trial, others) != *wanted[group]) {
      continue;
    }
    Tally& tally = tallies[group][RateOf(space, result.trial)];
    tally.expected = classes.TrialsPerSetting(positions);
    Add(result, &tally);
    const auto found = value_of.find(result.trial);
    if (found == value_of.end()) continue;
    ++tally.valued;
    tally.sum += found->second;
  }
  std::vector<StableBand> bands;
  for (size_t i = 0; i < tallies.size(); ++i) {
    bands.push_back(MeasureBand(
        Outcomes(tallies[i]),
        best_of(i).has_value()
            ? std::make_optional(RateOf(space, best_of(i)->trials[0]))
            : std::nullopt));
  }
  return bands;
}

}  // namespace fathom
