#ifndef FATHOM_CLIENT_DATA_ARRAYS_ARRAYS_H_
#define FATHOM_CLIENT_DATA_ARRAYS_ARRAYS_H_

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "client/data/input_file.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Reads a dataset from an array of numbers, in `format` idx or npy. An item of
// the array, such as an image, becomes a row. The targets are the array in
// `labels`, which must have as many items, or, where `labels` is null, the
// columns that `import` names: column_1, ... Of `import` the field `rows`
// counts. Nothing after the last row is read or decompressed, unless the array
// is stored column by column.
//
// Errors are INVALID_ARGUMENT as ImportDataset and array_file.h say.
absl::StatusOr<ImportedDataset> ReadArrays(const v1::DataImport& import,
                                           v1::DataFormat format,
                                           InputFile* file, InputFile* labels);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_ARRAYS_ARRAYS_H_
