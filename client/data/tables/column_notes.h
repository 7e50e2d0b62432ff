#ifndef FATHOM_CLIENT_DATA_TABLES_COLUMN_NOTES_H_
#define FATHOM_CLIENT_DATA_TABLES_COLUMN_NOTES_H_

#include <string>
#include <vector>

#include "client/data/tables/table_columns.h"
#include "proto/dataset/dataset.h"

namespace fathom::client {

// Looks for columns of a table that may not mean what their values say, and
// returns a sentence with what to do about each kind of them:
//
// - A number that may stand for a missing value: the least value of a column, a
//   negative integer, or the greatest one, all of nines, that is farther from
//   the other values than these are from each other. In a single column it is
//   only told of when it is there three times and in 1 % of the rows.
// - A feature that may be the name of a row: integers that count the rows, or
//   that are all different under a name such as "id".
// - A feature of dates or times.
//
// `dataset` holds the features and targets of `columns`, in their order and in
// their slots; a text is the place that it has in its column. O(rows * columns)
// but for columns of names, which are sorted.
std::vector<std::string> ColumnNotes(const std::vector<Column>& columns,
                                     const Dataset& dataset);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_COLUMN_NOTES_H_
