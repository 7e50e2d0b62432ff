#include "worker/mirror/mirror_url.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/printable.h"

namespace fathom::worker {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

// Returns a part of the URL; empty when it has none.
std::string PartOf(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string result(text);
  curl_free(text);
  return result;
}

absl::Status Unexpected(const std::string& found, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("found ", found, ", expected ", what));
}

}  // namespace

absl::StatusOr<MirrorUrl> ReadMirrorUrl(const std::string& text) {
  const Url url(curl_url(), &curl_url_cleanup);
  const std::string shown = Excerpt(text);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(),
                   CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return Unexpected(shown, "https://HOST/PATH, file:///PATH or a folder");
  }
  // The text is not shown, because a password is a secret.
  if (!PartOf(url.get(), CURLUPART_USER).empty() ||
      !PartOf(url.get(), CURLUPART_PASSWORD).empty()) {
    return Unexpected("a user or a password in a URL", "one without");
  }
  if (!PartOf(url.get(), CURLUPART_QUERY).empty() ||
      !PartOf(url.get(), CURLUPART_FRAGMENT).empty()) {
    return Unexpected(shown, "no ? and no #, as names of files are put behind");
  }
  const std::string scheme = PartOf(url.get(), CURLUPART_SCHEME);
  if (scheme == "file") {
    std::string path = PartOf(url.get(), CURLUPART_PATH, CURLU_URLDECODE);
    if (path.empty()) return Unexpected(shown, "file:///PATH");
    return MirrorUrl{.folder = std::move(path)};
  }
  if (scheme != "https") {
    return Unexpected(shown, "https://HOST/PATH, file:///PATH or a folder");
  }
  std::string whole = PartOf(url.get(), CURLUPART_URL);
  if (!absl::EndsWith(whole, "/")) whole += '/';
  return MirrorUrl{.https = std::move(whole)};
}

}  // namespace fathom::worker
