#ifndef FATHOM_PROTO_SWEEP_REVISIONS_H_
#define FATHOM_PROTO_SWEEP_REVISIONS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"

// A word of a spec is one of its fields or a value of one of its enums. Words
// come in numbered revisions, so that a ledger that is years old and programs
// of different ages can tell who understands which spec. A spec is stored with
// the revision of the program that wrote it; a field that it leaves unset has
// the meaning that this had in that revision.
//
// A new word gets a row in the table kNewWords of revisions.cc, under the next
// kSpecRevision. A new field with a default also gets a row in kFormerMeanings,
// which says what its absence meant before.
namespace fathom {

// The newest revision, which this program knows.
inline constexpr int kSpecRevision = 5;

// The revision of the first release, which neither stored nor sent a revision.
inline constexpr int kFirstReleaseRevision = 3;

// Returns the revision that introduced a word such as "LossSpec.kind" or
// "LOSS_KIND_LP".
int RevisionOfWord(absl::string_view word);

// Returns all words of specs, in the order of the proto.
std::vector<std::string> SpecWords();

// Returns the smallest revision that knows every word of `spec`, both in its
// fields and on its axes.
int RequiredRevision(const v1::SweepSpec& spec);

// Completes a normalized spec that a program of `revision` stored (0 for a
// program that did not say): writes into each unset field that is newer than
// `revision` what its absence meant then. Other fields stay as they are.
void CompleteStored(int revision, v1::SweepSpec* spec);

// Returns `spec`, which this program has normalized, as programs of `revision`
// would have normalized it: without the newer fields whose value is what their
// absence meant then.
v1::SweepSpec AsOfRevision(int revision, v1::SweepSpec spec);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_REVISIONS_H_
