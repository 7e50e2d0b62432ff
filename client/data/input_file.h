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

// Most bytes that a file may hold once it is decompressed: a small gzip file
// can stand for any amount.
inline constexpr int64_t kMaxContentBytes = int64_t{4} << 30;

// Longest line of a text file.
inline constexpr size_t kMaxLineBytes = size_t{64} << 20;

// A file read once from the start, plain or gzip, as bytes or line by line.
// What is not asked for is not decompressed.
//
// Not thread-safe.
class InputFile {
 public:
  // Opens the file at `path`. NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT
  // when it is a folder. Reading more than `limit` bytes is an error.
  static absl::StatusOr<std::unique_ptr<InputFile>> Open(
      std::string path, int64_t limit = kMaxContentBytes);

  // Reads `text` as if it were the content of a plain file called `name`.
  static std::unique_ptr<InputFile> OfText(std::string name, std::string text);

  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // Returns bytes that come next (about 64 KiB at the start of the file; less
  // only when it is shorter) without taking them. Valid until the next call.
  absl::StatusOr<absl::string_view> Peek();

  // Reads `size` bytes into `out`; returns how many there were before the end.
  absl::StatusOr<size_t> Read(size_t size, char* out);

  // Points `line` at the next line, without its LF or CRLF (and without a byte
  // order mark on the first one), until the next call. Returns false at the
  // end.
  absl::StatusOr<bool> NextLine(absl::string_view* line);

  // Number of the line that NextLine returned last, from 1; 0 before it.
  int64_t line_number() const { return line_number_; }

  const std::string& path() const { return path_; }

  // Returns whether the content is compressed. Known after the first read or
  // peek.
  bool gzip() const { return gzip_; }

 private:
  struct Inflater;  // Of gzip.

  InputFile(std::string path, int64_t limit, int fd);

  // Reads what comes next in the file itself into raw_, which must have been
  // used up; returns false at the end.
  absl::StatusOr<bool> FillRaw();
  // Appends up to `most` decompressed bytes to the buffer; false at the end.
  absl::StatusOr<bool> Inflate(size_t most);
  absl::Status Damaged(absl::string_view what) const;
  // Appends bytes to the buffer; returns false at the end of the file.
  absl::StatusOr<bool> Fill();
  absl::string_view Buffered() const {
    return absl::string_view(buffer_).substr(begin_);
  }

  const std::string path_;
  const int64_t limit_;
  const int fd_;  // -1 for a text.
  bool started_ = false;
  bool gzip_ = false;
  std::string raw_;        // As in the file.
  size_t raw_begin_ = 0;   // First byte of raw_ that has not been used.
  int64_t raw_bytes_ = 0;  // Of the file so far, raw_ included.
  std::unique_ptr<Inflater> inflater_;
  int64_t content_bytes_ = 0;  // Decompressed so far.
  int64_t line_number_ = 0;
  std::string buffer_;
  size_t begin_ = 0;  // First byte of buffer_ that has not been taken.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_INPUT_FILE_H_
