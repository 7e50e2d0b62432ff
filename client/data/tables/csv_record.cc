#include "client/data/tables/csv_record.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/data/text.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr size_t kNone = absl::string_view::npos;

constexpr absl::string_view kBlankBytes = " \t";

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

absl::string_view Trim(absl::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string Unquoted(absl::string_view text, char quote, bool backslashes) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (i + 1 < text.size() && c == quote && text[i + 1] == quote) {
      ++i;
    } else if (i + 1 < text.size() && backslashes && c == '\\') {
      c = text[++i];
      c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
    }
    out.push_back(c);
  }
  return out;
}

absl::StatusOr<bool> CsvRecordReader::Next() {
  while (true) {
    ASSIGN_OR_RETURN(const bool more, file_.NextLine(&record_));
    if (!more) return false;
    if (!IsComment()) break;
    ++comments_;
  }
  line_ = file_.line_number();
  cells_.clear();
  if (!HasQuotes()) {
    SplitPlain();
    return true;
  }
  if (style_.other_quote == '\0') RETURN_IF_ERROR(JoinLines());
  RETURN_IF_ERROR(SplitQuoted());
  return true;
}

bool CsvRecordReader::IsComment() const {
  if (!style_.comments) return false;
  const size_t first = record_.find_first_not_of(kBlankBytes);
  if (first == kNone) return false;
  // Excel writes #N/A for a missing value, which begins like a comment.
  if (absl::StartsWith(record_.substr(first), "#N/A")) return false;
  return record_[first] == '#' || record_[first] == '%';
}

bool CsvRecordReader::IsQuote(char c) const {
  return c == style_.quote || (c == style_.other_quote && c != '\0');
}

bool CsvRecordReader::HasQuotes() const {
  return record_.find(style_.quote) != kNone ||
         (style_.other_quote != '\0' &&
          record_.find(style_.other_quote) != kNone);
}

bool CsvRecordReader::HasOddQuotes(absl::string_view text) const {
  return std::count(text.begin(), text.end(), style_.quote) % 2 != 0;
}

// Quotes come in pairs, whether they open and close a cell or stand for one
// quote. So a record goes on while the number of its quotes is odd.
absl::Status CsvRecordReader::JoinLines() {
  joined_.assign(record_.data(), record_.size());
  bool open = HasOddQuotes(joined_);
  while (open && joined_.size() <= kMaxLineBytes) {
    absl::string_view line;
    ASSIGN_OR_RETURN(const bool more, file_.NextLine(&line));
    if (!more) break;
    if (HasOddQuotes(line)) open = false;
    absl::StrAppend(&joined_, "\n", line);
  }
  record_ = joined_;
  return absl::OkStatus();
}

size_t CsvRecordReader::FindEnd(size_t begin) const {
  return style_.delimiter == ' ' ? record_.find_first_of(kBlankBytes, begin)
                                 : record_.find(style_.delimiter, begin);
}

size_t CsvRecordReader::BeginAfter(size_t end) const {
  if (end == kNone || style_.delimiter != ' ') {
    return end == kNone ? kNone : end + 1;
  }
  return record_.find_first_not_of(kBlankBytes, end);
}

size_t CsvRecordReader::FirstBegin() const {
  if (style_.delimiter != ' ') return 0;
  return std::min(record_.find_first_not_of(kBlankBytes), record_.size());
}

void CsvRecordReader::SplitPlain() {
  for (size_t begin = FirstBegin(); begin != kNone;) {
    const size_t end = FindEnd(begin);
    cells_.push_back({Trim(record_.substr(begin, end - begin)), begin});
    begin = BeginAfter(end);
  }
}

absl::Status CsvRecordReader::SplitQuoted() {
  unescaped_.clear();
  for (size_t begin = FirstBegin(); begin != kNone;) {
    size_t quote = begin;
    while (quote < record_.size() && IsBlank(record_[quote]) &&
           record_[quote] != style_.delimiter) {
      ++quote;
    }
    size_t end = kNone;
    if (quote < record_.size() && IsQuote(record_[quote])) {
      ASSIGN_OR_RETURN(end, TakeQuotedCell(quote));
    } else {
      end = FindEnd(begin);
      const absl::string_view cell = record_.substr(begin, end - begin);
      const auto* const stray = std::find_if(
          cell.begin(), cell.end(), [&](char c) { return IsQuote(c); });
      if (stray != cell.end()) {
        return Error(begin + static_cast<size_t>(stray - cell.begin()),
                     "a quote inside a cell without quotes",
                     "the whole cell in quotes and this one written twice");
      }
      cells_.push_back({Trim(cell), begin});
    }
    begin = BeginAfter(end);
  }
  return absl::OkStatus();
}

// Returns the position of the quote that closes the one at `begin`, or npos.
// `escaped` becomes true when something between the two is escaped.
size_t CsvRecordReader::FindClose(size_t begin, bool* escaped) const {
  const char quote = record_[begin];
  const bool backslashes = style_.other_quote != '\0';
  for (size_t i = begin + 1; i < record_.size(); ++i) {
    if (backslashes && record_[i] == '\\') {
      *escaped = true;
      ++i;
      continue;
    }
    if (record_[i] != quote) continue;
    if (i + 1 == record_.size() || record_[i + 1] != quote) return i;
    *escaped = true;
    ++i;
  }
  return kNone;
}

// Takes the cell whose opening quote is at `begin`. Returns the offset of the
// delimiter after the cell, or npos at the end of the record.
absl::StatusOr<size_t> CsvRecordReader::TakeQuotedCell(size_t begin) {
  bool escaped = false;
  const size_t close = FindClose(begin, &escaped);
  if (close == kNone) {
    return Error(begin, "a quote that is never closed", "a closing quote");
  }
  absl::string_view text = record_.substr(begin + 1, close - begin - 1);
  if (escaped) {
    text = unescaped_.emplace_back(
        Unquoted(text, record_[begin], style_.other_quote != '\0'));
  }
  cells_.push_back({Trim(text), begin});
  const size_t end = std::min(FindEnd(close + 1), record_.size());
  const absl::string_view after =
      Trim(record_.substr(close + 1, end - close - 1));
  if (!after.empty()) {
    return Error(close + 1, absl::StrCat(QuoteText(after), " after a quote"),
                 "the delimiter or the end of the line");
  }
  return end == record_.size() ? kNone : end;
}

absl::Status CsvRecordReader::Error(size_t offset, absl::string_view found,
                                    absl::string_view expected) const {
  const absl::string_view before = record_.substr(0, offset);
  const size_t last_break = before.rfind('\n');
  const int64_t breaks = std::count(before.begin(), before.end(), '\n');
  const size_t column = last_break == kNone ? offset + 1 : offset - last_break;
  return ErrorAt(file_.path(), line_ + breaks, column, found, expected);
}

}  // namespace fathom::client
