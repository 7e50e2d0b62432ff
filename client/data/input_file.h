#ifndef FATHOM_CLIENT_DATA_INPUT_FILE_H_
#define FATHOM_CLIENT_DATA_INPUT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fathom::client {

// The largest number of bytes that a file may hold after decompression. The
// bound is needed because a small gzip file can stand for any amount.
inline constexpr int64_t kMaxContentBytes = int64_t{4} << 30;

// Length of the longest line of a text file, in bytes.
inline constexpr size_t kMaxLineBytes = size_t{64} << 20;

// A plain or gzip file that is read once from the start, as bytes or line by
// line. Content that is not asked for is not decompressed.
//
// Not thread-safe.
class InputFile {
 public:
  // Opens the file at `path`. Reading more than `limit` bytes of its content is
  // an error. NOT_FOUND, PERMISSION_DENIED, or INVALID_ARGUMENT when `path` is
  // a folder.
  static absl::StatusOr<std::unique_ptr<InputFile>> Open(
      std::string path, int64_t limit = kMaxContentBytes);

  // Returns a file whose content is `text`, as if it were a plain file called
  // `name`.
  static std::unique_ptr<InputFile> OfText(std::string name, std::string text);

  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // Returns the next bytes without taking them: about 64 KiB at the start of
  // the file, or all of a shorter file. The bytes are valid until the next
  // call.
  absl::StatusOr<absl::string_view> Peek();

  // Reads `size` bytes into `out`. Returns how many bytes there were before the
  // end.
  absl::StatusOr<size_t> Read(size_t size, char* out);

  // Points `line` at the next line, without its LF or CRLF, and without a byte
  // order mark on the first line. The line is valid until the next call.
  // Returns false at the end of the file.
  absl::StatusOr<bool> NextLine(absl::string_view* line);

  // Returns the number of the line that NextLine returned last, counted from 1;
  // 0 before the first line.
  int64_t line_number() const { return line_number_; }

  const std::string& path() const { return path_; }

  // Returns whether the content is compressed, which is known after the first
  // read or peek.
  bool gzip() const { return gzip_; }

 private:
  struct Inflater;  // The state of zlib.

  InputFile(std::string path, int64_t limit, int fd);

  // Reads the next bytes of the file itself into raw_, which must have been
  // used up. Returns false at the end.
  absl::StatusOr<bool> FillRaw();
  // Appends up to `most` decompressed bytes to the buffer. Returns false at the
  // end.
  absl::StatusOr<bool> Inflate(size_t most);
  absl::Status Damaged(absl::string_view what) const;
  // Appends bytes of the content to the buffer. Returns false at the end.
  absl::StatusOr<bool> Fill();
  absl::string_view Buffered() const {
    return absl::string_view(buffer_).substr(begin_);
  }

  const std::string path_;
  const int64_t limit_;
  const int fd_;  // -1 when the content is a text.
  bool started_ = false;
  bool gzip_ = false;
  std::string raw_;        // Bytes as in the file.
  size_t raw_begin_ = 0;   // The first byte of raw_ not used yet.
  int64_t raw_bytes_ = 0;  // Bytes of the file in raw_ and before.
  std::unique_ptr<Inflater> inflater_;
  int64_t content_bytes_ = 0;  // Bytes of content so far.
  int64_t line_number_ = 0;
  std::string buffer_;
  size_t begin_ = 0;  // The first byte of buffer_ not taken yet.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_INPUT_FILE_H_
