#include "client/view/width.h"

#include <algorithm>

#include "utf8proc.h"

namespace fathom::client {
namespace {

// Removes the first character of a text that is not empty, and returns how many
// columns it takes.
int TakeCharacter(absl::string_view* text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text->data());
  if (*bytes >= 0x20 && *bytes < 0x7f) {
    text->remove_prefix(1);
    return 1;
  }
  utf8proc_int32_t code = -1;
  const utf8proc_ssize_t length = utf8proc_iterate(
      bytes, static_cast<utf8proc_ssize_t>(text->size()), &code);
  text->remove_prefix(
      static_cast<size_t>(std::max<utf8proc_ssize_t>(1, length)));
  return length <= 0 ? 1 : utf8proc_charwidth(code);
}

}  // namespace

int DisplayWidth(absl::string_view text) {
  int width = 0;
  while (!text.empty()) width += TakeCharacter(&text);
  return width;
}

absl::string_view CutToWidth(absl::string_view text, int width) {
  absl::string_view rest = text;
  size_t end = 0;
  while (!rest.empty()) {
    width -= TakeCharacter(&rest);
    if (width < 0) break;
    end = text.size() - rest.size();
  }
  return text.substr(0, end);
}

}  // namespace fathom::client
