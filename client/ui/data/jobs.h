#ifndef FATHOM_CLIENT_UI_DATA_JOBS_H_
#define FATHOM_CLIENT_UI_DATA_JOBS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/ui/events.h"

namespace fathom::client {

// Computations that take longer than a page waits. A few threads run them, and
// pages ask again for what there is. A job that nobody has asked for lately is
// cancelled, and what finished jobs have found is kept while there is room.
//
// This class is thread-safe.
class Jobs {
 public:
  // What a running job talks to.
  class Control {
   public:
    virtual ~Control() = default;
    // Whether the job shall end, because nobody waits for it any more.
    virtual bool IsCancelled() = 0;
    // Takes what has been found so far, in place of what was there, and the
    // share `done` of the way, below 1.
    virtual void Publish(double done, std::string found) = 0;
    virtual void Progress(double done) = 0;
  };
  // Returns what was found in the end.
  using Work = std::function<absl::StatusOr<std::string>(Control&)>;

  // Cancels all jobs and waits for them. Nothing may be asked any more.
  void Stop();

  // What there is of a job.
  struct Look {
    absl::Status status = absl::OkStatus();
    double done = 0;                                // 1: it is finished.
    std::shared_ptr<const std::string> found = {};  // Null: nothing so far.
  };

  // `events` may be null; it must outlive this object. `charge` takes what the
  // calls of each job that has ended have cost their coordinator.
  Jobs(int threads, EventSink* events,
       std::function<void(absl::Duration)> charge = nullptr);
  ~Jobs() { Stop(); }
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // Returns what there is of the job `key`, which is started as `work` unless
  // it is there already. Waits for up to `patience`: for its end or, if
  // `any_will_do`, for anything that was found. Where a job fails, those that
  // ask next get its error, and then it may be started anew.
  // RESOURCE_EXHAUSTED when too many jobs are waiting.
  Look Ask(const std::string& key, int64_t sweep_id, absl::string_view what,
           Work work, absl::Duration patience, bool any_will_do = true);

 private:
  struct Job;
  class JobControl;

  void Run();
  void RunOne(const std::shared_ptr<Job>& job);
  void DropOld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether nobody has asked for the job for a while.
  bool IsForgotten(const Job& job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell(const Job& job, double done);

  EventSink* const events_;
  const std::function<void(absl::Duration)> charge_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<std::string, std::shared_ptr<Job>> jobs_
      ABSL_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<Job>> waiting_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_JOBS_H_
