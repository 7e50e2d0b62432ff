#ifndef FATHOM_CLIENT_DATA_TRAINABLE_H_
#define FATHOM_CLIENT_DATA_TRAINABLE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/data/import.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Returns INVALID_ARGUMENT, with what would help, when every trial of a
// normalized, valid spec would fail on this dataset: no feature varies, the
// targets are no classes where classes are asked for, the model is too large,
// or a value is too large for `precision: float`. What an axis varies is not
// looked at. O(rows * columns).
absl::Status CheckTrainable(const v1::SweepSpec& spec,
                            const ImportedDataset& imported);

// Returns a sentence for each column, or for several at once, whose differences
// get lost in the arithmetic of the spec: `precision: float` on data far from 0
// that is not standardized.
std::vector<std::string> PrecisionWarnings(const v1::SweepSpec& spec,
                                           const ImportedDataset& imported);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TRAINABLE_H_
