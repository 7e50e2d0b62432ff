#ifndef FATHOM_CLIENT_UI_HTTP_TEXTS_H_
#define FATHOM_CLIENT_UI_HTTP_TEXTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/ui/exchange.h"

// The documents that the listener itself reads and writes; what answers /api
// has its own.
namespace fathom::client {

// What the page shows, for people and for the page.
struct UiSource {
  std::string kind = {};  // "file", "server", or "run".
  std::string name = {};  // A file or HOST:PORT.
};

// Returns the answer of /api/caller. Without a viewer, to somebody who has yet
// to log in.
std::string CallerText(bool login, const Viewer* viewer, const UiSource& source,
                       absl::string_view version, absl::string_view page);

// Returns the token in the body of a login. INVALID_ARGUMENT when there is
// none.
absl::StatusOr<std::string> ReadLogin(absl::string_view body);

// These return events as they are written into a stream.
std::string ChangeEvent(int64_t version, const std::vector<int64_t>& sweeps,
                        bool list, bool workers);
std::string SourceEvent(bool up, absl::string_view message);
std::string JobEvent(int64_t sweep_id, absl::string_view what, double done);
std::string ByeEvent(absl::string_view reason);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_TEXTS_H_
