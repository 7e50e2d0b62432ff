#ifndef FATHOM_CLIENT_DATA_TABLES_TABLE_READER_H_
#define FATHOM_CLIENT_DATA_TABLES_TABLE_READER_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "client/data/input_file.h"
#include "client/data/tables/csv_record.h"
#include "client/data/tables/table_columns.h"
#include "client/data/tables/table_format.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Reads the rows of a text table whose columns are known.
//
// The first value of a column decides whether the column is one of numbers or
// of texts. A feature of texts becomes one feature per text ("name=text"), or a
// single feature of 0 and 1 where the texts are true and false. A target of
// texts becomes the number of each text. Rows of empty cells are skipped, as
// are empty cells behind the last column. A column without a name is left out
// if it is empty, or if it counts the rows up from 0 or 1.
//
// Not thread-safe.
class TableReader {
 public:
  enum class Texts { kFeatures, kRanks };

  // Of `import` the fields `rows` and `missing` count. With Texts::kRanks a
  // feature of texts becomes the rank of each text, as a target does. All
  // arguments must outlive the reader.
  TableReader(const v1::DataImport& import, CellReader cells, Texts texts,
              InputFile* file, CsvRecordReader* records)
      : import_(import),
        cells_(std::move(cells)),
        texts_(texts),
        file_(*file),
        records_(*records) {}

  // Reads the rows that follow. With `at_row` the records stand at the first
  // row already. The result has names and notes, but no title, format and
  // source. INVALID_ARGUMENT as ImportDataset says. It may be called only once.
  absl::StatusOr<ImportedDataset> Read(std::vector<Column> columns,
                                       bool at_row);

 private:
  absl::Status TakeRow();
  absl::Status CheckCellCount() const;
  absl::Status CheckNameless(Column& column, const CsvRecordReader::Cell& cell);
  // Notes the missing values of the row, and returns whether there are any.
  bool HasHole();
  absl::Status CheckEmptyColumns() const;
  absl::StatusOr<double> ValueOf(Column& column,
                                 const CsvRecordReader::Cell& cell);
  absl::StatusOr<double> PlaceOf(Column& column,
                                 const CsvRecordReader::Cell& cell);
  absl::Status WrongKind(const Column& column,
                         const CsvRecordReader::Cell& cell) const;
  absl::Status CheckHoles() const;
  absl::Status CheckRows() const;
  void EncodeTargets();
  absl::Status EncodeFeatures();
  void NoteRows();

  const v1::DataImport& import_;
  const CellReader cells_;
  const Texts texts_;
  InputFile& file_;
  CsvRecordReader& records_;
  std::vector<Column> columns_;
  ImportedDataset imported_;  // Texts are places before they are encoded.
  int64_t records_taken_ = 0;
  int64_t holes_ = 0;  // Number of rows with a missing value.
  absl::Status hole_;  // The error about the first hole.
  std::vector<int64_t> hole_lines_;
  std::vector<int64_t> missing_;  // Missing values, by column.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_TABLE_READER_H_
