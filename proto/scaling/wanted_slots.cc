#include "proto/scaling/wanted_slots.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace fathom {
namespace {

// More than there are computers: keeps hostile numbers within int64_t.
constexpr double kMostSlots = 1e9;

}  // namespace

WantedSlots SlotsWanted(const v1::Load& load, absl::Duration target) {
  const int64_t trials = std::max<int64_t>(0, load.pending_trials()) +
                         std::max<int64_t>(0, load.leased_trials());
  if (trials == 0) return {0, "nothing to do"};
  const double goal = std::max(1.0, absl::ToDoubleSeconds(target));
  const double work = load.slot_seconds();
  // A NaN counts as nothing known.
  const double by_time =
      work > 0 ? std::min(kMostSlots, std::ceil(work / goal)) : 0;
  const int64_t unknown =
      std::clamp<int64_t>(load.unknown_trials(), 0, kSlotsForTheUnknown);
  const int64_t slots =
      std::clamp<int64_t>(static_cast<int64_t>(by_time) + unknown, 1, trials);
  std::string reason =
      absl::StrFormat("%d trials, %.3g slot-seconds of work, to be done in %s",
                      trials, std::max(0.0, work),
                      absl::FormatDuration(absl::Seconds(std::round(goal))));
  if (unknown > 0) {
    absl::StrAppend(&reason, "; ", load.unknown_trials(),
                    " trials of unknown length count as ", unknown, " slots");
  }
  return {slots, std::move(reason)};
}

}  // namespace fathom
