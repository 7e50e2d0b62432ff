#ifndef FATHOM_SERVER_STORE_OPEN_READER_H_
#define FATHOM_SERVER_STORE_OPEN_READER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/store/database.h"

namespace fathom::server {

// Opens a read-only connection to the ledger at `path`, of this version or an
// older one, without leaving files that could be in the way of its owner.
// SQLite itself creates the files -wal and -shm beside a database even to read
// it; they belong to the reader's user and stay there. When nobody writes the
// ledger and no rows are left in a log, the file alone is complete and is read
// as immutable.
//
// Reads the file through SQLite only: see file_lock.h for what closing a
// descriptor of our own would do to a Ledger in this process.
//
// NOT_FOUND when there is no file, INTERNAL when it may not be read or cannot
// be read without leaving files, DATA_LOSS when it is not a ledger,
// FAILED_PRECONDITION when it belongs to another application or is of a newer
// version.
absl::StatusOr<std::unique_ptr<sqlite::Database>> OpenForReading(
    const std::string& path);

// Opens a ledger that existed before. The error is DATA_LOSS instead of
// NOT_FOUND, so that a caller who asks for something in the ledger does not
// take the error for the absence of that thing.
absl::StatusOr<std::unique_ptr<sqlite::Database>> Reopen(
    const std::string& path);

// Returns the directory in which a copy of the ledger at `path` is made before
// it is sent: the ledger's own if this user may write there, otherwise the
// system's directory for temporary files; empty when there is none.
std::string CopyDirectory(const std::string& path);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_OPEN_READER_H_
