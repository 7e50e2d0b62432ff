#include "worker/mirror/folder_mirror.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "proto/shared/status.h"

namespace fathom::worker {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

}  // namespace

absl::Status FolderMirror::Fetch(const std::string& digest, DatasetPart& part,
                                 const std::function<bool()>& keep_going) {
  const std::string path =
      absl::StrCat(folder_, "/", digest.substr(digest.find(':') + 1));
  const auto error = [&path](int code) {
    const std::string text = absl::StrCat(path, ": ", std::strerror(code));
    return code == ENOENT ? absl::NotFoundError(text)
                          : absl::UnavailableError(text);
  };
  // Not blocked by what is no file.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return error(errno);
  const absl::Cleanup closing = [fd] { close(fd); };
  struct stat found = {};
  if (fstat(fd, &found) != 0) return error(errno);
  if (!S_ISREG(found.st_mode)) {
    return absl::UnavailableError(absl::StrCat(path, " is no file"));
  }
  std::string piece(kPieceBytes, '\0');
  for (;;) {
    if (!keep_going()) return absl::CancelledError("cancelled");
    const ssize_t got = pread(fd, piece.data(), piece.size(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error(errno);
    if (got == 0) return absl::OkStatus();
    RETURN_IF_ERROR(part.Append(
        absl::string_view(piece).substr(0, static_cast<size_t>(got))));
  }
}

}  // namespace fathom::worker
