#include "worker/session/datasets/dataset_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "proto/shared/log.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "worker/session/steady.h"

namespace fathom::worker {
namespace {

constexpr char kPartSuffix[] = ".part";

// How often a worker that waits for another one looks again. flock() can wait
// by itself, but not until somebody changes their mind.
constexpr absl::Duration kLockPeriod = absl::Milliseconds(100);

absl::Status SystemError(absl::string_view what, const std::string& path,
                         int error) {
  const std::string text =
      absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(error));
  return error == ENOENT ? absl::NotFoundError(text)
                         : absl::InternalError(text);
}

// A file that is open; the destructor closes it.
class File {
 public:
  explicit File(int fd = -1) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

absl::StatusOr<size_t> ReadFile(int fd, const std::string& path, int64_t offset,
                                char* to, size_t most) {
  for (;;) {
    const ssize_t got = pread(fd, to, most, offset);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) return SystemError("read", path, errno);
  }
}

absl::Status WriteFile(int fd, const std::string& path, int64_t offset,
                       absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = pwrite(fd, bytes.data(), bytes.size(), offset);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return SystemError("write", path, errno);
    offset += done;
    bytes.remove_prefix(static_cast<size_t>(done));
  }
  return absl::OkStatus();
}

// Whether the open file is still the one that `path` names: who had it before
// may have renamed or removed it.
bool IsStillAt(int fd, const std::string& path) {
  struct stat mine = {}, there = {};
  return fstat(fd, &mine) == 0 && lstat(path.c_str(), &there) == 0 &&
         mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

std::string NameOf(const std::string& digest) {
  return digest.substr(digest.find(':') + 1);
}

// Whether this class names files like this.
bool IsOurs(absl::string_view name) {
  absl::ConsumeSuffix(&name, kPartSuffix);
  return name.size() == kSha256HexDigits &&
         name.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

// What has arrived, in a file on which it holds the lock.
class FilePart final : public DatasetFolder::Part {
 public:
  static absl::StatusOr<std::unique_ptr<FilePart>> Of(DatasetFolder* folder,
                                                      std::string name,
                                                      File file) {
    struct stat found = {};
    std::unique_ptr<FilePart> part(
        new FilePart(folder, std::move(name), std::move(file)));
    if (fstat(part->file_.fd(), &found) != 0) {
      return SystemError("look at", part->path_, errno);
    }
    RETURN_IF_ERROR(part->Resume(found.st_size));
    return part;
  }
  // An empty file is of no use to anyone. It still has its lock.
  ~FilePart() override {
    if (!published_ && size() == 0) unlink(path_.c_str());
  }

  absl::Status Publish() override {
    const std::string name = absl::StrCat(folder_->path(), "/", name_);
    if (rename(path_.c_str(), name.c_str()) != 0) {
      return SystemError("rename", path_, errno);
    }
    published_ = true;
    folder_->MakeRoom(0, name_);
    return absl::OkStatus();
  }

 private:
  FilePart(DatasetFolder* folder, std::string name, File file)
      : folder_(folder),
        name_(std::move(name)),
        path_(absl::StrCat(folder->path(), "/", name_, kPartSuffix)),
        file_(std::move(file)) {}

  absl::Status Store(int64_t offset, absl::string_view bytes) override {
    return WriteFile(file_.fd(), path_, offset, bytes);
  }
  absl::StatusOr<size_t> Read(int64_t offset, char* to, size_t most) override {
    return ReadFile(file_.fd(), path_, offset, to, most);
  }
  absl::Status Clear() override {
    return ftruncate(file_.fd(), 0) == 0 ? absl::OkStatus()
                                         : SystemError("empty", path_, errno);
  }
  void Expect(int64_t bytes) override { folder_->MakeRoom(bytes, name_); }

  DatasetFolder* const folder_;
  const std::string name_;
  const std::string path_;
  const File file_;
  bool published_ = false;
};

// A file of the folder.
struct Entry {
  std::string name;
  int64_t bytes = 0;
  timespec used = {};
};

std::vector<Entry> EntriesOf(const std::string& path) {
  std::vector<Entry> entries;
  std::error_code error;
  for (std::filesystem::directory_iterator it(path, error), end;
       !error && it != end; it.increment(error)) {
    Entry entry{.name = it->path().filename().string()};
    struct stat found = {};
    if (!IsOurs(entry.name) || lstat(it->path().c_str(), &found) != 0 ||
        !S_ISREG(found.st_mode)) {
      continue;
    }
    entry.bytes = found.st_size;
    entry.used = found.st_mtim;
    entries.push_back(std::move(entry));
  }
  return entries;
}

// Removes a file, unless somebody fetches it.
bool Remove(const std::string& path) {
  if (absl::EndsWith(path, kPartSuffix)) {
    const File file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (file.fd() < 0 || flock(file.fd(), LOCK_EX | LOCK_NB) != 0 ||
        !IsStillAt(file.fd(), path)) {
      return false;
    }
    return unlink(path.c_str()) == 0;
  }
  return unlink(path.c_str()) == 0;
}

}  // namespace

absl::StatusOr<Dataset> DatasetFolder::Load(
    const std::string& digest, const std::function<bool()>& keep_going) {
  const std::string path = absl::StrCat(path_, "/", NameOf(digest));
  // Not blocked by what is no file.
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd() < 0) return SystemError("open", path, errno);
  struct stat found = {};
  if (fstat(file.fd(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return absl::NotFoundError(absl::StrCat(path, " is no file"));
  }
  auto dataset = DecodeChecked(
      [&](int64_t offset, char* to, size_t most) {
        return ReadFile(file.fd(), path, offset, to, most);
      },
      found.st_size, digest, keep_going);
  if (absl::IsDataLoss(dataset.status())) {
    Log(LogLevel::kWarning, absl::StrCat("removed ", path, ", which has ",
                                         dataset.status().message()));
    unlink(path.c_str());
    return absl::NotFoundError("it was damaged");
  }
  if (dataset.ok()) futimens(file.fd(), nullptr);
  return dataset;
}

absl::StatusOr<std::unique_ptr<DatasetFolder::Part>> DatasetFolder::Claim(
    const std::string& digest, const std::function<bool()>& keep_going) {
  const std::string name = NameOf(digest);
  const std::string path = absl::StrCat(path_, "/", name, kPartSuffix);
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  SteadyFlag never;
  for (bool told = false;;) {
    File file(
        open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (file.fd() < 0) return SystemError("open", path, errno);
    if (flock(file.fd(), LOCK_EX | LOCK_NB) == 0) {
      if (!IsStillAt(file.fd(), path)) continue;
      return FilePart::Of(this, name, std::move(file));
    }
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return SystemError("lock", path, errno);
    }
    if (!std::exchange(told, true)) {
      Log(LogLevel::kInfo,
          absl::StrCat("waiting for dataset ", digest,
                       ", which another worker of this machine fetches"));
    }
    never.WaitUntil(SteadyIn(kLockPeriod));
    if (!keep_going()) return absl::CancelledError("cancelled");
  }
}

void DatasetFolder::MakeRoom(int64_t bytes, const std::string& kept) {
  std::vector<Entry> entries = EntriesOf(path_);
  for (const Entry& entry : entries) bytes += entry.bytes;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.used.tv_sec, a.used.tv_nsec) <
           std::pair(b.used.tv_sec, b.used.tv_nsec);
  });
  for (const Entry& entry : entries) {
    if (bytes <= most_bytes_) return;
    if (absl::StartsWith(entry.name, kept)) continue;
    if (Remove(absl::StrCat(path_, "/", entry.name))) bytes -= entry.bytes;
  }
}

}  // namespace fathom::worker
