#include "client/view/bar.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace fathom::client {

std::string Bar(double fraction, int width, bool unicode) {
  const double filled = std::clamp(fraction, 0.0, 1.0) * width;
  if (!unicode) {
    const int full = static_cast<int>(filled);
    return absl::StrCat("[", std::string(full, '#'),
                        std::string(width - full, '-'), "]");
  }
  // The parts of a character, in eighths.
  static constexpr const char* kParts[] = {"",  "▏", "▎", "▍", "▌",
                                           "▋", "▊", "▉", "█"};
  const int eighths = static_cast<int>(filled * 8);
  std::string bar = "▕";
  for (int i = 0; i < width; ++i) {
    const int part = std::clamp(eighths - 8 * i, 0, 8);
    absl::StrAppend(&bar, part == 0 ? " " : kParts[part]);
  }
  return absl::StrCat(bar, "▏");
}

}  // namespace fathom::client
