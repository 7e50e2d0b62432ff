#ifndef FATHOM_CLIENT_ANALYSIS_TRIAL_FILTER_H_
#define FATHOM_CLIENT_ANALYSIS_TRIAL_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "client/analysis/positions.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Chooses trials of a sweep by the values of its axes. The index of a trial
// decides, by arithmetic, so that no row has to be read for it and the number
// of trials does not matter.
//
// Immutable after the last Keep.
class TrialFilter {
 public:
  // Takes every trial.
  explicit TrialFilter(const v1::SweepSpec& spec);

  // Drops the trials in which `axis`, one of axis group number `group`, has a
  // value that `keeps` does not keep. Returns whether any trial is left. The
  // cost is that of `keeps` for each value of the axis.
  bool Keep(size_t group, const v1::Axis& axis,
            absl::FunctionRef<bool(const v1::Value&)> keeps);
  // Likewise the trials at other positions of an axis group.
  bool Keep(size_t group, const Positions& positions);

  bool TakesAll() const { return takes_all_; }
  bool Takes(int64_t trial) const;
  // Returns the positions of an axis group that are taken, as far as this group
  // says.
  const Positions& Taken(size_t group) const { return parts_[group].taken; }
  int64_t TrialsTaken() const;
  // Returns the number of trials taken with an index below `trial`.
  int64_t CountBelow(int64_t trial) const;
  // Returns the k-th trial taken, 0 <= k < TrialsTaken().
  int64_t At(int64_t k) const;
  // Returns the trials that are taken, in ascending order, or nothing when
  // there are more than `most`.
  std::optional<std::vector<int64_t>> Trials(int64_t most) const;

 private:
  struct Part {
    int64_t length = 1;
    int64_t stride = 1;
    Positions taken;

    int64_t PositionOf(int64_t trial) const { return trial / stride % length; }
  };

  std::vector<Part> parts_;  // By axis group.
  int64_t size_ = 1;         // Trials of the sweep.
  bool takes_all_ = true;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_TRIAL_FILTER_H_
