#include "server/store/files/checkpoint_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"
#include "proto/sweep/printable.h"
#include "server/store/files/disk_space.h"

namespace fathom::server {
namespace {

constexpr absl::string_view kDigestPrefix = "sha256:";
constexpr absl::string_view kUnfinishedPrefix = "unfinished-";
constexpr size_t kUnfinishedLetters = 6;

absl::Status FileStatus(absl::string_view path, int error) {
  const std::string text = absl::StrCat(path, ": ", std::strerror(error));
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(text);
    case ENOENT:
      return absl::NotFoundError(text);
    default:
      return absl::InternalError(text);
  }
}

// Brings a file or folder itself to disk; of a folder, the names in it.
absl::Status Sync(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileStatus(path, errno);
  const absl::Cleanup close_it = [fd] { close(fd); };
  return fsync(fd) == 0 ? absl::OkStatus() : FileStatus(path, errno);
}

bool IsHexName(absl::string_view name) {
  return name.size() == kSha256HexDigits &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
         });
}

bool IsUnfinishedName(absl::string_view name) {
  return absl::ConsumePrefix(&name, kUnfinishedPrefix) &&
         name.size() == kUnfinishedLetters;
}

}  // namespace

std::string CheckpointFiles::DirectoryFor(absl::string_view path) {
  return absl::StrCat(path, "-checkpoints");
}

CheckpointFiles::Writer::Writer(CheckpointFiles& files, std::string digest,
                                int64_t bytes, std::string caller)
    : files_(files),
      digest_(std::move(digest)),
      bytes_(bytes),
      caller_(std::move(caller)) {}

CheckpointFiles::Writer::~Writer() {
  {
    absl::MutexLock lock(&files_.mutex_);
    files_.writers_.erase(this);
  }
  if (fd_ >= 0) close(fd_);
  if (!path_.empty()) unlink(path_.c_str());
}

absl::Status CheckpointFiles::Writer::Open() {
  const std::string& directory = files_.directory_;
  absl::MutexLock lock(&files_.mutex_);  // The folder goes when it is empty.
  if (mkdir(directory.c_str(), 0700) == 0) {
    const size_t slash = directory.rfind('/');
    RETURN_IF_ERROR(Sync(
        slash == std::string::npos ? "." : directory.substr(0, slash + 1)));
  } else if (errno != EEXIST) {
    return FileStatus(directory, errno);
  }
  std::string path = absl::StrCat(directory, "/", kUnfinishedPrefix, "XXXXXX");
  fd_ = mkostemp(path.data(), O_CLOEXEC);
  if (fd_ < 0) return FileStatus(path, errno);
  path_ = std::move(path);
  return absl::OkStatus();
}

absl::Status CheckpointFiles::Writer::Append(absl::string_view bytes) {
  written_ += static_cast<int64_t>(bytes.size());
  if (written_ > bytes_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "checkpoint: found more bytes than the ", bytes_, " announced ones"));
  }
  RETURN_IF_ERROR(CheckDiskSpace(path_, static_cast<int64_t>(bytes.size()),
                                 "this checkpoint"));
  hash_.Update(bytes);
  while (!bytes.empty()) {
    const ssize_t size = write(fd_, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return FileStatus(path_, errno);
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return absl::OkStatus();
}

absl::Status CheckpointFiles::Writer::Finish(absl::Time now) {
  const std::string digest = absl::StrCat(kDigestPrefix, hash_.HexDigest());
  if (written_ != bytes_ || digest != digest_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "checkpoint: found ", written_.load(), " bytes with digest ", digest,
        ", expected ", bytes_, " with digest ", digest_));
  }
  if (fsync(fd_) != 0) return FileStatus(path_, errno);
  RETURN_IF_ERROR(files_.PutAside(*this, now));
  path_.clear();
  return Sync(files_.directory_);
}

absl::StatusOr<std::unique_ptr<CheckpointFiles::Writer>> CheckpointFiles::Begin(
    const std::string& digest, int64_t bytes, const std::string& caller) {
  if (!IsDatasetDigest(digest)) {
    return absl::InvalidArgumentError(
        absl::StrCat("checkpoint.digest: found ", Excerpt(digest),
                     ", expected \"sha256:\" and 64 hex digits"));
  }
  if (bytes < 1 || bytes > kMaxCheckpointBytes) {
    return absl::InvalidArgumentError(absl::StrCat("checkpoint.bytes: found ",
                                                   bytes, ", expected 1 to ",
                                                   kMaxCheckpointBytes));
  }
  int64_t promised = bytes;
  {
    absl::MutexLock lock(&mutex_);
    int64_t unclaimed = bytes;
    for (const auto& [other, entry] : entries_) {
      if (entry.claims == 0 && entry.caller == caller) unclaimed += entry.bytes;
    }
    for (const Writer* const writer : writers_) {
      promised += writer->promised();
      if (writer->caller_ == caller) unclaimed += writer->bytes_;
    }
    // Without tokens all callers have the empty name, which is nobody's.
    if (unclaimed > most_unclaimed_ && !caller.empty()) {
      return absl::ResourceExhaustedError(
          absl::StrCat("found ", unclaimed,
                       " bytes of checkpoints that no report has named, "
                       "expected at most ",
                       most_unclaimed_));
    }
  }
  std::unique_ptr<Writer> writer(new Writer(*this, digest, bytes, caller));
  RETURN_IF_ERROR(writer->Open());
  RETURN_IF_ERROR(CheckDiskSpace(writer->path_, promised, "this checkpoint"));
  absl::MutexLock lock(&mutex_);
  writers_.insert(writer.get());
  return writer;
}

