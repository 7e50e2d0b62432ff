#include "client/analysis/race/race.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/algorithm/container.h"
#include "client/analysis/race/contender.h"
#include "client/analysis/race/hitting_times.h"

namespace fathom::client {
namespace {

// Two groups whose times differ by less than this factor are equally fast.
constexpr double kTieFactor = 1.05;
// The stream of the draws that the reference shares with all groups paired with
// it. A group that is not paired draws from the stream of its own number.
constexpr uint64_t kSharedDraws = 0;
constexpr size_t kEnoughRepetitions = 5;

// Returns the ratio of the times of two groups that both arrive. A missing
// setting could only have made its group faster, so that the ratio is a bound
// when a group is not whole.
std::optional<Bounded> RatioOf(double slow, bool slow_is_whole, double fast,
                               bool fast_is_whole) {
  const double ratio = slow / fast;
  if (slow_is_whole && fast_is_whole) return Bounded{ratio};
  if (slow_is_whole) return Bounded{ratio, Bounded::Kind::kAtLeast};
  if (fast_is_whole) return Bounded{ratio, Bounded::Kind::kAtMost};
  return std::nullopt;
}

// Fills in the speed-up of a group, or a bound of it.
void Compare(const Contender& reference, const AtGoal& reference_at,
             const Contender& other, AtGoal* at) {
  const auto arrives_nowhere = [](const Contender& contender) {
    return contender.most_arrived == 0 && !contender.was_cut &&
           contender.is_whole;
  };
  const auto time = [](const AtGoal& of) {
    return std::max(of.cost.value_or(of.median), 1.0);
  };
  // A missing setting makes the search longer but the time shorter, so that
  // nothing is known of a cost, not even a bound.
  const bool is_cost = at->cost.has_value() || reference_at.cost.has_value();
  if (is_cost && !(reference.is_whole && other.is_whole)) return;
  if (reference_at.setting.has_value() && at->setting.has_value()) {
    at->speed_up = RatioOf(time(reference_at), reference.is_whole, time(*at),
                           other.is_whole);
  } else if (at->setting.has_value() && arrives_nowhere(reference)) {
    at->verdict = Verdict::kAhead;
    at->speed_up =
        Bounded{reference.limit / time(*at), Bounded::Kind::kAtLeast};
  } else if (reference_at.setting.has_value() && arrives_nowhere(other)) {
    at->verdict = Verdict::kBehind;
    at->speed_up = Bounded{time(reference_at) / std::max(other.limit, 1.0),
                           Bounded::Kind::kAtMost};
  }
}

Verdict VerdictOf(const Bounded& speed_up,
                  const std::optional<Interval>& interval) {
  const bool may_be_less = speed_up.kind != Bounded::Kind::kAtLeast;
  const bool may_be_more = speed_up.kind != Bounded::Kind::kAtMost;
  if (speed_up.value > kTieFactor && (!interval || interval->low > 1)) {
    return may_be_more ? Verdict::kFaster : Verdict::kNone;
  }
  if (speed_up.value < 1 / kTieFactor && (!interval || interval->high < 1)) {
    return may_be_less ? Verdict::kSlower : Verdict::kNone;
  }
  return may_be_less && may_be_more ? Verdict::kTie : Verdict::kNone;
}

// Runs the race to one goal.
class Heat {
 public:
  Heat(const Grouping& grouping, const TrialTable& table,
       const RaceOptions& options, Resamples& shared)
      : grouping_(grouping), table_(table), options_(options), draws_(shared) {}

  void Run(const HittingTimes& times, size_t goal, Race* race) {
    std::vector<Contender> contenders;
    for (Racer& racer : race->racers) {
      contenders.push_back(MakeContender(table_, times, racer, goal, options_));
      AtGoal& at = racer.at.emplace_back();
      Describe(table_, contenders.back(), options_, &at);
    }
    const AtGoal& reference = race->racers.front().at.back();
    if (reference.setting.has_value()) race->racers.front().quoted = goal;
    for (size_t i = 1; i < contenders.size(); ++i) {
      AtGoal& at = race->racers[i].at.back();
      Compare(contenders.front(), reference, contenders[i], &at);
      if (!reference.setting || !at.setting) continue;
      race->racers[i].quoted = goal;
      if (!at.speed_up.has_value()) continue;
      if (options_.split) {
        at.split =
            SplitSpeedUp(contenders.front(), contenders[i], options_.arrive);
      }
      at.interval =
          IntervalOf(contenders.front(), contenders[i], i, at.speed_up->value);
      at.verdict = VerdictOf(*at.speed_up, at.interval);
    }
  }

 private:
  // Returns a Student interval around the logarithm of the speed-up of smooth
  // medians. The settings are chosen again in every resample.
  std::optional<Interval> IntervalOf(const Contender& reference,
                                     const Contender& other, size_t number,
                                     double speed_up) {
    const Resampled slow = MakeResampled(reference, options_);
    const Resampled fast = MakeResampled(other, options_);
    const size_t n = slow.repetitions;
    if (n != fast.repetitions || n < kLeastForInterval) return std::nullopt;
    // A group whose repetitions are not those of the reference is drawn on its
    // own.
    Resamples own(number);
    Resamples& draws =
        ArePaired(grouping_, table_, reference.settings[0], other.settings[0])
            ? draws_
            : own;
    std::vector<double> resampled;
    for (size_t b = 0; b < ResamplesOf(n); ++b) {
      const auto shared = [&](size_t count) { return draws_.Of(count, b); };
      const auto its = [&](size_t count) { return draws.Of(count, b); };
      resampled.push_back(LogTimeOf(slow, shared, smooth_) -
                          LogTimeOf(fast, its, smooth_));
    }
    const double center =
        LogTimeOf(slow, Once, smooth_) - LogTimeOf(fast, Once, smooth_);
    const auto count = static_cast<double>(n);
    // The deviation of resampled medians of three or four values is too small.
    const double correction =
        n < kEnoughRepetitions ? std::sqrt(count / (count - 1)) : 1;
    const std::optional<Interval> logarithms =
        StudentInterval(center, resampled, n, correction, std::log(speed_up));
    if (!logarithms.has_value()) return std::nullopt;
    return Interval{std::exp(logarithms->low), std::exp(logarithms->high)};
  }

  const Grouping& grouping_;
  const TrialTable& table_;
  const RaceOptions& options_;
  Resamples& draws_;
  SmoothMedian smooth_;
};

}  // namespace

void RunRace(const Grouping& grouping, const TrialTable& table,
             const HittingTimes& times, const RaceOptions& options,
             const std::vector<std::string>& best_over, Race* race) {
  Resamples draws(kSharedDraws);
  Heat heat(grouping, table, options, draws);
  for (size_t goal = 0; goal < race->goals.size(); ++goal) {
    heat.Run(times, goal, race);
  }
  for (Racer& racer : race->racers) {
    if (!racer.quoted.has_value()) continue;
    racer.edges = EdgesOf(table, *racer.at[*racer.quoted].setting, best_over);
  }
}

}  // namespace fathom::client
