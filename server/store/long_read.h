#ifndef FATHOM_SERVER_STORE_LONG_READ_H_
#define FATHOM_SERVER_STORE_LONG_READ_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/limits.h"
#include "server/store/database.h"

namespace fathom::server {

// The limits of an operation that reads a whole ledger. While it reads, the
// write-ahead log of the ledger cannot shrink, so the operation must end when
// nobody waits for it, when it takes too long, or when the disk gets full.
//
// This class is thread-safe.
class LongRead {
 public:
  struct Limits {
    absl::Duration time = absl::Seconds(kLongCallSeconds);
    // Returns whether nobody waits for the operation any more. It is called on
    // another thread, too.
    std::function<bool()> is_cancelled = [] { return false; };
    // Replaces the check whether there is still room on the disk, for tests.
    std::function<absl::Status()> check_disk = nullptr;
  };

  // `path` is the ledger, and `what` is the operation, as in "the audit".
  LongRead(const Limits& limits, std::string path, std::string what);

  // Returns OK, or why the operation must end: CANCELLED, DEADLINE_EXCEEDED or
  // RESOURCE_EXHAUSTED. After the first error it always returns that error.
  // What was read before the first error can be relied on; what is read later
  // cannot.
  absl::Status Check() const;

  // Returns OK, or RESOURCE_EXHAUSTED when the ledger's disk keeps no reserve.
  absl::Status CheckDisk() const;

  // Returns `status` or, when it says that a statement was interrupted, the
  // reason for that.
  absl::Status Explain(const absl::Status& status) const;

  // A thread that interrupts the statement that is running on `db` once Check
  // fails, even within one long step of SQLite, for as long as this object
  // lives.
  class Watch {
   public:
    Watch(const LongRead& read, sqlite::Database& db);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    void Run();

    const LongRead& read_;
    sqlite::Database& db_;
    absl::Mutex mutex_;
    bool ended_ ABSL_GUARDED_BY(mutex_) = false;
    std::thread thread_;
  };

 private:
  // Checks the limits now.
  absl::Status Look() const;

  const Limits limits_;
  const std::string path_;
  const std::string what_;
  const absl::Time start_;
  mutable absl::Mutex mutex_;
  mutable absl::Status reason_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_LONG_READ_H_
