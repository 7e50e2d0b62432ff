#include "client/analysis/reach.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/algorithm/container.h"

namespace fathom {
namespace {

// Most values of an arm that are resampled: above, some steps are left out.
constexpr size_t kMostResampledValues = 200'000;

// Returns the arm with its trials in the order of their keys.
Arm Sorted(const Arm& arm) {
  std::vector<size_t> order(arm.keys.size());
  std::iota(order.begin(), order.end(), 0);
  absl::c_stable_sort(
      order, [&](size_t a, size_t b) { return arm.keys[a] < arm.keys[b]; });
  Arm sorted{.stopped = arm.stopped};
  sorted.curves.steps = arm.curves.steps;
  for (const size_t i : order) {
    sorted.keys.push_back(arm.keys[i]);
    sorted.curves.values.push_back(arm.curves.values[i]);
  }
  return sorted;
}

// Returns the arm with as many of its steps as can be resampled, the last one
// among them.
Arm Thinned(Arm arm) {
  const size_t steps = arm.curves.steps.size();
  const size_t values = steps * arm.curves.values.size();
  const size_t stride = values / kMostResampledValues + 1;
  if (stride == 1) return arm;
  const auto thin = [&](auto& list) {
    size_t kept = 0;
    for (size_t k = (steps - 1) % stride; k < steps; k += stride) {
      list[kept++] = list[k];
    }
    list.resize(kept);
  };
  thin(arm.curves.steps);
  for (std::vector<double>& curve : arm.curves.values) thin(curve);
  return arm;
}

// The mean in which trial i counts times[i] times.
Curve WeightedMean(const CurveSet& curves, const std::vector<int64_t>& times) {
  Curve mean{.steps = curves.steps};
  mean.values.assign(curves.steps.size(), 0);
  for (size_t i = 0; i < times.size(); ++i) {
    if (times[i] == 0) continue;
    const auto weight = static_cast<double>(times[i]) /
                        static_cast<double>(curves.values.size());
    for (size_t k = 0; k < mean.values.size(); ++k) {
      mean.values[k] += weight * curves.values[i][k];
    }
  }
  return mean;
}

std::optional<double> Epsilon(const Curve& base, const Curve& other,
                              bool both_stopped, std::optional<double> given) {
  if (given.has_value()) return given;
  if (base.values.empty()) return std::nullopt;
  if (!both_stopped || other.values.empty()) return base.values.back();
  return std::max(base.values.back(), other.values.back());
}

// Ratio of the steps to epsilon. Steps below 1 count as 1.
std::optional<Bounded> Ratio(const Curve& base, const Curve& other,
                             double epsilon) {
  const std::optional<double> slow = FirstStepAtOrBelow(base, epsilon);
  const std::optional<double> fast = FirstStepAtOrBelow(other, epsilon);
  if (!slow.has_value() && !fast.has_value()) return std::nullopt;
  const auto last = [](const Curve& curve) {
    return curve.steps.empty() ? 1.0 : static_cast<double>(curve.steps.back());
  };
  return Bounded{std::max(slow.value_or(last(base)), 1.0) /
                     std::max(fast.value_or(last(other)), 1.0),
                 !fast.has_value()   ? Bounded::Kind::kAtMost
                 : !slow.has_value() ? Bounded::Kind::kAtLeast
                                     : Bounded::Kind::kExact};
}

// Whether trial i of one arm and trial i of the other are the same repetition.
bool ArePaired(const Arm& a, const Arm& b) {
  return a.keys == b.keys &&
         std::adjacent_find(a.keys.begin(), a.keys.end()) == a.keys.end();
}

}  // namespace

std::optional<double> EpsilonOf(const Arm& base, const Arm& other,
                                std::optional<double> given) {
  return Epsilon(MeanCurve(base.curves), MeanCurve(other.curves),
                 base.stopped && other.stopped, given);
}

Reach ReachOf(const Arm& arm, double epsilon) {
  const double last = arm.curves.steps.empty()
                          ? 0
                          : static_cast<double>(arm.curves.steps.back());
  Reach reach{.epsilon = epsilon};
  const std::optional<double> mean =
      FirstStepAtOrBelow(MeanCurve(arm.curves), epsilon);
  reach.mean_curve = mean.has_value() ? Bounded{*mean}
                                      : Bounded{last, Bounded::Kind::kAtLeast};
  for (const std::vector<double>& values : arm.curves.values) {
    reach.trials.push_back(
        FirstStepAtOrBelow({arm.curves.steps, values}, epsilon));
    if (!reach.trials.back().has_value()) ++reach.censored;
  }
  reach.median = CensoredMedian(reach.trials, last);
  return reach;
}

SpeedUp MeasureSpeedUp(const Arm& base, const Arm& other,
                       std::optional<double> given) {
  SpeedUp result;
  const bool both_stopped = base.stopped && other.stopped;
  const auto ratio = [&](const Curve& slow,
                         const Curve& fast) -> std::optional<Bounded> {
    const std::optional<double> epsilon =
        Epsilon(slow, fast, both_stopped, given);
    return epsilon ? Ratio(slow, fast, *epsilon) : std::nullopt;
  };
  result.factor = ratio(MeanCurve(base.curves), MeanCurve(other.curves));
  const Arm a = Thinned(Sorted(base));
  const Arm b = Thinned(Sorted(other));
  result.paired = ArePaired(a, b);
  const auto count = [](const Arm& arm) {
    return static_cast<int64_t>(arm.curves.values.size());
  };
  if (count(a) < 2 || count(b) < 2) return result;

  ResampleStream stream;
  std::vector<Bounded> ratios;
  for (int i = 0; i < kResamples; ++i) {
    const std::vector<int64_t> of_base = stream.Draw(count(a));
    const std::vector<int64_t> of_other =
        result.paired ? of_base : stream.Draw(count(b));
    const std::optional<Bounded> resampled = ratio(
        WeightedMean(a.curves, of_base), WeightedMean(b.curves, of_other));
    if (resampled.has_value()) ratios.push_back(*resampled);
  }
  result.undefined = kResamples - static_cast<int64_t>(ratios.size());
  if (result.undefined * 2 < kResamples) {
    result.interval = PercentileInterval(std::move(ratios), kLevel);
  }
  return result;
}

}  // namespace fathom
