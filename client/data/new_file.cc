#include "client/data/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fathom::client {
namespace {

constexpr int kMostLeftBehind = 100;

absl::Status NewFileError(const std::string& path, int error) {
  const std::string text = absl::StrCat(path, ": ", std::strerror(error));
  if (error == EEXIST) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, " exists already, and is not overwritten"));
  }
  if (error == ENOSPC || error == EDQUOT) {
    return absl::ResourceExhaustedError(text);
  }
  return absl::FailedPreconditionError(text);
}

}  // namespace

NewFile::~NewFile() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

absl::Status NewFile::Create(const std::string& path, bool overwrite,
                             mode_t mode) {
  path_ = path;
  overwrite_ = overwrite;
  if (!overwrite && access(path.c_str(), F_OK) == 0) {
    return NewFileError(path, EEXIST);
  }
  // A process of our number may have left files behind when it was killed.
  for (int n = 0; n < kMostLeftBehind && fd_ < 0; ++n) {
    temporary_ = absl::StrCat(path, ".", getpid(), ".", n);
    fd_ = open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd_ < 0 && errno != EEXIST) break;
  }
  if (fd_ >= 0) return absl::OkStatus();
  const int error = errno;
  const std::string tried = std::exchange(temporary_, "");
  return NewFileError(error == EEXIST ? tried : path, error);
}

absl::Status NewFile::Append(absl::string_view bytes) {
  size_ += static_cast<int64_t>(bytes.size());
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return NewFileError(temporary_, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status NewFile::Finish() {
  if (fsync(fd_) != 0) return NewFileError(temporary_, errno);
  if (const int error = Rename(); error != 0) return NewFileError(path_, error);
  temporary_.clear();
  std::string directory = std::filesystem::path(path_).parent_path().string();
  if (directory.empty()) directory = ".";
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    fsync(fd);
    close(fd);
  }
  return absl::OkStatus();
}

// Gives the file its name and returns 0, or errno. Not every file system can
// refuse to replace another file, and few file systems of USB sticks support
// hard links. On those the name is taken by an empty file first, which the
// copy then replaces.
int NewFile::Rename() {
  const char* const from = temporary_.c_str();
  const char* const to = path_.c_str();
  if (overwrite_) return rename(from, to) == 0 ? 0 : errno;
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (const int taken = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      taken >= 0) {
    close(taken);
  } else {
    return errno;
  }
  if (rename(from, to) == 0) return 0;
  const int error = errno;
  unlink(to);
  return error;
}

}  // namespace fathom::client
