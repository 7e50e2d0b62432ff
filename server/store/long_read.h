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

// The bounds of what reads a whole ledger. While it does, the log of the ledger
// cannot shrink, so it must not go on for nobody, for ever, or until the disk
// is full.
//
// This class is thread-safe.
class LongRead {
 public:
  struct Limits {
    absl::Duration time = absl::Seconds(kLongCallSeconds);
    // Whether nobody waits for it any more. Asked on another thread, too.
    std::function<bool()> is_cancelled = [] { return false; };
    // Whether there is still room on the disk; tests say no.
    std::function<absl::Status()> check_disk = nullptr;
  };

  // Of the ledger at `path`. `what` it is, as in "the audit".
  LongRead(const Limits& limits, std::string path, std::string what);

  // OK, or why it must end, from then on always: CANCELLED, DEADLINE_EXCEEDED,
  // RESOURCE_EXHAUSTED. What has come out before the first error can be relied
  // on, and nothing after it.
  absl::Status Check() const;

  // Returns `status`, or, where a statement was interrupted, the reason.
  absl::Status Explain(const absl::Status& status) const;

  // For as long as it lives, interrupts what runs on `db` once Check fails,
  // also within one long step of SQLite.
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
