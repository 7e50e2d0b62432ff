#include "client/data/tables/entries.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/data/tables/csv.h"
#include "client/data/text.h"
#include "proto/shared/status.h"

namespace fathom::client {

absl::StatusOr<ImportedDataset> ReadEntries(const v1::DataImport& import,
                                            InputFile* file) {
  ASSIGN_OR_RETURN(ImportedDataset imported,
                   ReadCsv(import, file, TableReader::Texts::kRanks));
  const Dataset& dataset = imported.dataset;
  if (dataset.columns != 2 || dataset.targets != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(file->path(), ": found ", dataset.columns,
                     " features and ", dataset.targets,
                     " targets, expected the row and the column of an entry "
                     "and its value; `ignore` leaves out other columns"));
  }
  absl::flat_hash_set<std::pair<int32_t, int32_t>> places;
  for (int64_t i = 0; i < dataset.rows; ++i) {
    const auto row = static_cast<int32_t>(dataset.x[2 * i]);
    const auto column = static_cast<int32_t>(dataset.x[2 * i + 1]);
    imported.matrix_rows = std::max(imported.matrix_rows, row + 1);
    imported.matrix_columns = std::max(imported.matrix_columns, column + 1);
    if (places.emplace(row, column).second) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        file->path(), ": found a second value for the same ",
        QuoteText(imported.columns[0]), " and ", QuoteText(imported.columns[1]),
        " in row ", i + 1, " of the table, expected each place once"));
  }
  imported.format = absl::StrCat("entries, ", imported.format);
  imported.notes.push_back(absl::StrCat(
      "a matrix of ", imported.matrix_rows, " rows (",
      QuoteText(imported.columns[0]), ") and ", imported.matrix_columns,
      " columns (", QuoteText(imported.columns[1]), ") with ", dataset.rows,
      " known entries"));
  return imported;
}

}  // namespace fathom::client
