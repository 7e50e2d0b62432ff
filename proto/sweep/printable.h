#ifndef FATHOM_PROTO_SWEEP_PRINTABLE_H_
#define FATHOM_PROTO_SWEEP_PRINTABLE_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

// Text from anywhere, fit for a message or a terminal.
namespace fathom {

// Returns the bytes of the character that `text` begins with, or 0 when that is
// not UTF-8 or `text` is empty.
size_t CharacterLength(absl::string_view text);

// Returns `text` with escapes in place of what would command a terminal or
// change how the text around it reads: control characters, also those above
// 0x7f; separators of lines and paragraphs; what turns the direction of
// writing; what has no width; and bytes that are not UTF-8. Letters of all
// languages stay. "\n", "\t", "\x1b" for bytes, "\u202e" for characters.
std::string Printable(absl::string_view text);

// The same of each line of a message that may have several.
std::string PrintableLines(absl::string_view text);

// The same between double quotes: these and backslashes are escaped, too. YAML
// reads UTF-8 back from it.
std::string Escaped(absl::string_view text);

// Returns what is Escaped() of the first `most` bytes, "..." where there are
// more: a value from anywhere in a line of a message.
std::string Excerpt(absl::string_view text, size_t most = 60);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_PRINTABLE_H_
