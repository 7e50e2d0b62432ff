#include "client/analysis/race/goals.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_format.h"
#include "client/analysis/trial_table.h"
#include "proto/sweep/facts/losses.h"

namespace fathom::client {
namespace {

// Differences of up to this many units of rounding count as noise.
constexpr double kRoundings = 64;
constexpr double kGoalsPerDecade = 5;
constexpr int kLeastGoals = 10;
constexpr int kMostGoals = 40;

// Interpolates between two recorded steps on a straight line between log(1 +
// step) and log(value). Where the later value is not positive it has no
// logarithm, and its recorded step is the result.
double Interpolated(double step_before, double value_before, double step,
                    double value, double goal) {
  if (value == goal || !(value > 0)) return step;
  const double part =
      std::log(value_before / goal) / std::log(value_before / value);
  const double from = std::log1p(step_before);
  return std::expm1(from + part * (std::log1p(step) - from));
}

}  // namespace

Floor FloorOf(v1::Metric metric, const v1::LossSpec& loss,
              v1::Precision precision, double largest_start,
              std::optional<KnownOptimum> optimum) {
  const double unit =
      std::ldexp(1.0, precision == v1::PRECISION_FLOAT ? -24 : -53);
  const double noise = kRoundings * unit;
  Floor floor;
  floor.residuals = largest_start * std::pow(noise, ResidualPower(loss));
  if (metric == v1::METRIC_EXCESS_LOSS) {
    const KnownOptimum known =
        optimum.value_or(KnownOptimum{.value = largest_start});
    floor.gap = known.gap;
    floor.difference = noise * std::max(known.value, 0.0);
  }
  floor.value = floor.gap + floor.difference + floor.residuals;
  return floor;
}

double RoundedGoal(double value) {
  return std::strtod(absl::StrFormat("%.2e", value).c_str(), nullptr);
}

double RoundedGoalUp(double value) {
  if (!(value > 0)) return 0;
  const double rounded = RoundedGoal(value);
  if (rounded >= value) return rounded;
  // The result is one more in the last of the three digits.
  const std::string text = absl::StrFormat("%.2e", value);
  const size_t e = text.find('e');
  const int digits = std::atoi(text.substr(0, 1).c_str()) * 100 +
                     std::atoi(text.substr(2, 2).c_str()) + 1;
  const int exponent = std::atoi(text.c_str() + e + 1) - 2;
  return std::strtod(absl::StrFormat("%de%d", digits, exponent).c_str(),
                     nullptr);
}

std::vector<double> ProfileGoals(double start, double end) {
  std::vector<double> goals;
  if (!(end > 0) || !(start > end)) return goals;
  const double decades = std::log10(start / end);
  const int count =
      std::clamp(static_cast<int>(std::ceil(kGoalsPerDecade * decades)),
                 kLeastGoals, kMostGoals);
  for (int k = 1; k <= count; ++k) {
    const double part = static_cast<double>(k) / count;
    const double goal =
        k == count
            ? RoundedGoalUp(end)
            : RoundedGoal(std::pow(start, 1 - part) * std::pow(end, part));
    if (goal >= start || goal < end) continue;
    if (goals.empty() || goal < goals.back()) goals.push_back(goal);
  }
  return goals;
}

std::vector<double> FirstSteps(absl::Span<const int64_t> steps,
                               absl::Span<const double> values,
                               absl::Span<const double> goals) {
  std::vector<double> first(goals.size(), kNever);
  size_t k = 0;
  for (size_t i = 0; i < values.size() && k < goals.size(); ++i) {
    for (; k < goals.size() && values[i] <= goals[k]; ++k) {
      const auto step = static_cast<double>(steps[i]);
      first[k] = i == 0
                     ? step
                     : Interpolated(static_cast<double>(steps[i - 1]),
                                    values[i - 1], step, values[i], goals[k]);
    }
  }
  return first;
}

}  // namespace fathom::client
