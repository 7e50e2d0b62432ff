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

// Most different values of a column of texts, and of one that is said to hold
// categories or is a target.
inline constexpr size_t kMostTexts = 100;
inline constexpr size_t kMostCategories = 1000;

// One column of a text table.
struct Column {
  enum class Role { kFeature, kTarget, kIgnored, kNameless };
  enum class Kind { kUnknown, kNumbers, kTexts };

  std::string name;
  size_t offset = 0;  // In the header.
  Role role = Role::kFeature;
  size_t slot = 0;  // Position among the targets.
  Kind kind = Kind::kUnknown;
  int64_t first_line = 0;    // Where the kind was seen.
  bool categorical = false;  // Numbers are texts, too.
  bool declared = false;     // `texts` are all that there can be, in order.
  // Texts by the order in which they came: a cell is the place of its text.
  std::vector<std::string> texts = {};
  absl::flat_hash_map<std::string, size_t> places = {};
};

// Returns whether `column` has texts and all are true or false.
bool HoldsFlags(const Column& column);

// Returns what the text at each place becomes: 0 and 1 for flags, else how many
// of the others come before it. Declared texts have an order; otherwise numbers
// come first, by their size, then all that is none by its bytes.
std::vector<size_t> ValuesOf(const Column& column);

// Returns the texts by what they become.
std::vector<std::string> TextsInOrder(const Column& column);

// Gives `columns`, which have names and offsets, the roles that `import` says.
// A column without a name is kNameless unless it is ignored. Returns what
// `error` makes of a place in the header, of what was found and expected, when
// a name is not there, not UTF-8 or there twice, no target is named or no
// feature is left.
using HeaderError = absl::FunctionRef<absl::Status(
    size_t offset, absl::string_view found, absl::string_view expected)>;
absl::Status AssignRoles(const v1::DataImport& import, HeaderError error,
                         std::vector<Column>* columns);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_TABLE_COLUMNS_H_
