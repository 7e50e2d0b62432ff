#ifndef FATHOM_CLIENT_DATA_TABLES_ARFF_H_
#define FATHOM_CLIENT_DATA_TABLES_ARFF_H_

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "client/data/input_file.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Reads Weka's text format: @relation, a line @attribute NAME TYPE per column,
// @data, and rows as in a csv file, with single or double quotes in which a
// backslash escapes. Numeric columns are numbers. Nominal columns are texts in
// the order of their declaration, and dates and strings are texts. The fields
// of `import` for csv files count, except the delimiter, the decimal mark and
// the header.
//
// Errors are INVALID_ARGUMENT as ImportDataset says, and for sparse rows.
absl::StatusOr<ImportedDataset> ReadArff(const v1::DataImport& import,
                                         InputFile* file);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_ARFF_H_
