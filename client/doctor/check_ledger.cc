#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/doctor/check_list.h"
#include "client/view/format.h"

namespace fathom::client::checks {
namespace {

// A log that has grown beyond this is not brought into the file any more, as
// something keeps reading an old state; it makes reading slow.
constexpr int64_t kLongWal = int64_t{256} << 20;
// Free pages that are worth a word: this many bytes, and half of the file.
constexpr int64_t kMuchFree = int64_t{1} << 30;

// Returns the ledger if it was looked at and can be opened.
const LedgerFacts* OpenLedger(const Facts& facts) {
  return facts.ledger.has_value() && facts.ledger->opens.ok() ? &*facts.ledger
                                                              : nullptr;
}

// Returns the ledger if it was looked at and there is such a file.
const LedgerFacts* ExistingLedger(const Facts& facts) {
  return facts.ledger.has_value() && !absl::IsNotFound(facts.ledger->opens)
             ? &*facts.ledger
             : nullptr;
}

}  // namespace

Findings LedgerOpens(const Facts& facts) {
  if (!facts.ledger.has_value()) return {};
  const LedgerFacts& ledger = *facts.ledger;
  if (!ledger.opens.ok()) {
    return {{Level::kProblem, std::string(ledger.opens.message()),
             absl::IsDataLoss(ledger.opens)
                 ? "keep the file and its companions as they are, and go on "
                   "from a backup"
                 : "no command can read it until then"}};
  }
  const std::string text =
      absl::StrCat(ledger.path, ": ", SizeText(ledger.file_bytes), ", version ",
                   ledger.schema_version);
  if (ledger.schema_version == ledger.newest_schema_version) {
    return {{Level::kOk, text, ""}};
  }
  return {{Level::kOk,
           absl::StrCat(text,
                        ", which the next coordinator of this fathom "
                        "raises to ",
                        ledger.newest_schema_version),
           ledger.is_held ? "" : "make a copy first: fathom backup"}};
}

Findings LedgerIntegrity(const Facts& facts) {
  const LedgerFacts* const ledger = OpenLedger(facts);
  if (ledger == nullptr) return {};
  if (ledger->integrity.ok()) {
    return {{Level::kOk, "the pages of the ledger are whole", ""}};
  }
  if (absl::IsDeadlineExceeded(ledger->integrity)) {
    return {{Level::kOk,
             "the pages of the ledger are too many to check them all now",
             "`fathom audit` checks them, and what is in them"}};
  }
  if (!absl::IsDataLoss(ledger->integrity)) {
    return {{Level::kWarning,
             absl::StrCat("the pages of the ledger were not checked: ",
                          std::string(ledger->integrity.message())),
             "try again"}};
  }
  return {{Level::kProblem,
           absl::StrCat("the ledger is damaged: ",
                        std::string(ledger->integrity.message())),
           "stop the coordinator, keep the file and its companions, and go on "
           "from a backup; look at the disk and the memory of this machine"}};
}

Findings LedgerUse(const Facts& facts) {
  if (ExistingLedger(facts) == nullptr) return {};
  const LedgerFacts& ledger = *facts.ledger;
  const std::string holders = absl::StrJoin(ledger.holders, ", ");
  if (!ledger.is_held) {
    return {{Level::kOk,
             holders.empty()
                 ? "nothing has the ledger open"
                 : absl::StrCat("no coordinator has the ledger open; ", holders,
                                " reads it"),
             ""}};
  }
  if (!ledger.stopped.empty()) {
    return {{Level::kProblem,
             absl::StrCat("the ledger is held by ",
                          absl::StrJoin(ledger.stopped, ", "),
                          ", which is stopped and answers nobody"),
             "let it go on (kill -CONT), or end it (kill -KILL): nothing "
             "acknowledged is lost"}};
  }
  if (holders.empty()) {
    return {{Level::kWarning,
             "the ledger is held by a process that this machine does not show",
             "it may run in a container, or on another machine with the same "
             "file system: only one coordinator may have a ledger"}};
  }
  if (!ledger.strangers.empty()) {
    return {{Level::kWarning,
             absl::StrCat("the ledger is locked by ",
                          absl::StrJoin(ledger.strangers, ", "),
                          ", which is no program of fathom"),
             "a coordinator waits while it is locked: end that program"}};
  }
  return {{Level::kOk, absl::StrCat("the ledger is held by ", holders), ""}};
}

Findings LedgerWal(const Facts& facts) {
  const LedgerFacts* const ledger = OpenLedger(facts);
  if (ledger == nullptr) return {};
  const std::string text = absl::StrCat("the ledger's write-ahead log has ",
                                        SizeText(ledger->wal_bytes));
  if (ledger->wal_bytes < kLongWal) return {{Level::kOk, text, ""}};
  return {{Level::kWarning, text,
           ledger->is_held
               ? "something has read the ledger for long: a query, a backup, "
                 "an audit, an SQLite shell; it shrinks when that has ended"
               : "start a coordinator on it once, which brings it into the "
                 "file"}};
}

Findings LedgerFreePages(const Facts& facts) {
  const LedgerFacts* const ledger = OpenLedger(facts);
  if (ledger == nullptr || ledger->pages == 0) return {};
  const int64_t bytes = ledger->free_pages * ledger->page_bytes;
  const std::string text =
      absl::StrCat(SizeText(bytes), " of the ledger are free pages (",
                   100 * ledger->free_pages / ledger->pages, " %)");
  if (bytes < kMuchFree || 2 * ledger->free_pages < ledger->pages) {
    return {{Level::kOk, text, ""}};
  }
  return {{Level::kWarning, text,
           "what comes next is written there; to give them back now, stop the "
           "coordinator and run: sqlite3 FILE VACUUM (it takes the room of a "
           "copy)"}};
}

Findings LedgerFileSystem(const Facts& facts) {
  if (ExistingLedger(facts) == nullptr) return {};
  const LedgerFacts& ledger = *facts.ledger;
  if (!ledger.place.ok()) {
    return {{Level::kProblem, std::string(ledger.place.message()),
             "a coordinator refuses it"}};
  }
  if (ledger.is_remote) {
    return {{Level::kWarning,
             absl::StrCat("the ledger is on a network file system (",
                          ledger.file_system, ")"),
             "SQLite's log needs memory that all its readers share: put the "
             "ledger on a disk of the coordinator's machine, or let nobody on "
             "another machine open the file"}};
  }
  if (ledger.file_system == "tmpfs") {
    return {{Level::kWarning, "the ledger is in memory (tmpfs)",
             "it is gone when the machine restarts: put it on a disk"}};
  }
  return {{Level::kOk,
           absl::StrCat("the ledger is on a file system of this machine",
                        ledger.file_system.empty()
                            ? ""
                            : absl::StrCat(" (", ledger.file_system, ")")),
           ""}};
}

Findings LedgerDisk(const Facts& facts) {
  if (ExistingLedger(facts) == nullptr ||
      !facts.ledger->disk_free.has_value()) {
    return {};
  }
  const LedgerFacts& ledger = *facts.ledger;
  const int64_t left = *ledger.disk_free - ledger.disk_reserve;
  const std::string text = absl::StrCat(
      "the ledger's disk has ", SizeText(*ledger.disk_free), " free, of which ",
      SizeText(ledger.disk_reserve), " are kept for results");
  if (left <= 0) {
    return {{Level::kProblem, text,
             "make room: uploads, checkpoints and backups are refused, and the "
             "coordinator stops when the disk is full"}};
  }
  if (left < 4 * ledger.disk_reserve) {
    return {{Level::kWarning, text, "make room before it is full"}};
  }
  if (left < ledger.file_bytes + ledger.wal_bytes) {
    return {{Level::kWarning,
             absl::StrCat(text, ", less than a copy of the ledger takes"),
             "`fathom backup` is refused there: make room"}};
  }
  return {{Level::kOk, text, ""}};
}

Findings LedgerAccess(const Facts& facts) {
  if (ExistingLedger(facts) == nullptr) return {};
  const LedgerFacts& ledger = *facts.ledger;
  const std::string text = absl::StrFormat(
      "the ledger has mode %03o and belongs to %s", ledger.mode, ledger.owner);
  if (!ledger.foreign_companions.empty()) {
    return {{Level::kProblem, ledger.foreign_companions,
             "a coordinator of this user cannot write it until then"}};
  }
  if ((ledger.mode & 0002) != 0) {
    return {{Level::kProblem, text, "everyone can change it: chmod o-w"}};
  }
  if (!ledger.is_own) {
    return {{Level::kWarning, text,
             "only its owner should start a coordinator on it"}};
  }
  if ((ledger.mode & 0004) != 0) {
    return {{Level::kOk, absl::StrCat(text, ", so that everyone can read it"),
             "a coordinator with --tokens closes it"}};
  }
  return {{Level::kOk, text, ""}};
}

Findings LedgerLeftovers(const Facts& facts) {
  if (!facts.ledger.has_value() || facts.ledger->leftovers == 0) return {};
  return {{Level::kWarning,
           absl::StrCat(facts.ledger->leftovers,
                        " unfinished copies of ledgers (fathom-backup-...) are "
                        "beside the ledger"),
           "the next start of the coordinator removes them"}};
}

}  // namespace fathom::client::checks
