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
  double cpu_seconds = 0;     // User and system.
  double resident_bytes = 0;  // Now.
  double peak_bytes = 0;      // Most so far.
};

// `pid` 0 is this process.
Usage UsageOf(pid_t pid);

// A fathom-server as users run it: a program of its own on a new ledger, on a
// port of loopback that the kernel chooses. Its log goes to a file beside the
// ledger. Not thread-safe.
class ServerProcess {
 public:
  // Starts `program` on `folder`/load.db, which is removed first. `tokens` is a
  // file of tokens; empty: none are asked for.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(
      const std::string& program, const std::string& folder,
      const std::string& tokens = "");

  // Kills it if it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Asks it to stop and waits until it has. An error unless it ends well.
  absl::Status Stop();

  const std::string& address() const { return address_; }
  Usage usage() const { return UsageOf(pid_); }
  // Bytes of the ledger with its log.
  double LedgerBytes() const;

 private:
  ServerProcess(pid_t pid, std::string db_path)
      : pid_(pid), db_path_(std::move(db_path)) {}

  pid_t pid_;
  std::string db_path_;
  std::string address_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_TESTING_SERVER_PROCESS_H_
