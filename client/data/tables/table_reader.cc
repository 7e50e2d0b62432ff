#include "client/data/tables/table_reader.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "client/data/tables/column_notes.h"
#include "client/data/tables/dates.h"
#include "client/data/text.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

using Cell = CsvRecordReader::Cell;
using Role = Column::Role;
using Kind = Column::Kind;

constexpr size_t kMostLinesShown = 5;
constexpr size_t kMostTextsShown = 8;

// Returns whether a record is an empty line, or what a spreadsheet writes for
// an empty row.
bool IsBlank(const std::vector<Cell>& cells) {
  return std::all_of(cells.begin(), cells.end(),
                     [](const Cell& cell) { return cell.text.empty(); });
}

std::string Shown(std::vector<std::string> texts) {
  const size_t count = texts.size();
  if (count > kMostTextsShown) texts.resize(kMostTextsShown);
  for (std::string& text : texts) text = Excerpt(text);
  return absl::StrCat(absl::StrJoin(texts, ", "),
                      count > kMostTextsShown ? ", ..." : "");
}

}  // namespace

absl::StatusOr<ImportedDataset> TableReader::Read(std::vector<Column> columns,
                                                  bool at_row) {
  columns_ = std::move(columns);
  missing_.resize(columns_.size());
  Dataset& dataset = imported_.dataset;
  for (const Column& column : columns_) {
    dataset.columns += column.role == Role::kFeature ? 1 : 0;
    dataset.targets += column.role == Role::kTarget ? 1 : 0;
  }
  RETURN_IF_ERROR(CheckSize(file_.path(), 1, dataset.columns));
  const int64_t limit =
      import_.rows() > 0 ? import_.rows() : std::numeric_limits<int64_t>::max();
  while (dataset.rows < limit) {
    if (!at_row) {
      ASSIGN_OR_RETURN(at_row, records_.Next());
      if (!at_row) break;
    }
    at_row = false;
    if (!IsBlank(records_.cells())) RETURN_IF_ERROR(TakeRow());
  }
  RETURN_IF_ERROR(CheckEmptyColumns());
  RETURN_IF_ERROR(CheckHoles());
  RETURN_IF_ERROR(CheckRows());
  NoteRows();
  // Numbers and dates that only name places need no notes.
  if (texts_ == Texts::kFeatures) {
    absl::c_move(ColumnNotes(columns_, dataset),
                 std::back_inserter(imported_.notes));
  }
  EncodeTargets();
  RETURN_IF_ERROR(EncodeFeatures());
  return std::move(imported_);
}

absl::Status TableReader::TakeRow() {
  Dataset& dataset = imported_.dataset;
  RETURN_IF_ERROR(CheckSize(file_.path(), dataset.rows + 1, dataset.columns));
  RETURN_IF_ERROR(CheckCellCount());
  ++records_taken_;
  const std::vector<Cell>& cells = records_.cells();
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].role != Role::kNameless) continue;
    RETURN_IF_ERROR(CheckNameless(columns_[i], cells[i]));
  }
  if (HasHole()) return absl::OkStatus();
  const size_t y_begin = dataset.y.size();
  dataset.y.resize(y_begin + dataset.targets);
  for (size_t i = 0; i < columns_.size(); ++i) {
    Column& column = columns_[i];
    if (column.role != Role::kFeature && column.role != Role::kTarget) continue;
    ASSIGN_OR_RETURN(const double value, ValueOf(column, cells[i]));
    if (column.role == Role::kFeature) {
      dataset.x.push_back(value);
    } else {
      dataset.y[y_begin + column.slot] = value;
    }
  }
  ++dataset.rows;
  return absl::OkStatus();
}

