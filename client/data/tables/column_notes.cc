#include "client/data/tables/column_notes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/data/tables/dates.h"
#include "client/data/text.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr size_t kMostNamesInNote = 5;
constexpr size_t kMostNamesInList = 20;
constexpr size_t kMostMarksNoted = 3;
// In a single column a suspected number must be in at least kLeastHoles rows,
// and in at least one of kRowsPerHole rows.
constexpr int64_t kLeastHoles = 3;
constexpr int64_t kRowsPerHole = 100;
// With fewer rows many columns count the rows by chance.
constexpr int64_t kLeastRowsCounted = 10;
// Fewer integers than this may all differ by chance.
constexpr int64_t kLeastNumbersOfRows = 20;
constexpr double kLargestInteger = 9007199254740992;  // 2^53.

bool IsInteger(double value) {
  return std::abs(value) < kLargestInteger && std::floor(value) == value;
}

std::string NamesText(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() == kMostNamesInNote) break;
    shown.push_back(QuoteText(name));
  }
  return absl::StrCat(absl::StrJoin(shown, ", "),
                      names.size() > shown.size() ? ", ..." : "");
}

// Returns the setting of a spec that leaves out the columns.
std::string IgnoreText(std::vector<std::string> names) {
  const bool more = names.size() > kMostNamesInList;
  if (more) names.resize(kMostNamesInList);
  const auto quoted = [](std::string* out, const std::string& name) {
    const bool plain =
        !name.empty() &&
        absl::c_all_of(name,
                       [](unsigned char c) {
                         return absl::ascii_isalnum(c) || c == '_' || c == ' ';
                       }) &&
        absl::ascii_isalpha(static_cast<unsigned char>(name[0]));
    out->append(plain ? name : QuoteText(name));
  };
  return absl::StrCat("`ignore: [", absl::StrJoin(names, ", ", quoted),
                      more ? ", ...]`" : "]`");
}

// The numbers of one column within the numbers of all rows.
struct NumberColumn {
  std::string name;
  const double* first = nullptr;
  size_t stride = 1;
  bool feature = false;

  double at(int64_t row) const {
    return first[static_cast<size_t>(row) * stride];
  }
};

// Returns the features and targets for which `wanted` is true.
template <typename Wanted>
std::vector<NumberColumn> ColumnsWhere(const std::vector<Column>& columns,
                                       const Dataset& dataset, Wanted wanted) {
  std::vector<NumberColumn> chosen;
  size_t feature = 0;
  for (const Column& column : columns) {
    const bool is_feature = column.role == Column::Role::kFeature;
    const size_t place = is_feature ? feature++ : column.slot;
    if (!is_feature && column.role != Column::Role::kTarget) continue;
    if (!wanted(column)) continue;
    chosen.push_back(
        {column.name, (is_feature ? dataset.x : dataset.y).data() + place,
         static_cast<size_t>(is_feature ? dataset.columns : dataset.targets),
         is_feature});
  }
  return chosen;
}

// The following functions look for numbers that may stand for a missing value.

// Returns whether a number consists of nines, as numbers do that people choose
// because they cannot occur: 99, 9999, 99.9.
bool IsAllNines(double value) {
  const std::string text = NumberText(value);
  return absl::c_count(text, '9') >= 2 &&
         text.find_first_not_of("9.") == std::string::npos;
}

// The least or greatest number of a column, which may stand for no value if its
// distance to the next value is larger than the distance of all other values
// from each other.
struct End {
  size_t column = 0;  // Position in the list of columns.
  double value = 0;
  bool least = false;
  int64_t rows = 0;      // Number of rows with the value.
  double nearest = 0;    // The other value nearest to it.
  double farthest = 0;   // The other value farthest from it.
  bool between = false;  // Other values lie between the two.
};

// Returns the ends of columns that look like marks of missing values, judged by
// these numbers alone.
std::vector<End> MarkedEnds(const std::vector<NumberColumn>& columns,
                            int64_t rows) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<std::pair<double, double>> ranges(columns.size(),
                                                {kInfinity, -kInfinity});
  for (int64_t row = 0; row < rows; ++row) {
    for (size_t j = 0; j < columns.size(); ++j) {
      const double value = columns[j].at(row);
      ranges[j].first = std::min(ranges[j].first, value);
      ranges[j].second = std::max(ranges[j].second, value);
    }
  }
  std::vector<End> ends;
  for (size_t j = 0; j < columns.size(); ++j) {
    const auto [min, max] = ranges[j];
    if (min < 0 && IsInteger(min)) {
      ends.push_back({.column = j,
                      .value = min,
                      .least = true,
                      .nearest = kInfinity,
                      .farthest = -kInfinity});
    }
    if (IsAllNines(max)) {
      ends.push_back({.column = j,
                      .value = max,
                      .nearest = -kInfinity,
                      .farthest = kInfinity});
    }
  }
  return ends;
}

