#ifndef FATHOM_CLIENT_COMMANDS_UI_PAGE_SERVER_H_
#define FATHOM_CLIENT_COMMANDS_UI_PAGE_SERVER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/commands/invocation.h"
#include "client/ui/http/authority.h"
#include "client/ui/http/door.h"
#include "client/ui/http/event_hub.h"
#include "client/ui/http/listener.h"
#include "client/ui/http/texts.h"

namespace fathom::client {

// How a page is served.
struct PageOptions {
  std::string listen =
      {};  // HOST:PORT; empty for a free one of the usual ports
  std::vector<std::string> hosts = {};  // Further names of this machine.
  std::string cert = {};                // Files for https; both or none.
  std::string key = {};
  bool open_browser = false;
};

// Adds --listen, and the others where `beyond_loopback` says that the page may
// be for other machines.
void AddPageOptions(CLI::App* command, PageOptions* options,
                    bool beyond_loopback);

// Whether the options ask to listen where other machines come.
bool LeavesLoopback(const PageOptions& options);

// A page that is being served, for as long as this object lives.
class PageServer {
 public:
  // `source_option` names the source in other commands: "--db lab.db".
  //
  // PERMISSION_DENIED when the page would leave loopback without TLS or login;
  // ALREADY_EXISTS when the port that was asked for is in use; also the errors
  // of ReadKeyPair.
  static absl::StatusOr<std::unique_ptr<PageServer>> Start(
      const PageOptions& options, UiSource source,
      const std::string& source_option, std::unique_ptr<Authority> authority);

  bool has_tls() const { return tls_; }
  // Reads certificate and key again; the old ones stay when there is an error,
  // one of those of ReadKeyPair. New connections get the new ones. To be called
  // when has_tls().
  absl::Status ReloadKeys();
  // Returns when the certificate ends; infinite without TLS.
  absl::Time certificate_end() const { return absl::FromUnixSeconds(end_); }

  // Returns the address of the page, as it is typed into a browser.
  std::string url() const;
  int port() const { return listener_->port(); }
  bool needs_login() const { return door_.needs_login(); }
  // Whether the program has its page, and not only the data for it.
  static bool has_page();

 private:
  PageServer(const PageOptions& options, std::unique_ptr<Authority> authority);
  absl::Status Listen(const PageOptions& options, UiSource source,
                      const std::string& source_option);

  std::string host_;
  const bool tls_;
  const std::string cert_;
  const std::string key_;
  // When the certificate ends, in seconds since 1970.
  std::atomic<int64_t> end_ = absl::ToUnixSeconds(absl::InfiniteFuture());
  const std::unique_ptr<Authority> authority_;
  Door door_;
  EventHub hub_;
  std::unique_ptr<Listener> listener_;
};

// Says where the page is, and what is missing; starts a browser if that was
// asked for.
void AnnouncePage(const PageServer& page, const PageOptions& options,
                  std::ostream& err);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_UI_PAGE_SERVER_H_
