// `fathom ui` serves the page, on which people look at sweeps.
#include <malloc.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/commands/commands.h"
#include "client/commands/interrupt.h"
#include "client/commands/ui/ledger_source.h"
#include "client/commands/ui/page_server.h"
#include "client/embedded.h"
#include "client/view/message_json.h"
#include "nlohmann/json.hpp"
#include "proto/shared/certificates.h"
#include "proto/shared/credentials.h"
#include "proto/shared/log.h"
#include "proto/shared/log_option.h"
#include "proto/shared/status.h"
#include "proto/shared/token.h"

namespace fathom::client {
namespace {

constexpr char kUiFooter[] =
    R"(The page reads; what it may change (pause, cancel) the coordinator decides by the
token. Stop it with Ctrl-C: no sweep notices.

Beyond this machine it takes TLS, --https-cert and --https-key, and viewers log in with their tokens:
those of the coordinator, or with --db those of the file --tokens. SIGHUP reads certificate and key
again; what is wrong changes nothing. A tunnel needs neither:
  ssh -L 7380:127.0.0.1:7380 lab

Examples:
  fathom ui --db fathom.db --open
  fathom ui --server lab:7373 --tls-ca ca.pem --token-file ada.token
  fathom ui --server lab:7373 --tls-ca ca.pem --listen lab:443 --https-cert lab.pem --https-key lab.key)";

struct UiOptions {
  Source source = {};
  PageOptions page = {};
  std::string tokens = {};
  bool login = false;
  bool json = false;
};

absl::StatusOr<std::unique_ptr<Authority>> LedgerAuthority(
    const UiOptions& options) {
  // What cannot be opened at the start is most likely a mistake in the name.
  RETURN_IF_ERROR(OpenReadOnly(options.source.db).status());
  const auto source =
      std::make_shared<LedgerSource>(options.source.db, absl::Now);
  ConnectionSource get = [source] { return source->Get(); };
  if (!options.tokens.empty()) {
    ASSIGN_OR_RETURN(const std::string text,
                     ReadPublicFile(options.tokens, "token file"));
    RETURN_IF_ERROR(ParseTokenFile(text, options.tokens).status());
    return MakeTokenFileAuthority(options.tokens, std::move(get));
  }
  if (options.login) {
    return absl::InvalidArgumentError(
        "--login with --db needs --tokens, the file of those who may look");
  }
  return MakeOpenAuthority(std::move(get));
}

absl::StatusOr<std::unique_ptr<Authority>> ServerAuthority(
    const UiOptions& options) {
  if (!options.tokens.empty()) {
    return absl::InvalidArgumentError(
        "--tokens is for --db; the tokens of a coordinator are its own");
  }
  ASSIGN_OR_RETURN(std::shared_ptr<Connection> connection,
                   Open(options.source));
  const absl::StatusOr<v1::GetCallerResponse> caller = connection->GetCaller();
  const ClientCredentials credentials = CredentialsOf(options.source);
  const bool has_token = !credentials.token_file.empty();
  // Coordinators of the first release do not tell who calls.
  const bool is_old = absl::IsUnimplemented(caller.status()) ||
                      absl::IsPermissionDenied(caller.status());
  const bool wants_token =
      absl::IsUnauthenticated(caller.status()) && !has_token;
  if (!caller.ok() && !is_old && !wants_token) return caller.status();
  if (!wants_token && !options.login && !LeavesLoopback(options.page)) {
    return MakeOpenAuthority([connection] { return connection; });
  }
  if (caller.ok() && caller->role().empty()) {
    return absl::PermissionDeniedError(
        absl::StrCat("the coordinator at ", ServerAddress(options.source),
                     " asks for no tokens, so that nobody can log in with one; "
                     "start it with --tokens, or let this page listen on "
                     "127.0.0.1 without --login"));
  }
  return MakeCoordinatorAuthority(
      [address = ServerAddress(options.source),
       credentials](const std::string& token)
          -> absl::StatusOr<std::shared_ptr<Connection>> {
        ClientCredentials of_viewer = credentials;
        of_viewer.token_file.clear();
        of_viewer.token = token;
        return ConnectToServer(address, of_viewer);
      });
}

void ReloadKeys(PageServer& page) {
  const absl::Status status = page.ReloadKeys();
  if (status.ok()) {
    // The page logs nothing of a lower level.
    Log(LogLevel::kWarning, "read the certificate and key of the page again");
  } else {
    Log(LogLevel::kError,
        absl::StrCat("certificate and key of the page stay as they were: ",
                     status.message()));
  }
}

// Serves until a signal ends it.
void Serve(PageServer& page, const std::string& certificate,
           Interrupt& interrupt) {
  ExpiryReminder reminder(absl::StrCat("the certificate ", certificate));
  do {
    if (interrupt.TakeHangUp()) ReloadKeys(page);
    const auto text = reminder.Remind(page.certificate_end(), absl::Now());
    if (text.has_value()) Log(LogLevel::kWarning, *text);
  } while (!interrupt.WaitFor(absl::Hours(1)));
}

int RunUi(const UiOptions& options, Invocation& invocation) {
  // Each of the threads that answer would keep tens of MiB of large answers for
  // itself; out of one heap they share them.
  mallopt(M_ARENA_MAX, 1);
  SetMinLogLevel(LogLevel::kWarning);
  const bool is_file = !options.source.db.empty();
  absl::StatusOr<std::unique_ptr<Authority>> authority =
      is_file ? LedgerAuthority(options) : ServerAuthority(options);
  if (!authority.ok()) return Fail(invocation, authority.status());
  Interrupt interrupt(options.page.cert.empty()
                          ? Interrupt::HangUp::kEnds
                          : Interrupt::HangUp::kReadsAgain);
  const absl::StatusOr<std::unique_ptr<PageServer>> page = PageServer::Start(
      options.page,
      {.kind = is_file ? "file" : "server",
       .name = is_file ? options.source.db : ServerAddress(options.source)},
      SourceOption(options.source), *std::move(authority));
  if (!page.ok()) return Fail(invocation, page.status());
  if (options.json) {
    WriteJson({{"url", (*page)->url()},
               {"port", (*page)->port()},
               {"login", (*page)->needs_login()},
               {"page", PageServer::has_page()}},
              invocation.out);
  } else {
    invocation.out << "open " << (*page)->url() << "\n";
  }
  invocation.out << std::flush;
  AnnouncePage(**page, options.page, invocation.err);
  Serve(**page, options.page.cert, interrupt);
  return kExitOk;
}

}  // namespace

void AddUiCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("ui", "serve the page that shows sweeps in a browser");
  const auto options = std::make_shared<UiOptions>();
  AddReadOptions(command, &options->source);
  AddPageOptions(command, &options->page, /*beyond_loopback=*/true);
  command
      ->add_option("--tokens", options->tokens,
                   "with --db: who may log in, lines of `fathom token new`; "
                   "read again all the time")
      ->type_name("FILE");
  command->add_flag("--login", options->login,
                    "viewers log in with tokens, also on this machine");
  AddLogFormatOption(*command);
  command->add_flag("--json", options->json,
                    "where the page is, as one JSON document");
  command->footer(kUiFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return RunUi(*options, invocation);
    };
  });
}

}  // namespace fathom::client
