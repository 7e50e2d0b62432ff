#include "client/analysis/race/contender.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/algorithm/container.h"

namespace fathom::client {
namespace {

using Weights = std::vector<uint32_t>;

// Logarithms of times that differ by less than this are of equal times.
constexpr double kSameTime = 1e-9;

bool Arrives(double step) { return step != kNever; }

std::vector<double> LimitsOf(const TrialTable& table, size_t setting) {
  std::vector<double> limits;
  for (const size_t i : table.settings()[setting].rows) {
    limits.push_back(static_cast<double>(table.rows()[i].last_step));
  }
  return limits;
}

// Returns, per setting and repetition, the steps that all settings take
// together until this setting arrives. A setting with another number of
// repetitions than this one is left out of the sum.
std::vector<SettingTimes> CostsOf(
    absl::Span<const SettingTimes> settings,
    absl::Span<const std::vector<double>> limits) {
  std::vector<SettingTimes> costs;
  for (const SettingTimes& setting : settings) {
    std::vector<double> sums(setting.times.size(), 0);
    for (size_t s = 0; s < sums.size(); ++s) {
      for (const std::vector<double>& limit : limits) {
        if (limit.size() != sums.size()) continue;
        sums[s] += std::min(setting.times[s], limit[s]);
      }
      if (!Arrives(setting.times[s])) sums[s] = kNever;
    }
    costs.push_back(MakeSettingTimes(std::move(sums)));
  }
  return costs;
}

// Returns the median, over the repetitions, of the steps that all settings took
// together.
double LimitOfGrid(absl::Span<const std::vector<double>> limits) {
  if (limits.empty()) return 0;
  std::vector<double> sums(limits[0].size(), 0);
  for (const std::vector<double>& limit : limits) {
    if (limit.size() != sums.size()) continue;
    for (size_t s = 0; s < sums.size(); ++s) sums[s] += limit[s];
  }
  const SettingTimes all = MakeSettingTimes(std::move(sums));
  return WeightedMedian(all.times, all.order, Once(all.times.size()));
}

double ExpectedRunningTime(absl::Span<const double> times,
                           absl::Span<const double> limits) {
  double spent = 0;
  for (size_t s = 0; s < times.size(); ++s) {
    spent += std::min(times[s], limits[s]);
  }
  return spent / static_cast<double>(absl::c_count_if(times, Arrives));
}

// Weights that count the repetitions at even positions (half 0) or at odd ones
// (half 1).
class Half {
 public:
  explicit Half(size_t half) : half_(half) {}

  absl::Span<const uint32_t> Of(size_t count) {
    weights_.resize(count);
    for (size_t s = 0; s < count; ++s) weights_[s] = s % 2 == half_ ? 1 : 0;
    return weights_;
  }

