#ifndef FATHOM_PROTO_SWEEP_PRINTABLE_H_
#define FATHOM_PROTO_SWEEP_PRINTABLE_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

// These functions make text that may come from anyone safe to show in a message
// or on a terminal.
namespace fathom {

// Returns the number of bytes of the first character of `text`, or 0 when
// `text` is empty or does not begin with valid UTF-8.
size_t CharacterLength(absl::string_view text);

// Returns `text` with escapes in place of everything that could control a
// terminal or change how the text around it reads: control characters,
// including those of 0x7f to 0x9f; separators of lines and paragraphs;
// characters that change the direction of writing; characters without width;
// and bytes that are not UTF-8. Letters of all languages stay. The escapes are
// "\n", "\t", "\x1b" for bytes, and "\u202e" or "\U000e0001" for characters.
std::string Printable(absl::string_view text);

// Returns Printable() of each line of `text`; the line breaks stay.
std::string PrintableLines(absl::string_view text);

// Returns Printable(text) for use between double quotes: double quotes and
// backslashes are escaped, too. YAML reads valid UTF-8 back from the result
// unchanged.
std::string Escaped(absl::string_view text);

// Returns Escaped() of the first `most` bytes of `text`, followed by "..."
// where the text is longer: the form in which messages quote a value that may
// come from anyone.
std::string Excerpt(absl::string_view text, size_t most = 60);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_PRINTABLE_H_
