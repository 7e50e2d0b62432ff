#ifndef FATHOM_CLIENT_VIEW_FORMAT_H_
#define FATHOM_CLIENT_VIEW_FORMAT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/sweep_service.pb.h"
#include "proto/sweep/printable.h"

// Numbers and names as people read them.
namespace fathom {

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

// The value of an axis, a number with at most four significant digits:
// "0.003162". ValueText has all of them.
std::string SettingText(const v1::Value& value);

// "2.0 MB".
std::string SizeText(int64_t bytes);

// "2024-05-01 12:34:56 UTC"; "-" for an unset time.
std::string TimeText(const google::protobuf::Timestamp& time);

// An axis in words: "p" for "lp", "learning rate" for "learning_rate",
// "optimizer" for its "name".
std::string AxisLabel(absl::string_view short_name);

// Axes with their values: "p = 4, depth = 2".
std::string SettingsText(const std::vector<std::string>& short_names,
                         const std::vector<v1::Value>& values);

// A metric in words: "lp error", "distance from optimum" for excess_loss.
std::string MetricLabel(v1::Metric metric);

// Number of characters of UTF-8 text.
int DisplayWidth(absl::string_view text);

// Returns a word that a POSIX shell reads as `text`.
std::string ShellQuote(absl::string_view text);

// Returns a name with nothing but [A-Za-z0-9._-], for files.
std::string FileNameOf(absl::string_view sweep_name);

}  // namespace fathom

#endif  // FATHOM_CLIENT_VIEW_FORMAT_H_
