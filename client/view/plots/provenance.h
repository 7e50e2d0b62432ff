#ifndef FATHOM_CLIENT_VIEW_PLOTS_PROVENANCE_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PROVENANCE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/view/plots/plot_style.h"

// The text that a picture carries to say where it is from. It is JSON in one
// line of ASCII, and is where each format has room for it: in the element
// <metadata> of an svg, in a tEXt chunk of a png, and in the document
// information of a pdf.
namespace fathom::client {

// Returns the picture with `text` in it. INVALID_ARGUMENT for bytes that are
// no whole picture of that format.
absl::StatusOr<std::string> WithProvenance(PictureFormat format,
                                           absl::string_view picture,
                                           const std::string& text);

struct MarkedPicture {
  std::string text = {};
  std::string picture = {};  // As it was before the text was put in.
};

// Takes a picture of any of the formats apart again. INVALID_ARGUMENT for bytes
// that are none, or that carry no such text.
absl::StatusOr<MarkedPicture> ReadProvenance(absl::string_view bytes);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PROVENANCE_H_
