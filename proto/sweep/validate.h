#ifndef FATHOM_PROTO_SWEEP_VALIDATE_H_
#define FATHOM_PROTO_SWEEP_VALIDATE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// One mistake in a spec: where it is, what was found there, and what was
// expected.
struct Violation {
  // Path of the offending field in SweepSpec, such as "trial.steps", "axes[1]"
  // or "axes[0].axes[0].list.values[2]".
  std::string field;
  std::string found;     // In words: "depth 0".
  std::string expected;  // In words: "1 to 64".
};

// Number of violations after which checks stop looking for more. A hostile spec
// could have a million violations, and each costs some hundred bytes and a
// search for the name that was meant.
inline constexpr size_t kMostViolations = 1000;

// Returns what is wrong with `spec`, which must be normalized; empty when
// nothing is. Checks each field, each value of an axis and impossible
// combinations, and stops after about kMostViolations. Takes time proportional
// to the length of the spec, not to the number of trials. A spec whose data a
// client has yet to import is valid; see CheckReady.
std::vector<Violation> Validate(const v1::SweepSpec& spec);

// Returns INVALID_ARGUMENT with one line for each of the first violations, or
// OK when there are none.
absl::Status ToStatus(absl::Span<const Violation> violations);

// Returns OK when a new sweep may have this valid name. INVALID_ARGUMENT for a
// name of digits only, which could be taken for the number of another sweep.
absl::Status CheckNewName(absl::string_view name);

// Returns OK when the coordinator can run a valid spec as it is, because its
// data are uploaded or generated. INVALID_ARGUMENT for a spec whose data only a
// client can import, or whose synthetic data lack rows that are held out.
absl::Status CheckReady(const v1::SweepSpec& spec);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_VALIDATE_H_
