#ifndef FATHOM_CLIENT_DATA_TABLES_TABLE_FORMAT_H_
#define FATHOM_CLIENT_DATA_TABLES_TABLE_FORMAT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/data/tables/csv_record.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// How a text table is written.
struct TableFormat {
  enum class Names { kFirstRow, kComment, kNone };

  RecordStyle style = {.comments = true};
  char decimal = '.';
  Names names = Names::kFirstRow;
  // The names of the columns, when a comment holds them.
  std::vector<std::string> comment_names = {};
  // Whether each row begins with a name of its own, a column for which the
  // header has no name. R writes such tables.
  bool row_names = false;
};

// Takes from `import` what it says about a table, and finds the rest from
// `head`, the first bytes of the table. A separator is a character that cuts
// all lines into equally many cells. A comma is a decimal mark where it
// separates nothing and no number has a point. A first row of names has a text
// above numbers, or no number at all. INVALID_ARGUMENT when a setting has no
// meaning.
absl::StatusOr<TableFormat> FindTableFormat(const v1::DataImport& import,
                                            absl::string_view head);

// Returns what is unusual about a table: "separated by ;, decimal commas".
std::string Describe(const TableFormat& format);

// Reads cells as `import` and the format of the table say.
class CellReader {
 public:
  // Reads numbers with the mark `decimal`, and takes from `import` which texts
  // stand for missing values.
  CellReader(const v1::DataImport& import, char decimal);

  // Returns whether the cell stands for a missing value.
  bool IsMissing(absl::string_view text) const;

  // Returns the number that the whole cell is, if it is a finite number.
  std::optional<double> Number(absl::string_view text) const;

  // Returns whether a cell that Number() does not take looks like a number to
  // people, so that it is no text like others: it has groups of thousands,
  // another decimal mark or a unit, is not finite, or is too large.
  bool IsAlmostNumber(absl::string_view text) const;

 private:
  const char decimal_;
  std::vector<std::string> marks_;
  std::vector<double> numbers_;  // Marks that are numbers.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_TABLE_FORMAT_H_
