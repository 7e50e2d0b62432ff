#ifndef FATHOM_CLIENT_VIEW_TABLE_H_
#define FATHOM_CLIENT_VIEW_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace fathom::client {

// A table for a terminal or a text file, with cells padded to columns and a
// rule under the header.
struct Table {
  std::vector<std::string> header;
  std::vector<bool> right;  // Which columns are flush right.
  std::vector<std::vector<std::string>> rows;
  // Number of columns, from the left, that say which row it is.
  size_t keys = 1;
  // Whether the last column holds sentences, which are broken between words
  // where the table would be too wide.
  bool sentences = false;
};

// Returns the table as lines, each ended by a line break. Cells must be
// printable (see Printable). Rows that are too short are filled up with empty
// cells.
//
// A table that is wider than `width` characters is split into parts below each
// other. Each part has the key columns and as many other columns as fit, but at
// least one. A narrow terminal in which not even that fits gets a line per cell
// instead, "header: cell", and an empty line between two rows. Cells are never
// cut, as they are there to be copied. A width of 0 sets no limit.
std::string RenderTable(const Table& table, int width);

// Returns `text` with lines that are longer than `width` characters broken
// between words; continued lines are indented by two more. Commands of fathom
// stay as they are, because they are there to be copied. A width of 0 leaves
// all lines as they are.
std::string WrapLines(absl::string_view text, int width);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_TABLE_H_
