#include "client/data/csv.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "client/data/csv_record.h"
#include "client/data/text.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

constexpr size_t kMaxNamesShown = 10;

enum class Role { kFeature, kTarget, kIgnored };

struct Column {
  std::string name;
  size_t offset = 0;  // In the header.
  Role role = Role::kFeature;
  size_t slot = 0;  // Position among the targets.
};

absl::StatusOr<char> ParseDelimiter(const std::string& text) {
  if (text.empty()) return ',';
  if (text == "tab") return '\t';
  const char c = text[0];
  const bool fits =
      text.size() == 1 && !absl::ascii_isalnum(c) && !absl::ascii_iscntrl(c) &&
      absl::string_view("\"+-.").find(c) == absl::string_view::npos;
  if (fits || text == "\t") return c;
  return absl::InvalidArgumentError(
      absl::StrCat("delimiter: found ", QuoteText(text),
                   ", expected one character such as ; or the word tab"));
}

// Whether a record says nothing: an empty line, or what a spreadsheet writes
// for an empty row.
bool IsBlank(const std::vector<CsvRecordReader::Cell>& cells) {
  return std::all_of(
      cells.begin(), cells.end(),
      [](const CsvRecordReader::Cell& cell) { return cell.text.empty(); });
}

// Reads one table. Kept for one call of Read.
class TableReader {
 public:
  TableReader(const v1::DataImport& import, char delimiter, InputFile* file)
      : import_(import),
        delimiter_(delimiter),
        file_(*file),
        records_(file, delimiter) {}

  absl::StatusOr<ImportedDataset> Read() {
    RETURN_IF_ERROR(ReadHeader());
    RETURN_IF_ERROR(AssignRoles());
    RETURN_IF_ERROR(ReadRows());
    return Finish();
  }

 private:
  absl::Status ReadHeader();
  absl::Status CheckName(const Column& column) const;
  absl::Status AssignRoles();
  absl::Status Assign(const std::string& name, Role role, size_t slot);
  std::string DescribeColumns() const;
  absl::Status ReadRows();
  absl::Status CheckCellCount() const;
  absl::Status TakeRow();
  ImportedDataset Finish();

  const v1::DataImport& import_;
  const char delimiter_;
  InputFile& file_;
  CsvRecordReader records_;
  std::vector<Column> columns_;
  absl::flat_hash_map<std::string, std::vector<size_t>> positions_;  // By name.
  Dataset dataset_;
};

absl::Status TableReader::ReadHeader() {
  bool more = true;
  do {
    ASSIGN_OR_RETURN(more, records_.Next());
  } while (more && IsBlank(records_.cells()));
  if (!more) {
    return ErrorAt(file_.path(), 1, 1, "an empty file",
                   "a header line with the names of the columns");
  }
  bool numbers = true;
  for (const CsvRecordReader::Cell& cell : records_.cells()) {
    columns_.push_back({std::string(cell.text), cell.offset});
    if (!ParseNumber(cell.text)) numbers = false;
  }
  if (numbers) {
    return records_.Error(0, absl::StrCat("the number ", columns_[0].name),
                          "a header line with the names of the columns");
  }
  if (columns_.size() == 1) {
    return records_.Error(
        0, absl::StrCat("one column, ", QuoteText(columns_[0].name)),
        absl::StrCat("at least two, with the delimiter ",
                     QuoteText(absl::string_view(&delimiter_, 1)),
                     " between them; set `delimiter` when it is another"));
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    positions_[columns_[i].name].push_back(i);
  }
  return absl::OkStatus();
}

absl::Status TableReader::CheckName(const Column& column) const {
  if (column.role == Role::kIgnored) return absl::OkStatus();
  const std::vector<size_t>& same = positions_.at(column.name);
  if (same.size() > 1) {
    return records_.Error(
        columns_[same[1]].offset,
        absl::StrCat("the name ", QuoteText(column.name), " of column ",
                     same[0] + 1, " again"),
        "different names, or this one among the columns to `ignore`");
  }
  if (column.name.empty()) {
    return records_.Error(column.offset, "a column without a name",
                          "a name, or \"\" among the columns to `ignore`");
  }
  if (!IsUtf8(column.name)) {
    return records_.Error(column.offset, QuoteText(column.name),
                          "a name in UTF-8");
  }
  return absl::OkStatus();
}

