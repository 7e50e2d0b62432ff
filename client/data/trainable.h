#ifndef FATHOM_CLIENT_DATA_TRAINABLE_H_
#define FATHOM_CLIENT_DATA_TRAINABLE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/sizes.h"

namespace fathom::client {

// Checks that a normalized, valid spec can train on a dataset. Returns
// INVALID_ARGUMENT, with what would help, when every trial would fail: no
// feature varies, the targets are no classes where classes are asked for, the
// model is too large, or a value is too large for `precision: float`. Where
// rows are held out, the others are looked at. Fields that an axis varies are
// not checked. Otherwise returns the sides of the matrix that is trained: the
// columns, without constant ones where `standardize` drops them, and an output
// for each target or class. The cost is O(rows * columns).
absl::StatusOr<MatrixSides> CheckTrainable(const v1::SweepSpec& spec,
                                           const ImportedDataset& imported);

// Returns a sentence on each thing that can be trained but is hardly meant:
// features with very different scales that are not standardized, and `one_hot`
// of a target that has about as many values as there are rows. It also tells
// the numbers that a target of texts becomes. Fields that an axis varies are
// not checked.
std::vector<std::string> TrainingNotes(const v1::SweepSpec& spec,
                                       const ImportedDataset& imported);

// Returns a sentence for each column, or for several at once, whose differences
// get lost in the arithmetic of the spec, as those of data far from 0 do that
// are not standardized with `precision: float`.
std::vector<std::string> PrecisionWarnings(const v1::SweepSpec& spec,
                                           const ImportedDataset& imported);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TRAINABLE_H_
