#ifndef FATHOM_CLIENT_UI_HTTP_WORK_POOL_H_
#define FATHOM_CLIENT_UI_HTTP_WORK_POOL_H_

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace fathom::client {

// Threads that answer requests, in their order, but so that no viewer has all
// of the threads.
//
// This class is thread-safe.
class WorkPool {
 public:
  // At most `threads_per_key` tasks of one key run at a time, and at most
  // `most_waiting` wait.
  WorkPool(int threads, int threads_per_key, int most_waiting);
  // Waits for what runs, and forgets what waits.
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  // Runs `task` soon. Returns false when too much waits, or after Stop.
  bool TryRun(const std::string& key, std::function<void()> task);

  // Ends the threads when what they run has ended.
  void Stop();

 private:
  struct Task {
    std::string key;
    std::function<void()> run;
  };
  void Run();
  // Returns the first task that may run, or the end.
  std::deque<Task>::iterator Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int threads_per_key_;
  const size_t most_waiting_;
  absl::Mutex mutex_;
  std::deque<Task> waiting_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, int> running_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_WORK_POOL_H_