absl::Status TableReader::AssignRoles() {
  if (import_.target().empty()) {
    return records_.Error(0, "no target among the settings",
                          absl::StrCat("`target`, the name of at least one of ",
                                       DescribeColumns()));
  }
  for (const std::string& name : import_.ignore()) {
    RETURN_IF_ERROR(Assign(name, Role::kIgnored, 0));
  }
  for (int i = 0; i < import_.target_size(); ++i) {
    RETURN_IF_ERROR(Assign(import_.target(i), Role::kTarget, i));
  }
  for (const Column& column : columns_) RETURN_IF_ERROR(CheckName(column));
  const int64_t features =
      std::count_if(columns_.begin(), columns_.end(),
                    [](const Column& c) { return c.role == Role::kFeature; });
  if (features == 0) {
    return records_.Error(0, "only targets and ignored columns",
                          "at least one column as a feature");
  }
  RETURN_IF_ERROR(CheckSize(file_.path(), 1, features));
  dataset_.columns = static_cast<int32_t>(features);
  dataset_.targets = import_.target_size();
  return absl::OkStatus();
}

absl::Status TableReader::Assign(const std::string& name, Role role,
                                 size_t slot) {
  const absl::string_view what =
      role == Role::kTarget ? "target" : "column to ignore";
  const auto position = positions_.find(name);
  if (position == positions_.end()) {
    std::vector<std::string> names;
    for (const Column& column : columns_) names.push_back(column.name);
    const std::string near = NearestName(name, names);
    return records_.Error(
        0, absl::StrCat("no column ", QuoteText(name), " for the ", what),
        near.empty() ? absl::StrCat("one of ", DescribeColumns())
                     : absl::StrCat("a name of the header; did you mean ",
                                    QuoteText(near), "?"));
  }
  for (const size_t i : position->second) {
    Column& column = columns_[i];
    if (column.role != Role::kFeature) {
      return records_.Error(
          column.offset, absl::StrCat(QuoteText(name), " named a second time"),
          "each column once among `target` and `ignore`");
    }
    column.role = role;
    column.slot = slot;
  }
  return absl::OkStatus();
}

std::string TableReader::DescribeColumns() const {
  std::vector<std::string> names;
  for (const Column& column : columns_) {
    if (names.size() == kMaxNamesShown) break;
    names.push_back(QuoteText(column.name));
  }
  return absl::StrCat(absl::StrJoin(names, ", "),
                      names.size() < columns_.size()
                          ? absl::StrCat(" ... (", columns_.size(), " columns)")
                          : "");
}

absl::Status TableReader::ReadRows() {
  const int64_t limit =
      import_.rows() > 0 ? import_.rows() : std::numeric_limits<int64_t>::max();
  while (dataset_.rows < limit) {
    ASSIGN_OR_RETURN(const bool more, records_.Next());
    if (!more) break;
    if (IsBlank(records_.cells())) continue;
    RETURN_IF_ERROR(CheckCellCount());
    RETURN_IF_ERROR(TakeRow());
  }
  if (dataset_.rows > 0) return absl::OkStatus();
  return ErrorAt(file_.path(), file_.line_number() + 1, 1, "no rows",
                 "at least one after the header");
}

absl::Status TableReader::CheckCellCount() const {
  const std::vector<CsvRecordReader::Cell>& cells = records_.cells();
  if (cells.size() == columns_.size()) return absl::OkStatus();
  const size_t offset = cells.size() > columns_.size()
                            ? cells[columns_.size()].offset
                            : records_.end();
  return records_.Error(
      offset,
      absl::StrCat(cells.size(), cells.size() == 1 ? " cell" : " cells"),
      absl::StrCat(columns_.size(), " as in the header"));
}

absl::Status TableReader::TakeRow() {
  RETURN_IF_ERROR(CheckSize(file_.path(), dataset_.rows + 1, dataset_.columns));
  const size_t y_begin = dataset_.y.size();
  dataset_.y.resize(y_begin + dataset_.targets);
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    if (column.role == Role::kIgnored) continue;
    const CsvRecordReader::Cell& cell = records_.cells()[i];
    const std::optional<double> value = ParseNumber(cell.text);
    if (!value) {
      return records_.Error(
          cell.offset, DescribeNumber(cell.text),
          absl::StrCat("a number in column ", QuoteText(column.name)));
    }
    if (column.role == Role::kFeature) {
      dataset_.x.push_back(*value);
    } else {
      dataset_.y[y_begin + column.slot] = *value;
    }
  }
  ++dataset_.rows;
  return absl::OkStatus();
}

ImportedDataset TableReader::Finish() {
  ImportedDataset imported{.dataset = std::move(dataset_),
                           .format = file_.gzip() ? "csv (gzip)" : "csv"};
  for (const Column& column : columns_) {
    if (column.role == Role::kFeature) imported.columns.push_back(column.name);
  }
  imported.targets.assign(import_.target().begin(), import_.target().end());
  return imported;
}

}  // namespace

absl::StatusOr<ImportedDataset> ReadCsv(const v1::DataImport& import,
                                        InputFile* file) {
  ASSIGN_OR_RETURN(const char delimiter, ParseDelimiter(import.delimiter()));
  return TableReader(import, delimiter, file).Read();
}

}  // namespace fathom
