#ifndef FATHOM_CLIENT_ANALYSIS_CHOICE_H_
#define FATHOM_CLIENT_ANALYSIS_CHOICE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"

// Which setting of a group gets to a goal first (docs/statistics.md, section
// 3). Pure functions.
namespace fathom::client {

// The steps that the repetitions of one setting take to one goal; kNever for
// those that do not get there.
struct SettingTimes {
  std::vector<double> times = {};
  // Of the repetitions, by ascending time: what a median of any resample needs.
  std::vector<uint32_t> order = {};
};
SettingTimes MakeSettingTimes(std::vector<double> times);

// Returns the median of the values in which that of repetition s counts
// weights[s] times; `order` sorts them. The mean of the middle two of an even
// number, kNever when one of these is. The weights must not all be 0.
double WeightedMedian(absl::Span<const double> values,
                      absl::Span<const uint32_t> order,
                      absl::Span<const uint32_t> weights);

// The setting that was chosen, and what it takes.
struct Choice {
  size_t setting = 0;  // Of the span that was chosen from.
  double median = 0;
};

// Returns whether `arrived` of `count` are a share of at least `arrive`.
bool HasArrived(double arrived, double count, double arrive);

// How often each of `count` repetitions counts; one number each.
using WeightsOf = absl::FunctionRef<absl::Span<const uint32_t>(size_t count)>;

// Returns, of the settings at which at least a share `arrive` of the weight of
// the repetitions arrives, the one with the least median; of equal ones the
// first. Unset when there is none. O(settings x repetitions).
std::optional<Choice> ChooseSetting(absl::Span<const SettingTimes> settings,
                                    WeightsOf weights, double arrive);

// Returns the settings that ChooseSetting can return for any weights at all,
// as numbers: the others take longer in their fastest repetition than `chosen`
// in its slowest. Only sound where `arrive` is 1 and all repetitions of
// `chosen` arrive; returns all otherwise.
std::vector<size_t> PossibleSettings(absl::Span<const SettingTimes> settings,
                                     std::optional<Choice> chosen,
                                     double arrive);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_CHOICE_H_
