#include "client/doctor/checks.h"

#include <utility>

#include "client/doctor/check_list.h"

namespace fathom::client {
namespace {

constexpr Check kChecks[] = {
    {"machine", "cores", checks::Cores},
    {"machine", "instructions", checks::InstructionSet},
    {"machine", "memory", checks::Memory},
    {"machine", "open_files", checks::Descriptors},
    {"machine", "threads", checks::Threads},
    {"configuration", "configuration", checks::Configuration},
    {"files", "files", checks::Files},
    {"ledger", "ledger", checks::LedgerOpens},
    {"ledger", "ledger_integrity", checks::LedgerIntegrity},
    {"ledger", "ledger_use", checks::LedgerUse},
    {"ledger", "ledger_wal", checks::LedgerWal},
    {"ledger", "ledger_free_pages", checks::LedgerFreePages},
    {"ledger", "ledger_file_system", checks::LedgerFileSystem},
    {"ledger", "ledger_disk", checks::LedgerDisk},
    {"ledger", "ledger_access", checks::LedgerAccess},
    {"ledger", "ledger_leftovers", checks::LedgerLeftovers},
    {"server", "server_name", checks::ServerName},
    {"server", "server_port", checks::ServerPort},
    {"server", "server_tls", checks::ServerTls},
    {"server", "server_certificate", checks::ServerCertificate},
    {"server", "server_token", checks::ServerToken},
    {"server", "server_clock", checks::ServerClock},
    {"server", "server_versions", checks::ServerVersions},
    {"server", "server_workers", checks::ServerWorkers},
    {"server", "server_speed", checks::ServerSpeed},
    {"server", "server_disk", checks::ServerDisk},
    {"server", "server_sync", checks::ServerSync},
};

}  // namespace

absl::string_view LevelName(Level level) {
  switch (level) {
    case Level::kOk:
      return "ok";
    case Level::kWarning:
      return "warning";
    case Level::kProblem:
      return "problem";
  }
  return "";
}

absl::Span<const Check> AllChecks() { return kChecks; }

std::vector<CheckResult> RunChecks(const Facts& facts) {
  std::vector<CheckResult> results;
  for (const Check& check : kChecks) {
    for (Finding& finding : check.run(facts)) {
      results.push_back({&check, std::move(finding)});
    }
  }
  return results;
}

}  // namespace fathom::client
