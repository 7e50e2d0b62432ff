#ifndef FATHOM_CLIENT_VIEW_TABLE_H_
#define FATHOM_CLIENT_VIEW_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace fathom::client {

// A table for a terminal or a text file: cells padded to columns, a rule under
// the header.
struct Table {
  std::vector<std::string> header;
  std::vector<bool> right;  // Per column, whether it is flush right.
  std::vector<std::vector<std::string>> rows;
  // How many of the first columns say which row it is.
  size_t keys = 1;
  // Whether the last column holds sentences, which are broken between words
  // where the table is too wide.
  bool sentences = false;
};

// Returns the table as lines, each ended by a line break. Cells must be
// printable (see Printable); short rows are filled up with empty cells.
//
// A table that is wider than `width` characters comes in several parts below
// each other, each with the key columns and as many others as there is room
// for: at least one, however wide it is. 0: there is room for all.
std::string RenderTable(const Table& table, int width);

// Returns `text` with lines that are longer than `width` characters broken
// between words, and the rest of them indented by two more. Commands of fathom,
// which are there to be copied, stay as they are. 0: all lines do.
std::string WrapLines(absl::string_view text, int width);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_TABLE_H_
