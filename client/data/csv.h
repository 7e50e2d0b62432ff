#ifndef FATHOM_CLIENT_DATA_CSV_H_
#define FATHOM_CLIENT_DATA_CSV_H_

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "client/data/input_file.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// Reads a csv table: RFC 4180, a header line, numbers. Takes `target`,
// `ignore`, `delimiter` and `rows` from `import`. Features keep the order of
// the file, targets that of `target`; their names differ. Ignored columns may
// hold anything, and all of a name are ignored together. Empty lines, rows of
// empty cells and spaces around cells do not count.
//
// INVALID_ARGUMENT as ImportDataset says.
absl::StatusOr<ImportedDataset> ReadCsv(const v1::DataImport& import,
                                        InputFile* file);

}  // namespace fathom

#endif  // FATHOM_CLIENT_DATA_CSV_H_
