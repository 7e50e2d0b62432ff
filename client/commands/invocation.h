#ifndef FATHOM_CLIENT_COMMANDS_INVOCATION_H_
#define FATHOM_CLIENT_COMMANDS_INVOCATION_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/connection.h"

namespace fathom::client {

// Exit codes of `fathom`; in its help and in the documentation.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,           // The operation failed.
  kExitUsage = 2,            // Wrong usage or bad input.
  kExitNoCoordinator = 3,    // No coordinator was reached.
  kExitSweepIncomplete = 4,  // Trials failed, or the sweep was cancelled.
  kExitNotAllowed = 5,       // TLS, token or role do not let us in.
  kExitUnattended = 6,       // Nothing works on the sweep that is waited for.
  kExitCutOff = 7,           // The answer is longer than what was written.
  kExitInterrupted = 130,
};

// One call of the program: where it writes, and what it is to do.
struct Invocation {
  std::ostream& out;  // Results.
  std::ostream& err;  // Progress, notes and errors.
  // Of the terminal that shows the results, in characters; 0 where they go to
  // a file or a program, which want every row in one line.
  int width = 0;
  // Set by the subcommand that was named, once its arguments are parsed.
  std::function<int()> action = {};
};

// The ledger of `fathom run`, where nothing else is said.
inline constexpr char kDefaultLedger[] = "fathom.db";

// Options --server and --db: which coordinator or ledger to talk to.
struct Source {
  std::string server = {};  // Empty: $FATHOM_SERVER, or 127.0.0.1:7373.
  std::string db = {};      // Empty: the server.
  // Empty fields: $FATHOM_TLS_CA, _TLS_CERT, _TLS_KEY and _TOKEN_FILE.
  ClientCredentials credentials = {};
};

// Adds --server with the options for its credentials, and --db for commands
// that only read, or that change something without training. Where neither they
// nor $FATHOM_SERVER say anything, `db` becomes kDefaultLedger if the current
// folder has such a file.
void AddServerOption(CLI::App* command, Source* source);
void AddReadOptions(CLI::App* command, Source* source);
void AddChangeOptions(CLI::App* command, Source* source);

// Adds --data: the folder where builtin datasets are.
void AddDataFolderOption(CLI::App* command, std::string* folder);

// Connects to what the options name.
absl::StatusOr<std::unique_ptr<Connection>> Open(const Source& source);
// The same to change something: no one else may have the ledger open.
absl::StatusOr<std::unique_ptr<Connection>> OpenForChanges(
    const Source& source);

// Adds the sweep that a command looks at; one that changes it wants it named.
void AddSweepToLookAt(CLI::App* command, std::string* sweep);

// Returns the sweep of that number or name, the newest where there is neither.
absl::StatusOr<v1::Sweep> FindSweep(Connection& connection,
                                    const std::string& sweep);

// Returns the address that `source` means when it names no file.
std::string ServerAddress(const Source& source);

// Returns what tells the pictures of this ledger from those of others: the name
// of its file without .db, or the address of its coordinator. Empty for
// fathom.db and for the usual address.
std::string LedgerName(const Source& source);

// Returns the options that repeat `source` in another command, such as
// "--db fathom.db".
std::string SourceOption(const Source& source);

// Returns the exit code that says what kind of error this is.
int ExitCodeOf(const absl::Status& status);

// Reports an error and returns its exit code.
int Fail(Invocation& invocation, const absl::Status& status);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_INVOCATION_H_
