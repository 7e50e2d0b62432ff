#include "client/commands/invocation.h"

#include <filesystem>
#include <system_error>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/commands/config/config_file.h"
#include "client/embedded.h"
#include "client/view/format.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

constexpr char kDefaultServer[] = "127.0.0.1:7373";
constexpr char kUsualLedger[] = "fathom";  // Name without .db.
constexpr char kServerVariable[] = "FATHOM_SERVER";
constexpr char kLedgerVariable[] = "FATHOM_DB";

// An option for a field of ClientCredentials, and the environment variable that
// replaces it.
struct CredentialOption {
  const char* option;
  const char* variable;
  std::string ClientCredentials::*field;
  const char* help;
};
constexpr CredentialOption kCredentialOptions[] = {
    {"--tls-ca", "FATHOM_TLS_CA", &ClientCredentials::ca,
     "authority that the coordinator's certificate is from; turns TLS on"},
    {"--tls-cert", "FATHOM_TLS_CERT", &ClientCredentials::cert,
     "certificate to show to the coordinator"},
    {"--tls-key", "FATHOM_TLS_KEY", &ClientCredentials::key,
     "private key of that certificate"},
    {"--token-file", "FATHOM_TOKEN_FILE", &ClientCredentials::token_file,
     "file with the token to show to the coordinator"},
};

// Returns what is wrong with a folder that should exist, or "" when nothing is.
std::string CheckFolder(const std::string& name) {
  std::error_code error;
  const auto type = std::filesystem::status(name, error).type();
  if (type == std::filesystem::file_type::directory) return "";
  return absl::StrCat("found ", Printable(name), ", which ",
                      type == std::filesystem::file_type::not_found
                          ? "does not exist"
                          : "is no folder",
                      ", expected a folder");
}

void AddLedgerOption(CLI::App* command, Source* source,
                     absl::string_view help) {
  command
      ->add_option("--db", source->db,
                   absl::StrCat(help, " (default: $", kLedgerVariable, ", or ",
                                kDefaultLedger,
                                " if this folder has one and no coordinator "
                                "is named)"))
      ->type_name("FILE")
      ->excludes("--server");
  command->parse_complete_callback([source] {
    if (source->db.empty()) source->db = LedgerToRead(*source);
  });
}

// Returns whether an option names a coordinator, or is about one.
bool OptionsNameServer(const Source& source) {
  return !source.server.empty() ||
         absl::c_any_of(kCredentialOptions, [&](const auto& option) {
           return !(source.credentials.*option.field).empty();
         });
}

}  // namespace

ClientCredentials CredentialsOf(const Source& source) {
  ClientCredentials credentials = source.credentials;
  for (const CredentialOption& option : kCredentialOptions) {
    std::string& value = credentials.*option.field;
    if (value.empty()) value = Variable(option.variable);
  }
  return credentials;
}

bool NamesServer(const Source& source) {
  return OptionsNameServer(source) || !Variable(kServerVariable).empty();
}

std::string LedgerToRead(const Source& source) {
  if (OptionsNameServer(source)) return "";
  const std::string ledger = Variable(kLedgerVariable);
  const bool server = !Variable(kServerVariable).empty();
  const bool ledger_said_later =
      LineOfConfig(kServerVariable) > 0 && LineOfConfig(kLedgerVariable) == 0;
  if (!ledger.empty() && (!server || ledger_said_later)) return ledger;
  std::error_code error;
  return !server && std::filesystem::is_regular_file(kDefaultLedger, error)
             ? kDefaultLedger
             : "";
}

std::string LedgerToWrite() {
  const std::string ledger = Variable(kLedgerVariable);
  return ledger.empty() ? kDefaultLedger : ledger;
}

