#include "server/store/files/temporary_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/store/files/file_facts.h"

namespace fathom::server {
namespace {

constexpr absl::string_view kTemporaryPrefix = "fathom-backup-";
constexpr size_t kTemporaryLetters = 6;
constexpr const char* kSuffixes[] = {"", "-journal", "-wal", "-shm"};

absl::Status FileStatus(const std::string& path, int error) {
  const std::string text = absl::StrCat(path, ": ", std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) {
    return absl::ResourceExhaustedError(text);
  }
  return absl::InternalError(text);
}

void RemoveWithCompanions(const std::string& path) {
  for (const char* suffix : kSuffixes) {
    unlink(absl::StrCat(path, suffix).c_str());
  }
}

// Locks the file, and returns whether this succeeds and the file is a regular
// file of this user that has exactly one name.
bool LockOwn(int fd) {
  struct stat info;
  return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &info) == 0 &&
         S_ISREG(info.st_mode) && info.st_nlink == 1 &&
         info.st_uid == geteuid();
}

// Returns the name of the copy that `name` is, or is a file beside of; empty
// when `name` is something else.
std::string NameOfCopy(absl::string_view name) {
  for (const char* suffix : kSuffixes) {
    absl::string_view copy = name;
    if (!absl::ConsumeSuffix(&copy, suffix)) continue;
    absl::string_view letters = copy;
    if (!absl::ConsumePrefix(&letters, kTemporaryPrefix)) continue;
    if (letters.size() != kTemporaryLetters) continue;
    bool fine = true;
    for (const char c : letters) fine = fine && absl::ascii_isalnum(c);
    if (fine) return std::string(copy);
  }
  return "";
}

std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  DIR* const entries = opendir(directory.c_str());
  if (entries == nullptr) return names;
  while (const dirent* entry = readdir(entries)) {
    if (!NameOfCopy(entry->d_name).empty()) names.push_back(entry->d_name);
  }
  closedir(entries);
  return names;
}

// Whether the copy at `path` has been removed, or belongs to no living process.
// In the second case it is locked until `fd` is closed.
bool IsLeftover(const std::string& path, int& fd) {
  fd = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT;
  return LockOwn(fd);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TemporaryFile>> TemporaryFile::Create(
    const std::string& directory) {
  while (true) {
    std::string path = absl::StrCat(directory, "/", kTemporaryPrefix, "XXXXXX");
    const int fd = mkostemp(path.data(), O_CLOEXEC);
    if (fd < 0) return FileStatus(path, errno);
    if (LockOwn(fd)) {
      return std::unique_ptr<TemporaryFile>(
          new TemporaryFile(std::move(path), fd));
    }
    // Another process took the file for a leftover before it was locked, or the
    // file system does not support such locks.
    const int error = errno;
    close(fd);
    if (unlink(path.c_str()) == 0) return FileStatus(path, error);
  }
}

TemporaryFile::~TemporaryFile() {
  RemoveWithCompanions(path_);
  close(fd_);
}

absl::Status TemporaryFile::Error(int error) const {
  return FileStatus(path_, error);
}

int TemporaryFile::CountLeftovers(const std::string& directory) {
  int count = 0;
  for (const std::string& name : NamesIn(directory)) {
    // Locking it, to see, could be in the way of whoever is about to.
    count += NameOfCopy(name) == name &&
                     LockHolderPids(absl::StrCat(directory, "/", name)).empty()
                 ? 1
                 : 0;
  }
  return count;
}

int TemporaryFile::RemoveLeftovers(const std::string& directory) {
  int removed = 0;
  for (const std::string& name : NamesIn(directory)) {
    const std::string path = absl::StrCat(directory, "/", NameOfCopy(name));
    int fd = -1;
    if (IsLeftover(path, fd)) {
      RemoveWithCompanions(path);
      removed += fd >= 0;
    }
    if (fd >= 0) close(fd);
  }
  return removed;
}

}  // namespace fathom::server
