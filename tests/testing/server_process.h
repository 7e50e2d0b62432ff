#ifndef FATHOM_TESTS_TESTING_SERVER_PROCESS_H_
#define FATHOM_TESTS_TESTING_SERVER_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fathom::test {

// What a process has used so far, as the kernel counts it.
struct Usage {
  double cpu_seconds = 0;     // User and system time together.
  double resident_bytes = 0;  // At present.
  double peak_bytes = 0;      // The largest value so far.
};

// Returns what the process `pid` has used; a `pid` of 0 means this process.
Usage UsageOf(pid_t pid);

// A fathom-server as users run it: a program of its own on a new ledger, at a
// loopback port that the kernel chooses. Its log goes to a file beside the
// ledger.
//
// Not thread-safe.
class ServerProcess {
 public:
  // Starts `program` on `folder`/load.db, which is removed first. `tokens` is a
  // file of tokens; if it is empty, the server asks for none.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(
      const std::string& program, const std::string& folder,
      const std::string& tokens = "");

  // Kills the server if it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Asks the server to stop and waits until it has. Returns an error unless its
  // exit code is 0.
  absl::Status Stop();

  // Kills the server in the midst, and starts it again on the same ledger and
  // address.
  absl::Status KillAndStartAgain();

  const std::string& address() const { return address_; }
  Usage usage() const { return UsageOf(pid_); }
  // Returns the bytes of the ledger with its log.
  double LedgerBytes() const;

 private:
  ServerProcess(std::string program, const std::string& folder,
                std::string tokens);
  // Starts the program at `address` and waits until it listens.
  absl::Status Launch(const std::string& address);

  const std::string program_;
  const std::string tokens_;
  const std::string db_path_;
  const std::string log_path_;
  pid_t pid_ = 0;
  std::string address_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_TESTING_SERVER_PROCESS_H_
