#ifndef FATHOM_CLIENT_DATA_TABLES_ENTRIES_H_
#define FATHOM_CLIENT_DATA_TABLES_ENTRIES_H_

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "client/data/input_file.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Reads the known entries of a matrix from a csv table with two features, which
// name the row and the column of an entry, and a target, which is its value:
// (user, item, rating). The names may be numbers and texts, of which there may
// be at most 1000 for rows and for columns. Sorted, they become 0, 1, .... The
// fields of `import` for csv files count, except `categorical`.
//
// Errors are INVALID_ARGUMENT as ImportDataset says, and when an entry is there
// twice.
absl::StatusOr<ImportedDataset> ReadEntries(const v1::DataImport& import,
                                            InputFile* file);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_ENTRIES_H_
