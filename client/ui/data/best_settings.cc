#include "client/ui/data/best_settings.h"

#include <cmath>

namespace fathom::client {

void RunningMean::Add(double value) {
  ++count_;
  const double away = value - mean_;
  mean_ += away / static_cast<double>(count_);
  squares_ += away * (value - mean_);
}

std::optional<double> RunningMean::standard_error() const {
  if (count_ < 2) return std::nullopt;
  const auto count = static_cast<double>(count_);
  return std::sqrt(squares_ / (count - 1) / count);
}

void BestSettings::Add(int64_t trial, std::optional<double> value) {
  const Grouping::Place place = grouping_.PlaceOf(trial);
  const auto [found, added] =
      settings_.try_emplace({place.group, place.setting});
  Setting& setting = found->second;
  if (added) setting.example = trial;
  if (!value.has_value() || !std::isfinite(*value)) {
    setting.whole = false;
    return;
  }
  setting.values.Add(*value);
}

std::map<int64_t, const BestSettings::Setting*> BestSettings::Best() const {
  std::map<int64_t, const Setting*> best;
  for (const auto& [place, setting] : settings_) {
    if (!setting.whole) continue;
    const Setting*& known = best[place.first];
    const double mean = setting.values.mean();
    // Of equal ones the first in the grid.
    const bool better =
        known == nullptr ||
        (smaller_ ? mean < known->values.mean()
                  : mean > known->values.mean()) ||
        (mean == known->values.mean() && setting.example < known->example);
    if (better) known = &setting;
  }
  return best;
}

}  // namespace fathom::client
