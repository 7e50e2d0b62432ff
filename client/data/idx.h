#ifndef FATHOM_CLIENT_DATA_IDX_H_
#define FATHOM_CLIENT_DATA_IDX_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "client/data/input_file.h"

namespace fathom {

// Reads the first `rows` (0: all) images and labels of MNIST's binary format.
// One image is one row, pixel by pixel; its label is the target. Takes unsigned
// bytes only. Nothing after the last row is read or decompressed.
//
// INVALID_ARGUMENT "path: byte ...: found ..., expected ..." on a wrong magic
// number, a different number of images and labels, or a file that is too short
// or (when all rows are read) too long.
absl::StatusOr<ImportedDataset> ReadIdx(int64_t rows, InputFile* images,
                                        InputFile* labels);

}  // namespace fathom

#endif  // FATHOM_CLIENT_DATA_IDX_H_