absl::Status TableReader::CheckCellCount() const {
  const std::vector<Cell>& cells = records_.cells();
  size_t count = cells.size();
  while (count > columns_.size() && cells[count - 1].text.empty()) --count;
  if (count == columns_.size()) return absl::OkStatus();
  return records_.Error(
      count > columns_.size() ? cells[columns_.size()].offset : records_.end(),
      absl::StrCat(cells.size(), cells.size() == 1 ? " cell" : " cells"),
      absl::StrCat(columns_.size(), " as in the header"));
}

absl::Status TableReader::CheckNameless(Column& column, const Cell& cell) {
  const std::optional<double> number = ParseNumber(cell.text);
  if (records_taken_ == 1 && number && (*number == 0 || *number == 1)) {
    column.kind = Kind::kNumbers;
    column.first_line = static_cast<int64_t>(*number);
  }
  const bool counts =
      column.kind == Kind::kNumbers && number &&
      *number == static_cast<double>(column.first_line + records_taken_ - 1);
  const bool empty = column.kind == Kind::kUnknown && cell.text.empty();
  if (counts || empty) return absl::OkStatus();
  return records_.Error(
      cell.offset,
      absl::StrCat(QuoteText(cell.text), " in a column without a name"),
      column.kind == Kind::kNumbers
          ? absl::StrCat("the number of the row, ",
                         column.first_line + records_taken_ - 1,
                         ", as above, or \"\" among the columns to `ignore`")
          : "a name in the header, or \"\" among the columns to `ignore`");
}

bool TableReader::HasHole() {
  bool hole = false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    if (column.role != Role::kFeature && column.role != Role::kTarget) continue;
    const Cell& cell = records_.cells()[i];
    if (!cells_.IsMissing(cell.text)) continue;
    ++missing_[i];
    if (hole) continue;
    hole = true;
    if (holes_++ == 0) {
      hole_ = records_.Error(
          cell.offset,
          absl::StrCat(cell.text.empty() ? "nothing" : Excerpt(cell.text),
                       " in column ", QuoteText(column.name)),
          absl::StrCat(
              "a ", column.kind == Kind::kTexts ? "text" : "number",
              "; `missing: drop` leaves out rows with missing values"));
    } else if (hole_lines_.size() < kMostLinesShown) {
      hole_lines_.push_back(records_.line());
    }
  }
  return hole;
}

// A column without values spoils every row, so that an error names it alone.
absl::Status TableReader::CheckEmptyColumns() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (records_taken_ > 1 && missing_[i] == records_taken_) {
      names.push_back(QuoteText(columns_[i].name));
    }
  }
  if (names.empty()) return absl::OkStatus();
  const bool one = names.size() == 1;
  const size_t more = names.size() - std::min(names.size(), kMostTextsShown);
  names.resize(names.size() - more);
  return absl::InvalidArgumentError(absl::StrCat(
      file_.path(), ": found no value at all in column", one ? " " : "s ",
      absl::StrJoin(names, ", "),
      more > 0 ? absl::StrCat(" and ", more, " more") : "", ", expected ",
      one ? "it" : "them", " among the columns to `ignore`"));
}

absl::StatusOr<double> TableReader::ValueOf(Column& column, const Cell& cell) {
  const std::optional<double> number = cells_.Number(cell.text);
  if (column.kind == Kind::kUnknown) {
    const bool numbers =
        !column.categorical && (number || cells_.IsAlmostNumber(cell.text));
    column.kind = numbers ? Kind::kNumbers : Kind::kTexts;
    column.first_line = records_.line();
  }
  if (column.kind == Kind::kNumbers && number) return *number;
  const bool text =
      column.categorical || (!number && !cells_.IsAlmostNumber(cell.text));
  if (column.kind == Kind::kTexts && text) return PlaceOf(column, cell);
  return WrongKind(column, cell);
}

