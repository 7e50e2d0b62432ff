#ifndef FATHOM_CLIENT_UI_EXCHANGE_H_
#define FATHOM_CLIENT_UI_EXCHANGE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/connection.h"

namespace fathom::client {

// What the two halves of `fathom ui` hand each other: client/ui/http reads
// requests from sockets, checks who asks, and writes responses; client/ui/data
// answers them from a coordinator or a ledger.

// Who looks at the page, with the connection that has this person's rights.
struct Viewer {
  std::shared_ptr<Connection> connection;
  std::string name = {};  // Name of the token; empty without tokens.
  std::string role = {};  // "read", "submit", "admin"; empty without tokens.
  bool may_change = false;
};

// A request for /api, which has passed all checks of the listener.
struct UiRequest {
  std::string method;  // "GET" or "POST".
  // The parts of the path after /api, percent-decoded: {"sweeps", "3"}.
  std::vector<std::string> path;
  // The parameters of the query in their order, percent-decoded.
  std::vector<std::pair<std::string, std::string>> query;
  std::string body = {};           // JSON; at most 64 KiB.
  std::string accept = {};         // The header of that name.
  std::string if_none_match = {};  // The header of that name.
  // Whether it has to be what is true now, because a person wants it so.
  bool anew = false;
  Viewer viewer = {};
  // Whether nobody waits for the answer any more. Long work looks at it.
  std::function<bool()> is_cancelled = [] { return false; };
};

// An answer. `etag` is without quotes and empty where there is none; status 304
// is for the one who answers to find, from `if_none_match`, before the work.
struct UiResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  std::string etag = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  // If set, the body is what this function writes, piece by piece, and `body`
  // is ignored. `write` blocks until the piece has been taken, and fails when
  // the other side is gone or too slow. An error that it returns cuts the
  // response off, so that the other side notices.
  std::function<absl::Status(
      absl::FunctionRef<absl::Status(absl::string_view)> write)>
      stream = {};
};

// Answers requests for /api. It is called by several threads at once.
using UiHandler = std::function<UiResponse(const UiRequest&)>;

// Returns the response that tells of an error, with the HTTP status for its
// code. `hint` says what to do about it; it may be empty.
UiResponse ErrorResponse(const absl::Status& error,
                         absl::string_view hint = "");

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_EXCHANGE_H_
