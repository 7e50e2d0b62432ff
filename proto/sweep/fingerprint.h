#ifndef FATHOM_PROTO_SWEEP_FINGERPRINT_H_
#define FATHOM_PROTO_SWEEP_FINGERPRINT_H_

#include <string>
#include <vector>

#include "fathom/v1/sweep.pb.h"

namespace fathom {

// Returns the content hash of a normalized spec as 64 hex digits: SHA-256 over
// a canonical text of its fields. Equal for specs that mean the same trials
// under the same name and indices, as far as their axes are written alike: a
// list and a range of the same values differ. `summarize`, `trial.data.import`
// and the base values of varied fields do not count.
std::string Fingerprint(const v1::SweepSpec& spec);

// Returns Fingerprint(spec), and then what older programs took for the
// fingerprint of the same trials: before a field was there, nothing said that
// it had the value that it has now by default. A sweep in a ledger may have any
// of them.
std::vector<std::string> Fingerprints(const v1::SweepSpec& spec);

// Returns the content hash of what an optimum belongs to, in the same form.
// `data.import` does not count, nor what the kind of loss does not use.
std::string OptimumFingerprint(const v1::DataSpec& data,
                               const v1::LossSpec& loss);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FINGERPRINT_H_
