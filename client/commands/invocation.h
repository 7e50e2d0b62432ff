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

// Exit codes of `fathom`, as its help and the documentation list them.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,           // The operation failed.
  kExitUsage = 2,            // Wrong usage or bad input.
  kExitNoCoordinator = 3,    // No coordinator was reached.
  kExitSweepIncomplete = 4,  // Trials failed, or the sweep was cancelled.
  kExitNotAllowed = 5,       // TLS, token or role did not let us in.
  kExitUnattended = 6,       // Nothing works on the awaited sweep.
  kExitCutOff = 7,           // The answer has more rows than written.
  kExitInterrupted = 130,
};

// One call of the program: where it writes, and what it does.
struct Invocation {
  std::ostream& out;  // For results.
  std::ostream& err;  // For progress, notes and errors.
  // Width of the terminal that shows the results, in characters. It is 0 where
  // the results go to a file or a program, which want every row in one line.
  int width = 0;
  // What the program is to do. The subcommand that was named sets it once its
  // arguments are parsed; it returns the exit code.
  std::function<int()> action = {};
  // What is wrong with the user's configuration. No command runs unless it is
  // OK.
  absl::Status configured = {};
};

// The ledger that `fathom run` uses unless --db or $FATHOM_DB names another
// one.
inline constexpr char kDefaultLedger[] = "fathom.db";

// The coordinator or ledger to talk to, as the options --server and --db say.
struct Source {
  std::string server = {};  // If empty, $FATHOM_SERVER or 127.0.0.1:7373.
  std::string db = {};      // If empty, the coordinator at `server`.
  // Empty fields are replaced by $FATHOM_TLS_CA, $FATHOM_TLS_CERT,
  // $FATHOM_TLS_KEY and $FATHOM_TOKEN_FILE.
  ClientCredentials credentials = {};
};

// These functions add --server with the options for its credentials.
// AddReadOptions, for commands that only read, and AddChangeOptions, for
// commands that change something without training, add --db as well, which
// becomes LedgerToRead() where the options do not name a ledger.
void AddServerOption(CLI::App* command, Source* source);
void AddReadOptions(CLI::App* command, Source* source);
void AddChangeOptions(CLI::App* command, Source* source);

// Returns the credentials that the options name, or else the environment.
ClientCredentials CredentialsOf(const Source& source);

// Returns whether an option or $FATHOM_SERVER names a coordinator. An option
// for credentials counts as well.
bool NamesServer(const Source& source);

// Returns the ledger that a command means which was given no --db: $FATHOM_DB,
// or kDefaultLedger if the current folder has such a file. Returns "" where a
// coordinator is meant. Of $FATHOM_SERVER and $FATHOM_DB, the coordinator
// counts, unless the configuration file alone names it.
std::string LedgerToRead(const Source& source);

// Returns the ledger that `fathom run` writes without --db.
std::string LedgerToWrite();

// Adds --data, the folder where the builtin datasets are.
void AddDataFolderOption(CLI::App* command, std::string* folder);

// Connects to the coordinator, or opens for reading the ledger, that the
// options name.
absl::StatusOr<std::unique_ptr<Connection>> Open(const Source& source);
// Connects as Open() does, but so that the sweeps can be changed. A ledger that
// is named may not be open elsewhere.
absl::StatusOr<std::unique_ptr<Connection>> OpenForChanges(
    const Source& source);

// Adds the optional argument SWEEP to a command that only looks at a sweep.
// Commands that change a sweep require it instead.
void AddSweepToLookAt(CLI::App* command, std::string* sweep);

// Returns the sweep with that number or name, or the newest one when `sweep` is
// empty.
absl::StatusOr<v1::Sweep> FindSweep(Connection& connection,
                                    const std::string& sweep);

// Returns the address of the coordinator that `source` means when it names no
// ledger file.
std::string ServerAddress(const Source& source);

// Returns a name for this ledger, for the file names of its pictures: the name
// of the ledger's file without .db, or the address of its coordinator. The name
// is empty for fathom.db and for the default address.
std::string LedgerName(const Source& source);

// Returns the options that repeat `source` in another command, for example
// "--db fathom.db".
std::string SourceOption(const Source& source);

// Returns the exit code for this kind of error.
int ExitCodeOf(const absl::Status& status);

// Writes the error to `invocation.err` and returns its exit code.
int Fail(Invocation& invocation, const absl::Status& status);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_INVOCATION_H_