// Fills in what `ends` say about the other values of their columns.
void CompareEnds(const std::vector<NumberColumn>& columns, int64_t rows,
                 std::vector<End>* ends) {
  for (int64_t row = 0; row < rows; ++row) {
    for (End& end : *ends) {
      const double value = columns[end.column].at(row);
      if (value == end.value) {
        ++end.rows;
        continue;
      }
      const double near = end.nearest;
      const double far = end.farthest;
      end.nearest = end.least ? std::min(near, value) : std::max(near, value);
      end.farthest = end.least ? std::max(far, value) : std::min(far, value);
      // The value that was nearest or farthest so far may now lie between.
      for (const double other : {value, near, far}) {
        end.between =
            end.between || (std::isfinite(other) && other != end.nearest &&
                            other != end.farthest);
      }
    }
  }
}

bool IsFarOff(const End& end) {
  // Columns that are scaled to [-1, 1] all have -1 as their least value.
  if (end.value == -1 && end.farthest <= 1) return false;
  return end.between && std::abs(end.nearest - end.value) >
                            std::abs(end.farthest - end.nearest);
}

// Returns whether columns that end in the same number do so to mark missing
// values.
bool IsMark(const std::vector<End>& same, int64_t rows) {
  int64_t far_off = 0;
  bool often = false;
  for (const End& end : same) {
    if (!IsFarOff(end)) continue;
    ++far_off;
    often =
        often || (end.rows >= kLeastHoles && end.rows * kRowsPerHole >= rows);
  }
  return far_off >= 2 || often;
}

// Returns which columns end in the same number, and in how many rows they do.
std::string MarkText(const std::vector<NumberColumn>& columns, int64_t rows,
                     const std::vector<End>& same) {
  const double value = same[0].value;
  int64_t holes = 0;
  for (int64_t row = 0; row < rows; ++row) {
    holes += absl::c_any_of(same, [&](const End& end) {
      return columns[end.column].at(row) == value;
    });
  }
  std::vector<std::string> names;
  for (const End& end : same) names.push_back(columns[end.column].name);
  const std::string number = NumberText(value);
  return absl::StrCat(
      "found ", number, " as the ", same[0].least ? "least" : "greatest",
      " value of ",
      names.size() == 1
          ? absl::StrCat("column ", NamesText(names))
          : absl::StrCat(names.size(), " columns (", NamesText(names), ")"),
      " in ", holes, holes == 1 ? " row" : " rows",
      ", far from the others; if it stands for a missing value: "
      "`missing_value: ",
      number, "` and `missing: drop`");
}

void NoteMarks(const std::vector<NumberColumn>& columns, int64_t rows,
               std::vector<std::string>* notes) {
  std::vector<End> ends = MarkedEnds(columns, rows);
  CompareEnds(columns, rows, &ends);
  std::map<std::pair<double, bool>, std::vector<End>> by_value;
  for (const End& end : ends) {
    by_value[{end.value, end.least}].push_back(end);
  }
  // A number that is a mark in some columns is one in the other columns that
  // end in it, too.
  std::vector<std::vector<End>> marks;
  for (auto& [value, same] : by_value) {
    if (IsMark(same, rows)) marks.push_back(std::move(same));
  }
  std::stable_sort(
      marks.begin(), marks.end(),
      [](const auto& a, const auto& b) { return a.size() > b.size(); });
  if (marks.size() > kMostMarksNoted) marks.resize(kMostMarksNoted);
  for (const std::vector<End>& same : marks) {
    notes->push_back(MarkText(columns, rows, same));
  }
}

// The following functions look for names of rows.

bool CountsRows(const NumberColumn& column, int64_t rows) {
  if (rows < kLeastRowsCounted || !IsInteger(column.at(0))) return false;
  for (int64_t row = 1; row < rows; ++row) {
    if (column.at(row) != column.at(row - 1) + 1) return false;
  }
  return true;
}

