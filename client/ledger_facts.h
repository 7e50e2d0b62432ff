#ifndef FATHOM_CLIENT_LEDGER_FACTS_H_
#define FATHOM_CLIENT_LEDGER_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace fathom::client {

// A ledger file, seen from outside; see server/store/checkup.h, whose fields
// these are.
struct LedgerFacts {
  std::string path;
  absl::Status opens;
  int64_t schema_version = 0;
  int64_t newest_schema_version = 0;
  int64_t page_bytes = 0;
  int64_t pages = 0;
  int64_t free_pages = 0;
  absl::Status integrity;
  int64_t file_bytes = 0;
  int64_t wal_bytes = 0;
  std::string file_system;
  bool is_remote = false;
  std::optional<int64_t> disk_free;
  int64_t disk_reserve = 0;
  absl::Status place;
  uint32_t mode = 0;
  bool is_own = false;
  std::string owner;
  std::string foreign_companions;
  int leftovers = 0;
  bool is_held = false;
  std::vector<std::string> holders;    // In words.
  std::vector<std::string> stopped;    // Those that are stopped.
  std::vector<std::string> strangers;  // Those that are no program of fathom.
};

// Looks at the ledger at `path`. NOT_FOUND when there is no such file. The
// check of its pages reads the whole file and ends after about `patience`.
LedgerFacts LookAtLedger(const std::string& path, absl::Duration patience);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_LEDGER_FACTS_H_
