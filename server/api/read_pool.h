#ifndef FATHOM_SERVER_API_READ_POOL_H_
#define FATHOM_SERVER_API_READ_POOL_H_

#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace fathom::server {

// A pool of threads for work that may block (reading the ledger, waiting for a
// slow client), so that gRPC's own threads never do. Each caller has a limited
// share of the threads and of the places in the queue, so that others always
// find some.
//
// This class is thread-safe.
class ReadPool {
 public:
  using Task = absl::AnyInvocable<void()>;

  struct Options {
    int threads = 1;
    int waiting = 0;  // Largest number of waiting tasks.
    int threads_per_name = threads;
    int waiting_per_name = waiting;
    // How much further back than the rest of the process the threads, and the
    // processes that they start, stand when the processors are all busy, as
    // nice(2) counts it.
    int courtesy = 0;
  };

  explicit ReadPool(const Options& options);

  // Runs every accepted task, then joins the threads.
  ~ReadPool();

  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  // Enqueues a task of the caller `name`; the empty name has no limited share.
  // Among the tasks that may run, the one that has waited longest is next. The
  // task is dropped and an error returned when the queue is full or the pool is
  // being destroyed (UNAVAILABLE), or when `name` has used up its share of the
  // queue (RESOURCE_EXHAUSTED).
  [[nodiscard]] absl::Status Post(Task task, const std::string& name = "");

  // How many tasks run and wait, and how many were not taken so far.
  struct Load {
    int64_t running = 0;
    int64_t waiting = 0;
    int64_t refused = 0;
  };
  Load load() const;

 private:
  struct Waiting {
    std::string name;
    Task task;
  };
  // The numbers of tasks of one name.
  struct Share {
    int running = 0;
    int waiting = 0;
  };

  void Run();
  // Whether `name` may use another thread.
  bool MayRun(const std::string& name) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // Whether some waiting task may run.
  bool HasNext() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // Removes the share of `name` if it has no tasks.
  void Forget(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Status Enqueue(Task task, const std::string& name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable absl::Mutex mutex_;
  std::deque<Waiting> tasks_ ABSL_GUARDED_BY(mutex_);
  // The shares of the names that have tasks.
  absl::flat_hash_map<std::string, Share> shares_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t refused_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::thread> threads_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_READ_POOL_H_