absl::StatusOr<double> TableReader::PlaceOf(Column& column, const Cell& cell) {
  const std::optional<double> number = cells_.Number(cell.text);
  // 1 and 1.0 are the same text, unless the file itself lists its texts.
  const std::string text = number && !column.declared
                               ? NumberText(*number == 0 ? 0 : *number)
                               : std::string(cell.text);
  const auto known = column.places.find(text);
  if (known != column.places.end()) return static_cast<double>(known->second);
  if (column.declared) {
    return records_.Error(
        cell.offset, QuoteText(text),
        absl::StrCat("one of the values of ", QuoteText(column.name), " (",
                     Shown(column.texts), ")"));
  }
  if (!IsUtf8(text)) {
    return records_.Error(cell.offset, QuoteText(text),
                          "a text in UTF-8, as `iconv -f LATIN1 -t UTF-8 FILE` "
                          "writes it");
  }
  const bool free = column.role == Role::kFeature && !column.categorical;
  const size_t most = free ? kMostTexts : kMostCategories;
  if (column.texts.size() == most) {
    const bool dates = absl::c_all_of(column.texts, IsDateOrTime);
    return records_.Error(
        cell.offset,
        absl::StrCat("more than ", most, " different texts in column ",
                     QuoteText(column.name)),
        free && dates ? "no dates or times, as there is no way to train on "
                        "them; `ignore` leaves the column out"
        : free
            ? absl::StrCat("fewer: a text becomes a feature; `ignore` leaves "
                           "the column out, `categorical` takes up to ",
                           kMostCategories)
            : "fewer");
  }
  column.places.emplace(text, column.texts.size());
  column.texts.push_back(text);
  return static_cast<double>(column.texts.size() - 1);
}

absl::Status TableReader::WrongKind(const Column& column,
                                    const Cell& cell) const {
  const std::string name = QuoteText(column.name);
  if (column.kind == Kind::kNumbers || !cells_.Number(cell.text)) {
    const bool mark = cells_.IsAlmostNumber(cell.text);
    return records_.Error(
        cell.offset, DescribeNumber(cell.text),
        absl::StrCat(
            mark ? "a plain number in column " : "a number in column ", name,
            !mark ? "; `ignore` leaves the column out, `categorical` takes its "
                    "texts, `missing_value` names what stands for none"
            : absl::StrContains(cell.text, ',')
                ? "; `decimal` says what its mark is, groups are not read"
                : ""));
  }
  // A text that stands only in the first row is the unit of the numbers below.
  const std::string where = absl::StrCat(", as ", QuoteText(column.texts[0]),
                                         " on line ", column.first_line);
  const bool units =
      records_taken_ == 2 && !column.categorical &&
      absl::c_none_of(columns_, [](const Column& other) {
        return other.role != Role::kNameless && other.kind == Kind::kNumbers;
      });
  if (units) {
    return records_.Error(
        cell.offset, absl::StrCat("the number ", cell.text),
        absl::StrCat("a text in column ", name, where, "; line ",
                     column.first_line,
                     " looks like units: without that line the table can be "
                     "read"));
  }
  return records_.Error(
      cell.offset, absl::StrCat("the number ", cell.text),
      absl::StrCat("a text in column ", name, where,
                   "; `ignore` leaves the column out, `categorical` takes "
                   "both, `missing_value` names what stands for none"));
}

absl::Status TableReader::CheckHoles() const {
  if (holes_ == 0 || import_.missing() == v1::MISSING_CELLS_DROP) {
    return absl::OkStatus();
  }
  if (holes_ == 1) return hole_;
  const bool more = static_cast<int64_t>(hole_lines_.size()) < holes_ - 1;
  return absl::InvalidArgumentError(absl::StrCat(
      hole_.message(), "; ", holes_, " rows have some, next on line",
      hole_lines_.size() > 1 ? "s " : " ", absl::StrJoin(hole_lines_, ", "),
      more ? ", ..." : ""));
}

absl::Status TableReader::CheckRows() const {
  if (imported_.dataset.rows > 0) return absl::OkStatus();
  return ErrorAt(
      file_.path(), file_.line_number() + 1, 1,
      holes_ > 0 ? absl::StrCat(holes_, " rows with missing values")
                 : "no rows",
      holes_ > 0 ? "at least one without" : "at least one after the header");
}

