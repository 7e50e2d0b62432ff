#ifndef FATHOM_CLIENT_UI_HTTP_AUTHORITY_H_
#define FATHOM_CLIENT_UI_HTTP_AUTHORITY_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/connection.h"
#include "client/ui/exchange.h"

namespace fathom::client {

// Returns the coordinator or the ledger that the page shows. UNAVAILABLE, with
// what is wrong, while it is not there.
using ConnectionSource =
    std::function<absl::StatusOr<std::shared_ptr<Connection>>()>;

// Who decides what a viewer may see and do.
//
// Implementations are thread-safe. Their methods may wait for a coordinator.
class Authority {
 public:
  virtual ~Authority() = default;

  virtual bool needs_login() const = 0;

  // Returns who shows this token. UNAUTHENTICATED or PERMISSION_DENIED when it
  // does not let anybody in here, other errors when that cannot be found out.
  virtual absl::StatusOr<Viewer> Admit(const std::string& token) = 0;

  // Returns what holds now for a viewer that Admit has let in by the token with
  // this hash, or for everybody where no login is needed. The errors are those
  // of Admit.
  virtual absl::StatusOr<Viewer> AskAgain(const Viewer& viewer,
                                          const std::string& token_hash) = 0;
};

// Everybody is let in and has the rights of the connection.
std::unique_ptr<Authority> MakeOpenAuthority(ConnectionSource source);

// Those are let in who have a token of the file `path`, which is that of a
// coordinator and is read anew each time. Nobody may change anything.
std::unique_ptr<Authority> MakeTokenFileAuthority(std::string path,
                                                  ConnectionSource source);

// Those are let in whom the coordinator lets in, each with a connection of
// their own, which `connect` makes of their token.
std::unique_ptr<Authority> MakeCoordinatorAuthority(
    std::function<
        absl::StatusOr<std::shared_ptr<Connection>>(const std::string& token)>
        connect);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_AUTHORITY_H_
