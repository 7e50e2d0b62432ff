#ifndef FATHOM_CLIENT_DATA_WRITE_CSV_H_
#define FATHOM_CLIENT_DATA_WRITE_CSV_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/data/import.h"

namespace fathom::client {

// Names for all columns of a dataset: its own names, or else "target" (if there
// are several, "target1", "target2", ...) and "f1", "f2", ...
struct ColumnNames {
  std::vector<std::string> targets;
  std::vector<std::string> features;
};

// Returns the names of the columns of `imported`.
ColumnNames NamesOf(const ImportedDataset& imported);

// Writes a valid dataset as a csv table that ReadCsv turns into the same bits
// when it is told the names of the targets. The table has a header line, the
// targets come first, and numbers have the fewest digits that give the same
// double. The file appears as a whole or not at all.
//
// Errors are ALREADY_EXISTS when `path` exists, unless `overwrite` is set;
// INTERNAL when the file cannot be written; and FAILED_PRECONDITION when it
// would not read back, for example because all column names are numbers.
absl::Status WriteCsv(const ImportedDataset& imported, const std::string& path,
                      bool overwrite);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_WRITE_CSV_H_
