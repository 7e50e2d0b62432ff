#ifndef FATHOM_SERVER_STORE_OPEN_READER_H_
#define FATHOM_SERVER_STORE_OPEN_READER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/store/database.h"

namespace fathom::server {

// Opens a read-only connection to the ledger at `path`, of this version or an
// older one, that leaves no file behind which could be in the owner's way.
// SQLite itself puts -wal and -shm next to a database even to read it, as files
// of whoever reads, and leaves them there. Where nobody writes and nothing is
// left in a log, the file alone is the whole truth and is read as it is.
//
// Looks at the file through SQLite only: see file_lock.h for what closing a
// descriptor of our own would do to a Ledger in this process.
//
// NOT_FOUND when there is no file, INTERNAL when it may not be read, or not
// without leaving files, DATA_LOSS when it is no ledger, FAILED_PRECONDITION
// when it is of a newer version.
absl::StatusOr<std::unique_ptr<sqlite::Database>> OpenForReading(
    const std::string& path);

// Opens a ledger that has been there before: DATA_LOSS instead of NOT_FOUND, as
// whoever asks for something in it must not hear that it was that which is not
// there.
absl::StatusOr<std::unique_ptr<sqlite::Database>> Reopen(
    const std::string& path);

// Returns where a copy of the ledger at `path` is made before it is sent: its
// own directory if this user may write there, or else that for temporary files,
// or nothing when there is none.
std::string CopyDirectory(const std::string& path);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_OPEN_READER_H_
