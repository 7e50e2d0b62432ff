#ifndef FATHOM_CLIENT_DATA_LIBSVM_H_
#define FATHOM_CLIENT_DATA_LIBSVM_H_

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "client/data/input_file.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Both readers take lines of `index:value` pairs, separated by spaces, with
// indices that ascend from 1. Features that a line leaves out are 0; the number
// of features is the largest index of the rows that are kept. Empty lines and
// what follows a '#' do not count.
//
// INVALID_ARGUMENT as ImportDataset says.

// Reads `target index:value ...`. Takes `rows` from `import`.
absl::StatusOr<ImportedDataset> ReadLibsvm(const v1::DataImport& import,
                                           InputFile* file);

// Reads `class;concentration index:value ...`; the concentration is the target.
// Takes `rows` and `gas` from `import`. OUT_OF_RANGE when there is no row of
// the class `gas`.
absl::StatusOr<ImportedDataset> ReadUciGas(const v1::DataImport& import,
                                           InputFile* file);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_LIBSVM_H_
