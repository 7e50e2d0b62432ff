#ifndef FATHOM_CLIENT_UI_HTTP_COUNTS_H_
#define FATHOM_CLIENT_UI_HTTP_COUNTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace fathom::client {

// What the listener has done since it started, for /metrics.
struct UiCounts {
  // Responses by route ("page", "api", "login", "events", "metrics", "health",
  // "refused") and status.
  std::map<std::pair<std::string, int>, int64_t> responses = {};
  int64_t connections = 0;  // Open now.
  int64_t streams = 0;      // Event streams that are open now.
  int64_t sessions = 0;     // Logins that are open now.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_COUNTS_H_
