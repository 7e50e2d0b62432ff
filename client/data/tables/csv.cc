#include "client/data/tables/csv.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/data/tables/csv_record.h"
#include "client/data/tables/table_columns.h"
#include "client/data/tables/table_format.h"
#include "client/data/tables/table_reader.h"
#include "client/data/text.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

using Cells = std::vector<CsvRecordReader::Cell>;

// Returns the columns of a table whose first record is `cells`.
std::vector<Column> ColumnsOf(const TableFormat& format, const Cells& cells) {
  std::vector<Column> columns;
  if (format.row_names) columns.push_back({.role = Column::Role::kIgnored});
  for (size_t i = 0; i < cells.size(); ++i) {
    Column column;
    switch (format.names) {
      case TableFormat::Names::kFirstRow:
        column.name = std::string(cells[i].text);
        column.offset = cells[i].offset;
        break;
      case TableFormat::Names::kComment:
        if (i < format.comment_names.size()) {
          column.name = format.comment_names[i];
        }
        break;
      case TableFormat::Names::kNone:
        // Nothing behind a last separator is no column.
        if (i + 1 < cells.size() || !cells[i].text.empty()) {
          column.name = absl::StrCat("column_", i + 1);
        }
        break;
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

// Reads on to the first record that is not blank.
absl::Status ToFirstRecord(const std::string& path, CsvRecordReader& records) {
  do {
    ASSIGN_OR_RETURN(const bool more, records.Next());
    if (!more) {
      return ErrorAt(path, 1, 1, "an empty file",
                     "a header line with the names of the columns");
    }
  } while (std::all_of(
      records.cells().begin(), records.cells().end(),
      [](const CsvRecordReader::Cell& cell) { return cell.text.empty(); }));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CsvColumnNames(
    const v1::DataImport& import, InputFile* file) {
  ASSIGN_OR_RETURN(const absl::string_view head, file->Peek());
  ASSIGN_OR_RETURN(const TableFormat format, FindTableFormat(import, head));
  CsvRecordReader records(file, format.style);
  RETURN_IF_ERROR(ToFirstRecord(file->path(), records));
  std::vector<std::string> names;
  for (Column& column : ColumnsOf(format, records.cells())) {
    names.push_back(std::move(column.name));
  }
  return names;
}

absl::StatusOr<ImportedDataset> ReadCsv(const v1::DataImport& import,
                                        InputFile* file,
                                        TableReader::Texts texts) {
  ASSIGN_OR_RETURN(const absl::string_view head, file->Peek());
  ASSIGN_OR_RETURN(const TableFormat format, FindTableFormat(import, head));
  CsvRecordReader records(file, format.style);
  RETURN_IF_ERROR(ToFirstRecord(file->path(), records));
  RETURN_IF_ERROR(CheckSize(file->path(), 1,
                            static_cast<int64_t>(records.cells().size()) - 1));
  std::vector<Column> columns = ColumnsOf(format, records.cells());
  if (columns.size() == 1) {
    const char delimiter = format.style.delimiter;
    return records.Error(
        0, absl::StrCat("one column, ", QuoteText(columns[0].name)),
        absl::StrCat("at least two, with the delimiter ",
                     QuoteText(absl::string_view(&delimiter, 1)),
                     " between them; set `delimiter` when it is another"));
  }
  const auto error = [&](size_t offset, absl::string_view found,
                         absl::string_view expected) {
    return records.Error(offset, found, expected);
  };
  RETURN_IF_ERROR(AssignRoles(import, error, &columns));
  // When names become ranks, a number is a name as a text is.
  for (Column& column : columns) {
    column.categorical |= texts == TableReader::Texts::kRanks &&
                          column.role == Column::Role::kFeature;
  }
  TableReader reader(import, CellReader(import, format.decimal), texts, file,
                     &records);
  ASSIGN_OR_RETURN(ImportedDataset imported,
                   reader.Read(std::move(columns),
                               format.names != TableFormat::Names::kFirstRow));
  const bool used = format.names == TableFormat::Names::kComment;
  if (const int64_t left = records.comments() - (used ? 1 : 0); left > 0) {
    imported.notes.push_back(
        absl::StrCat(left,
                     left == 1 ? " line that begins with # or % is"
                               : " lines that begin with # or % are",
                     " left out"));
  }
  const std::string how = Describe(format);
  imported.format = absl::StrCat("csv", file->gzip() ? " (gzip)" : "",
                                 how.empty() ? "" : ", ", how);
  return imported;
}

}  // namespace fathom::client
