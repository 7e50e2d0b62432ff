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

// Something wrong with a spec.
struct Violation {
  // Path of the culprit in SweepSpec, such as "trial.steps", "axes[1]" or
  // "axes[0].axes[0].list.values[2]".
  std::string field;
  std::string found;     // "depth 0"
  std::string expected;  // "1 to 64"
};

// After so many, no more are looked for: each takes some hundred bytes and the
// search for a name that was meant, and a spec could have a million of them.
inline constexpr size_t kMostViolations = 1000;

// Returns what is wrong with `spec`, which has been normalized, up to about
// kMostViolations; empty when it is fine. Checks each field, each axis value
// and impossible combinations; takes time in the length of the spec, not in the
// number of trials. The data may be what a client has yet to import: see
// CheckReady.
std::vector<Violation> Validate(const v1::SweepSpec& spec);

// Returns INVALID_ARGUMENT with one line for each of the first violations, or
// OK without any.
absl::Status ToStatus(absl::Span<const Violation> violations);

// Whether a new sweep may have this valid name: one that is a number could be
// taken for the number of another sweep. INVALID_ARGUMENT when it may not.
absl::Status CheckNewName(absl::string_view name);

// Whether the coordinator can run a valid spec as it is: its data is uploaded
// or generated. INVALID_ARGUMENT for a spec whose data only a client can
// import, or whose synthetic data has not the rows that are held out.
absl::Status CheckReady(const v1::SweepSpec& spec);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_VALIDATE_H_
