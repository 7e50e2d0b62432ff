#include "client/analysis/race/hitting_times.h"

#include "client/analysis/race/goals.h"

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
  by_row_.resize(table.rows().size());
  race_of_row_.assign(table.rows().size(), -1);
  for (const SettingRows& setting : table.settings()) {
    const auto group = static_cast<size_t>(setting.group);
    if (!setting.complete || group >= race_of_group.size()) continue;
    for (const size_t i : setting.rows) race_of_row_[i] = race_of_group[group];
  }
}

void HittingTimes::Add(const TrialCurve& whole) {
  const std::optional<size_t> row = table_.RowOf(whole.trial);
  if (!row.has_value() || race_of_row_[*row] < 0) return;
  const TrialCurve curve = CutOff(whole, table_.last_step());
  Arrivals& arrivals = by_row_[*row];
  arrivals.begin = static_cast<int64_t>(times_.size());
  arrivals.count = 0;
  for (const double time :
       FirstSteps(curve.at, curve.values, races_[race_of_row_[*row]].goals)) {
    if (time == kNever) break;
    times_.push_back(time);
    ++arrivals.count;
  }
}

double HittingTimes::Of(size_t row, size_t goal) const {
  const Arrivals& arrivals = by_row_[row];
  return goal < static_cast<size_t>(arrivals.count)
             ? times_[static_cast<size_t>(arrivals.begin) + goal]
             : kNever;
}

}  // namespace fathom::client
