#ifndef FATHOM_CLIENT_UI_HTTP_PAGE_H_
#define FATHOM_CLIENT_UI_HTTP_PAGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace fathom::client {

// A file of the page, as it is part of this program.
struct PageFile {
  const char* name;    // For example "assets/main-4F2A.js".
  const char* type;    // Content-Type.
  const char* digest;  // SHA-256 of the file, 64 hex digits.
  const char* begin;   // Compressed by gzip.
  const char* end;

  absl::string_view gzip() const {
    return absl::string_view(begin, static_cast<size_t>(end - begin));
  }
};

// The files of the page, by name.
struct Page {
  absl::Span<const PageFile> files;
  const char* digest = "";  // Of all names and files.
  // Whether this is the page, and not what stands in for it in programs that
  // were built without.
  bool is_built = false;

  // Returns null when there is no file of this name.
  const PageFile* Find(absl::string_view name) const;
};

// Returns the page that is part of this program. CMake's FATHOM_PAGE_DIR says
// which that is.
Page EmbeddedPage();

// Returns what a file holds, not compressed. DATA_LOSS when it cannot be.
absl::StatusOr<std::string> Unpack(const PageFile& file);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_PAGE_H_
