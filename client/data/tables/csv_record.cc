#include "client/data/tables/csv_record.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
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

absl::StatusOr<bool> CsvRecordReader::Next() {
  while (true) {
    ASSIGN_OR_RETURN(const bool more, file_.NextLine(&record_));
    if (!more) return false;
    if (!IsComment()) break;
    ++comments_;
  }
  line_ = file_.line_number();
  cells_.clear();
  if (record_.find(style_.quote) == kNone) {
    SplitPlain();
    return true;
  }
  RETURN_IF_ERROR(JoinLines());
  RETURN_IF_ERROR(SplitQuoted());
  return true;
}

bool CsvRecordReader::IsComment() const {
  if (!style_.comments) return false;
  const size_t first = record_.find_first_not_of(kBlankBytes);
  return first != kNone && (record_[first] == '#' || record_[first] == '%');
}

bool CsvRecordReader::HasOddQuotes(absl::string_view text) const {
  return std::count(text.begin(), text.end(), style_.quote) % 2 != 0;
}

// Quotes come in pairs, whether they open and close a cell or stand for one: a
// record goes on while their number is odd.
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
    if (quote < record_.size() && record_[quote] == style_.quote) {
      ASSIGN_OR_RETURN(end, TakeQuotedCell(quote));
    } else {
      end = FindEnd(begin);
      const absl::string_view cell = record_.substr(begin, end - begin);
      if (const size_t stray = cell.find(style_.quote); stray != kNone) {
        return Error(begin + stray, "a quote inside a cell without quotes",
                     "the whole cell in quotes and this one written twice");
      }
      cells_.push_back({Trim(cell), begin});
    }
    begin = BeginAfter(end);
  }
  return absl::OkStatus();
}

// Takes the cell whose opening quote is at `begin`. Returns the offset of the
// delimiter after it, or npos at the end of the record.
absl::StatusOr<size_t> CsvRecordReader::TakeQuotedCell(size_t begin) {
  size_t close = begin + 1;
  bool escaped = false;
  while (true) {
    close = record_.find(style_.quote, close);
    if (close == kNone) {
      return Error(begin, "a quote that is never closed", "a closing quote");
    }
    if (close + 1 >= record_.size() || record_[close + 1] != style_.quote)
      break;
    escaped = true;
    close += 2;
  }
  absl::string_view text = record_.substr(begin + 1, close - begin - 1);
  if (escaped) {
    const std::string one(1, style_.quote);
    text =
        unescaped_.emplace_back(absl::StrReplaceAll(text, {{one + one, one}}));
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
