#include "server/store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace fathom {
namespace {

// The files that this process has locked; see the header.
struct LockedFiles {
  absl::Mutex mutex;
  std::set<std::pair<dev_t, ino_t>> ids ABSL_GUARDED_BY(mutex);
};

LockedFiles& locked_files() {
  static LockedFiles& files = *new LockedFiles;
  return files;
}

absl::Status LockedError(const std::string& path) {
  return absl::AlreadyExistsError(absl::StrCat(
      path,
      ": another coordinator (fathom-server or fathom run) has this ledger "
      "open. Stop it, talk to it with --server, or use another file."));
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
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
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

FileLock::~FileLock() {
  LockedFiles& files = locked_files();
  absl::MutexLock lock(&files.mutex);
  files.ids.erase(id_);
  close(fd_);
}

}  // namespace fathom
