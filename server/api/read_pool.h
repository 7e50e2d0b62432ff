#ifndef FATHOM_SERVER_API_READ_POOL_H_
#define FATHOM_SERVER_API_READ_POOL_H_

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

// Threads for what may block (reading the ledger, waiting for a slow client),
// so that gRPC's own threads never do. One caller has a share of the threads
// and of the places in the queue, so that others always find some.
//
// This class is thread-safe.
class ReadPool {
 public:
  using Task = absl::AnyInvocable<void()>;

  struct Options {
    int threads = 1;
    int waiting = 0;  // Most tasks that wait.
    int threads_per_name = threads;
    int waiting_per_name = waiting;
  };

  explicit ReadPool(const Options& options);

  // Runs every accepted task, then joins the threads.
  ~ReadPool();

  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  // Enqueues a task of `name`; an empty name is nobody's and has no share. Of
  // those that may run, the one that has waited longest is next. Does not run
  // it when the queue is full: UNAVAILABLE; or when `name` has its share of it:
  // RESOURCE_EXHAUSTED.
  [[nodiscard]] absl::Status Post(Task task, const std::string& name = "");

 private:
  struct Waiting {
    std::string name;
    Task task;
  };
  struct Share {
    int running = 0;
    int waiting = 0;
  };

  void Run();
  bool MayRun(const std::string& name) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool HasNext() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void Forget(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable absl::Mutex mutex_;
  std::deque<Waiting> tasks_ ABSL_GUARDED_BY(mutex_);
  // Of those that have any.
  absl::flat_hash_map<std::string, Share> shares_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_READ_POOL_H_
