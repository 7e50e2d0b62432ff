#include "client/view/format.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"
#include "proto/sweep/space.h"
#include "proto/sweep/values.h"

namespace fathom::client {
namespace {

// Enough significant digits for any double.
constexpr int kAllDigits = 17;
constexpr int kLeastDigits = 4;
constexpr int64_t kMostCompared = 4096;

// Shortens exponents: 2.750e-08 becomes 2.750e-8, and 1e+20 becomes 1e20.
std::string WithoutPadding(const std::string& text) {
  const size_t e = text.find('e');
  if (e == std::string::npos) return text;
  int exponent = 0;
  const bool read = absl::SimpleAtoi(text.substr(e + 1), &exponent);
  return read ? absl::StrCat(text.substr(0, e + 1), exponent) : text;
}

// Returns a number in `digits` significant digits, trailing zeros included.
std::string Digits(double value, int digits) {
  if (!std::isfinite(value)) return NumberText(value);
  std::string text = absl::StrFormat("%#.*g", digits, value);
  if (text.back() == '.') text.pop_back();  // As in "1234.".
  return WithoutPadding(text);
}

// Returns the nearest number with `digits` significant digits, or `number`
// itself where rounding leaves the range of doubles.
double RoundTo(double number, int digits) {
  char buffer[64];
  const std::to_chars_result end =
      std::to_chars(buffer, buffer + sizeof(buffer), number,
                    std::chars_format::scientific, digits - 1);
  double rounded = number;
  const std::from_chars_result read = std::from_chars(buffer, end.ptr, rounded);
  return read.ec == std::errc() ? rounded : number;
}

// Returns the number of significant digits that ShortSettings writes for an
// axis.
int DigitsOf(const v1::Axis& axis) {
  const int64_t length = AxisLength(axis);
  if (length > kMostCompared) return kAllDigits;
  std::vector<double> numbers = {1};
  for (int64_t i = 0; i < length; ++i) {
    const v1::Value value = AxisValue(axis, i);
    if (value.has_number()) numbers.push_back(value.number());
  }
  absl::c_sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  // Rounding keeps the order of numbers, so that neighbours are the first to
  // coincide. All numbers of digits are tried in turn, because more digits may
  // make two numbers coincide that fewer digits tell apart, such as 1.49999 and
  // 1.50001.
  for (int digits = kLeastDigits; digits < kAllDigits; ++digits) {
    const auto coincide = [digits](double a, double b) {
      return RoundTo(a, digits) == RoundTo(b, digits);
    };
    if (absl::c_adjacent_find(numbers, coincide) == numbers.end()) {
      return digits;
    }
  }
  return kAllDigits;
}

}  // namespace

std::string CountText(int64_t count) {
  std::string text = absl::StrCat(count);
  const int sign = count < 0 ? 1 : 0;
  for (int at = static_cast<int>(text.size()) - 3; at > sign; at -= 3) {
    text.insert(at, 1, ',');
  }
  return text;
}

std::string CountText(int64_t count, absl::string_view noun) {
  return absl::StrCat(CountText(count), " ", noun, count == 1 ? "" : "s");
}

std::string RateText(double per_second) {
  if (per_second >= 9.995e5) return absl::StrFormat("%.3gM", per_second / 1e6);
  if (per_second >= 9.995e3) return absl::StrFormat("%.3gk", per_second / 1e3);
  if (per_second >= 99.5) return absl::StrFormat("%.0f", per_second);
  return absl::StrFormat("%.2g", per_second);
}

std::string DurationText(absl::Duration duration) {
  const int64_t seconds = std::max<int64_t>(
      0, absl::ToInt64Seconds(duration + absl::Milliseconds(500)));
  const int64_t minutes = seconds / 60;
  const int64_t hours = minutes / 60;
  if (hours >= 48) {
    return absl::StrFormat("%d d %02d:%02d", hours / 24, hours % 24,
                           minutes % 60);
  }
  if (hours > 0) {
    return absl::StrFormat("%d:%02d:%02d", hours, minutes % 60, seconds % 60);
  }
  return absl::StrFormat("%d:%02d", minutes, seconds % 60);
}

std::string MeasureText(double value) { return Digits(value, 4); }

std::string StandardErrorText(double value, double error) {
  const bool small = error < 1e-4;
  const bool large = error >= 99.5;
  if (!(error > 0) || !std::isfinite(error)) {
    return absl::StrCat("±", Digits(error, 2));
  }
  if (absl::StrContains(MeasureText(value), 'e')) {
    return absl::StrCat("±", WithoutPadding(absl::StrFormat("%.1e", error)));
  }
  // Digits() would give the error an exponent, which the value does not have.
  if ((small && error >= 1e-7) || (large && error < 1e15)) {
    const double rounded = RoundTo(error, 2);
    const int power = static_cast<int>(std::floor(std::log10(rounded)));
    return absl::StrFormat("±%.*f", std::max(0, 1 - power), rounded);
  }
  return absl::StrCat("±", Digits(error, 2));
}

std::string SettingText(const v1::Value& value) {
  return Printable(ValueText(value));
}

ShortSettings::ShortSettings(const v1::SweepSpec& spec) {
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      const std::string path =
          ResolveAxisField(axis.field()).value_or(axis.field());
      digits_[ShortFieldName(path)] = DigitsOf(axis);
    }
  }
}

