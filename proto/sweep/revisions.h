#ifndef FATHOM_PROTO_SWEEP_REVISIONS_H_
#define FATHOM_PROTO_SWEEP_REVISIONS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"

// The words of a spec (its fields, and the values of its enums) come in
// revisions, so that a ledger of years and programs of several ages can tell
// who understands what. A spec is stored with the revision of the program that
// wrote it: what it leaves unset has the meaning of that day.
//
// A new word is a row in a table of revisions.cc and one more kSpecRevision; a
// new field that has a default says there, too, what its absence meant before.
namespace fathom {

// The revision that this program knows.
inline constexpr int kSpecRevision = 5;

// What the first release knows, which neither stored a revision nor sent one.
inline constexpr int kFirstReleaseRevision = 3;

// Returns the revision that brought a word: "LossSpec.kind", "LOSS_KIND_LP".
int RevisionOfWord(absl::string_view word);

// Returns the words that specs are made of, in the order of the proto.
std::vector<std::string> SpecWords();

// Returns the least revision that knows every word of `spec`, in its fields and
// on its axes.
int RequiredRevision(const v1::SweepSpec& spec);

// Writes into a normalized spec that a program of `revision` stored (0: it did
// not say) what the fields meant that it did not know. Does not touch others.
void CompleteStored(int revision, v1::SweepSpec* spec);

// Returns `spec`, normalized by this program, as programs of `revision` would
// have normalized it: without the later fields that say what was meant anyway.
v1::SweepSpec AsOfRevision(int revision, v1::SweepSpec spec);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_REVISIONS_H_
