#ifndef FATHOM_PROTO_SWEEP_SPACE_H_
#define FATHOM_PROTO_SWEEP_SPACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// Largest number of trials of one sweep.
inline constexpr int64_t kMaxTrials = int64_t{1} << 40;

// The trials of a sweep, as a bijection between the index of a trial and its
// position on every axis group; the last group varies fastest. Holds no list of
// trials: every method takes O(number of axes) time.
//
// Immutable, and therefore safe to use from several threads.
class Space {
 public:
  // A varied field and the value that it has in a trial.
  struct Parameter {
    std::string path;  // The path of the field, its identity.
    std::string name;  // Its ShortFieldName, for people.
    v1::Value value;
  };

  // Returns the space of a normalized spec that someone submits.
  // INVALID_ARGUMENT when Validate objects to the spec.
  static absl::StatusOr<Space> Create(const v1::SweepSpec& spec);

  // Returns the space of the spec of an existing sweep, as a ledger or a
  // coordinator gives it, whether or not it meets today's rules.
  // FAILED_PRECONDITION when this program does not know what the spec means;
  // see WhyUnreadable.
  static absl::StatusOr<Space> FromStored(const v1::SweepSpec& spec);

  // Returns the number of trials, 1 to kMaxTrials.
  int64_t size() const { return size_; }

  // Returns the complete spec of trial `index`, 0 <= index < size(), with every
  // default written out.
  v1::TrialSpec TrialAt(int64_t index) const;

  // Returns the varied parameters of trial `index`, in the order of the axes.
  std::vector<Parameter> ParametersAt(int64_t index) const;

  // Returns the `steps` of trial `index`. This is cheaper than TrialAt, which
  // makes the whole spec of the trial.
  int64_t StepsAt(int64_t index) const;

  // PositionsAt returns the position of trial `index` on every axis group, in
  // the order of the groups; IndexOf is its inverse.
  std::vector<int64_t> PositionsAt(int64_t index) const;
  int64_t IndexOf(const std::vector<int64_t>& positions) const;

  // Returns the sum of `steps` over all trials.
  double total_steps() const { return total_steps_; }

 private:
  // Takes a spec for which WhyUnreadable() returns "".
  explicit Space(const v1::SweepSpec& spec);

  v1::SweepSpec spec_;
  std::vector<int64_t> lengths_;  // Number of values of each axis group.
  int64_t size_ = 1;
  // The axis over `steps`, if there is one, and the number of consecutive
  // trials that share one of its values.
  v1::Axis steps_axis_;
  int64_t steps_stride_ = 0;  // 0 when no axis varies `steps`.
  double total_steps_ = 0;
};

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_SPACE_H_
