#ifndef FATHOM_CLIENT_ANALYSIS_CHOICE_H_
#define FATHOM_CLIENT_ANALYSIS_CHOICE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"

// This file chooses the setting of a group that gets to a goal first
// (docs/statistics.md, section 3). Its functions are pure.
namespace fathom::client {

// The steps that the repetitions of one setting take to one goal, kNever for
// those that do not get there.
struct SettingTimes {
  std::vector<double> times = {};
  // Numbers of the repetitions by ascending time, from which the median of any
  // resample can be found in one pass.
  std::vector<uint32_t> order = {};
};

// Returns the times of a setting with the order of its repetitions.
SettingTimes MakeSettingTimes(std::vector<double> times);

// Returns the median of the values, where the value of repetition s counts
// weights[s] times. `order` sorts the values. The median of an even number of
// values is the mean of the middle two, and kNever when one of these two is.
// The weights must not all be 0.
double WeightedMedian(absl::Span<const double> values,
                      absl::Span<const uint32_t> order,
                      absl::Span<const uint32_t> weights);

// The setting that was chosen, and the median of its times.
struct Choice {
  size_t setting = 0;  // Position in the span.
  double median = 0;
};

// Returns whether `arrived` of `count` repetitions are at least the share
// `arrive` of them, and at least one.
bool HasArrived(double arrived, double count, double arrive);

// A function that returns how often each of `count` repetitions counts, as
// `count` numbers.
using WeightsOf = absl::FunctionRef<absl::Span<const uint32_t>(size_t count)>;

// Returns the setting with the least median among those at which at least a
// share `arrive` of the weight of the repetitions arrives; of equal medians the
// first. Unset when there is no such setting. The cost is O(settings x
// repetitions).
std::optional<Choice> ChooseSetting(absl::Span<const SettingTimes> settings,
                                    WeightsOf weights, double arrive);

// Returns the positions of the settings that ChooseSetting can return for any
// weights: a setting whose fastest repetition is slower than the slowest
// repetition of `chosen` cannot win. That holds only where `arrive` is 1 and
// all repetitions of `chosen` arrive. Otherwise all settings are returned at
// which some repetition arrives.
std::vector<size_t> PossibleSettings(absl::Span<const SettingTimes> settings,
                                     std::optional<Choice> chosen,
                                     double arrive);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_CHOICE_H_
