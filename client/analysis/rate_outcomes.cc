#include "client/analysis/rate_outcomes.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "proto/sweep/facts/states.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr char kRate[] = "learning_rate";

// Sums over the settings of one rate.
struct Tally {
  RateOutcome outcome = {.complete = true};
  int64_t valued = 0;
  int64_t expected = 0;
  double sum = 0;  // Sum of the values.
};

bool AgreeBut(const SettingRows& a, const SettingRows& b, size_t axis) {
  for (size_t i = 0; i < a.values.size(); ++i) {
    if (i != axis && ValueText(a.values[i]) != ValueText(b.values[i])) {
      return false;
    }
  }
  return true;
}

void AddTrial(const TrialRow& row, RateOutcome* outcome) {
  if (row.state == v1::TRIAL_STATE_FAILED) ++outcome->failed;
  if (row.state != v1::TRIAL_STATE_DIVERGED) return;
  ++outcome->diverged;
  outcome->first_divergence =
      std::min(outcome->first_divergence.value_or(row.steps), row.steps);
  outcome->last_divergence =
      std::max(outcome->last_divergence.value_or(row.steps), row.steps);
}

void AddSetting(const TrialTable& table, const Levels& levels,
                const SettingRows& setting, Tally* tally) {
  tally->expected += setting.expected;
  int64_t over = 0;  // Those that were trained to their ends, or failed.
  for (const size_t i : setting.rows) {
    const TrialRow& row = table.rows()[i];
    if (IsOutcome(row.state)) ++over;
    AddTrial(row, &tally->outcome);
    const std::optional<double> value = levels.At(i, levels.steps().size() - 1);
    if (!value.has_value()) continue;
    ++tally->valued;
    tally->sum += *value;
  }
  tally->outcome.complete &= over == setting.expected;
}

}  // namespace

std::optional<StableBand> MeasureBandOf(
    const TrialTable& table, const Levels& levels, int64_t group,
    std::optional<size_t> best, const std::vector<std::string>& best_over) {
  const auto found = absl::c_find(best_over, kRate);
  if (found == best_over.end()) return std::nullopt;
  const size_t axis = found - best_over.begin();
  const auto rate_of = [&](const SettingRows& setting) {
    return setting.values[axis].number();
  };
  std::map<double, Tally> tallies;
  for (const size_t number : table.SettingsOf(group)) {
    const SettingRows& setting = table.settings()[number];
    if (best && !AgreeBut(setting, table.settings()[*best], axis)) continue;
    AddSetting(table, levels, setting, &tallies[rate_of(setting)]);
  }
  std::vector<RateOutcome> outcomes;
  for (const auto& [rate, tally] : tallies) {
    RateOutcome& outcome = outcomes.emplace_back(tally.outcome);
    outcome.rate = rate;
    if (tally.valued == tally.expected) {
      outcome.value = tally.sum / static_cast<double>(tally.valued);
    }
  }
  return MeasureBand(std::move(outcomes),
                     best ? std::make_optional(rate_of(table.settings()[*best]))
                          : std::nullopt);
}

}  // namespace fathom::client
