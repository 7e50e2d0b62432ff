#ifndef FATHOM_PROTO_SWEEP_STORED_SPEC_H_
#define FATHOM_PROTO_SWEEP_STORED_SPEC_H_

#include <string>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"

// Specs as a ledger keeps them. They were valid by the rules of the day on
// which they were submitted, and are not held against those of today.
namespace fathom {

// Returns why this program does not know what `spec` means, or "" when it does:
// a word that it does not have, axes that count nothing, or a number with which
// nothing can be computed. What today's rules object to beyond that is no
// reason. Takes time in the length of the spec, not in the number of trials.
std::string WhyUnreadable(const v1::SweepSpec& spec);

// Parses what a program of `revision` (0: it did not say) has stored, with what
// CompleteStored() adds. Returns what WhyUnreadable() does, or that `bytes` are
// no spec at all; `*spec` is then empty.
std::string ReadStoredSpec(absl::string_view bytes, int revision,
                           v1::SweepSpec* spec);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_STORED_SPEC_H_