void TableReader::NoteRows() {
  std::vector<std::string>& notes = imported_.notes;
  int empty = 0;
  for (const Column& column : columns_) {
    if (column.role != Role::kNameless) continue;
    if (column.kind == Kind::kNumbers) {
      notes.push_back(
          "the column without a name, the number of the row, is "
          "left out");
    } else {
      ++empty;
    }
  }
  if (empty > 0) {
    notes.push_back(absl::StrCat(empty,
                                 empty == 1
                                     ? " empty column without a name is"
                                     : " empty columns without a name are",
                                 " left out"));
  }
  if (holes_ > 0) {
    notes.push_back(absl::StrCat(holes_,
                                 holes_ == 1 ? " row with a missing value is"
                                             : " rows with missing values are",
                                 " left out"));
  }
}

void TableReader::EncodeTargets() {
  Dataset& dataset = imported_.dataset;
  imported_.targets.assign(import_.target().begin(), import_.target().end());
  for (const Column& column : columns_) {
    if (column.role != Role::kTarget || column.kind != Kind::kTexts) continue;
    imported_.classes.resize(static_cast<size_t>(dataset.targets));
    imported_.classes[column.slot] = TextsInOrder(column);
    const std::vector<size_t> values = ValuesOf(column);
    for (int64_t row = 0; row < dataset.rows; ++row) {
      double& y = dataset.y[row * dataset.targets + column.slot];
      y = static_cast<double>(values[static_cast<size_t>(y)]);
    }
  }
}

absl::Status TableReader::EncodeFeatures() {
  struct Source {
    bool texts = false;  // One feature for each text.
    bool ranks = false;
    std::vector<size_t> values = {};
  };
  Dataset& dataset = imported_.dataset;
  std::vector<Source> sources;
  bool plain = true;
  int64_t width = 0;
  for (const Column& column : columns_) {
    if (column.role != Role::kFeature) continue;
    Source source;
    if (column.kind == Kind::kTexts) {
      plain = false;
      source.ranks = texts_ == Texts::kRanks || HoldsFlags(column);
      source.texts = !source.ranks;
      source.values = ValuesOf(column);
    }
    if (source.texts) {
      const std::vector<std::string> texts = TextsInOrder(column);
      for (const std::string& text : texts) {
        imported_.columns.push_back(absl::StrCat(column.name, "=", text));
      }
      imported_.notes.push_back(absl::StrCat(
          "column ", QuoteText(column.name), " of texts is ", texts.size(),
          texts.size() == 1 ? " feature" : " features",
          ", one for each of: ", Shown(texts)));
      width += static_cast<int64_t>(texts.size());
    } else {
      if (source.ranks && texts_ != Texts::kRanks) {
        imported_.notes.push_back(absl::StrCat(
            "column ", QuoteText(column.name), " is 1 for true, 0 for false"));
      }
      imported_.columns.push_back(column.name);
      ++width;
    }
    sources.push_back(std::move(source));
  }
  if (plain) return absl::OkStatus();
  RETURN_IF_ERROR(CheckSize(file_.path(), dataset.rows, width));
  std::vector<double> x(static_cast<size_t>(dataset.rows * width));
  const double* from = dataset.x.data();
  double* to = x.data();
  for (int64_t row = 0; row < dataset.rows; ++row) {
    for (const Source& source : sources) {
      const double value = *from++;
      if (!source.texts && !source.ranks) {
        *to++ = value;
        continue;
      }
      const size_t code = source.values[static_cast<size_t>(value)];
      if (source.ranks) {
        *to++ = static_cast<double>(code);
      } else {
        to[code] = 1;
        to += source.values.size();
      }
    }
  }
  dataset.x = std::move(x);
  dataset.columns = static_cast<int32_t>(width);
  return absl::OkStatus();
}

}  // namespace fathom::client
