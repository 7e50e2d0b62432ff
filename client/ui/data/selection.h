#ifndef FATHOM_CLIENT_UI_DATA_SELECTION_H_
#define FATHOM_CLIENT_UI_DATA_SELECTION_H_

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "client/analysis/trial_filter.h"
#include "client/ui/data/axis_values.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Stands for a number that a trial does not have.
inline constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

// What is known of how a trial ended.
struct Outcome {
  v1::TrialState state = v1::TRIAL_STATE_PENDING;
  double final_loss = kNoNumber;
  double best_loss = kNoNumber;
  double steps = kNoNumber;
};

// The trials that conditions choose: "AXIS:VALUE|VALUE" and "AXIS:LOW..HIGH" of
// axes, "state:NAME|NAME", and ranges of the numbers final_loss, best_loss and
// steps. Characters of values may be escaped as in addresses (%7C). Conditions
// on axes are arithmetic on the index of a trial, whatever
// the number of trials; the others need its outcome.
//
// Immutable.
class Selection {
 public:
  // INVALID_ARGUMENT, with what there is, for a condition that makes no sense.
  static absl::StatusOr<Selection> Create(
      const v1::SweepSpec& spec, const std::vector<std::string>& conditions);

  const std::vector<AxisValues>& axes() const { return axes_; }

  // These methods are about the conditions on axes alone. They return the
  // number of chosen trials, that of those with an index below `trial`, the
  // k-th of them, and whether a trial is one of them.
  int64_t count() const { return count_; }
  int64_t CountBelow(int64_t trial) const { return filter_.CountBelow(trial); }
  int64_t At(int64_t k) const { return filter_.At(k); }
  bool Matches(int64_t trial) const { return filter_.Takes(trial); }
  // The same for analyses.
  const TrialFilter& filter() const { return filter_; }

  // Calls `visit` with the chosen trials from `first` to `end` - 1, until it
  // returns false; ascending, or descending from `end` - 1 on.
  void ForEach(int64_t first, int64_t end,
               absl::FunctionRef<bool(int64_t)> visit) const;
  void ForEachBackwards(int64_t first, int64_t end,
                        absl::FunctionRef<bool(int64_t)> visit) const;

  // Returns the places of an axis that chosen trials have, ascending; at most
  // `most` of them.
  std::vector<int64_t> PlacesOf(const AxisValues& axis, int64_t most) const;
  // Whether all trials are chosen.
  bool is_all() const { return filter_.TakesAll() && !needs_outcomes_; }

  // Whether there are conditions on outcomes, and whether an outcome meets
  // them.
  bool needs_outcomes() const { return needs_outcomes_; }
  bool Meets(const Outcome& outcome) const;

 private:
  // A condition on a number; any of the ranges.
  struct NumberRanges {
    double Outcome::*number = nullptr;
    bool nan = false;  // Whether trials without a number are chosen.
    std::vector<std::pair<double, double>> ranges = {};
  };

  explicit Selection(const v1::SweepSpec& spec);

  absl::Status Add(const std::string& condition);
  absl::Status AddAxis(const AxisValues& axis,
                       const std::vector<std::string>& values);
  absl::Status AddStates(const std::vector<std::string>& values);
  absl::Status AddNumber(double Outcome::*number,
                         const std::vector<std::string>& values);

  std::vector<AxisValues> axes_;
  TrialFilter filter_;
  int64_t count_ = 0;
  bool needs_outcomes_ = false;
  uint32_t states_ = ~uint32_t{0};  // A bit for each chosen state.
  std::vector<NumberRanges> numbers_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_SELECTION_H_
