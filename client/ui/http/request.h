#ifndef FATHOM_CLIENT_UI_HTTP_REQUEST_H_
#define FATHOM_CLIENT_UI_HTTP_REQUEST_H_

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace fathom::client {

// A request as it came, before anything of it has been believed.
struct HttpRequest {
  std::string method = {};
  std::string target = {};
  bool keep_alive = false;
  bool takes_chunks = false;  // HTTP/1.1, which has bodies in chunks.
  // Names in lower case, in the order of the request.
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};

  // Returns the first header of this name, in lower case; empty without one.
  absl::string_view Header(absl::string_view name) const {
    const auto found =
        std::find_if(headers.begin(), headers.end(),
                     [&](const auto& header) { return header.first == name; });
    return found == headers.end() ? absl::string_view() : found->second;
  }
  int CountOf(absl::string_view name) const {
    return static_cast<int>(std::count_if(
        headers.begin(), headers.end(),
        [&](const auto& header) { return header.first == name; }));
  }
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_REQUEST_H_
