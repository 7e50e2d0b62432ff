#ifndef FATHOM_CLIENT_VIEW_PLOTS_PDF_INFO_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PDF_INFO_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// The document information of a pdf (ISO 32000-1, 14.3.3), which is written by
// an incremental update (7.5.6): what was there stays as it is, and a new
// dictionary with its cross-reference follows it.
namespace fathom::client {

// Returns the pdf with a document information that has `text`, one line of
// ASCII, as its entry `fathom`. Nothing for bytes that are no whole pdf.
std::optional<std::string> WithPdfInfo(absl::string_view pdf,
                                       absl::string_view text);

// A pdf taken apart again.
struct PdfWithInfo {
  std::string text = {};
  std::string pdf = {};  // As it was before.
};

// Nothing for bytes that WithPdfInfo() did not write.
std::optional<PdfWithInfo> ReadPdfInfo(absl::string_view bytes);

// Gives the creation date of a pdf, which the program that drew it took from
// the clock, the value of $SOURCE_DATE_EPOCH, or of second 0 without it.
// Pictures of the same rows then have the same bytes.
void SetPdfDate(std::string* pdf);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PDF_INFO_H_
