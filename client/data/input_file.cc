#include "client/data/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "proto/shared/status.h"

namespace fathom {
namespace {

constexpr size_t kBlockBytes = size_t{64} << 10;
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

absl::StatusOr<std::unique_ptr<InputFile>> InputFile::Open(std::string path,
                                                           int64_t limit) {
  if (path.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("found a zero byte in a file name");
  }
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, path);
  struct stat info {};
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    close(fd);
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": found a folder, expected a file"));
  }
  gzFile file = gzdopen(fd, "rb");
  if (file == nullptr) {
    close(fd);
    return absl::ResourceExhaustedError(absl::StrCat(path, ": out of memory"));
  }
  gzbuffer(file, kBlockBytes);
  return std::unique_ptr<InputFile>(
      new InputFile(std::move(path), limit, file));
}

std::unique_ptr<InputFile> InputFile::OfText(std::string name,
                                             std::string text) {
  std::unique_ptr<InputFile> file(
      new InputFile(std::move(name), kMaxContentBytes, nullptr));
  file->buffer_ = std::move(text);
  return file;
}

InputFile::~InputFile() {
  if (file_ != nullptr) gzclose(file_);
}

absl::StatusOr<bool> InputFile::Fill() {
  if (file_ == nullptr) return false;
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  const size_t size = buffer_.size();
  // Longer lines are read in longer steps, so that their cost stays linear.
  const size_t step = std::max(kBlockBytes, size);
  buffer_.resize(size + step);
  errno = 0;
  const int count =
      gzread(file_, buffer_.data() + size, static_cast<unsigned>(step));
  buffer_.resize(size + std::max(count, 0));
  gzip_ = gzdirect(file_) == 0;
  content_bytes_ += std::max(count, 0);
  int code = Z_OK;
  const char* message = gzerror(file_, &code);
  if (code == Z_ERRNO) return absl::ErrnoToStatus(errno, path_);
  if (count < 0 || (count == 0 && code == Z_BUF_ERROR)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": found damaged gzip data (", message,
                     "), expected a whole gzip file"));
  }
  if (content_bytes_ > limit_) {
    return absl::InvalidArgumentError(absl::StrCat(
        path_, ": found more than ", limit_, " bytes",
        gzip_ ? " after decompression" : "", ", expected at most that"));
  }
  return count > 0;
}

absl::StatusOr<absl::string_view> InputFile::Peek() {
  while (Buffered().size() < kBlockBytes) {
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) break;
  }
  return Buffered();
}

absl::StatusOr<size_t> InputFile::Read(size_t size, char* out) {
  size_t done = 0;
  while (done < size) {
    if (Buffered().empty()) {
      ASSIGN_OR_RETURN(const bool more, Fill());
      if (!more) break;
    }
    const size_t count = std::min(size - done, Buffered().size());
    std::memcpy(out + done, Buffered().data(), count);
    begin_ += count;
    done += count;
  }
  return done;
}

absl::StatusOr<bool> InputFile::NextLine(absl::string_view* line) {
  size_t searched = 0;
  size_t end = Buffered().find('\n');
  while (end == absl::string_view::npos) {
    searched = Buffered().size();
    if (searched > kMaxLineBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat(path_, ":", line_number_ + 1,
                       ":1: found a line of more"
                       " than ",
                       kMaxLineBytes, " bytes, expected a text file"));
    }
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) break;
    end = Buffered().find('\n', searched);
  }
  const absl::string_view rest = Buffered();
  if (rest.empty()) return false;
  *line = rest.substr(0, end);
  begin_ += std::min(line->size() + 1, rest.size());
  if (++line_number_ == 1) absl::ConsumePrefix(line, kByteOrderMark);
  absl::ConsumeSuffix(line, "\r");
  return true;
}

}  // namespace fathom
