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
  char delimiter = ',';  // A blank: any number of blanks and tabs.
  char quote = '"';      // Around cells that may hold anything.
  // Weka's quotes: this is a quote, too, in cells in quotes a backslash takes
  // its meaning from what follows, and no cell goes on in the next line.
  char other_quote = '\0';
  bool comments = false;  // Whether lines that begin with # or % are comments.
};

// Returns what is meant by a text between two quotes `quote` that may hold
// quotes written twice and, with `backslashes`, Weka's escapes.
std::string Unquoted(absl::string_view text, char quote, bool backslashes);

// Splits a file into records of cells as RFC 4180 says: a cell in quotes may
// hold the delimiter, line breaks, and quotes written twice.
//
// Not thread-safe.
class CsvRecordReader {
 public:
  struct Cell {
    absl::string_view text;  // Without quotes, spaces and tabs around it.
    size_t offset = 0;       // Where it begins in the record, in bytes.
  };

  // `file` must outlive the reader.
  CsvRecordReader(InputFile* file, RecordStyle style)
      : file_(*file), style_(style) {}

  // Moves to the next record; returns false at the end. INVALID_ARGUMENT on a
  // quote that is not closed, or one inside an unquoted cell.
  absl::StatusOr<bool> Next();

  // Cells of the record; at least one. Valid until the next call of Next.
  const std::vector<Cell>& cells() const { return cells_; }

  // Returns whether the record is an empty line.
  bool empty() const { return cells_.size() == 1 && cells_[0].text.empty(); }

  // Offset of the end of the record.
  size_t end() const { return record_.size(); }

  // Line on which the record begins.
  int64_t line() const { return line_; }

  // How many comments were passed over.
  int64_t comments() const { return comments_; }

  // Returns an error at `offset` of the record.
  absl::Status Error(size_t offset, absl::string_view found,
                     absl::string_view expected) const;

 private:
  bool IsComment() const;
  bool IsQuote(char c) const;
  bool HasQuotes() const;
  bool HasOddQuotes(absl::string_view text) const;
  absl::Status JoinLines();
  // Returns where the cell ends that `begin` lies in: at a delimiter, or npos.
  size_t FindEnd(size_t begin) const;
  // Returns where the cell after the delimiter at `end` begins, or npos when
  // there is none.
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
  absl::string_view record_;  // In the file's buffer or in joined_.
  std::string joined_;        // A record with quotes, which may span lines.
  std::deque<std::string> unescaped_;  // Cells that held quotes.
  std::vector<Cell> cells_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_CSV_RECORD_H_
