#include "client/analysis/race/level.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_format.h"
#include "client/analysis/race/contender.h"
#include "proto/sweep/facts/metrics.h"

namespace fathom::client {
namespace {

// A complete setting: its number, and the value of each repetition.
struct Candidate {
  size_t setting = 0;
  std::vector<double> values = {};
};

std::vector<Candidate> CandidatesOf(const TrialTable& table,
                                    const Levels& levels, int64_t group) {
  std::vector<Candidate> candidates;
  for (const size_t number : table.SettingsOf(group)) {
    const SettingRows& setting = table.settings()[number];
    if (!setting.complete) continue;
    Candidate candidate{.setting = number};
    for (const size_t i : setting.rows) {
      const std::optional<double> value =
          levels.At(i, levels.steps().size() - 1);
      if (value.has_value()) candidate.values.push_back(*value);
    }
    if (candidate.values.size() == setting.rows.size()) {
      candidates.push_back(std::move(candidate));
    }
  }
  return candidates;
}

double WeightedMean(absl::Span<const double> values,
                    absl::Span<const uint32_t> weights) {
  double sum = 0;
  double total = 0;
  for (size_t s = 0; s < values.size(); ++s) {
    sum += weights[s] * values[s];
    total += weights[s];
  }
  return sum / total;
}

// Returns the best mean over the weighted repetitions, and the candidate that
// has it.
std::pair<size_t, double> BestMean(absl::Span<const Candidate> candidates,
                                   WeightsOf weights,
                                   const MetricFacts& facts) {
  std::pair<size_t, double> best{0, 0};
  for (size_t a = 0; a < candidates.size(); ++a) {
    const std::vector<double>& values = candidates[a].values;
    const double mean = WeightedMean(values, weights(values.size()));
    if (a == 0 || IsBetter(facts, mean, best.second)) best = {a, mean};
  }
  return best;
}

// Returns the ratio or the difference of two means; unset where there is no
// ratio.
std::optional<double> Compared(double value, double reference, bool is_ratio) {
  if (!is_ratio) return value - reference;
  if (!(reference > 0)) return std::nullopt;
  return value / reference;
}

bool AgreeInFourDigits(double a, double b) {
  return absl::StrFormat("%.3e", a) == absl::StrFormat("%.3e", b);
}

// A missing setting could only have made its group better, so verdicts against
// a group need the whole group.
Verdict VerdictOf(const LevelOfGroup& level, bool is_whole, double reference,
                  bool reference_is_whole, const MetricFacts& facts,
                  bool is_ratio) {
  const double none = is_ratio ? 1 : 0;
  const bool unsure = level.interval.has_value() &&
                      level.interval->low <= none &&
                      level.interval->high >= none;
  if (unsure || AgreeInFourDigits(*level.value, reference)) {
    return is_whole && reference_is_whole ? Verdict::kTie : Verdict::kNone;
  }
  if (IsBetter(facts, *level.value, reference)) {
    return reference_is_whole ? Verdict::kBetter : Verdict::kNone;
  }
  return is_whole ? Verdict::kWorse : Verdict::kNone;
}

// Means that differ by at most this, relative to the best mean, differ by
// rounding.
constexpr double kSameMean = 64 * 0x1p-53;

double MeanOf(const Candidate& candidate) {
  double sum = 0;
  for (const double value : candidate.values) sum += value;
  return sum / static_cast<double>(candidate.values.size());
}

// Compares one family.
class Comparer {
 public:
  Comparer(const Grouping& grouping, const TrialTable& table,
           const Levels& levels, const MetricFacts& facts)
      : grouping_(grouping), table_(table), levels_(levels), facts_(facts) {}

  void Run(LevelComparison* comparison) {
    std::vector<Candidate> reference;
    for (size_t i = 0; i < comparison->groups.size(); ++i) {
      LevelOfGroup& level = comparison->groups[i];
      std::vector<Candidate> candidates =
          CandidatesOf(table_, levels_, level.group);
      if (!candidates.empty()) Choose(candidates, &level);
      if (i == 0) {
        reference = std::move(candidates);
      } else if (level.value && comparison->groups[0].value) {
        Compare(reference, candidates, comparison->groups[0],
                comparison->is_ratio, i, &level);
      }
    }
  }

  // Fills in the values of a metric that is only shown: those of the setting
  // whose loss ends least.
  void Show(LevelComparison* comparison) {
    for (LevelOfGroup& level : comparison->groups) {
      const std::vector<Candidate> candidates =
          CandidatesOf(table_, levels_, level.group);
      const auto best =
          std::min_element(candidates.begin(), candidates.end(),
                           [&](const Candidate& a, const Candidate& b) {
                             return table_.MeanFinalLoss(a.setting) <
                                    table_.MeanFinalLoss(b.setting);
                           });
      if (best != candidates.end()) Choose({&*best, 1}, &level);
    }
  }

