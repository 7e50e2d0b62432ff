// `fathom token new` makes a token to call a coordinator with.
#include "proto/shared/token.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/view/message_json.h"
#include "nlohmann/json.hpp"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr char kTokenFooter[] =
    R"(Roles: worker trains, scale sees how much there is to do, read sees everything,
submit also submits and cancels, admin may do all. The token itself is shown or written once; the coordinator
keeps its hash alone.

Example, where fathom-server runs:
  fathom token new --role submit --name ada --out ada.token >> tokens
  kill -HUP PID_OF_FATHOM_SERVER
and for ada:
  fathom list --server lab:7373 --tls-ca ca.pem --token-file ada.token)";

struct TokenOptions {
  std::string role = {};
  std::string name = {};
  std::string out = {};
  bool json = false;
};

// Writes `token` to a new file that only its owner may read.
absl::Status WriteToken(const std::string& path, const std::string& token) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return errno == EEXIST
               ? absl::AlreadyExistsError(absl::StrCat(
                     path, " exists; a token is never written over another"))
               : absl::InvalidArgumentError(absl::StrCat(
                     "cannot write ", path, ": ", std::strerror(errno)));
  }
  const std::string line = token + "\n";
  const bool written =
      write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (close(fd) == 0 && written) return absl::OkStatus();
  unlink(path.c_str());
  return absl::InternalError(absl::StrCat("cannot write ", path));
}

absl::Status MakeToken(const TokenOptions& options, Invocation& invocation) {
  ASSIGN_OR_RETURN(const Role role, ParseRole(options.role));
  const std::string token = NewToken();
  ASSIGN_OR_RETURN(const std::string line,
                   TokenLine(role, options.name, token));
  if (!options.out.empty()) RETURN_IF_ERROR(WriteToken(options.out, token));
  if (options.json) {
    nlohmann::ordered_json json;
    if (options.out.empty()) json["token"] = token;
    json["line"] = line;
    WriteJson(json, invocation.out);
    return absl::OkStatus();
  }
  if (options.out.empty()) {
    invocation.out << token << "\n";
    invocation.err << "This token is shown only now: keep it in a file that "
                      "nobody else can read (--out does).\n"
                      "Its line for the token file of fathom-server:\n  "
                   << line << "\n";
    return absl::OkStatus();
  }
  invocation.out << line << "\n";
  invocation.err << "the token is in " << options.out
                 << "; the line above goes into the token file of "
                    "fathom-server\n";
  return absl::OkStatus();
}

}  // namespace

void AddTokenCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* group =
      app.add_subcommand("token", "make tokens to call a coordinator with");
  group->require_subcommand(1);
  group->footer(kTokenFooter);
  CLI::App* command = group->add_subcommand("new", "make a token");
  const auto options = std::make_shared<TokenOptions>();
  command->add_option("--role", options->role, "what its bearer may do")
      ->required()
      ->type_name("worker|read|submit|admin");
  command
      ->add_option("--name", options->name,
                   "who it is for; shown in the coordinator's log")
      ->required()
      ->type_name("NAME");
  command
      ->add_option("--out", options->out,
                   "new file for the token; otherwise it is printed")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kTokenFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      const absl::Status status = MakeToken(*options, invocation);
      return status.ok() ? int{kExitOk} : Fail(invocation, status);
    };
  });
}

}  // namespace fathom::client
