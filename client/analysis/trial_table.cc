#include "client/analysis/trial_table.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "proto/sweep/facts/states.h"

namespace fathom::client {

TrialCurve CutOff(const TrialCurve& curve, std::optional<int64_t> last_step) {
  if (!last_step.has_value()) return curve;
  TrialCurve cut = curve;
  const auto kept = static_cast<size_t>(
      absl::c_upper_bound(curve.at, *last_step) - curve.at.begin());
  cut.at = curve.at.first(kept);
  cut.values = curve.values.first(kept);
  return cut;
}

TrialTable::TrialTable(const Grouping& grouping,
                       std::optional<int64_t> last_step)
    : grouping_(grouping), last_step_(last_step) {
  by_group_.resize(grouping.group_count());
  counts_.resize(grouping.group_count());
}

void TrialTable::Add(const TrialCurve& whole) {
  const TrialCurve curve = CutOff(whole, last_step_);
  TrialRow& row = rows_.emplace_back();
  row.trial = curve.trial;
  row.state = curve.state;
  row.steps = curve.steps;
  row.final_loss = curve.final_loss;
  row.points = !curve.at.empty();
  if (row.points) {
    row.first = curve.values.front();
    row.last = curve.values.back();
    row.last_step = curve.at.back();
  }
  places_.push_back(grouping_.PlaceOf(curve.trial));
}

void TrialTable::Finish() {
  absl::flat_hash_map<std::pair<int64_t, int64_t>, size_t> known;
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Grouping::Place place = places_[i];
    const auto [found, added] =
        known.try_emplace({place.group, place.setting}, settings_.size());
    if (added) {
      SettingRows& setting = settings_.emplace_back();
      setting.group = place.group;
      setting.expected = grouping_.TrialsPerSetting(rows_[i].trial);
      setting.values = grouping_.SettingValues(rows_[i].trial);
      by_group_[place.group].push_back(found->second);
    }
    settings_[found->second].rows.push_back(i);
  }
  // Assigning {} would keep the memory.
  std::vector<Grouping::Place>().swap(places_);
  for (size_t group = 0; group < counts_.size(); ++group) {
    GroupCounts& counts = counts_[group];
    counts.expected = grouping_.TrialsPerGroup(static_cast<int64_t>(group));
    counts.settings = grouping_.SettingsPerGroup(static_cast<int64_t>(group));
  }
  for (SettingRows& setting : settings_) {
    GroupCounts& counts = counts_[setting.group];
    int64_t finished = 0;
    for (const size_t i : setting.rows) {
      const TrialRow& row = rows_[i];
      if (IsFinding(row.state)) ++finished;
      if (row.state == v1::TRIAL_STATE_DIVERGED) ++setting.diverged;
      if (row.state == v1::TRIAL_STATE_SUCCEEDED) ++counts.succeeded;
      if (row.state == v1::TRIAL_STATE_STOPPED) ++counts.stopped;
      if (row.state == v1::TRIAL_STATE_FAILED) ++counts.failed;
    }
    counts.finished += finished;
    counts.diverged += setting.diverged;
    setting.complete = finished == setting.expected;
    if (setting.complete) ++counts.complete_settings;
  }
}

double TrialTable::MeanFinalLoss(size_t setting) const {
  double sum = 0;
  for (const size_t i : settings_[setting].rows) {
    sum += rows_[i].final_loss.value_or(kNever);
  }
  return sum / static_cast<double>(settings_[setting].rows.size());
}

std::optional<size_t> TrialTable::RowOf(int64_t trial) const {
  const auto found = std::lower_bound(
      rows_.begin(), rows_.end(), trial,
      [](const TrialRow& row, int64_t wanted) { return row.trial < wanted; });
  if (found == rows_.end() || found->trial != trial) return std::nullopt;
  return static_cast<size_t>(found - rows_.begin());
}

}  // namespace fathom::client
