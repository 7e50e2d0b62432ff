#include "client/analysis/choice.h"

#include <cmath>
#include <numeric>
#include <utility>

#include "absl/algorithm/container.h"
#include "client/analysis/trial_table.h"

namespace fathom::client {
namespace {

// A share of repetitions counts whole repetitions: 0.7 of 10 is 7, even where
// rounding makes the product a little more.
constexpr double kRounding = 1e-9;

uint64_t ArrivedWeight(const SettingTimes& setting,
                       absl::Span<const uint32_t> weights) {
  uint64_t arrived = 0;
  for (size_t s = 0; s < weights.size(); ++s) {
    if (setting.times[s] != kNever) arrived += weights[s];
  }
  return arrived;
}

}  // namespace

SettingTimes MakeSettingTimes(std::vector<double> times) {
  SettingTimes setting{.times = std::move(times)};
  setting.order.resize(setting.times.size());
  std::iota(setting.order.begin(), setting.order.end(), 0);
  absl::c_stable_sort(setting.order, [&](uint32_t a, uint32_t b) {
    return setting.times[a] < setting.times[b];
  });
  return setting;
}

double WeightedMedian(absl::Span<const double> values,
                      absl::Span<const uint32_t> order,
                      absl::Span<const uint32_t> weights) {
  uint64_t total = 0;
  for (const uint32_t weight : weights) total += weight;
  const uint64_t lower = (total - 1) / 2;  // Positions from 0.
  const uint64_t upper = total / 2;
  uint64_t before = 0;
  double low = kNever;
  bool has_low = false;
  for (const uint32_t s : order) {
    before += weights[s];
    if (!has_low && before > lower) {
      low = values[s];
      has_low = true;
    }
    if (before > upper) {
      return values[s] == kNever ? kNever : (low + values[s]) / 2;
    }
  }
  return kNever;
}

bool HasArrived(double arrived, double count, double arrive) {
  return arrived > 0 && arrived >= std::ceil(arrive * count - kRounding);
}

std::optional<Choice> ChooseSetting(absl::Span<const SettingTimes> settings,
                                    WeightsOf weights_of, double arrive) {
  std::optional<Choice> best;
  for (size_t a = 0; a < settings.size(); ++a) {
    const SettingTimes& setting = settings[a];
    const absl::Span<const uint32_t> weights = weights_of(setting.times.size());
    uint64_t total = 0;
    for (const uint32_t weight : weights) total += weight;
    const uint64_t arrived = ArrivedWeight(setting, weights);
    if (!HasArrived(static_cast<double>(arrived), static_cast<double>(total),
                    arrive)) {
      continue;
    }
    const double median = WeightedMedian(setting.times, setting.order, weights);
    if (median == kNever) continue;
    if (!best.has_value() || median < best->median) best = Choice{a, median};
  }
  return best;
}

std::vector<size_t> PossibleSettings(absl::Span<const SettingTimes> settings,
                                     std::optional<Choice> chosen,
                                     double arrive) {
  double slowest = kNever;
  if (chosen.has_value() && arrive >= 1) {
    const SettingTimes& best = settings[chosen->setting];
    slowest = best.times[best.order.back()];
  }
  std::vector<size_t> possible;
  for (size_t a = 0; a < settings.size(); ++a) {
    if (settings[a].times.empty()) continue;
    const double fastest = settings[a].times[settings[a].order.front()];
    if (fastest != kNever && fastest <= slowest) possible.push_back(a);
  }
  return possible;
}

}  // namespace fathom::client
