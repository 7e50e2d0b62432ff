#ifndef FATHOM_SERVER_STORE_FILES_FILE_FACTS_H_
#define FATHOM_SERVER_STORE_FILES_FILE_FACTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// What the system knows of a ledger's file and of those that SQLite puts beside
// it, for decisions and for messages. Nothing here opens any of them: see
// file_lock.h for what closing a descriptor would do to a Ledger.
namespace fathom::server {

// What SQLite puts beside a database, as what follows its name.
inline constexpr absl::string_view kCompanions[] = {"-wal", "-shm"};

// Returns `path` without symbolic links, as far as it exists: SQLite puts its
// files beside the one that is meant.
std::string RealPath(const std::string& path);

// Returns which other processes hold locks on the file or its companions, such
// as "process 17 (sqlite3) of user ada"; empty where that cannot be told.
std::string LockHolders(const std::string& path);

// OK when the file may be a ledger where it is, or does not exist.
// FAILED_PRECONDITION when it has a second name, or is mounted: its companions
// go by the name, and rows that are in one of them would be lost to whoever
// opens the other name. The folder may be mounted.
absl::Status CheckPlace(const std::string& path);

// Makes the file, empty, when there is none, and sees to it that only its owner
// can read it and what is beside it: whoever can read a file can lock it.
// A group that was let in on purpose (mode 640, umask 027) stays; where all
// users were, as by default, nobody but the owner stays. FAILED_PRECONDITION
// when it is somebody else's.
absl::Status MakePrivate(const std::string& path);

// Returns which of the companions this user may not write, whose they are and
// what to do; empty when there is none.
std::string ForeignCompanions(const std::string& path);

// Returns the directory that holds the file at `path`: "." for a bare name,
// otherwise with its final slash.
std::string DirectoryOf(const std::string& path);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_FILES_FILE_FACTS_H_
