#ifndef FATHOM_CLIENT_UI_HTTP_TARGET_H_
#define FATHOM_CLIENT_UI_HTTP_TARGET_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fathom::client {

// What a request is about: "/sweeps/3?tab=best" has the path {"sweeps", "3"}
// and a parameter of the query. All is percent-decoded and UTF-8.
struct Target {
  std::vector<std::string> path;
  std::vector<std::pair<std::string, std::string>> query;
};

// Reads the target of a request. INVALID_ARGUMENT when it is no path on this
// server, has escapes that are none, bytes that are no UTF-8, control
// characters, segments that are empty, "." or "..", or more parts than
// any of ours.
absl::StatusOr<Target> ParseTarget(absl::string_view target);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_TARGET_H_
