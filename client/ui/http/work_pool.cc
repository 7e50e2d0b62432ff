#include "client/ui/http/work_pool.h"

#include <algorithm>
#include <utility>

namespace fathom::client {

WorkPool::WorkPool(int threads, int threads_per_key, int most_waiting)
    : threads_per_key_(threads_per_key),
      most_waiting_(static_cast<size_t>(most_waiting)) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Run(); });
  }
}

WorkPool::~WorkPool() { Stop(); }

bool WorkPool::TryRun(const std::string& key, std::function<void()> task) {
  absl::MutexLock lock(&mutex_);
  if (stopping_ || waiting_.size() >= most_waiting_) return false;
  waiting_.push_back({key, std::move(task)});
  return true;
}

void WorkPool::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::deque<WorkPool::Task>::iterator WorkPool::Next() {
  return std::find_if(waiting_.begin(), waiting_.end(),
                      [&](const Task& task) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                        const auto running = running_.find(task.key);
                        return running == running_.end() ||
                               running->second < threads_per_key_;
                      });
}

bool WorkPool::HasWork() { return stopping_ || Next() != waiting_.end(); }

void WorkPool::Run() {
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &WorkPool::HasWork));
      if (stopping_) return;
      const auto next = Next();
      task = std::move(*next);
      waiting_.erase(next);
      ++running_[task.key];
    }
    task.run();
    task.run = nullptr;  // What it holds is released before the next one.
    absl::MutexLock lock(&mutex_);
    const auto running = running_.find(task.key);
    if (--running->second == 0) running_.erase(running);
  }
}

}  // namespace fathom::client
