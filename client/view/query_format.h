#ifndef FATHOM_CLIENT_VIEW_QUERY_FORMAT_H_
#define FATHOM_CLIENT_VIEW_QUERY_FORMAT_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "client/view/table.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// How the rows of a query are written.
enum class QueryFormat {
  kTable,  // For people; NULL is "NULL".
  kCsv,    // RFC 4180 with "\n"; NULL is nothing, an empty text is "".
  kJson,   // {"rows": [an object per row], "truncated": false}.
  kJsonl,  // An object per row, each in a line.
};

// Writes the rows of a query. Reals are written in the fewest digits that read
// back as the same double, and always look like reals. Blobs are written as hex
// digits.
//
// Not thread-safe.
class QueryWriter {
 public:
  // `out` must outlive the writer. `width` is the width of tables; see
  // RenderTable().
  QueryWriter(QueryFormat format, std::ostream* out, int width)
      : format_(format), out_(out), width_(width) {}

  // Writes the rows of the next message of the answer.
  void Write(const v1::QueryResponse& response);

  // Writes what is left. It must be called once, after the last message.
  // `cut_off` says whether rows are missing that were asked for; a JSON
  // document says so as well.
  void Finish(bool cut_off);

  int64_t row_count() const { return row_count_; }
  // Returns whether the row limit ended the answer.
  bool truncated() const { return truncated_; }

 private:
  void WriteHeader(const v1::QueryResponse& response);
  void WriteObject(const v1::QueryRow& row);
  void WriteRow(const v1::QueryRow& row);

  const QueryFormat format_;
  std::ostream* const out_;
  const int width_;
  bool has_header_ = false;
  std::vector<std::string> keys_;  // For JSON: unique column names.
  Table table_;                    // For kTable.
  int64_t row_count_ = 0;
  bool truncated_ = false;
};

// These functions return a cell as each format writes it.
std::string TableCell(const v1::QueryCell& cell);
std::string CsvCell(const v1::QueryCell& cell);
std::string JsonCell(const v1::QueryCell& cell);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_QUERY_FORMAT_H_
