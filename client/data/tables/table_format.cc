#include "client/data/tables/table_format.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/data/input_file.h"
#include "client/data/text.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

// How much of a table is looked at to find out how it is written.
constexpr size_t kMostBytes = size_t{64} << 10;
constexpr size_t kMostRows = 200;

// The delimiters in order of preference: each of them is rarer inside of cells
// than the next.
constexpr char kDelimiters[] = {'\t', ';', '|', ',', ' '};

using Row = std::vector<std::string>;

bool IsBlank(const Row& row) {
  return std::all_of(row.begin(), row.end(),
                     [](const std::string& cell) { return cell.empty(); });
}

// Returns the first rows of `head` without blank rows. Stops at a row that
// cannot be cut into cells.
std::vector<Row> Sample(absl::string_view head, const RecordStyle& style) {
  const bool goes_on = head.size() >= kMostBytes;
  head = head.substr(0, kMostBytes);
  // The last line may be incomplete.
  if (goes_on) head = head.substr(0, head.rfind('\n'));
  const std::unique_ptr<InputFile> text =
      InputFile::OfText("", std::string(head));
  CsvRecordReader records(text.get(), style);
  std::vector<Row> rows;
  while (rows.size() < kMostRows) {
    const absl::StatusOr<bool> more = records.Next();
    if (!more.ok() || !*more) break;
    Row row;
    for (const CsvRecordReader::Cell& cell : records.cells()) {
      row.emplace_back(cell.text);
    }
    if (!IsBlank(row)) rows.push_back(std::move(row));
  }
  return rows;
}

// Returns whether each row has exactly one cell more than the header, which
// then is the name of the row.
bool HasRowNames(const std::vector<Row>& rows) {
  return rows.size() > 1 && !rows[1].back().empty() &&
         std::all_of(rows.begin() + 1, rows.end(), [&](const Row& row) {
           return row.size() == rows[0].size() + 1;
         });
}

// Returns how many of the first rows have as many cells as the first row, or 0
// when that row has a single cell.
size_t Agreement(const std::vector<Row>& rows) {
  if (rows.empty() || rows[0].size() < 2) return 0;
  return static_cast<size_t>(std::count_if(
      rows.begin(), rows.end(),
      [&](const Row& row) { return row.size() == rows[0].size(); }));
}

// Returns whether a cell consists of several numbers with blanks between them.
bool HoldsNumbers(const std::string& cell) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(cell, ' ', absl::SkipEmpty());
  return words.size() > 1 &&
         std::all_of(words.begin(), words.end(), [](absl::string_view word) {
           return ParseNumber(word).has_value();
         });
}

char FindDelimiter(absl::string_view head, const RecordStyle& style) {
  char best = ',';
  size_t agreement = 0;
  for (const char delimiter : kDelimiters) {
    RecordStyle tried = style;
    tried.delimiter = delimiter;
    const std::vector<Row> rows = Sample(head, tried);
    // Such a tab is one of the blanks of a table that is separated by blanks.
    if (delimiter == '\t' && !rows.empty() &&
        absl::c_any_of(rows[0], HoldsNumbers)) {
      continue;
    }
    const size_t agree = HasRowNames(rows) ? rows.size() - 1 : Agreement(rows);
    // Where rows disagree, the table has an error, and is most likely separated
    // by commas.
    if (agree > agreement ||
        (agree == agreement && agree < rows.size() && delimiter == ',')) {
      best = delimiter;
      agreement = agree;
    }
  }
  return best;
}

// Returns whether `cell` is a number with a decimal comma. A comma that may
// separate thousands does not count.
bool HasDecimalComma(const std::string& cell) {
  if (std::count(cell.begin(), cell.end(), ',') != 1) return false;
  const size_t comma = cell.find(',');
  const absl::string_view whole =
      absl::StripPrefix(absl::string_view(cell).substr(0, comma), "-");
  const absl::string_view part = absl::string_view(cell).substr(comma + 1);
  const bool thousands = part.size() == 3 && !whole.empty() &&
                         whole.size() <= 3 && whole[0] != '0';
  return !thousands && ParseNumber(absl::StrCat(whole, ".", part)).has_value();
}

