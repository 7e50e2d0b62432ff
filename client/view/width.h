#ifndef FATHOM_CLIENT_VIEW_WIDTH_H_
#define FATHOM_CLIENT_VIEW_WIDTH_H_

#include "absl/strings/string_view.h"

namespace fathom::client {

// Returns how many columns of a terminal a UTF-8 text takes: two for a letter
// of Chinese, Japanese or Korean and for most pictograms, none for a mark that
// is put on the letter before it, one for every other character and for a byte
// that is not UTF-8. Does not depend on the locale.
int DisplayWidth(absl::string_view text);

// Returns the longest beginning of the text that is no wider than `width`.
// Letters keep their marks.
absl::string_view CutToWidth(absl::string_view text, int width);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_WIDTH_H_
