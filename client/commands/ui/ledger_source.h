#ifndef FATHOM_CLIENT_COMMANDS_UI_LEDGER_SOURCE_H_
#define FATHOM_CLIENT_COMMANDS_UI_LEDGER_SOURCE_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/connection.h"
#include "proto/shared/clock.h"

namespace fathom::client {

// A ledger file that is looked at for long, while it may go, come back, or be
// replaced by another.
//
// This class is thread-safe.
class LedgerSource {
 public:
  LedgerSource(std::string path, Clock clock);

  // Returns a connection to the file that the path names now, which stays open
  // until the path names another. The errors are UNAVAILABLE: there is no such
  // file, or it cannot be opened, and why.
  absl::StatusOr<std::shared_ptr<Connection>> Get();

 private:
  const std::string path_;
  const Clock clock_;
  absl::Mutex mutex_;
  std::shared_ptr<Connection> connection_ ABSL_GUARDED_BY(mutex_);
  // The file that is open, or was tried last.
  dev_t device_ ABSL_GUARDED_BY(mutex_) = 0;
  ino_t inode_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time tried_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_UI_LEDGER_SOURCE_H_
