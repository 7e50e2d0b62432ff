#include "worker/session/spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"

namespace fathom::worker {
namespace {

absl::Status Error(const std::string& directory, int error) {
  const std::string text =
      absl::StrCat("spool in ", directory, ": ", std::strerror(error));
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return absl::ResourceExhaustedError(text);
  }
  return absl::InternalError(text);
}

}  // namespace

Spool::~Spool() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<int64_t> Spool::Append(absl::string_view bytes) {
  if (!HasRoom()) return absl::ResourceExhaustedError("the spool is full");
  if (absl::Status status = Write(bytes); !status.ok()) {
    refused_ = true;
    return status;
  }
  const int64_t offset = end_;
  end_ += static_cast<int64_t>(bytes.size());
  live_ += static_cast<int64_t>(bytes.size());
  return offset;
}

absl::Status Spool::Write(absl::string_view bytes) {
  if (fd_ < 0) {
    std::string path = absl::StrCat(directory_, "/fathom-spool-XXXXXX");
    fd_ = mkostemp(path.data(), O_CLOEXEC);
    if (fd_ < 0) return Error(directory_, errno);
    unlink(path.c_str());
  }
  int64_t at = end_;
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd_, bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error(directory_, errno);
    at += written;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Spool::Read(int64_t offset, int64_t size) const {
  std::string bytes(static_cast<size_t>(size), '\0');
  int64_t done = 0;
  while (done < size) {
    const ssize_t got = pread(fd_, bytes.data() + done,
                              static_cast<size_t>(size - done), offset + done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error(directory_, errno);
    if (got == 0) return absl::InternalError("the spool ends too early");
    done += got;
  }
  return bytes;
}

void Spool::Release(int64_t size) {
  live_ -= size;
  if (live_ > 0) return;
  end_ = 0;
  refused_ = false;
  // A failure only means that the space stays in use.
  if (fd_ >= 0 && ftruncate(fd_, 0) != 0) return;
}

}  // namespace fathom::worker
