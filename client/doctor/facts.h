#ifndef FATHOM_CLIENT_DOCTOR_FACTS_H_
#define FATHOM_CLIENT_DOCTOR_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/ledger_facts.h"
#include "fathom/v1/sweep_service.pb.h"
#include "proto/shared/connection_probe.h"
#include "proto/shared/credentials.h"

// What `fathom doctor` looks at. The checks are functions of these facts alone.
namespace fathom::client {

// This machine, as this process finds it. What the system does not tell is
// empty.
struct MachineFacts {
  int cores = 0;         // That are switched on.
  int usable_cores = 0;  // On which this process may run.
  // Cores that the control group grants, such as 2.5.
  std::optional<double> cpu_quota;
  // Instruction sets that training can use, the best one first.
  std::vector<std::string> instruction_sets;
  std::optional<int64_t> memory_bytes;
  std::optional<int64_t> available_bytes;  // Without swapping.
  std::optional<int64_t> memory_limit;     // Of the control group.
  std::optional<int64_t> memory_used;      // By the control group.
  std::optional<int64_t> descriptor_limit;
  std::optional<int64_t> thread_limit;  // The least of several.
};

// The user's configuration file.
struct ConfigFacts {
  std::string path;  // "" where there is no folder for one.
  bool exists = false;
  absl::Status status;
};

// A file with a key, a token or a certificate that an option or a variable
// names.
struct FileFacts {
  std::string path;
  std::string what;  // As in "token file".
  absl::Status status;
  bool is_others = false;  // It belongs to neither this user nor root.
  std::string owner;
  // Of certificates, when the first of them ends.
  absl::Time end = absl::InfiniteFuture();
};

// A coordinator, as this machine reaches it.
struct ServerFacts {
  std::string address;
  ClientCredentials credentials;
  absl::Status credentials_status;  // Whether they go together.
  ConnectionProbe probe;
  // The first call and what came of it; the others are made if it succeeds.
  absl::Status call;
  v1::GetCallerResponse caller;
  // Its clock minus that of this machine, and how far that may be off: half of
  // the time that the call took.
  std::optional<absl::Duration> clock_offset;
  absl::Duration clock_error;
  std::optional<std::vector<v1::Worker>> workers;
  std::optional<v1::Telemetry> telemetry;
};

// All of it. What was not looked at is empty.
struct Facts {
  absl::Time now;
  std::string version;  // Of this program.
  std::optional<MachineFacts> machine;
  std::optional<ConfigFacts> config;
  std::vector<FileFacts> files;
  std::optional<LedgerFacts> ledger;
  std::optional<ServerFacts> server;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DOCTOR_FACTS_H_