 private:
  void Choose(absl::Span<const Candidate> candidates, LevelOfGroup* level) {
    const auto [a, mean] = BestMean(candidates, Once, facts_);
    level->value = mean;
    level->setting = candidates[a].setting;
    const SettingRows& setting = table_.settings()[candidates[a].setting];
    level->settings = setting.values;
    for (const size_t i : setting.rows) {
      level->trials.push_back(table_.rows()[i].trial);
    }
  }

  void Compare(absl::Span<const Candidate> reference,
               absl::Span<const Candidate> other, const LevelOfGroup& base,
               bool is_ratio, size_t number, LevelOfGroup* level) {
    level->comparison = Compared(*level->value, *base.value, is_ratio);
    if (!level->comparison.has_value()) return;
    if (HaveOneSize(reference, other)) {
      // A group whose repetitions are not those of the reference is drawn on
      // its own.
      Resamples own(number);
      Resamples& draws =
          ArePaired(grouping_, table_, *base.setting, *level->setting) ? draws_
                                                                       : own;
      level->interval =
          IntervalOf(reference, other, is_ratio, *level->comparison, draws);
    }
    level->verdict =
        VerdictOf(*level, table_.IsWhole(level->group), *base.value,
                  table_.IsWhole(base.group), facts_, is_ratio);
  }

  // Returns whether all candidates have the same number of repetitions, and
  // enough for an interval.
  static bool HaveOneSize(absl::Span<const Candidate> reference,
                          absl::Span<const Candidate> other) {
    const size_t n = reference[0].values.size();
    const auto has = [&](const Candidate& candidate) {
      return candidate.values.size() == n;
    };
    return n >= kLeastForInterval && absl::c_all_of(reference, has) &&
           absl::c_all_of(other, has);
  }

  // Returns the interval of the comparison; that of a ratio is computed on its
  // logarithm.
  std::optional<Interval> IntervalOf(absl::Span<const Candidate> reference,
                                     absl::Span<const Candidate> other,
                                     bool is_ratio, double estimate,
                                     Resamples& draws) {
    const auto scaled = [&](double compared) {
      return is_ratio ? std::log(compared) : compared;
    };
    const size_t n = reference[0].values.size();
    std::vector<double> resampled;
    for (size_t b = 0; b < ResamplesOf(n); ++b) {
      const auto shared = [&](size_t count) { return draws_.Of(count, b); };
      const auto its = [&](size_t count) { return draws.Of(count, b); };
      resampled.push_back(
          scaled(Compared(BestMean(other, its, facts_).second,
                          BestMean(reference, shared, facts_).second, is_ratio)
                     .value_or(kNever)));
    }
    const auto count = static_cast<double>(n);
    const double center = scaled(estimate);
    std::optional<Interval> interval = StudentInterval(
        center, resampled, n, std::sqrt(count / (count - 1)), center);
    if (interval.has_value() && is_ratio) {
      *interval = {std::exp(interval->low), std::exp(interval->high)};
    }
    return interval;
  }

  const Grouping& grouping_;
  const TrialTable& table_;
  const Levels& levels_;
  const MetricFacts& facts_;
  Resamples draws_{0};
};

}  // namespace

std::vector<LevelComparison> CompareLevels(const Grouping& grouping,
                                           const TrialTable& table,
                                           const Levels& levels,
                                           const std::vector<Race>& races,
                                           v1::Metric metric) {
  const MetricFacts& facts = FactsOf(metric);
  std::vector<LevelComparison> comparisons;
  for (const Race& race : races) {
    LevelComparison& comparison = comparisons.emplace_back();
    comparison.axes = race.axes;
    comparison.values = race.values;
    comparison.step = levels.steps().back();
    comparison.is_compared = facts.use == MetricUse::kLevel;
    comparison.is_ratio = facts.direction == MetricDirection::kSmaller;
    comparison.repetitions = race.repetitions;
    for (const Racer& racer : race.racers) {
      comparison.groups.push_back({.group = racer.group, .depth = racer.depth});
    }
    if (comparison.is_compared) {
      Comparer(grouping, table, levels, facts).Run(&comparison);
    } else {
      Comparer(grouping, table, levels, facts).Show(&comparison);
    }
  }
  return comparisons;
}

std::vector<size_t> TiedSettings(const TrialTable& table, const Levels& levels,
                                 size_t best, double floor) {
  const std::vector<Candidate> candidates =
      CandidatesOf(table, levels, table.settings()[best].group);
  const auto chosen = absl::c_find_if(
      candidates,
      [&](const Candidate& candidate) { return candidate.setting == best; });
  if (chosen == candidates.end()) return {};
  const double mean = MeanOf(*chosen);
  std::vector<size_t> tied;
  for (const Candidate& candidate : candidates) {
    if (candidate.setting == best) continue;
    const double other = MeanOf(candidate);
    if (std::abs(other - mean) <= kSameMean * std::abs(mean) ||
        (floor > 0 && std::max(mean, other) <= floor)) {
      tied.push_back(candidate.setting);
    }
  }
  return tied;
}

}  // namespace fathom::client
