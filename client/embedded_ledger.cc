// Looks at ledger files with the code of the coordinator.
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "client/ledger_facts.h"
#include "server/store/checkup.h"

namespace fathom::client {

LedgerFacts LookAtLedger(const std::string& path, absl::Duration patience) {
  server::Checkup checkup = server::CheckUp(path, patience);
  LedgerFacts facts;
  facts.path = path;
  facts.opens = std::move(checkup.opens);
  facts.schema_version = checkup.schema_version;
  facts.newest_schema_version = checkup.newest_schema_version;
  facts.page_bytes = checkup.page_bytes;
  facts.pages = checkup.pages;
  facts.free_pages = checkup.free_pages;
  facts.integrity = std::move(checkup.integrity);
  facts.file_bytes = checkup.file_bytes;
  facts.wal_bytes = checkup.wal_bytes;
  facts.file_system = std::move(checkup.file_system);
  facts.is_remote = checkup.is_remote;
  if (checkup.disk.has_value()) facts.disk_free = checkup.disk->free;
  facts.disk_reserve = checkup.reserve;
  facts.place = std::move(checkup.place);
  facts.mode = checkup.mode;
  facts.is_own = checkup.is_own;
  facts.owner = std::move(checkup.owner);
  facts.foreign_companions = std::move(checkup.foreign_companions);
  facts.leftovers = checkup.leftovers;
  facts.is_held = checkup.is_held;
  for (const server::Checkup::Holder& holder : checkup.holders) {
    facts.holders.push_back(holder.text);
    if (holder.stopped) facts.stopped.push_back(holder.text);
    if (!absl::StrContains(holder.program, "fathom")) {
      facts.strangers.push_back(holder.text);
    }
  }
  return facts;
}

}  // namespace fathom::client
