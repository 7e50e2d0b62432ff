#include "server/api/read_pool.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fathom::server {

namespace {

// Steps back by `courtesy`. Where the system does not let it, nothing changes.
void StepBack(int courtesy) {
  if (courtesy == 0) return;
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  setpriority(PRIO_PROCESS, thread,
              getpriority(PRIO_PROCESS, thread) + courtesy);
}

}  // namespace

ReadPool::ReadPool(const Options& options) : options_(options) {
  for (int i = 0; i < options.threads; ++i) {
    threads_.emplace_back([this] {
      StepBack(options_.courtesy);
      Run();
    });
  }
}

ReadPool::~ReadPool() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::Status ReadPool::Post(Task task, const std::string& name) {
  absl::MutexLock lock(&mutex_);
  absl::Status status = Enqueue(std::move(task), name);
  if (!status.ok()) ++refused_;
  return status;
}

ReadPool::Load ReadPool::load() const {
  absl::MutexLock lock(&mutex_);
  return {.running = running_,
          .waiting = static_cast<int64_t>(tasks_.size()),
          .refused = refused_};
}

absl::Status ReadPool::Enqueue(Task task, const std::string& name) {
  if (stopping_) return absl::UnavailableError("the coordinator is stopping");
  if (static_cast<int>(tasks_.size()) >= options_.waiting) {
    return absl::UnavailableError(
        "the coordinator is overloaded; try again in a moment");
  }
  if (!name.empty()) {
    Share& share = shares_[name];
    if (share.waiting >= options_.waiting_per_name) {
      return absl::ResourceExhaustedError(
          absl::StrCat("found ", share.waiting, " calls of ", name,
                       " waiting, which is all that one name may have at a "
                       "time; try again when some have ended"));
    }
    ++share.waiting;
  }
  tasks_.push_back({name, std::move(task)});
  return absl::OkStatus();
}

bool ReadPool::MayRun(const std::string& name) const {
  if (name.empty()) return true;
  const auto share = shares_.find(name);
  return share == shares_.end() ||
         share->second.running < options_.threads_per_name;
}

// This may look at all tasks, which is cheap enough: a queue is short.
bool ReadPool::HasNext() const {
  return std::any_of(tasks_.begin(), tasks_.end(),
                     [this](const Waiting& waiting) ABSL_SHARED_LOCKS_REQUIRED(
                         mutex_) { return MayRun(waiting.name); });
}

void ReadPool::Forget(const std::string& name) {
  const auto share = shares_.find(name);
  if (share == shares_.end()) return;
  if (share->second.running == 0 && share->second.waiting == 0) {
    shares_.erase(share);
  }
}

void ReadPool::Run() {
  auto has_work = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return HasNext() || (stopping_ && tasks_.empty());
  };
  while (true) {
    Waiting next;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(&has_work));
      const auto it = std::find_if(tasks_.begin(), tasks_.end(),
                                   [this](const Waiting& waiting)
                                       ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
                                         return MayRun(waiting.name);
                                       });
      if (it == tasks_.end()) return;
      next = std::move(*it);
      tasks_.erase(it);
      ++running_;
      if (!next.name.empty()) {
        Share& share = shares_[next.name];
        --share.waiting;
        ++share.running;
      }
    }
    std::move(next.task)();
    // The task is destroyed before its thread counts as free.
    next.task = nullptr;
    absl::MutexLock lock(&mutex_);
    --running_;
    if (next.name.empty()) continue;
    --shares_[next.name].running;
    Forget(next.name);
  }
}

}  // namespace fathom::server
