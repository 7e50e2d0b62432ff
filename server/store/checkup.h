#ifndef FATHOM_SERVER_STORE_CHECKUP_H_
#define FATHOM_SERVER_STORE_CHECKUP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/store/files/disk_space.h"

namespace fathom::server {

// What can be seen of a ledger from outside, without changing anything, while a
// coordinator may have it open.
struct Checkup {
  // Whether it can be opened for reading. What follows up to `integrity` is
  // empty when it cannot.
  absl::Status opens;
  int64_t schema_version = 0;
  int64_t newest_schema_version = 0;  // That this program knows.
  int64_t page_bytes = 0;
  int64_t pages = 0;
  int64_t free_pages = 0;
  // OK, DATA_LOSS with the first thing that SQLite's quick check found, or
  // DEADLINE_EXCEEDED.
  absl::Status integrity;

  int64_t file_bytes = 0;
  int64_t wal_bytes = 0;
  std::string file_system;  // Its name, such as "ext4"; "" when not known.
  // Whether the file system is on another machine, where SQLite's write-ahead
  // log does not work: its index is memory that processes share.
  bool is_remote = false;
  std::optional<DiskSpace> disk;
  int64_t reserve = 0;  // Bytes that a coordinator leaves free there.
  absl::Status place;   // See CheckPlace.
  uint32_t mode = 0;    // The permissions of the file.
  bool is_own = false;  // Whether it belongs to this user.
  std::string owner;
  std::string foreign_companions;  // See ForeignCompanions.
  int leftovers = 0;               // Copies that killed backups have left.

  // Whether a coordinator, or something that looks like one, has it open.
  bool is_held = false;
  // A process that holds a lock on the file or a companion.
  struct Holder {
    int64_t pid = 0;
    std::string text;      // "process 17 (fathom-server) of user ada".
    std::string program;   // As the system calls it, at most 15 bytes.
    bool stopped = false;  // It is stopped by a signal or a debugger.
  };
  std::vector<Holder> holders;
};

// Looks at the ledger at `path`, which must exist. The check of its pages reads
// the whole file and ends after about `patience`.
Checkup CheckUp(const std::string& path, absl::Duration patience);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_CHECKUP_H_
