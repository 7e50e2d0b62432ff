#include "proto/sweep/printable.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace fathom {
namespace {

// Returns the code point of the single character in `bytes`, which must be
// valid UTF-8.
uint32_t CodePoint(absl::string_view bytes) {
  const auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  if (bytes.size() == 1) return byte(0);
  // In a character of n bytes the first byte carries 7 - n bits of the code
  // point, and every other byte carries 6.
  uint32_t code = byte(0) & (0x7Fu >> bytes.size());
  for (size_t i = 1; i < bytes.size(); ++i) code = code << 6 | (byte(i) & 0x3F);
  return code;
}

// Whether Printable() must escape a character. The joiners of letters U+200C
// and U+200D are harmless: some languages cannot be written without them.
bool IsHarmful(uint32_t code) {
  constexpr struct {
    uint32_t first;
    uint32_t last;
  } kRanges[] = {
      {0x00, 0x1F},        // Control characters,
      {0x7F, 0x9F},        // delete, and the control characters of ISO 6429
                           // above it.
      {0x061C, 0x061C},    // Arabic letter mark,
      {0x200E, 0x200F},    // marks of direction,
      {0x202A, 0x202E},    // embeddings and overrides,
      {0x2066, 0x2069},    // isolates.
      {0x2028, 0x2029},    // Line and paragraph separator.
      {0x200B, 0x200B},    // Zero-width space,
      {0x2060, 0x2064},    // word joiner, invisible operators,
      {0x206A, 0x206F},    // deprecated format characters,
      {0xFEFF, 0xFEFF},    // byte order mark,
      {0xFFF9, 0xFFFB},    // annotations,
      {0xE0000, 0xE007F},  // tags.
  };
  for (const auto& [first, last] : kRanges) {
    if (code >= first && code <= last) return true;
  }
  return false;
}

// Appends Printable(text), with a backslash before each character that occurs
// in `quoted`.
void AppendPrintable(absl::string_view text, absl::string_view quoted,
                     std::string* out) {
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    const absl::string_view bytes = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(bytes.size());
    const uint32_t code = length == 0 ? 0 : CodePoint(bytes);
    if (bytes == "\n") {
      out->append("\\n");
    } else if (bytes == "\t") {
      out->append("\\t");
    } else if (length == 0 || (length == 1 && IsHarmful(code))) {
      absl::StrAppendFormat(out, "\\x%02x",
                            static_cast<unsigned char>(bytes[0]));
    } else if (IsHarmful(code) && code <= 0xFFFF) {
      absl::StrAppendFormat(out, "\\u%04x", code);
    } else if (IsHarmful(code)) {
      absl::StrAppendFormat(out, "\\U%08x", code);
    } else {
      if (quoted.find(bytes) != absl::string_view::npos) out->push_back('\\');
      out->append(bytes.data(), bytes.size());
    }
  }
}

}  // namespace

size_t CharacterLength(absl::string_view text) {
  const auto byte = [&](size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  if (text.empty()) return 0;
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead < 0xC2   ? 0
                        : lead < 0xE0 ? 2
                        : lead < 0xF0 ? 3
                        : lead < 0xF5 ? 4
                                      : 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong =
      (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool no_character =
      (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
  return overlong || no_character ? 0 : length;
}

std::string Printable(absl::string_view text) {
  std::string printable;
  AppendPrintable(text, "", &printable);
  return printable;
}

std::string PrintableLines(absl::string_view text) {
  std::string lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line.data() != text.data()) lines.push_back('\n');
    AppendPrintable(line, "", &lines);
  }
  return lines;
}

std::string Escaped(absl::string_view text) {
  std::string escaped;
  AppendPrintable(text, "\"\\", &escaped);
  return escaped;
}

std::string Excerpt(absl::string_view text, size_t most) {
  if (text.size() <= most) return Escaped(text);
  // The excerpt must not end within a character.
  size_t end = most;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
  return absl::StrCat(Escaped(text.substr(0, end)), "...");
}

}  // namespace fathom
