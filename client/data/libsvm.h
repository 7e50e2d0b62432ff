#ifndef FATHOM_CLIENT_DATA_LIBSVM_H_
#define FATHOM_CLIENT_DATA_LIBSVM_H_

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "client/data/input_file.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Both readers take lines of `index:value` pairs, separated by blanks, with
// indices that ascend from 1. Features that a line leaves out are 0. The number
// of features is the largest index in the rows that are kept. Empty lines, and
// what follows a '#', are skipped.
//
// Errors are INVALID_ARGUMENT as ImportDataset says.

// Reads lines of the form `target index:value ...`. Of `import` the field
// `rows` counts.
absl::StatusOr<ImportedDataset> ReadLibsvm(const v1::DataImport& import,
                                           InputFile* file);

// Reads lines of the form `class;concentration index:value ...`, where the
// concentration is the target. Of `import` the fields `rows` and `gas` count.
// OUT_OF_RANGE when no row has the class `gas`.
absl::StatusOr<ImportedDataset> ReadUciGas(const v1::DataImport& import,
                                           InputFile* file);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_LIBSVM_H_
