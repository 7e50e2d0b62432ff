#include "client/view/plots/plot_axes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>
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
// Room on both sides, as shares of what is shown.
constexpr double kRoom = 0.06;
constexpr double kRoomAtSides = 0.03;

// A number in four digits, for a tick.
std::string Text4(double value) { return absl::StrFormat("%.4g", value); }

std::vector<PlotTick> LogStepTicks(int64_t last) {
  const auto tick = [](int64_t step, std::string text) {
    return PlotTick{PlaceOn(static_cast<double>(step), PlotScale::kLogSteps),
                    std::move(text)};
  };
  std::vector<PlotTick> ticks = {tick(0, "0")};
  int64_t step = 10;
  int exponent = 1;
  for (; step <= last; step *= 10, ++exponent) {
    ticks.push_back(tick(step, step <= kLongestPlain
                                   ? absl::StrCat(step)
                                   : absl::StrCat("1e", exponent)));
  }
  const bool has_room = last >= step / 10 * 3;
  if (has_room && last <= kLongestPlain) {
    ticks.push_back(tick(last, absl::StrCat(last)));
  }
  return ticks;
}

// Returns a step, shortened on long axes: on an axis to 10^6, 300000 is "300k".
std::string ShortStep(int64_t step, int64_t last) {
  if (last <= kLongestPlain || step == 0) return absl::StrCat(step);
  if (step % 1'000'000 == 0) return absl::StrCat(step / 1'000'000, "M");
  return absl::StrCat(NumberText(static_cast<double>(step) / 1000), "k");
}

std::vector<PlotTick> LinearStepTicks(int64_t last) {
  int64_t distance = 1;
  for (int64_t power = 1; last / distance > kMostLinearTicks; power *= 10) {
    for (const int64_t digit : {1, 2, 5}) {
      distance = digit * power;
      if (last / distance <= kMostLinearTicks) break;
    }
  }
  std::vector<PlotTick> ticks;
  for (int64_t step = 0; step <= last; step += distance) {
    ticks.push_back({static_cast<double>(step), ShortStep(step, last)});
  }
  return ticks;
}

bool IsLogScale(PlotScale scale) {
  return scale == PlotScale::kLog || scale == PlotScale::kLogSteps;
}

// Returns the ends of an axis with a little room around `low` and `high`.
std::pair<double, double> WithRoom(double low, double high, PlotScale scale,
                                   double share) {
  if (IsLogScale(scale)) {
    // As a difference of logarithms, which no quotient of doubles exceeds.
    const double room =
        std::max(std::exp((std::log(high) - std::log(low)) * share), 1.05);
    constexpr double kMost = std::numeric_limits<double>::max();
    constexpr double kLeast = std::numeric_limits<double>::denorm_min();
    return {std::max(low / room, kLeast), std::min(high * room, kMost)};
  }
  // Halves, so that the width of the widest axis is finite.
  double room = (high / 2 - low / 2) * 2 * share;
  if (!(room > 0)) room = std::max(std::abs(high) * 0.05, 1e-300);
  if (!std::isfinite(room)) room = 0;
  return {low - room, high + room};
}

// Finds what the values of a panel take up.
class ValueRange {
 public:
  explicit ValueRange(PlotScale scale) : scale_(scale) {}

  void Add(double value) {
    if (!HasPlace(value, scale_)) return;
    low_ = any_ ? std::min(low_, value) : value;
    high_ = any_ ? std::max(high_, value) : value;
    any_ = true;
  }
  // Adds the ends of a band. On a logarithmic axis there is a floor, so that a
  // band that comes near to 0 does not squeeze the lines.
  void AddBand(const Plot::Band& band, double floor) {
    for (size_t i = 0; i < band.low.size(); ++i) {
      Add(IsLogScale(scale_) ? std::max(band.low[i], floor) : band.low[i]);
      Add(band.high[i]);
    }
  }
  bool any() const { return any_; }
  double low() const { return low_; }
  double high() const { return high_; }

 private:
  const PlotScale scale_;
  bool any_ = false;
  double low_ = 1;
  double high_ = 1;
};

