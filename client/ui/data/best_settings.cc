#include "client/ui/data/best_settings.h"

#include <cmath>

#include "client/analysis/distributions.h"
#include "client/analysis/interval.h"

namespace fathom::client {

void RunningMean::Add(double value) {
  ++count_;
  const double away = value - mean_;
  mean_ += away / static_cast<double>(count_);
  squares_ += away * (value - mean_);
}

std::optional<double> RunningMean::squared_error() const {
  if (count_ < 2) return std::nullopt;
  const auto count = static_cast<double>(count_);
  return squares_ / (count - 1) / count;
}

DifferenceFound DifferenceOf(const RunningMean& a, const RunningMean& b) {
  DifferenceFound found = {.value = b.mean() - a.mean()};
  const std::optional<double> square_a = a.squared_error();
  const std::optional<double> square_b = b.squared_error();
  if (!square_a.has_value() || !square_b.has_value()) return found;
  const double square = *square_a + *square_b;
  double reach = 0;
  if (square > 0) {
    const double freedom =
        square * square /
        (*square_a * *square_a / static_cast<double>(a.count() - 1) +
         *square_b * *square_b / static_cast<double>(b.count() - 1));
    reach = StudentQuantile(kConfidence, freedom) * std::sqrt(square);
  }
  found.low = found.value - reach;
  found.high = found.value + reach;
  return found;
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
  if (*value > 0) setting.logs.Add(std::log(*value));
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
