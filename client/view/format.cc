#include "client/view/format.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/metric_facts.h"

namespace fathom {

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

std::string MeasureText(double value) {
  if (!std::isfinite(value)) return NumberText(value);
  std::string text = absl::StrFormat("%#.4g", value);
  // 2.750e-08 becomes 2.750e-8, and 1234. becomes 1234.
  const size_t e = text.find('e');
  if (e != std::string::npos) {
    const int exponent = std::atoi(text.c_str() + e + 1);
    return absl::StrCat(text.substr(0, e + 1), exponent);
  }
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string SettingText(const v1::Value& value) {
  if (!value.has_number()) return ValueText(value);
  return NumberText(
      std::strtod(absl::StrFormat("%.3e", value.number()).c_str(), nullptr));
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
  if (short_name == "lp") return "p";
  if (short_name == "name") return "optimizer";
  if (short_name == "family") return "model";
  return absl::StrReplaceAll(short_name, {{"_", " "}});
}

std::string SettingsText(const std::vector<std::string>& short_names,
                         const std::vector<v1::Value>& values) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < short_names.size(); ++i) {
    parts.push_back(
        absl::StrCat(AxisLabel(short_names[i]), " = ", SettingText(values[i])));
  }
  return absl::StrJoin(parts, ", ");
}

std::string MetricLabel(v1::Metric metric) { return FactsOf(metric).label; }

int DisplayWidth(absl::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

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

}  // namespace fathom
