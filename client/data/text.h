#ifndef FATHOM_CLIENT_DATA_TEXT_H_
#define FATHOM_CLIENT_DATA_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// This file has what the readers of text files share.
namespace fathom::client {

// The largest number of values (rows times columns) and of columns of a
// dataset, so that it fits into the memory of one machine.
inline constexpr int64_t kMaxValues = int64_t{1} << 28;
inline constexpr int32_t kMaxColumns = 1'000'000;

// Returns the nearest double if all of `text` is a finite decimal number, and
// otherwise nothing. A leading '+' is allowed; blanks and hexadecimal digits
// are not.
std::optional<double> ParseNumber(absl::string_view text);

// Returns the integer if all of `text` is an integer that fits into 32 bits,
// and otherwise nothing.
std::optional<int32_t> ParseInteger(absl::string_view text);

// Returns `text` in quotes for an error message, escaped and shortened.
std::string QuoteText(absl::string_view text);

// Says what `text` is that ParseNumber refused: "nothing", "NaN", "an infinite
// number", "a number too large for a double", or the quoted text itself.
std::string DescribeNumber(absl::string_view text);

// Returns whether `text` is well-formed UTF-8.
bool IsUtf8(absl::string_view text);

// Returns INVALID_ARGUMENT "path:line:column: found ..., expected ...". Lines
// and columns count from 1, and columns count bytes.
absl::Status ErrorAt(absl::string_view path, int64_t line, size_t column,
                     absl::string_view found, absl::string_view expected);

// Returns OK when a dataset with `rows` rows of `columns` features is not too
// large, and otherwise INVALID_ARGUMENT that begins with `path`.
absl::Status CheckSize(absl::string_view path, int64_t rows, int64_t columns);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TEXT_H_
