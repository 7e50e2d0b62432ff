#ifndef FATHOM_CLIENT_VIEW_FORMAT_H_
#define FATHOM_CLIENT_VIEW_FORMAT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/view/width.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/sweep_service.pb.h"
#include "proto/sweep/printable.h"

// This file formats numbers and names for people.
namespace fathom::client {

// The content of a table cell that has nothing to show.
inline constexpr char kEmptyCell[] = "-";

// Returns a count with its thousands separated: "1,234,567".
std::string CountText(int64_t count);

// Returns a count with its noun: "3 trials", "1 trial".
std::string CountText(int64_t count, absl::string_view noun);

// Returns a rate in two or three significant digits: "0.042", "1.8", "120",
// "12k", "3.4M".
std::string RateText(double per_second);

// Returns a duration, rounded to seconds: "0:07", "12:34", "3:05:00", "2 d
// 03:05".
std::string DurationText(absl::Duration duration);

// Returns a measured value in four significant digits: "0.1390", "1.000",
// "2.750e-8".
std::string MeasureText(double value);

// Returns the error of a measurement in two significant digits, to stand right
// behind MeasureText(value): "0.1390 ±0.0012", "5.677e-6 ±2.7e-9". The error
// has an exponent where the value has one. Otherwise it is written out, unless
// it is below 1e-7.
std::string StandardErrorText(double value, double error);

// Returns the value of an axis exactly as it can be put into a spec, in the
// fewest digits that read back as the same number.
std::string SettingText(const v1::Value& value);

// Writes the values of a sweep's axes where space is short, as in legends and
// titles of pictures. Numbers have the fewest significant digits, but at least
// four, in which all values of their axis differ, and in which none but 1 looks
// like 1 (a decay of 0.99999 is far from no decay).
//
// Immutable.
class ShortSettings {
 public:
  // Looks at the values of all axes of a valid spec. Values of an axis with
  // more than a few thousand of them keep all their digits.
  explicit ShortSettings(const v1::SweepSpec& spec);

  // Returns the text of a value of the axis over the field called `short_name`.
  std::string Text(absl::string_view short_name, const v1::Value& value) const;

 private:
  absl::flat_hash_map<std::string, int> digits_;  // By short name.
};

// Returns a size with its unit: "2.0 MB".
std::string SizeText(int64_t bytes);

// Returns a time as "2024-05-01 12:34:56 UTC", or "-" for a time that is not
// set.
std::string TimeText(const google::protobuf::Timestamp& time);

// Returns the name of an axis for running text and for pictures: "learning
// rate" for "learning_rate". Names change no further, not even lp to the p of
// formulas, because people should read what they type into a spec, --by or SQL.
// Headers of tables and settings, which look like something to type, have the
// unchanged name.
std::string AxisLabel(absl::string_view short_name);

// Returns axes with their exact values: "lp = 4, learning_rate = 0.1".
std::string SettingsText(const std::vector<std::string>& short_names,
                         const std::vector<v1::Value>& values);

// Returns axes with values that are text already, such as those of
// ShortSettings.
std::string SettingsText(const std::vector<std::string>& short_names,
                         const std::vector<std::string>& values);

// Returns the varied parameters of a trial: "depth = 2, seed = 0"; "-" where
// there are none.
std::string ParametersText(const v1::SweepSpec& spec, int64_t index);

// Returns a metric in words: "lp error", or "distance from optimum" for
// excess_loss.
std::string MetricLabel(v1::Metric metric);

// Returns a word that a POSIX shell reads as `text`.
std::string ShellQuote(absl::string_view text);

// Returns the name with every character outside of [A-Za-z0-9._-] replaced, for
// use as a file name.
std::string FileNameOf(absl::string_view sweep_name);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_FORMAT_H_
