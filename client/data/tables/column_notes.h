#ifndef FATHOM_CLIENT_DATA_TABLES_COLUMN_NOTES_H_
#define FATHOM_CLIENT_DATA_TABLES_COLUMN_NOTES_H_

#include <string>
#include <vector>

#include "client/data/tables/table_columns.h"
#include "proto/dataset/dataset.h"

namespace fathom::client {

// Looks for columns of a table that may not mean what their values say, and
// returns, for each kind of them, a sentence with what to do:
//
// - A number that may stand for a missing value: a negative integer that is the
//   least value of a column, or a number of nines that is its greatest value,
//   and that is farther from the other values than these are from each other.
//   In a single column it is only told when at least three rows and 1 % of the
//   rows have it.
// - A feature that may be the name of a row: integers that count the rows, or
//   that are all different under a name such as "id".
// - A feature of dates or times.
//
// `dataset` holds the features and targets of `columns`, in their order and in
// their slots. A text is given by its place in its column. The cost is O(rows *
// columns), except for columns of names, which are sorted.
std::vector<std::string> ColumnNotes(const std::vector<Column>& columns,
                                     const Dataset& dataset);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_COLUMN_NOTES_H_
