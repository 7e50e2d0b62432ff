#include "client/view/plots/plot_axes.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "client/view/format.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/values.h"

namespace fathom::client {
namespace {

constexpr int64_t kLongestPlain = 100'000;
constexpr int64_t kMostLinearTicks = 7;  // Beside the tick at 0.
constexpr double kDeepestBand = 10;      // Factor below the lowest line.

std::string StepTick(int64_t step, const std::string& label, bool linear) {
  return absl::StrCat(GnuplotString(label), " ",
                      NumberText(StepPlace(static_cast<double>(step), linear)));
}

std::string LogStepTicks(int64_t last) {
  std::vector<std::string> ticks = {StepTick(0, "0", false)};
  int64_t step = 10;
  int exponent = 1;
  for (; step <= last; step *= 10, ++exponent) {
    ticks.push_back(StepTick(step,
                             step <= kLongestPlain
                                 ? absl::StrCat(step)
                                 : absl::StrCat("1e", exponent),
                             false));
  }
  const bool has_room = last >= step / 10 * 3;
  if (has_room && last <= kLongestPlain) {
    ticks.push_back(StepTick(last, absl::StrCat(last), false));
  }
  return absl::StrJoin(ticks, ", ");
}

// Returns a step, shortened on long axes: on an axis to 10^6, 300000 is "300k".
std::string ShortStep(int64_t step, int64_t last) {
  if (last <= kLongestPlain || step == 0) return absl::StrCat(step);
  if (step % 1'000'000 == 0) return absl::StrCat(step / 1'000'000, "M");
  return absl::StrCat(NumberText(static_cast<double>(step) / 1000), "k");
}

std::string LinearStepTicks(int64_t last) {
  int64_t distance = 1;
  for (int64_t power = 1; last / distance > kMostLinearTicks; power *= 10) {
    for (const int64_t digit : {1, 2, 5}) {
      distance = digit * power;
      if (last / distance <= kMostLinearTicks) break;
    }
  }
  std::vector<std::string> ticks;
  for (int64_t step = 0; step <= last; step += distance) {
    ticks.push_back(StepTick(step, ShortStep(step, last), true));
  }
  return absl::StrJoin(ticks, ", ");
}

}  // namespace

std::string GnuplotString(const std::string& text) {
  std::string literal = "'";
  for (const char c : Printable(text)) {
    literal += c;
    if (c == '\'') literal += c;  // Quotes are doubled.
  }
  return literal + "'";
}

double StepPlace(double step, bool linear) { return linear ? step : step + 1; }

PlotRange RangeOf(const Plot::Panel& panel) {
  PlotRange range;
  double last = 1;
  const auto add = [&](double step, double value) {
    last = std::max(last, step);
    if (!(value > 0)) return;
    if (range.low == 0 || value < range.low) range.low = value;
    range.high = std::max(range.high, value);
  };
  for (const Plot::Line& line : panel.lines) {
    for (size_t i = 0; i < line.curve.steps.size(); ++i) {
      add(static_cast<double>(line.curve.steps[i]) / line.updates_per_iteration,
          line.curve.values[i]);
    }
  }
  for (const Plot::Mark& mark : panel.marks) {
    for (size_t i = 0; i < mark.steps.size(); ++i) {
      add(mark.steps[i], mark.values[i]);
    }
  }
  if (range.low == 0) range.low = range.high = 1;
  const double floor = range.low / kDeepestBand;
  for (const Plot::Line& line : panel.lines) {
    for (size_t i = 0; i < line.band.low.size(); ++i) {
      range.low = std::min(range.low, std::max(line.band.low[i], floor));
      range.high = std::max(range.high, line.band.high[i]);
    }
  }
  const double room = std::max(std::pow(range.high / range.low, 0.06), 1.05);
  range.low /= room;
  range.high *= room;
  range.last_step = static_cast<int64_t>(std::ceil(last));
  return range;
}

std::string ValueTicks(double low, double high) {
  static constexpr double kShort[] = {1, 1.5, 2, 3, 5, 7};
  static constexpr double kMiddle[] = {1, 2, 5};
  static constexpr double kLong[] = {1};
  const double decades = std::log10(high / low);
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / 8)));
  const absl::Span<const double> digits =
      decades < 1.2   ? absl::MakeConstSpan(kShort)
      : decades < 2.5 ? absl::MakeConstSpan(kMiddle)
                      : absl::MakeConstSpan(kLong);
  std::vector<std::string> ticks;
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  for (int exponent = first; exponent <= last; ++exponent) {
    if (exponent % stride != 0) continue;
    for (const double digit : digits) {
      const double value = RoundToDecimal(digit * std::pow(10, exponent));
      if (value < low || value > high) continue;
      const bool plain = exponent >= -3 && exponent < 5;
      ticks.push_back(absl::StrCat(
          GnuplotString(plain ? absl::StrFormat("%.7g", value)
                              : absl::StrFormat("%.2ge%d", digit, exponent)),
          " ", NumberText(value)));
    }
  }
  return absl::StrJoin(ticks, ", ");
}

std::string StepTicks(int64_t last, bool linear) {
  return linear ? LinearStepTicks(last) : LogStepTicks(last);
}

}  // namespace fathom::client
