#include "client/commands/ui/ledger_source.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/embedded.h"

namespace fathom::client {
namespace {

// A file that cannot be opened is not tried more often.
constexpr absl::Duration kTryPeriod = absl::Seconds(1);

}  // namespace

LedgerSource::LedgerSource(std::string path, Clock clock)
    : path_(std::move(path)), clock_(std::move(clock)) {}

absl::StatusOr<std::shared_ptr<Connection>> LedgerSource::Get() {
  struct stat file = {};
  absl::MutexLock lock(&mutex_);
  if (stat(path_.c_str(), &file) != 0) {
    const int error = errno;
    connection_ = nullptr;
    inode_ = 0;
    return absl::UnavailableError(
        absl::StrCat("the ledger ", path_, " is gone: ", strerror(error),
                     "; this goes on when it is back"));
  }
  const bool is_same = file.st_dev == device_ && file.st_ino == inode_;
  if (is_same && connection_ != nullptr) return connection_;
  const absl::Time now = clock_();
  if (is_same && now >= tried_ && now < tried_ + kTryPeriod) return error_;
  connection_ = nullptr;
  device_ = file.st_dev;
  inode_ = file.st_ino;
  tried_ = now;
  absl::StatusOr<std::unique_ptr<Connection>> opened = OpenReadOnly(path_);
  if (!opened.ok()) {
    error_ = absl::UnavailableError(opened.status().message());
    return error_;
  }
  connection_ = *std::move(opened);
  return connection_;
}

}  // namespace fathom::client