void CheckpointFiles::Claim(const std::string& digest) {
  absl::MutexLock lock(&mutex_);
  Entry& entry = entries_[digest];
  ++entry.claims;
  entry.waits = false;
}

void CheckpointFiles::Release(const std::string& digest) {
  absl::MutexLock lock(&mutex_);
  const auto it = entries_.find(digest);
  if (it != entries_.end() && it->second.claims > 0) --it->second.claims;
}

void CheckpointFiles::Unclaim(const std::string& digest) {
  absl::MutexLock lock(&mutex_);
  const auto it = entries_.find(digest);
  if (it == entries_.end() || it->second.claims == 0) return;
  --it->second.claims;
  it->second.waits = true;
}

void CheckpointFiles::RemoveUnneeded(absl::Time time) {
  std::vector<std::string> paths;
  {
    absl::MutexLock lock(&mutex_);
    std::vector<std::string> unneeded;
    for (const auto& [digest, entry] : entries_) {
      if (entry.claims > 0 || (entry.waits && entry.aside >= time)) continue;
      unneeded.push_back(digest);
    }
    for (const std::string& digest : unneeded) paths.push_back(Discard(digest));
  }
  for (const std::string& path : paths) unlink(path.c_str());
  if (paths.empty()) return;
  absl::MutexLock lock(&mutex_);
  rmdir(directory_.c_str());  // Fails where it has files.
}

void CheckpointFiles::RemoveLeftovers() {
  absl::MutexLock lock(&mutex_);
  DIR* const names = opendir(directory_.c_str());
  if (names == nullptr) return;
  std::vector<std::string> left;
  while (const dirent* entry = readdir(names)) {
    const std::string name = entry->d_name;
    if (IsUnfinishedName(name) ||
        (IsHexName(name) &&
         !entries_.contains(absl::StrCat(kDigestPrefix, name)))) {
      left.push_back(absl::StrCat(directory_, "/", name));
    }
  }
  closedir(names);
  for (const std::string& path : left) unlink(path.c_str());
}

absl::StatusOr<std::string> CheckpointFiles::Read(const std::string& digest,
                                                  int64_t offset,
                                                  int64_t most) const {
  if (!IsDatasetDigest(digest)) {
    return absl::NotFoundError(
        absl::StrCat("there is no checkpoint ", Excerpt(digest)));
  }
  const std::string path = PathOf(digest);
  const int fd = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return FileStatus(path, errno);
  const absl::Cleanup close_it = [fd] { close(fd); };
  std::string bytes(static_cast<size_t>(most), '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t read = pread(fd, bytes.data() + size, bytes.size() - size,
                               offset + static_cast<int64_t>(size));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return FileStatus(path, errno);
    if (read == 0) break;
    size += static_cast<size_t>(read);
  }
  bytes.resize(size);
  return bytes;
}

std::string CheckpointFiles::PathOf(absl::string_view digest) const {
  return absl::StrCat(directory_, "/",
                      absl::StripPrefix(digest, kDigestPrefix));
}

absl::Status CheckpointFiles::PutAside(const Writer& writer, absl::Time now) {
  // At once, so that nobody takes the file for one that nothing needs any more.
  absl::MutexLock lock(&mutex_);
  const std::string place = PathOf(writer.digest_);
  if (rename(writer.path_.c_str(), place.c_str()) != 0) {
    return FileStatus(place, errno);
  }
  Entry& entry = entries_[writer.digest_];
  entry.waits = true;
  entry.aside = now;
  entry.bytes = writer.bytes_;
  entry.caller = writer.caller_;
  return absl::OkStatus();
}

std::string CheckpointFiles::Discard(const std::string& digest) {
  // Renamed at once, so that the same digest can be put aside meanwhile.
  std::string path = absl::StrFormat("%s/%s%06d", directory_, kUnfinishedPrefix,
                                     discarded_++ % 1'000'000);
  if (IsDatasetDigest(digest)) rename(PathOf(digest).c_str(), path.c_str());
  entries_.erase(digest);
  return path;
}

}  // namespace fathom::server
