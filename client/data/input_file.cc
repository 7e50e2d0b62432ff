#include "client/data/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr size_t kBlockBytes = size_t{64} << 10;
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr absl::string_view kGzipMagic = "\x1F\x8B";
// The window size in zlib's terms: 15 is the largest window, and 16 asks for
// gzip.
constexpr int kGzipWindow = 15 + 16;

// Returns a hint when a path has something in it that only shells or browsers
// understand, and otherwise "".
std::string CureOfName(absl::string_view path) {
  if (absl::StrContains(path, "://")) {
    return " (an address is no file: fetch it first, as `wget` does)";
  }
  if (absl::StartsWith(path, "~/") || absl::StrContains(path, "/~/")) {
    return " (only shells know what ~ is: write the whole path)";
  }
  if (absl::StrContains(path, '*')) {
    return " (only shells know what * is: name each file, or put them into one "
           "by `fathom data import`)";
  }
  return "";
}

}  // namespace

struct InputFile::Inflater {
  Inflater() { ok = inflateInit2(&stream, kGzipWindow) == Z_OK; }
  ~Inflater() { inflateEnd(&stream); }

  z_stream stream = {};
  bool ok = false;
  bool between = false;  // A member has ended; another may follow.
};

absl::StatusOr<std::unique_ptr<InputFile>> InputFile::Open(std::string path,
                                                           int64_t limit) {
  if (path.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("found a zero byte in a file name");
  }
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const int error = errno;
    return absl::ErrnoToStatus(error, absl::StrCat(path, CureOfName(path)));
  }
  struct stat info {};
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    close(fd);
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": found a folder, expected a file"));
  }
  return std::unique_ptr<InputFile>(new InputFile(std::move(path), limit, fd));
}

std::unique_ptr<InputFile> InputFile::OfText(std::string name,
                                             std::string text) {
  std::unique_ptr<InputFile> file(
      new InputFile(std::move(name), kMaxContentBytes, -1));
  file->buffer_ = std::move(text);
  return file;
}

InputFile::InputFile(std::string path, int64_t limit, int fd)
    : path_(std::move(path)), limit_(limit), fd_(fd) {}

InputFile::~InputFile() {
  if (fd_ >= 0) close(fd_);
}

absl::Status InputFile::Damaged(absl::string_view what) const {
  return absl::InvalidArgumentError(
      absl::StrCat(path_, ": found damaged gzip data (", what, " before byte ",
                   raw_bytes_ - static_cast<int64_t>(raw_.size() - raw_begin_),
                   "), expected a whole gzip file"));
}

absl::StatusOr<bool> InputFile::FillRaw() {
  raw_.resize(kBlockBytes);
  raw_begin_ = 0;
  ssize_t count = 0;
  do {
    count = read(fd_, raw_.data(), raw_.size());
  } while (count < 0 && errno == EINTR);
  raw_.resize(std::max<ssize_t>(count, 0));
  if (count < 0) return absl::ErrnoToStatus(errno, path_);
  raw_bytes_ += count;
  return count > 0;
}

// A gzip file is one member or several (RFC 1952) and nothing else. Bytes after
// a member that are no further member mean that data are lost, so that they are
// an error.
absl::StatusOr<bool> InputFile::Inflate(size_t most) {
  z_stream& stream = inflater_->stream;
  const size_t size = buffer_.size();
  buffer_.resize(size + most);
  stream.next_out = reinterpret_cast<Bytef*>(buffer_.data() + size);
  stream.avail_out = static_cast<uInt>(most);
  absl::Status status;
  while (stream.avail_out > 0) {
    if (raw_begin_ == raw_.size()) {
      ASSIGN_OR_RETURN(const bool more, FillRaw());
      if (!more && inflater_->between) break;
      if (!more) {
        status = Damaged("it ends too early");
        break;
      }
    }
    if (inflater_->between) {
      inflateReset(&stream);
      inflater_->between = false;
    }
    stream.next_in = reinterpret_cast<Bytef*>(raw_.data() + raw_begin_);
    stream.avail_in = static_cast<uInt>(raw_.size() - raw_begin_);
    const int code = inflate(&stream, Z_NO_FLUSH);
    raw_begin_ = raw_.size() - stream.avail_in;
    if (code == Z_STREAM_END) {
      inflater_->between = true;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      status = Damaged(stream.msg != nullptr ? stream.msg : "no such format");
      break;
    }
  }
  buffer_.resize(size + most - stream.avail_out);
  if (!status.ok()) return status;
  return stream.avail_out < most;
}

absl::StatusOr<bool> InputFile::Fill() {
  if (fd_ < 0) return false;
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  if (!started_) {
    started_ = true;
    ASSIGN_OR_RETURN(const bool more, FillRaw());
    // The first read from a pipe may give a single byte.
    while (more && raw_.size() < 2) {
      const std::string first = raw_;
      ASSIGN_OR_RETURN(const bool second, FillRaw());
      raw_.insert(0, first);
      if (!second) break;
    }
    gzip_ = absl::StartsWith(raw_, kGzipMagic);
    if (gzip_) {
      inflater_ = std::make_unique<Inflater>();
      if (!inflater_->ok) {
        return absl::ResourceExhaustedError(
            absl::StrCat(path_, ": out of memory"));
      }
    }
  }
  const size_t size = buffer_.size();
  // Longer lines are read in longer steps, so that the cost stays linear in
  // their length.
  const size_t step = std::max(kBlockBytes, size);
  bool more = true;
  if (gzip_) {
    ASSIGN_OR_RETURN(more, Inflate(step));
  } else {
    if (raw_begin_ == raw_.size()) {
      ASSIGN_OR_RETURN(more, FillRaw());
    }
    buffer_.append(raw_, raw_begin_, std::string::npos);
    raw_begin_ = raw_.size();
  }
  content_bytes_ += static_cast<int64_t>(buffer_.size() - size);
  if (content_bytes_ > limit_) {
    return absl::InvalidArgumentError(absl::StrCat(
        path_, ": found more than ", limit_, " bytes",
        gzip_ ? " after decompression" : "", ", expected at most that"));
  }
  return more;
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

}  // namespace fathom::client
