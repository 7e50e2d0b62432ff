#include "client/commands/ui/page_server.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/ui/data/handler.h"
#include "client/ui/metrics/metrics.h"
#include "client/ui/metrics/ui_telemetry.h"
#include "proto/shared/certificates.h"
#include "proto/shared/credentials.h"
#include "proto/shared/listen_address.h"
#include "proto/shared/status.h"
#include "proto/shared/version.h"

namespace fathom::client {
namespace {

constexpr char kUsualHost[] = "127.0.0.1";
// How often pages hear of changes.
constexpr absl::Duration kChangePeriod = absl::Seconds(2);
// How often they get new answers: people who watch a sweep run must not be felt
// by its coordinator, which has a fiftieth of a core for all of them.
constexpr Rounds::Rule kRounds = {.shortest = absl::Milliseconds(1800),
                                  .spacing = 50};
constexpr int kFirstUsualPort = 7380;
constexpr int kUsualPorts = 20;

// Returns OK when the page may be seen from other machines.
absl::Status CheckMayLeaveLoopback(bool tls, bool login) {
  if (tls && login) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      "beyond loopback everyone could look and change, so that it takes TLS "
      "and tokens; give ",
      tls ? "" : "--https-cert, --https-key", tls || login ? "" : " and ",
      login ? "" : "--tokens (with --server, the coordinator's)",
      " (deploy/README.md shows how to make them), or listen on 127.0.0.1 and "
      "let others in through an SSH tunnel"));
}

// Starts a browser at `url`, which does not end with this program. Returns
// whether there is one.
bool OpenBrowser(const std::string& url) {
  constexpr char kScript[] =
      "for browser in xdg-open sensible-browser x-www-browser; do\n"
      "  command -v $browser >/dev/null 2>&1 || continue\n"
      "  setsid $browser \"$1\" >/dev/null 2>&1 </dev/null &\n"
      "  exit 0\n"
      "done\n"
      "exit 1";
  const char* const arguments[] = {"sh", "-c",        kScript,
                                   "sh", url.c_str(), nullptr};
  pid_t pid = 0;
  if (posix_spawn(&pid, "/bin/sh", nullptr, nullptr,
                  const_cast<char**>(arguments), environ) != 0) {
    return false;
  }
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

}  // namespace

void AddPageOptions(CLI::App* command, PageOptions* options,
                    bool beyond_loopback) {
  command
      ->add_option("--listen", options->listen,
                   absl::StrCat("where the page is (default: ", kUsualHost, ":",
                                kFirstUsualPort,
                                ", or the next port that is free); port 0 "
                                "takes any free one"))
      ->type_name("HOST:PORT");
  command->add_flag("--open", options->open_browser,
                    "start a browser with the page");
  if (!beyond_loopback) return;
  command
      ->add_option("--https-cert", options->cert,
                   "certificate of the page, PEM; turns TLS on for browsers")
      ->type_name("FILE");
  command->add_option("--https-key", options->key, "its private key, PEM")
      ->type_name("FILE");
  command
      ->add_option("--allow-host", options->hosts,
                   "a further name under which browsers find this machine")
      ->type_name("NAME");
}

bool LeavesLoopback(const PageOptions& options) {
  return !options.listen.empty() && !IsLoopback(options.listen);
}

PageServer::PageServer(const PageOptions& options,
                       std::unique_ptr<Authority> authority)
    : tls_(!options.cert.empty()),
      cert_(options.cert),
      key_(options.key),
      authority_(std::move(authority)),
      door_(*authority_, absl::Now),
      hub_({.period = kChangePeriod,
            .first_version = absl::ToUnixMillis(absl::Now())}) {}

absl::StatusOr<std::unique_ptr<PageServer>> PageServer::Start(
    const PageOptions& options, UiSource source,
    const std::string& source_option, std::unique_ptr<Authority> authority) {
  if (options.cert.empty() != options.key.empty()) {
    return absl::InvalidArgumentError(
        options.cert.empty()
            ? "--https-key needs --https-cert, the certificate that belongs "
              "to it"
            : "--https-cert needs --https-key, the key that belongs to it");
  }
  std::unique_ptr<PageServer> page(
      new PageServer(options, std::move(authority)));
  RETURN_IF_ERROR(page->Listen(options, std::move(source), source_option));
  return page;
}

absl::Status PageServer::Listen(const PageOptions& options, UiSource source,
                                const std::string& source_option) {
  Listener::Options listener;
  if (tls_) {
    ASSIGN_OR_RETURN(listener.tls, ReadKeyPair(cert_, key_));
    end_ = absl::ToUnixSeconds(EarliestEnd(listener.tls.certificate));
  }
  listener.site.hosts = options.hosts;
  listener.site.source = std::move(source);
  listener.site.version = FATHOM_VERSION;
  listener.site.page = EmbeddedPage();
  listener.site.handler =
      MakeUiHandler({.source = source_option,
                     .events = &hub_,
                     .rounds = kRounds,
                     .version = [this] { return hub_.version(); },
                     .turn = [this] { return hub_.turn(); }});
  listener.site.metrics = [this](Connection& connection,
                                 const UiCounts& counts) {
    return MetricsText(connection, TelemetryOf(counts, certificate_end()));
  };
  listener.site.health = Health;
  const absl::Status beyond = CheckMayLeaveLoopback(tls_, door_.needs_login());
  absl::Status status;
  for (int i = 0; i < kUsualPorts; ++i) {
    listener.listen = options.listen.empty()
                          ? absl::StrCat(kUsualHost, ":", kFirstUsualPort + i)
                          : options.listen;
    status = CheckListenAddress(listener.listen, beyond);
    if (status.ok()) {
      absl::StatusOr<std::unique_ptr<Listener>> started =
          Listener::Start(listener, door_, hub_);
      status = started.status();
      if (status.ok()) listener_ = *std::move(started);
    }
    // Another program may have taken the port; it is not asked for by number.
    if (!absl::IsAlreadyExists(status) || !options.listen.empty()) break;
  }
  host_ = listener.listen.substr(0, listener.listen.rfind(':'));
  return status;
}

absl::Status PageServer::ReloadKeys() {
  ASSIGN_OR_RETURN(const KeyPair pair, ReadKeyPair(cert_, key_));
  RETURN_IF_ERROR(listener_->SetKeys(pair));
  end_ = absl::ToUnixSeconds(EarliestEnd(pair.certificate));
  return absl::OkStatus();
}

std::string PageServer::url() const {
  std::string host = host_;
  // No address to go to; this machine is one of those that are meant.
  if (host == "0.0.0.0" || host == "[::]") host = "localhost";
  return absl::StrCat(tls_ ? "https://" : "http://", host, ":", port());
}

bool PageServer::has_page() { return EmbeddedPage().is_built; }

void AnnouncePage(const PageServer& page, const PageOptions& options,
                  std::ostream& err) {
  if (!PageServer::has_page()) {
    err << "note: this program was built without its page, which takes Node; "
           "the data is there under "
        << page.url() << "/api, and what to do is on the page that stands in\n";
  }
  if (options.open_browser && !OpenBrowser(page.url())) {
    err << "note: found no browser to start; open the address yourself\n";
  }
  err << std::flush;
}

}  // namespace fathom::client
