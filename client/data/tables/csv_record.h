#ifndef FATHOM_CLIENT_DATA_TABLES_CSV_RECORD_H_
#define FATHOM_CLIENT_DATA_TABLES_CSV_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/data/input_file.h"

namespace fathom::client {

// How lines are cut into cells.
struct RecordStyle {
  char delimiter = ',';  // ' ' means runs of blanks and tabs.
  char quote = '"';      // Around cells with any content.
  // A second quote, if not zero, which stands for Weka's rules: both quotes are
  // quotes, in quoted cells a backslash escapes what follows it, and no cell
  // goes on in the next line.
  char other_quote = '\0';
  bool comments = false;  // Whether lines may be comments (#, %).
};

// Returns the meaning of a text that stood between two quotes `quote`: quotes
// written twice are single ones, and with `backslashes` Weka's escapes count.
std::string Unquoted(absl::string_view text, char quote, bool backslashes);

// Splits a file into records of cells, as RFC 4180 says. A quoted cell may hold
// the delimiter, line breaks, and quotes that are written twice.
//
// Not thread-safe.
class CsvRecordReader {
 public:
  struct Cell {
    absl::string_view text;  // Without quotes and blanks around.
    size_t offset = 0;       // Its first byte in the record.
  };

  // `file` must outlive the reader.
  CsvRecordReader(InputFile* file, RecordStyle style)
      : file_(*file), style_(style) {}

  // Moves to the next record. Returns false at the end of the file.
  // INVALID_ARGUMENT for a quote that is not closed, or that stands inside an
  // unquoted cell.
  absl::StatusOr<bool> Next();

  // Returns the cells of the record, of which there is at least one. They are
  // valid until the next call of Next.
  const std::vector<Cell>& cells() const { return cells_; }

  // Returns whether the record is an empty line.
  bool empty() const { return cells_.size() == 1 && cells_[0].text.empty(); }

  // Returns the offset of the end of the record.
  size_t end() const { return record_.size(); }

  // Returns the line on which the record begins.
  int64_t line() const { return line_; }

  // Returns how many comments were skipped so far.
  int64_t comments() const { return comments_; }

  // Returns an error at byte `offset` of the record.
  absl::Status Error(size_t offset, absl::string_view found,
                     absl::string_view expected) const;

 private:
  bool IsComment() const;
  bool IsQuote(char c) const;
  bool HasQuotes() const;
  bool HasOddQuotes(absl::string_view text) const;
  absl::Status JoinLines();
  // Returns where the cell around `begin` ends: at a delimiter, or npos.
  size_t FindEnd(size_t begin) const;
  // Returns where the cell after the delimiter at `end` begins, or npos when
  // there is no further cell.
  size_t BeginAfter(size_t end) const;
  size_t FirstBegin() const;
  void SplitPlain();
  absl::Status SplitQuoted();
  absl::StatusOr<size_t> TakeQuotedCell(size_t begin);
  size_t FindClose(size_t begin, bool* escaped) const;

  InputFile& file_;
  const RecordStyle style_;
  int64_t line_ = 0;
  int64_t comments_ = 0;
  absl::string_view record_;           // In the file's buffer or joined_.
  std::string joined_;                 // A quoted record, maybe of many lines.
  std::deque<std::string> unescaped_;  // Cells with escaped characters.
  std::vector<Cell> cells_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_CSV_RECORD_H_