 private:
  size_t half_;
  Weights weights_;
};

// Returns what the group takes on one half of the repetitions, at the setting
// that the other half chose.
double TimeOnOtherHalf(const Contender& contender, size_t chosen_by,
                       double arrive) {
  Half choosing(chosen_by);
  const std::optional<Choice> choice = ChooseSetting(
      contender.times, [&](size_t count) { return choosing.Of(count); },
      arrive);
  if (!choice.has_value()) return kNever;
  const SettingTimes& measure = contender.measure()[choice->setting];
  if (measure.times.size() < 2) return kNever;
  Half measured(1 - chosen_by);
  return std::max(WeightedMedian(measure.times, measure.order,
                                 measured.Of(measure.times.size())),
                  1.0);
}

}  // namespace

absl::Span<const uint32_t> Once(size_t count) {
  static thread_local Weights ones;
  if (ones.size() < count) ones.resize(count, 1);
  return absl::MakeConstSpan(ones).first(count);
}

Contender MakeContender(const TrialTable& table, const HittingTimes& times,
                        const Racer& racer, size_t goal,
                        const RaceOptions& options) {
  Contender contender{.racer = &racer, .is_whole = table.IsWhole(racer.group)};
  std::vector<std::vector<double>> limits;
  for (const size_t number : table.SettingsOf(racer.group)) {
    const SettingRows& setting = table.settings()[number];
    if (!setting.complete) continue;
    std::vector<double> steps;
    for (const size_t i : setting.rows) {
      steps.push_back(times.Of(i, goal));
      contender.was_cut |= !Arrives(steps.back()) &&
                           table.rows()[i].state == v1::TRIAL_STATE_STOPPED;
    }
    contender.most_arrived = std::max<int64_t>(
        contender.most_arrived, absl::c_count_if(steps, Arrives));
    contender.settings.push_back(number);
    contender.times.push_back(MakeSettingTimes(std::move(steps)));
    if (options.tuning) limits.push_back(LimitsOf(table, number));
  }
  if (options.tuning) contender.costs = CostsOf(contender.times, limits);
  contender.limit =
      options.tuning ? LimitOfGrid(limits) : static_cast<double>(racer.longest);
  contender.choice = ChooseSetting(contender.times, Once, options.arrive);
  return contender;
}

Resampled MakeResampled(const Contender& contender,
                        const RaceOptions& options) {
  const double arrive = options.arrive;
  const auto logarithms = [](const SettingTimes& setting) {
    SettingTimes logs = setting;  // The logarithm keeps the order.
    for (double& time : logs.times) {
      if (Arrives(time)) time = std::log(std::max(time, 1.0));
    }
    return logs;
  };
  Resampled resampled{.has_costs = options.tuning};
  for (const size_t a :
       PossibleSettings(contender.times, contender.choice, arrive)) {
    const SettingTimes& times = contender.times[a];
    const auto count = static_cast<double>(times.times.size());
    const auto arrived =
        static_cast<double>(absl::c_count_if(times.times, Arrives));
    if (!HasArrived(arrived, count, arrive)) continue;
    resampled.is_smooth &= arrived == count;
    if (resampled.times.empty()) {
      resampled.repetitions = times.times.size();
    } else if (resampled.repetitions != times.times.size()) {
      resampled.repetitions = 0;
      return resampled;
    }
    resampled.times.push_back(logarithms(times));
    if (options.tuning) {
      resampled.measure.push_back(logarithms(contender.measure()[a]));
    }
  }
  return resampled;
}

double LogTimeOf(const Resampled& resampled, WeightsOf weights_of,
                 SmoothMedian& smooth) {
  const auto median = [&](const SettingTimes& setting) {
    const absl::Span<const uint32_t> weights = weights_of(setting.times.size());
    return resampled.is_smooth
               ? smooth.Of(setting.times, setting.order, weights)
               : WeightedMedian(setting.times, setting.order, weights);
  };
  std::vector<double> times;
  for (const SettingTimes& setting : resampled.times) {
    times.push_back(median(setting));
  }
  const auto least = absl::c_min_element(times);
  if (least == times.end() || *least == kNever) return kNever;
  if (!resampled.has_costs) return *least;
  // Times below one step all count as one step. Of the settings that tie, the
  // cheapest one counts.
  double cost = kNever;
  for (size_t a = 0; a < times.size(); ++a) {
    if (times[a] <= *least + kSameTime) {
      cost = std::min(cost, median(resampled.measure[a]));
    }
  }
  return cost;
}

void Describe(const TrialTable& table, const Contender& contender,
              const RaceOptions& options, AtGoal* at) {
  at->arrived = contender.most_arrived;
  for (const size_t number : table.SettingsOf(contender.racer->group)) {
    at->repetitions =
        std::max(at->repetitions, table.settings()[number].expected);
  }
  if (!contender.choice.has_value()) return;
  const size_t a = contender.choice->setting;
  at->setting = contender.settings[a];
  const SettingRows& setting = table.settings()[*at->setting];
  at->values = setting.values;
  for (const size_t i : setting.rows) {
    at->trials.push_back(table.rows()[i].trial);
  }
  at->repetitions = setting.expected;
  at->diverged = setting.diverged;
  at->times = contender.times[a].times;
  at->arrived = absl::c_count_if(at->times, Arrives);
  at->median = contender.choice->median;
  at->ert = ExpectedRunningTime(at->times, LimitsOf(table, *at->setting));
  if (!options.tuning) return;
  const SettingTimes& cost = contender.measure()[a];
  at->cost = WeightedMedian(cost.times, cost.order, Once(cost.times.size()));
}

std::optional<double> SplitSpeedUp(const Contender& reference,
                                   const Contender& other, double arrive) {
  double log_sum = 0;
  for (const size_t half : {0u, 1u}) {
    const double slow = TimeOnOtherHalf(reference, half, arrive);
    const double fast = TimeOnOtherHalf(other, half, arrive);
    if (!Arrives(slow) || !Arrives(fast)) return std::nullopt;
    log_sum += std::log(slow / fast);
  }
  return std::exp(log_sum / 2);
}

bool ArePaired(const Grouping& grouping, const TrialTable& table, size_t a,
               size_t b) {
  const auto key = [&](size_t row) {
    return grouping.RepetitionKey(table.rows()[row].trial);
  };
  return absl::c_equal(table.settings()[a].rows, table.settings()[b].rows,
                       [&](size_t i, size_t j) { return key(i) == key(j); });
}

}  // namespace fathom::client