void AddServerOption(CLI::App* command, Source* source) {
  command
      ->add_option("--server", source->server,
                   absl::StrCat("coordinator to talk to (default: $",
                                kServerVariable, ", or ", kDefaultServer, ")"))
      ->type_name("HOST:PORT");
  for (const CredentialOption& option : kCredentialOptions) {
    command
        ->add_option(
            option.option, source->credentials.*option.field,
            absl::StrCat(option.help, " (default: $", option.variable, ")"))
        ->type_name("FILE");
  }
}

void AddReadOptions(CLI::App* command, Source* source) {
  AddServerOption(command, source);
  AddLedgerOption(command, source,
                  "ledger to read instead, also while it is in use");
}

void AddSweepToLookAt(CLI::App* command, std::string* sweep) {
  command
      ->add_option("sweep", *sweep,
                   "number or name of the sweep (default: the newest)")
      ->type_name("SWEEP");
}

absl::StatusOr<v1::Sweep> FindSweep(Connection& connection,
                                    const std::string& sweep) {
  return sweep.empty() ? connection.GetNewestSweep()
                       : connection.GetSweep(sweep);
}

void AddChangeOptions(CLI::App* command, Source* source) {
  AddServerOption(command, source);
  AddLedgerOption(command, source,
                  "ledger to change instead, while nothing has it open");
}

void AddDataFolderOption(CLI::App* command, std::string* folder) {
  command
      ->add_option("--data", *folder,
                   "folder of a builtin dataset, or with a folder of its name "
                   "(default: $FATHOM_DATASETS, or /usr/share/datasets)")
      ->check(CheckFolder)
      ->type_name("DIR");
}

std::string ServerAddress(const Source& source) {
  if (!source.server.empty()) return source.server;
  const std::string variable = Variable(kServerVariable);
  return variable.empty() ? kDefaultServer : variable;
}

absl::StatusOr<std::unique_ptr<Connection>> Open(const Source& source) {
  if (!source.db.empty()) return OpenReadOnly(source.db);
  auto connection =
      ConnectToServer(ServerAddress(source), CredentialsOf(source));
  if (absl::IsUnavailable(connection.status()) && !NamesServer(source)) {
    return absl::UnavailableError(
        absl::StrCat(connection.status().message(), ". Nor is there a ledger ",
                     kDefaultLedger, " in this folder; --db FILE names one."));
  }
  return connection;
}

std::string LedgerName(const Source& source) {
  if (source.db.empty()) {
    const std::string address = ServerAddress(source);
    return address == kDefaultServer ? "" : address;
  }
  const std::filesystem::path file =
      std::filesystem::path(source.db).filename();
  const std::string name =
      file.extension() == ".db" ? file.stem().string() : file.string();
  return name == kUsualLedger ? "" : name;
}

absl::StatusOr<std::unique_ptr<Connection>> OpenForChanges(
    const Source& source) {
  if (!source.db.empty()) return OpenForChanges(source.db);
  return Open(source);
}

std::string SourceOption(const Source& source) {
  if (!source.db.empty()) return absl::StrCat("--db ", ShellQuote(source.db));
  std::string options =
      absl::StrCat("--server ", ShellQuote(ServerAddress(source)));
  for (const CredentialOption& option : kCredentialOptions) {
    if (const std::string& value = source.credentials.*option.field;
        !value.empty()) {
      absl::StrAppend(&options, " ", option.option, " ", ShellQuote(value));
    }
  }
  return options;
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
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kExitNotAllowed;
    default:
      return kExitFailed;
  }
}

int Fail(Invocation& invocation, const absl::Status& status) {
  const std::string message(status.message());
  if (message.empty()) {
    invocation.err << "fathom: " << absl::StatusCodeToString(status.code())
                   << "\n";
    return ExitCodeOf(status);
  }
  // Every line begins with the name of the program, so that it can be told from
  // lines of other programs; indented lines continue the line above.
  for (const absl::string_view line : absl::StrSplit(message, '\n')) {
    invocation.err << (absl::StartsWith(line, " ") ? "" : "fathom: ")
                   << PrintableLines(line) << "\n";
  }
  return ExitCodeOf(status);
}

}  // namespace fathom::client