char FindDecimal(const std::vector<Row>& rows, char delimiter) {
  // Where commas separate cells, commas in quoted cells mostly separate
  // thousands.
  if (delimiter == ',') return '.';
  bool comma = false;
  for (const Row& row : rows) {
    for (const std::string& cell : row) {
      if (absl::StrContains(cell, '.') && ParseNumber(cell)) return '.';
      comma = comma || HasDecimalComma(cell);
    }
  }
  return comma ? ',' : '.';
}

// Returns whether a row is 0, 1, 2, ..., as the default names of columns in
// pandas are. The name of the index in front of them is empty.
bool CountsUp(const Row& row) {
  const size_t begin = row[0].empty() ? 1 : 0;
  if (row.size() < begin + 3) return false;
  for (size_t i = begin; i < row.size(); ++i) {
    if (row[i] != absl::StrCat(i - begin)) return false;
  }
  return true;
}

// Returns whether the first of `rows` holds names: a text above a column of
// numbers is the name of that column.
bool HasHeader(const std::vector<Row>& rows, const CellReader& cells) {
  const Row& first = rows[0];
  if (CountsUp(first)) return true;
  const bool any_number = std::any_of(
      first.begin(), first.end(),
      [&](const std::string& cell) { return cells.Number(cell).has_value(); });
  if (!any_number) return true;
  for (size_t i = 0; i < first.size(); ++i) {
    if (first[i].empty() || cells.Number(first[i]) ||
        cells.IsMissing(first[i])) {
      continue;
    }
    bool numbers = false;
    bool texts = false;
    for (size_t r = 1; r < rows.size(); ++r) {
      if (i >= rows[r].size() || cells.IsMissing(rows[r][i])) continue;
      (cells.Number(rows[r][i]) ? numbers : texts) = true;
    }
    if (numbers && !texts) return true;
  }
  return false;
}

// Returns the names in the last comment before the first row, if there are as
// many as cells in a row. numpy.savetxt writes such comments.
Row NamesInComment(absl::string_view head, RecordStyle style, size_t count) {
  const std::vector<Row> rows = Sample(head, style);
  style.comments = false;
  const std::vector<Row> all = Sample(head, style);
  for (size_t i = 0; i + 1 < all.size() && !rows.empty(); ++i) {
    if (all[i + 1] != rows[0]) continue;
    Row names = all[i];
    // Where blanks separate, the comment mark may be a cell of its own.
    if (names[0].size() == 1 && names.size() == count + 1) {
      names.erase(names.begin());
    } else if (names[0].size() > 1) {
      names[0] =
          std::string(absl::StripLeadingAsciiWhitespace(names[0].substr(1)));
    }
    return names.size() == count ? names : Row();
  }
  return {};
}

absl::StatusOr<char> ParseDelimiter(const std::string& text) {
  if (text == "tab") return '\t';
  if (text == "space" || text == " ") return ' ';
  const char c = text[0];
  const bool fits =
      text.size() == 1 && !absl::ascii_isalnum(c) && !absl::ascii_iscntrl(c) &&
      absl::string_view("\"+-.#%").find(c) == absl::string_view::npos;
  if (fits || text == "\t") return c;
  return absl::InvalidArgumentError(absl::StrCat(
      "delimiter: found ", QuoteText(text),
      ", expected one character such as ; or one of the words tab, space"));
}

}  // namespace

