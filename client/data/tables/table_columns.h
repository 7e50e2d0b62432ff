#ifndef FATHOM_CLIENT_DATA_TABLES_TABLE_COLUMNS_H_
#define FATHOM_CLIENT_DATA_TABLES_TABLE_COLUMNS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// The largest number of different values in a column of texts, and in a column
// that `import` calls categorical or that is a target.
inline constexpr size_t kMostTexts = 100;
inline constexpr size_t kMostCategories = 1000;

// One column of a text table.
struct Column {
  enum class Role { kFeature, kTarget, kIgnored, kNameless };
  enum class Kind { kUnknown, kNumbers, kTexts };

  std::string name;
  size_t offset = 0;  // Byte of its name in the header.
  Role role = Role::kFeature;
  size_t slot = 0;  // Position among the targets.
  Kind kind = Kind::kUnknown;
  int64_t first_line = 0;    // Line that decided the kind.
  bool categorical = false;  // Numbers are texts, too.
  bool declared = false;     // The file lists all texts, in order.
  // The texts in the order in which they appeared, and the place of each text
  // there. A cell of texts is stored as the place of its text.
  std::vector<std::string> texts = {};
  absl::flat_hash_map<std::string, size_t> places = {};
};

// Returns whether `column` has texts and each of them is true or false.
bool HoldsFlags(const Column& column);

// Returns the number that the text at each place becomes: 0 and 1 for flags,
// else the rank of the text among the texts of the column. Declared texts keep
// their order. Otherwise numbers come first, by their size, followed by all
// other texts, by their bytes.
std::vector<size_t> ValuesOf(const Column& column);

// Returns the texts in the order of the numbers that they become.
std::vector<std::string> TextsInOrder(const Column& column);

// Gives `columns`, which have names and offsets, the roles that `import` says.
// A column without a name is kNameless unless it is ignored. Errors are what
// `error` makes of a place in the header, what was found and what was expected.
// They are about names that are missing, not UTF-8 or there twice, about no
// target being named, and about no feature being left.
using HeaderError = absl::FunctionRef<absl::Status(
    size_t offset, absl::string_view found, absl::string_view expected)>;
absl::Status AssignRoles(const v1::DataImport& import, HeaderError error,
                         std::vector<Column>* columns);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_TABLE_COLUMNS_H_
