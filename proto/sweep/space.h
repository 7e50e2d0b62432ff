#ifndef FATHOM_PROTO_SWEEP_SPACE_H_
#define FATHOM_PROTO_SWEEP_SPACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// Most trials of one sweep.
inline constexpr int64_t kMaxTrials = int64_t{1} << 40;

// The trials of a sweep as a bijection: index <-> position on every axis. Holds
// no list of trials; every method is O(axes).
//
// Immutable.
class Space {
 public:
  // A varied field and its value.
  struct Parameter {
    std::string path;  // Of the field: what the parameter is.
    std::string name;  // Its ShortFieldName: what people call it.
    v1::Value value;
  };

  // Takes a normalized spec that someone submits. INVALID_ARGUMENT when
  // Validate objects to it.
  static absl::StatusOr<Space> Create(const v1::SweepSpec& spec);

  // Takes the spec of a sweep that exists, as a ledger or a coordinator gives
  // it, whatever today's rules think of it. FAILED_PRECONDITION when this
  // program does not know what it means; see WhyUnreadable.
  static absl::StatusOr<Space> FromStored(const v1::SweepSpec& spec);

  // Number of trials, 1 to kMaxTrials.
  int64_t size() const { return size_; }

  // Returns the parameters of trial `index`, 0 <= index < size(), with every
  // default.
  v1::TrialSpec TrialAt(int64_t index) const;

  // Returns the varied parameters of trial `index`, in the order of the axes.
  std::vector<Parameter> ParametersAt(int64_t index) const;

  // Returns the `steps` of trial `index`, as TrialAt, but without the rest.
  int64_t StepsAt(int64_t index) const;

  // Returns position i of every axis group in trial `index`, and back.
  std::vector<int64_t> PositionsAt(int64_t index) const;
  int64_t IndexOf(const std::vector<int64_t>& positions) const;

  // Returns the sum of `steps` over all trials.
  double total_steps() const { return total_steps_; }

 private:
  // Of a spec that WhyUnreadable() finds nothing in.
  explicit Space(const v1::SweepSpec& spec);

  v1::SweepSpec spec_;
  std::vector<int64_t> lengths_;  // Per axis group.
  int64_t size_ = 1;
  // Where `steps` varies: its axis, and how many trials in a row share a value.
  v1::Axis steps_axis_;
  int64_t steps_stride_ = 0;  // 0: it does not vary.
  double total_steps_ = 0;
};

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_SPACE_H_
