#ifndef FATHOM_PROTO_SWEEP_STORED_SPEC_H_
#define FATHOM_PROTO_SWEEP_STORED_SPEC_H_

#include <string>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"

// Specs as a ledger keeps them. A stored spec was valid by the rules of the day
// on which it was submitted, and is not checked against the rules of today.
namespace fathom {

// Returns why this program does not know what `spec` means, or "" when it does.
// Reasons are a word that this program does not know, axes that do not
// determine a number of trials, and a number with which nothing can be
// computed. An objection of today's rules beyond that is no reason. Takes time
// proportional to the length of the spec, not to the number of trials.
std::string WhyUnreadable(const v1::SweepSpec& spec);

// Parses `bytes`, the spec that a program of `revision` has stored (0 for a
// program that did not say), and completes it with CompleteStored(). Returns
// what WhyUnreadable() returns for the spec. When `bytes` cannot be parsed, it
// says so and leaves `*spec` empty.
std::string ReadStoredSpec(absl::string_view bytes, int revision,
                           v1::SweepSpec* spec);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_STORED_SPEC_H_
