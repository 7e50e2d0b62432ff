#ifndef FATHOM_PROTO_SWEEP_FINGERPRINT_H_
#define FATHOM_PROTO_SWEEP_FINGERPRINT_H_

#include <string>
#include <vector>

#include "fathom/v1/sweep.pb.h"

namespace fathom {

// Returns the content hash of a normalized spec as 64 hex digits: SHA-256 over
// a canonical text of its fields. Two specs have the same hash when they mean
// the same trials under the same name and the same indices, provided that their
// axes are written alike: a list and a range of the same values differ.
// `summarize`, `trial.data.import` and the base values of varied fields are
// left out of the text.
std::string Fingerprint(const v1::SweepSpec& spec);

// Returns Fingerprint(spec), followed by the fingerprints that older programs
// computed for the same trials. Before a field existed, the hashed text did not
// contain what is now the field's default. A sweep in a ledger may have any of
// these fingerprints.
std::vector<std::string> Fingerprints(const v1::SweepSpec& spec);

// Returns the content hash of data and loss, to which an optimum (the least
// value of the loss) belongs, as 64 hex digits. `data.import` and the fields
// that the kind of loss does not use are left out.
std::string OptimumFingerprint(const v1::DataSpec& data,
                               const v1::LossSpec& loss);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FINGERPRINT_H_
