#include "client/analysis/hitting_times.h"

#include "absl/algorithm/container.h"
#include "client/analysis/goals.h"

namespace fathom::client {

HittingTimes::HittingTimes(const TrialTable& table,
                           const std::vector<Race>& races)
    : table_(table), races_(races) {
  std::vector<int> race_of_group;
  for (size_t r = 0; r < races.size(); ++r) {
    for (const Racer& racer : races[r].racers) {
      const auto group = static_cast<size_t>(racer.group);
      if (race_of_group.size() <= group) race_of_group.resize(group + 1, -1);
      race_of_group[group] = static_cast<int>(r);
    }
  }
  race_of_row_.assign(table.rows().size(), -1);
  for (const SettingRows& setting : table.settings()) {
    const auto group = static_cast<size_t>(setting.group);
    if (!setting.complete || group >= race_of_group.size()) continue;
    for (const size_t i : setting.rows) race_of_row_[i] = race_of_group[group];
  }
  size_t total = 0;
  for (const int race : race_of_row_) {
    offset_.push_back(total);
    if (race >= 0) total += races[race].goals.size();
  }
  times_.assign(total, kNever);
}

void HittingTimes::Add(const TrialCurve& whole) {
  const std::optional<size_t> row = table_.RowOf(whole.trial);
  if (!row.has_value() || race_of_row_[*row] < 0) return;
  const TrialCurve curve = CutOff(whole, table_.last_step());
  absl::c_copy(
      FirstSteps(curve.at, curve.values, races_[race_of_row_[*row]].goals),
      times_.begin() + static_cast<int64_t>(offset_[*row]));
}

absl::Span<const double> HittingTimes::Of(size_t row) const {
  const int race = race_of_row_[row];
  if (race < 0) return {};
  return absl::MakeConstSpan(times_).subspan(offset_[row],
                                             races_[race].goals.size());
}

}  // namespace fathom::client
