#ifndef FATHOM_CLIENT_DATA_NEW_FILE_H_
#define FATHOM_CLIENT_DATA_NEW_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace fathom::client {

// A file that is written under a temporary name in the folder of its own name,
// and gets that name when it is complete. Unless Finish() succeeds, the
// destructor removes what was written.
//
// Errors name the file. They are ALREADY_EXISTS for a name that is taken,
// RESOURCE_EXHAUSTED when there is no space left, and FAILED_PRECONDITION with
// the words of the system for anything else.
//
// Not thread-safe.
class NewFile {
 public:
  NewFile() = default;
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // Creates the temporary file, with these permissions but those of the umask.
  // A file called `path` is replaced by Finish() if `overwrite` is set, and is
  // an error otherwise. Called once, and first.
  absl::Status Create(const std::string& path, bool overwrite, mode_t mode);

  absl::Status Append(absl::string_view bytes);

  // Puts the file on disk under its name. Without `overwrite`, a file of that
  // name that appeared in the meantime is not replaced.
  absl::Status Finish();

  // Number of bytes that were appended.
  int64_t size() const { return size_; }
  // Name of the file until Finish(), for a library that writes it instead.
  const std::string& temporary() const { return temporary_; }

 private:
  int Rename();

  std::string path_;
  std::string temporary_;
  bool overwrite_ = false;
  int fd_ = -1;
  int64_t size_ = 0;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_NEW_FILE_H_