std::string ShortSettings::Text(absl::string_view short_name,
                                const v1::Value& value) const {
  const auto digits = digits_.find(short_name);
  if (!value.has_number() || digits == digits_.end()) return SettingText(value);
  return NumberText(RoundTo(value.number(), digits->second));
}

std::string SizeText(int64_t bytes) {
  if (bytes < 1000) return CountText(bytes, "byte");
  const double size = static_cast<double>(bytes);
  if (size < 1e6) return absl::StrFormat("%.1f kB", size / 1e3);
  if (size < 1e9) return absl::StrFormat("%.1f MB", size / 1e6);
  return absl::StrFormat("%.1f GB", size / 1e9);
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC",
                          absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

std::string AxisLabel(absl::string_view short_name) {
  return absl::StrReplaceAll(short_name, {{"_", " "}});
}

std::string SettingsText(const std::vector<std::string>& short_names,
                         const std::vector<v1::Value>& values) {
  std::vector<std::string> texts;
  for (const v1::Value& value : values) texts.push_back(SettingText(value));
  return SettingsText(short_names, texts);
}

std::string SettingsText(const std::vector<std::string>& short_names,
                         const std::vector<std::string>& values) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < short_names.size(); ++i) {
    parts.push_back(absl::StrCat(short_names[i], " = ", values[i]));
  }
  return absl::StrJoin(parts, ", ");
}

std::string ParametersText(const v1::SweepSpec& spec, int64_t index) {
  const absl::StatusOr<Space> space = Space::FromStored(spec);
  if (!space.ok() || index < 0 || index >= space->size()) return "-";
  std::string text;
  for (const Space::Parameter& parameter : space->ParametersAt(index)) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", parameter.name, " = ",
                    ValueText(parameter.value));
  }
  return text.empty() ? "-" : text;
}

std::string MetricLabel(v1::Metric metric) { return FactsOf(metric).label; }

std::string ShellQuote(absl::string_view text) {
  const bool plain =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return absl::ascii_isalnum(c) ||
               absl::string_view("._-/:=,@%+").find(c) !=
                   absl::string_view::npos;
      });
  if (plain) return std::string(text);
  if (text.find_first_of("\"$`\\!") == absl::string_view::npos) {
    return absl::StrCat("\"", text, "\"");
  }
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string FileNameOf(absl::string_view sweep_name) {
  std::string name(sweep_name);
  for (char& c : name) {
    if (!absl::ascii_isalnum(c) && c != '.' && c != '_') c = '-';
  }
  return name;
}

}  // namespace fathom::client