absl::StatusOr<TableFormat> FindTableFormat(const v1::DataImport& import,
                                            absl::string_view head) {
  TableFormat format;
  absl::ConsumePrefix(&head, "\xEF\xBB\xBF");
  if (import.delimiter().empty()) {
    format.style.delimiter = FindDelimiter(head, format.style);
  } else {
    ASSIGN_OR_RETURN(format.style.delimiter,
                     ParseDelimiter(import.delimiter()));
  }
  const std::vector<Row> rows = Sample(head, format.style);
  if (import.decimal().empty()) {
    format.decimal = FindDecimal(rows, format.style.delimiter);
  } else if (import.decimal() == "." || import.decimal() == ",") {
    format.decimal = import.decimal()[0];
  } else {
    return absl::InvalidArgumentError(absl::StrCat(
        "decimal: found ", QuoteText(import.decimal()), ", expected . or ,"));
  }
  if (rows.empty()) return format;
  const CellReader cells(import, format.decimal);
  const bool header =
      import.has_header() ? import.header() : HasHeader(rows, cells);
  format.row_names = header && HasRowNames(rows);
  if (header) return format;
  format.names = TableFormat::Names::kNone;
  if (import.has_header()) return format;
  format.comment_names = NamesInComment(head, format.style, rows[0].size());
  if (!format.comment_names.empty()) {
    format.names = TableFormat::Names::kComment;
  }
  return format;
}

std::string Describe(const TableFormat& format) {
  std::vector<std::string> parts;
  const char delimiter = format.style.delimiter;
  if (delimiter != ',') {
    parts.push_back(absl::StrCat(
        "separated by ", delimiter == ' '    ? "blanks"
                         : delimiter == '\t' ? "tabs"
                                             : std::string(1, delimiter)));
  }
  if (format.decimal == ',') parts.push_back("decimal commas");
  if (format.row_names) parts.push_back("names of rows left out");
  if (format.names == TableFormat::Names::kNone) {
    parts.push_back("no header: columns are called column_1, ...");
  } else if (format.names == TableFormat::Names::kComment) {
    parts.push_back("names from a comment");
  }
  return absl::StrJoin(parts, ", ");
}

CellReader::CellReader(const v1::DataImport& import, char decimal)
    : decimal_(decimal) {
  for (const std::string& mark : import.missing_value()) {
    marks_.push_back(mark);
    std::optional<double> number = Number(mark);
    if (!number) number = ParseNumber(mark);
    if (number) numbers_.push_back(*number);
  }
}

bool CellReader::IsMissing(absl::string_view text) const {
  constexpr absl::string_view kMarks[] = {"NA",   "N/A",  "NaN",
                                          "null", "<NA>", "#N/A"};
  // "none" without a capital is mostly a text like other texts.
  if (text.empty() || text == "?" || text == "None") return true;
  for (const absl::string_view mark : kMarks) {
    if (absl::EqualsIgnoreCase(text, mark)) return true;
  }
  if (marks_.empty()) return false;
  if (std::find(marks_.begin(), marks_.end(), text) != marks_.end()) {
    return true;
  }
  const std::optional<double> number = Number(text);
  return number &&
         std::find(numbers_.begin(), numbers_.end(), *number) != numbers_.end();
}

std::optional<double> CellReader::Number(absl::string_view text) const {
  if (decimal_ == '.') return ParseNumber(text);
  const size_t comma = text.find(',');
  if (comma == absl::string_view::npos) {
    // A point is not part of a number here, but of a date or of a group of
    // digits.
    if (absl::StrContains(text, '.')) return std::nullopt;
    return ParseNumber(text);
  }
  std::string point(text);
  point[comma] = '.';
  if (absl::StrContains(text, '.')) return std::nullopt;
  return ParseNumber(point);
}

bool CellReader::IsAlmostNumber(absl::string_view text) const {
  if (DescribeNumber(text) != QuoteText(text)) return true;
  absl::ConsumePrefix(&text, "$");
  absl::ConsumeSuffix(&text, "%");
  const std::string commas = absl::StrReplaceAll(text, {{",", ""}});
  if (ParseNumber(commas)) return true;
  // Points may separate thousands, but those in times and dates do not.
  std::vector<absl::string_view> groups = absl::StrSplit(text, '.');
  const bool thousands =
      groups.size() > 1 && groups[0].size() <= 3 &&
      std::all_of(groups.begin() + 1, groups.end() - 1,
                  [](absl::string_view group) { return group.size() == 3; }) &&
      groups.back().substr(0, groups.back().find(',')).size() == 3;
  return Number(text) ||
         (thousands &&
          Number(absl::StrReplaceAll(text, {{".", ""}})).has_value());
}

}  // namespace fathom::client
