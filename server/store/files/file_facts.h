#ifndef FATHOM_SERVER_STORE_FILES_FILE_FACTS_H_
#define FATHOM_SERVER_STORE_FILES_FILE_FACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// What the system knows of the file of a ledger and of the files that SQLite
// puts beside it, for decisions and for messages. None of these functions opens
// an existing file: see file_lock.h for what closing a descriptor would do to a
// Ledger.
namespace fathom::server {

// The suffixes of the files that SQLite puts beside a database, its companions.
inline constexpr absl::string_view kCompanions[] = {"-wal", "-shm"};

// Returns `path` with symbolic links resolved if the file exists, otherwise
// `path` itself. SQLite puts its companions beside the file that a link points
// to.
std::string RealPath(const std::string& path);

// What the system tells of a process; empty when there is none.
struct ProcessFacts {
  std::string text;         // "process 17 (sqlite3) of user ada".
  std::string name;         // "sqlite3".
  bool is_stopped = false;  // By a signal or a debugger.
};
ProcessFacts LookAtProcess(int64_t pid);

// Returns "user ada", or "user 17" for one without a name.
std::string UserName(uint32_t uid);

// Returns the other processes that hold locks on the file or its companions, as
// far as the system tells.
std::vector<int64_t> LockHolderPids(const std::string& path);

// Returns the same in words, such as "process 17 (sqlite3) of user ada"; empty
// when there are none or the system does not tell.
std::string LockHolders(const std::string& path);

// Returns OK when a ledger may live in the file, or the file does not exist.
// FAILED_PRECONDITION when the file has a second name (a hard link) or is
// mounted by itself: its companions are found by its name, and the rows in them
// would be lost to a program that opens the file under another name. The folder
// may be mounted.
absl::Status CheckPlace(const std::string& path);

// Creates an empty file when there is none, and removes the access of all users
// but the owner to the file and its companions; who can read a file can also
// lock it. A group that was let in on purpose (mode 640, umask 027) keeps its
// access if all other users had none; where all users had access, as by
// default, the group loses it, too. FAILED_PRECONDITION when the mode cannot be
// changed, as the file belongs to somebody else.
absl::Status MakePrivate(const std::string& path);

// Returns which of the companions this user may not write, whom they belong to
// and what to do; empty when there are none.
std::string ForeignCompanions(const std::string& path);

// Returns the directory that holds the file at `path`: "." for a bare name,
// otherwise with its final slash.
std::string DirectoryOf(const std::string& path);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_FILES_FILE_FACTS_H_
