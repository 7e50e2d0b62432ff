#ifndef FATHOM_CLIENT_DATA_TEXT_H_
#define FATHOM_CLIENT_DATA_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// What the readers of text files share.
namespace fathom::client {

// Most values (rows times columns) of a dataset, and most columns: what fits in
// the memory of one machine.
inline constexpr int64_t kMaxValues = int64_t{1} << 28;
inline constexpr int32_t kMaxColumns = 1'000'000;

// Returns all of `text` as a finite decimal number, the nearest double; nothing
// when it is something else. Takes a leading '+'; no spaces, no hexadecimals.
std::optional<double> ParseNumber(absl::string_view text);

// Returns all of `text` as an integer that fits.
std::optional<int32_t> ParseInteger(absl::string_view text);

// Returns `text` in quotes for an error message, escaped and not too long.
std::string QuoteText(absl::string_view text);

// Says what `text`, which ParseNumber refused, is: "nothing", "NaN", "an
// infinite number", "a number too large for a double" or the text itself.
std::string DescribeNumber(absl::string_view text);

// Returns whether `text` is well-formed UTF-8.
bool IsUtf8(absl::string_view text);

// Returns INVALID_ARGUMENT "path:line:column: found ..., expected ...". Lines
// and columns (in bytes) count from 1.
absl::Status ErrorAt(absl::string_view path, int64_t line, size_t column,
                     absl::string_view found, absl::string_view expected);

// Returns OK when a dataset of `rows` rows of `columns` features is not too
// large; INVALID_ARGUMENT that begins with `path` otherwise.
absl::Status CheckSize(absl::string_view path, int64_t rows, int64_t columns);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TEXT_H_
