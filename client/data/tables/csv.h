#ifndef FATHOM_CLIENT_DATA_TABLES_CSV_H_
#define FATHOM_CLIENT_DATA_TABLES_CSV_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "client/data/input_file.h"
#include "client/data/tables/table_reader.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Reads a csv table, as in RFC 4180, or a relative of it. The separator, the
// decimal mark and whether there is a header are found from the first lines
// where `import` does not say them (table_format.h), and rows are read as
// table_reader.h says. Without a header the columns are called column_1, ....
// Features keep the order of the file, and targets have that of `target`; the
// names of all of them must differ. Ignored columns may hold anything, and all
// columns of an ignored name are ignored. Empty lines, lines that begin with #
// or %, and blanks around cells are skipped.
//
// Errors are INVALID_ARGUMENT as ImportDataset says.
absl::StatusOr<ImportedDataset> ReadCsv(
    const v1::DataImport& import, InputFile* file,
    TableReader::Texts texts = TableReader::Texts::kFeatures);

// Returns the names of the columns of a csv table, of which no more than the
// first record is read. Errors are those of ReadCsv on that record.
absl::StatusOr<std::vector<std::string>> CsvColumnNames(
    const v1::DataImport& import, InputFile* file);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_CSV_H_
