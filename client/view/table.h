#ifndef FATHOM_CLIENT_VIEW_TABLE_H_
#define FATHOM_CLIENT_VIEW_TABLE_H_

#include <string>
#include <vector>

namespace fathom {

// A table for a terminal or a text file: cells padded to columns, a rule under
// the header.
struct Table {
  std::vector<std::string> header;
  std::vector<bool> right;  // Per column, whether it is flush right.
  std::vector<std::vector<std::string>> rows;
};

// Returns the table as lines, each ended by a line break. Cells must be
// printable (see Printable); short rows are filled up with empty cells.
std::string RenderTable(const Table& table);

}  // namespace fathom

#endif  // FATHOM_CLIENT_VIEW_TABLE_H_
