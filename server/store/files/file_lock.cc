#include "server/store/files/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/store/files/file_facts.h"

namespace fathom::server {
namespace {

// How long Acquire waits for processes that hold the lock only to see whether
// the file is locked.
constexpr absl::Duration kPatience = absl::Milliseconds(100);

// The files that this process has locked, and descriptors of the files that
// IsHeld has looked at; see the header.
struct LockedFiles {
  absl::Mutex mutex;
  std::set<std::pair<dev_t, ino_t>> ids ABSL_GUARDED_BY(mutex);
  std::map<std::pair<dev_t, ino_t>, int> looked_at ABSL_GUARDED_BY(mutex);
};

LockedFiles& locked_files() {
  static LockedFiles& files = *new LockedFiles;
  return files;
}

absl::Status LockedError(const std::string& path) {
  // Anyone who may read a file can lock it, so the holder need not be a
  // coordinator.
  const std::string holders = LockHolders(path);
  return absl::AlreadyExistsError(absl::StrCat(
      path,
      ": another coordinator (fathom run or fathom-server) has this ledger "
      "open",
      holders.empty() ? "" : ", or another program has locked it: ", holders,
      ". Wait until it has ended, stop it, or use another file. Reading "
      "works meanwhile, and a fathom-server (not fathom run) can be asked with "
      "--server."));
}

absl::Status SystemError(const std::string& path, int error) {
  const std::string message = absl::StrCat(
      "cannot open ", path, " for writing: ", std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(
          absl::StrCat(message, ". Create the directory first."));
    case EISDIR:
      return absl::FailedPreconditionError(message);
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::InternalError(message);
  }
}

// Takes the exclusive lock. Returns an errno, or 0 on success.
int LockAlone(int fd) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK || absl::Now() > deadline) return errno;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Acquire(
    const std::string& path) {
  LockedFiles& files = locked_files();
  absl::MutexLock lock(&files.mutex);
  struct stat info;
  if (stat(path.c_str(), &info) == 0 &&
      files.ids.contains({info.st_dev, info.st_ino})) {
    return LockedError(path);
  }
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return SystemError(path, errno);
  if (const int error = LockAlone(fd); error != 0) {
    close(fd);
    return error == EWOULDBLOCK ? LockedError(path) : SystemError(path, error);
  }
  if (fstat(fd, &info) != 0) {
    const int error = errno;
    close(fd);
    return SystemError(path, error);
  }
  const FileId id{info.st_dev, info.st_ino};
  files.ids.insert(id);
  return std::unique_ptr<FileLock>(new FileLock(fd, id));
}

bool FileLock::IsHeld(const std::string& path) {
  LockedFiles& files = locked_files();
  absl::MutexLock lock(&files.mutex);
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return true;
  const FileId id{info.st_dev, info.st_ino};
  if (files.ids.contains(id)) return true;
  const auto [entry, added] = files.looked_at.try_emplace(id, -1);
  if (added) entry->second = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (entry->second < 0) {
    files.looked_at.erase(entry);
    return true;
  }
  if (flock(entry->second, LOCK_SH | LOCK_NB) != 0) return true;
  flock(entry->second, LOCK_UN);
  return false;
}

FileLock::~FileLock() {
  LockedFiles& files = locked_files();
  absl::MutexLock lock(&files.mutex);
  files.ids.erase(id_);
  close(fd_);
}

}  // namespace fathom::server
