#include "client/commands/invocation.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "client/embedded.h"
#include "client/view/format.h"

namespace fathom {
namespace {

constexpr char kDefaultServer[] = "127.0.0.1:7373";
constexpr char kServerVariable[] = "FATHOM_SERVER";

}  // namespace

void AddServerOption(CLI::App* command, Source* source) {
  command
      ->add_option("--server", source->server,
                   absl::StrCat("coordinator to talk to (default: $",
                                kServerVariable, ", or ", kDefaultServer, ")"))
      ->type_name("HOST:PORT");
}

void AddReadOptions(CLI::App* command, Source* source) {
  AddServerOption(command, source);
  command
      ->add_option("--db", source->db,
                   "ledger to read instead, also while it is in use")
      ->type_name("FILE")
      ->excludes("--server");
}

void AddDataFolderOption(CLI::App* command, std::string* folder) {
  command
      ->add_option("--data", *folder,
                   "folder of a builtin dataset, or with a folder of its name "
                   "(default: $FATHOM_DATASETS, or /usr/share/datasets)")
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR");
}

std::string ServerAddress(const Source& source) {
  if (!source.server.empty()) return source.server;
  const char* variable = std::getenv(kServerVariable);
  return variable != nullptr && *variable != '\0' ? variable : kDefaultServer;
}

absl::StatusOr<std::unique_ptr<Connection>> Open(const Source& source) {
  if (!source.db.empty()) return OpenReadOnly(source.db);
  return ConnectToServer(ServerAddress(source));
}

std::string SourceOption(const Source& source) {
  if (!source.db.empty()) return absl::StrCat("--db ", ShellQuote(source.db));
  return absl::StrCat("--server ", ShellQuote(ServerAddress(source)));
}

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kOutOfRange:
      return kExitUsage;
    case absl::StatusCode::kUnavailable:
      return kExitNoCoordinator;
    default:
      return kExitFailed;
  }
}

int Fail(Invocation& invocation, const absl::Status& status) {
  const std::string message(status.message());
  invocation.err << "fathom: "
                 << (message.empty() ? absl::StatusCodeToString(status.code())
                                     : message)
                 << "\n";
  return ExitCodeOf(status);
}

}  // namespace fathom
