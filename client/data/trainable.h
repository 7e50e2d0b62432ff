#ifndef FATHOM_CLIENT_DATA_TRAINABLE_H_
#define FATHOM_CLIENT_DATA_TRAINABLE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/sizes.h"

namespace fathom::client {

// Returns INVALID_ARGUMENT, with what would help, when every trial of a
// normalized, valid spec would fail on this dataset: no feature varies, the
// targets are no classes where classes are asked for, the model is too large,
// or a value is too large for `precision: float`. Of the rows that are trained
// on, where some are held out. What an axis varies is not looked at. Otherwise
// returns the sides of the matrix that is trained: columns that vary, where
// `standardize` drops the others, and an output for each target or class.
// O(rows * columns).
absl::StatusOr<MatrixSides> CheckTrainable(const v1::SweepSpec& spec,
                                           const ImportedDataset& imported);

// Returns a sentence on each thing that would train, but hardly as anybody
// wants it: features whose scales differ much and that are not standardized,
// `one_hot` of a target that has about as many values as there are rows; and on
// the numbers that a target of texts becomes.
// What an axis varies is not looked at.
std::vector<std::string> TrainingNotes(const v1::SweepSpec& spec,
                                       const ImportedDataset& imported);

// Returns a sentence for each column, or for several at once, whose differences
// get lost in the arithmetic of the spec: `precision: float` on data far from 0
// that is not standardized.
std::vector<std::string> PrecisionWarnings(const v1::SweepSpec& spec,
                                           const ImportedDataset& imported);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TRAINABLE_H_
