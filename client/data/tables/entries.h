#ifndef FATHOM_CLIENT_DATA_TABLES_ENTRIES_H_
#define FATHOM_CLIENT_DATA_TABLES_ENTRIES_H_

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "client/data/input_file.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Reads the known entries of a matrix from a csv table of two features, which
// say where, and a target, which says what: (user, item, rating). Any numbers
// and texts name a row or a column, at most 1000 each; in their order they
// become 0, 1, .... Takes what a csv file takes from `import`, but no
// categories.
//
// INVALID_ARGUMENT as ImportDataset says, and when a place is there twice.
absl::StatusOr<ImportedDataset> ReadEntries(const v1::DataImport& import,
                                            InputFile* file);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_ENTRIES_H_
