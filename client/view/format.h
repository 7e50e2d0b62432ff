#ifndef FATHOM_CLIENT_VIEW_FORMAT_H_
#define FATHOM_CLIENT_VIEW_FORMAT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/sweep_service.pb.h"
#include "proto/sweep/printable.h"

// Numbers and names as people read them.
namespace fathom::client {

// What a table shows where there is nothing to show.
inline constexpr char kEmptyCell[] = "-";

// "1,234,567".
std::string CountText(int64_t count);

// "3 trials", "1 trial".
std::string CountText(int64_t count, absl::string_view noun);

// Two or three significant digits: "0.042", "1.8", "120", "12k", "3.4M".
std::string RateText(double per_second);

// "0:07", "12:34", "3:05:00", "2 d 03:05"; rounded to seconds.
std::string DurationText(absl::Duration duration);

// Four significant digits: "0.1390", "1.000", "2.750e-8".
std::string MeasureText(double value);

// The error of a measurement in two significant digits, for right behind
// MeasureText(value): "0.1390 ±0.0012", "5.677e-6 ±2.7e-9". It has an exponent
// where the value has one, and is written out where that is written out, unless
// it is below 1e-7.
std::string StandardErrorText(double value, double error);

// The value of an axis, exactly as it can be put into a spec: in the fewest
// digits that read back as the same number.
std::string SettingText(const v1::Value& value);

// The values of the axes of a sweep where space is short, in legends and titles
// of pictures: numbers in the fewest significant digits, four at least, in
// which all values of their axis differ, and none looks like 1 that is not 1 (a
// decay of 0.99999 is far from none).
//
// Immutable.
class ShortSettings {
 public:
  // Looks at the values of all axes of a valid spec that have no more than a
  // few thousand; those of longer ones keep all digits.
  explicit ShortSettings(const v1::SweepSpec& spec);

  // Returns a value of the axis over the field called `short_name`.
  std::string Text(absl::string_view short_name, const v1::Value& value) const;

 private:
  absl::flat_hash_map<std::string, int> digits_;  // By short name.
};

// "2.0 MB".
std::string SizeText(int64_t bytes);

// "2024-05-01 12:34:56 UTC"; "-" for an unset time.
std::string TimeText(const google::protobuf::Timestamp& time);

// An axis in running text and in pictures: "learning rate" for "learning_rate".
// No name changes beyond that, not even lp to the p of formulas: what people
// read is what they type into a spec, --by or SQL. Headers of tables and
// settings, which look like something to type, have the name itself.
std::string AxisLabel(absl::string_view short_name);

// Axes with their values, exactly: "lp = 4, learning_rate = 0.1".
std::string SettingsText(const std::vector<std::string>& short_names,
                         const std::vector<v1::Value>& values);

// The same with values that are text already, as from ShortSettings.
std::string SettingsText(const std::vector<std::string>& short_names,
                         const std::vector<std::string>& values);

// A metric in words: "lp error", "distance from optimum" for excess_loss.
std::string MetricLabel(v1::Metric metric);

// Number of characters of UTF-8 text.
int DisplayWidth(absl::string_view text);

// Returns a word that a POSIX shell reads as `text`.
std::string ShellQuote(absl::string_view text);

// Returns a name with nothing but [A-Za-z0-9._-], for files.
std::string FileNameOf(absl::string_view sweep_name);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_FORMAT_H_