void SetPlaces(const Plot& plot, double first, double last, PlotRange* range) {
  switch (plot.x_scale) {
    case PlotScale::kLogSteps:
    case PlotScale::kLinearSteps: {
      range->last_step =
          static_cast<int64_t>(std::ceil(std::clamp(last, 1.0, 1e15)));
      const double end =
          PlaceOn(static_cast<double>(range->last_step), plot.x_scale);
      const bool linear = plot.x_scale == PlotScale::kLinearSteps;
      range->left = linear ? 0 : 0.9;
      range->right = end * (linear ? 1.02 : 1.1);
      return;
    }
    case PlotScale::kWords:
      range->left = -0.5;
      range->right = static_cast<double>(plot.x_words.size()) - 0.5;
      return;
    case PlotScale::kLog:
    case PlotScale::kLinear:
      std::tie(range->left, range->right) =
          WithRoom(first, last, plot.x_scale, kRoomAtSides);
  }
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

bool HasPlace(double value, PlotScale scale) {
  return std::isfinite(value) && (value > 0 || !IsLogScale(scale));
}

double PlaceOn(double x, PlotScale scale) {
  return scale == PlotScale::kLogSteps ? x + 1 : x;
}

PlotRange RangeOf(const Plot& plot, size_t p) {
  const Plot::Panel& panel = plot.panels[p];
  ValueRange values(plot.y_scale);
  bool any = false;
  double first = 1;
  double last = 1;
  const auto add_place = [&](double x) {
    if (!std::isfinite(x)) return;
    first = any ? std::min(first, x) : x;
    last = any ? std::max(last, x) : x;
    any = true;
  };
  for (const Plot::Line& line : panel.lines) {
    for (size_t i = 0; i < line.curve.at.size(); ++i) {
      add_place(line.curve.at[i] / line.updates_per_iteration);
      values.Add(line.curve.values[i]);
    }
    for (const double x : line.diverged) add_place(x);
  }
  for (const Plot::Mark& mark : panel.marks) {
    for (size_t i = 0; i < mark.steps.size(); ++i) {
      add_place(mark.steps[i]);
      values.Add(mark.values[i]);
    }
  }
  const double floor = values.low() / kDeepestBand;
  for (const Plot::Line& line : panel.lines) values.AddBand(line.band, floor);
  PlotRange range;
  std::tie(range.low, range.high) =
      WithRoom(values.low(), values.high(), plot.y_scale, kRoom);
  SetPlaces(plot, first, last, &range);
  return range;
}

std::vector<PlotTick> LinearTicks(double low, double high) {
  const double width = high - low;
  if (!(width > 0) || !std::isfinite(width)) return {{low, Text4(low)}};
  double distance = std::pow(10, std::floor(std::log10(width)) - 1);
  for (const double digit : {2.0, 2.5, 2.0, 2.0, 2.5}) {
    if (width / distance <= kMostLinearTicks) break;
    distance *= digit;
  }
  std::vector<PlotTick> ticks;
  const double first = std::ceil(low / distance);
  for (double n = first; n * distance <= high; ++n) {
    if (ticks.size() > kMostLinearTicks + 1) break;
    const double at = n == 0 ? 0 : RoundToDecimal(n * distance);
    ticks.push_back({at, Text4(at)});
    if (n + 1 == n) break;  // Beyond 2^53 neighbours have the same number.
  }
  return ticks;
}

std::vector<PlotTick> LogTicks(double low, double high) {
  static constexpr double kShort[] = {1, 1.5, 2, 3, 5, 7};
  static constexpr double kMiddle[] = {1, 2, 5};
  static constexpr double kLong[] = {1};
  const double decades = std::log10(high) - std::log10(low);
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / 8)));
  const absl::Span<const double> digits =
      decades < 1.2   ? absl::MakeConstSpan(kShort)
      : decades < 2.5 ? absl::MakeConstSpan(kMiddle)
                      : absl::MakeConstSpan(kLong);
  std::vector<PlotTick> ticks;
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  for (int exponent = first; exponent <= last; ++exponent) {
    if (exponent % stride != 0) continue;
    for (const double digit : digits) {
      const double value = RoundToDecimal(digit * std::pow(10, exponent));
      if (value < low || value > high) continue;
      const bool plain = exponent >= -3 && exponent < 5;
      ticks.push_back(
          {value, plain ? absl::StrFormat("%.7g", value)
                        : absl::StrFormat("%.2ge%d", digit, exponent)});
    }
  }
  // A short piece of an axis may have none of these.
  return ticks.size() < 2 && decades < 1 ? LinearTicks(low, high) : ticks;
}

std::vector<PlotTick> ValueTicksOf(const Plot& plot, const PlotRange& range) {
  return plot.y_scale == PlotScale::kLog ? LogTicks(range.low, range.high)
                                         : LinearTicks(range.low, range.high);
}

std::vector<PlotTick> PlaceTicksOf(const Plot& plot, const PlotRange& range) {
  switch (plot.x_scale) {
    case PlotScale::kLogSteps:
      return LogStepTicks(range.last_step);
    case PlotScale::kLinearSteps:
      return LinearStepTicks(range.last_step);
    case PlotScale::kLog:
      return LogTicks(range.left, range.right);
    case PlotScale::kLinear:
      return LinearTicks(range.left, range.right);
    case PlotScale::kWords:
      break;
  }
  std::vector<PlotTick> ticks;
  for (size_t i = 0; i < plot.x_words.size(); ++i) {
    ticks.push_back({static_cast<double>(i), plot.x_words[i]});
  }
  return ticks;
}

std::string TickList(const std::vector<PlotTick>& ticks) {
  std::vector<std::string> list;
  for (const PlotTick& tick : ticks) {
    list.push_back(
        absl::StrCat(GnuplotString(tick.text), " ", NumberText(tick.at)));
  }
  return absl::StrJoin(list, ", ");
}

}  // namespace fathom::client
