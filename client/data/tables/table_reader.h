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
// A column is of numbers or of texts, as its first value is. A feature of texts
// becomes one feature per text ("name=text"), or a single one of 0 and 1 where
// the texts are true and false; a target of texts becomes the number of each
// text. Rows of empty cells do not count, nor do empty cells behind the last
// column. A column without a name is left out if it is empty, or counts the
// rows up from 0 or 1.
//
// Not thread-safe.
class TableReader {
 public:
  enum class Texts { kFeatures, kRanks };

  // Takes `rows` and `missing` from `import`. With Texts::kRanks a feature of
  // texts becomes the rank of each, as a target does. All must outlive the
  // reader.
  TableReader(const v1::DataImport& import, CellReader cells, Texts texts,
              InputFile* file, CsvRecordReader* records)
      : import_(import),
        cells_(std::move(cells)),
        texts_(texts),
        file_(*file),
        records_(*records) {}

  // Reads the rows that come next; with `at_row` the first has been read. The
  // answer has names and notes, but no title, format and source.
  // INVALID_ARGUMENT as ImportDataset says. Call once.
  absl::StatusOr<ImportedDataset> Read(std::vector<Column> columns,
                                       bool at_row);

 private:
  absl::Status TakeRow();
  absl::Status CheckCellCount() const;
  absl::Status CheckNameless(Column& column, const CsvRecordReader::Cell& cell);
  // Notes the missing values of the row, if there are any.
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
  ImportedDataset imported_;  // Texts are in it by their places at first.
  int64_t records_taken_ = 0;
  int64_t holes_ = 0;  // Rows with a missing value.
  absl::Status hole_;  // The first.
  std::vector<int64_t> hole_lines_;
  std::vector<int64_t> missing_;  // Missing values of each column.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_TABLE_READER_H_
