#ifndef FATHOM_SERVER_API_READ_POOL_H_
#define FATHOM_SERVER_API_READ_POOL_H_

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace fathom {

// Threads for what may block (reading the ledger, waiting for a slow client),
// so that gRPC's own threads never do.
//
// This class is thread-safe.
class ReadPool {
 public:
  using Task = absl::AnyInvocable<void()>;

  // Accepts at most `capacity` waiting tasks.
  ReadPool(int threads, size_t capacity);

  // Runs every accepted task, then joins the threads.
  ~ReadPool();

  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  // Enqueues `task`. Returns false, without running it, when the queue is full.
  [[nodiscard]] bool Post(Task task);

 private:
  void Run();

  const size_t capacity_;
  absl::Mutex mutex_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace fathom

#endif  // FATHOM_SERVER_API_READ_POOL_H_