bool HasNameOfRows(absl::string_view name) {
  const std::string lower =
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(name));
  for (const absl::string_view known :
       {"id", "index", "idx", "no", "no.", "nr", "nr.", "number", "instant"}) {
    if (lower == known) return true;
  }
  // pandas calls an index without a name "unnamed: ..."; "column_1" is what the
  // first column is called here when the table has no names.
  return absl::StartsWith(lower, "unnamed: ") || absl::EndsWith(lower, "_id") ||
         absl::EndsWith(lower, " id") || lower == "column_1";
}

bool AllDiffer(const NumberColumn& column, int64_t rows) {
  if (rows < kLeastNumbersOfRows) return false;
  std::vector<double> values(static_cast<size_t>(rows));
  for (int64_t row = 0; row < rows; ++row) {
    values[static_cast<size_t>(row)] = column.at(row);
    if (!IsInteger(column.at(row))) return false;
  }
  absl::c_sort(values);
  return std::adjacent_find(values.begin(), values.end()) == values.end();
}

void NoteNamesOfRows(const std::vector<NumberColumn>& columns, int64_t rows,
                     std::vector<std::string>* notes) {
  std::vector<std::string> counting;
  std::vector<std::string> different;
  for (const NumberColumn& column : columns) {
    if (!column.feature) continue;
    if (CountsRows(column, rows)) {
      counting.push_back(column.name);
    } else if (HasNameOfRows(column.name) && AllDiffer(column, rows)) {
      different.push_back(column.name);
    }
  }
  const auto note = [&](const std::vector<std::string>& names,
                        absl::string_view one, absl::string_view several) {
    if (names.empty()) return;
    notes->push_back(absl::StrCat(
        names.size() == 1 ? "column " : "columns ", NamesText(names),
        names.size() == 1 ? one : several, IgnoreText(names)));
  };
  note(counting, " counts the rows: if it is no feature, ",
       " count the rows: if they are no features, ");
  note(different, " has another integer in each row: if it is no feature, ",
       " have another integer in each row: if they are no features, ");
}

// The following functions look for dates and times.

// Returns whether all numbers are days written as one number, such as 20160111.
bool HoldsDays(const NumberColumn& column, int64_t rows) {
  for (int64_t row = 0; row < rows; ++row) {
    const double value = column.at(row);
    if (!(value >= 19000101 && value <= 21001231) || !IsInteger(value)) {
      return false;
    }
    const auto digits = static_cast<int>(value);
    if (!IsMonthAndDay(digits / 100 % 100, digits % 100)) return false;
  }
  return true;
}

void NoteDates(const std::vector<Column>& columns,
               const std::vector<NumberColumn>& numbers, int64_t rows,
               std::vector<std::string>* notes) {
  std::vector<std::string> names;
  std::string example;
  for (const Column& column : columns) {
    if (column.role != Column::Role::kFeature || column.texts.empty() ||
        !absl::c_all_of(column.texts, IsDateOrTime)) {
      continue;
    }
    names.push_back(column.name);
    if (example.empty()) example = column.texts[0];
  }
  if (!names.empty()) {
    notes->push_back(absl::StrCat(
        "dates and times, such as ", QuoteText(example), " in column ",
        QuoteText(names[0]), ", are categories, each of its own; ",
        IgnoreText(names), " leaves them out"));
  }
  names.clear();
  for (const NumberColumn& column : numbers) {
    if (!column.feature || !HoldsDays(column, rows)) continue;
    names.push_back(column.name);
    if (names.size() == 1) example = NumberText(column.at(0));
  }
  if (names.empty()) return;
  notes->push_back(absl::StrCat("dates, such as ", example, " in column ",
                                QuoteText(names[0]),
                                ", are read as numbers, which are no amounts; ",
                                IgnoreText(names), " leaves them out"));
}

}  // namespace

std::vector<std::string> ColumnNotes(const std::vector<Column>& columns,
                                     const Dataset& dataset) {
  std::vector<std::string> notes;
  const std::vector<NumberColumn> numbers =
      ColumnsWhere(columns, dataset, [](const Column& column) {
        return column.kind == Column::Kind::kNumbers;
      });
  NoteMarks(numbers, dataset.rows, &notes);
  // The only feature of a table cannot be left out.
  if (dataset.columns > 1) {
    NoteNamesOfRows(numbers, dataset.rows, &notes);
    NoteDates(columns, numbers, dataset.rows, &notes);
  }
  return notes;
}

}  // namespace fathom::client
