#include "client/ui/data/jobs.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/call_cost.h"

namespace fathom::client {
namespace {

// A page asks again every half second.
constexpr absl::Duration kForgottenAfter = absl::Seconds(20);
constexpr size_t kMostWaiting = 32;
// What is kept of finished jobs.
constexpr size_t kMostKept = 64;
constexpr size_t kMostKeptBytes = size_t{32} << 20;
// Pages hear of progress at most this often.
constexpr absl::Duration kTellEvery = absl::Milliseconds(250);

}  // namespace

struct Jobs::Job {
  std::string key;
  int64_t sweep_id = 0;
  std::string what;
  Work work;
  absl::Time asked;
  absl::Time told = absl::InfinitePast();
  bool ended = false;
  Look look;
};

class Jobs::JobControl final : public Jobs::Control {
 public:
  JobControl(Jobs& jobs, Job& job) : jobs_(jobs), job_(job) {}

  bool IsCancelled() override {
    absl::MutexLock lock(&jobs_.mutex_);
    return jobs_.stopping_ || jobs_.IsForgotten(job_);
  }
  void Publish(double done, std::string found) override {
    auto shared = std::make_shared<const std::string>(std::move(found));
    {
      absl::MutexLock lock(&jobs_.mutex_);
      job_.look.found = std::move(shared);
      job_.look.done = std::min(done, kMostBeforeTheEnd);
    }
    jobs_.Tell(job_, done);
  }
  void Progress(double done) override {
    {
      absl::MutexLock lock(&jobs_.mutex_);
      job_.look.done = std::min(done, kMostBeforeTheEnd);
      if (absl::Now() - job_.told < kTellEvery) return;
      job_.told = absl::Now();
    }
    jobs_.Tell(job_, done);
  }

 private:
  static constexpr double kMostBeforeTheEnd = 0.999;

  Jobs& jobs_;
  Job& job_;
};

Jobs::Jobs(int threads, EventSink* events,
           std::function<void(absl::Duration)> charge)
    : events_(events), charge_(std::move(charge)) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

void Jobs::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool Jobs::IsForgotten(const Job& job) const {
  return absl::Now() - job.asked > kForgottenAfter;
}

void Jobs::Tell(const Job& job, double done) {
  if (events_ != nullptr) events_->JobProgressed(job.sweep_id, job.what, done);
}

Jobs::Look Jobs::Ask(const std::string& key, int64_t sweep_id,
                     absl::string_view what, Work work, absl::Duration patience,
                     bool any_will_do) {
  absl::MutexLock lock(&mutex_);
  std::shared_ptr<Job>& place = jobs_[key];
  if (place == nullptr) {
    if (waiting_.size() >= kMostWaiting) {
      jobs_.erase(key);
      return {.status = absl::ResourceExhaustedError(
                  "too much is being computed for other pages; ask again in a "
                  "few seconds")};
    }
    place = std::make_shared<Job>();
    place->key = key;
    place->sweep_id = sweep_id;
    place->what = std::string(what);
    place->work = std::move(work);
    waiting_.push_back(place);
  }
  const std::shared_ptr<Job> job = place;
  job->asked = absl::Now();
  const auto is_there = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return job->ended || stopping_ ||
           (any_will_do && job->look.found != nullptr);
  };
  mutex_.AwaitWithTimeout(absl::Condition(&is_there), patience);
  job->asked = absl::Now();
  if (job->ended && !job->look.status.ok()) {
    const auto known = jobs_.find(key);
    if (known != jobs_.end() && known->second == job) jobs_.erase(known);
  }
  return job->look;
}

void Jobs::Run() {
  while (true) {
    std::shared_ptr<Job> job;
    {
      absl::MutexLock lock(&mutex_);
      const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stopping_ || !waiting_.empty();
      };
      mutex_.Await(absl::Condition(&ready));
      if (stopping_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
      if (IsForgotten(*job)) {
        jobs_.erase(job->key);
        continue;
      }
    }
    RunOne(job);
  }
}

void Jobs::RunOne(const std::shared_ptr<Job>& job) {
  JobControl control(*this, *job);
  const absl::Duration before = CostOfCalls();
  absl::StatusOr<std::string> found = job->work(control);
  if (charge_) charge_(CostOfCalls() - before);
  {
    absl::MutexLock lock(&mutex_);
    // What it holds on to, such as a connection, goes with it.
    job->work = nullptr;
    job->ended = true;
    if (found.ok()) {
      job->look.found = std::make_shared<const std::string>(*std::move(found));
      job->look.done = 1;
    } else {
      job->look.status = found.status();
      // Nobody waits for the error of a job that was cancelled.
      const auto known = jobs_.find(job->key);
      if (IsForgotten(*job) && known != jobs_.end() && known->second == job) {
        jobs_.erase(known);
      }
    }
    DropOld();
  }
  // What a large job has used goes back to the system, so that the next one
  // does not come on top of it.
  malloc_trim(0);
  Tell(*job, 1);
}

void Jobs::DropOld() {
  while (true) {
    size_t kept = 0;
    size_t bytes = 0;
    const Job* oldest = nullptr;
    for (const auto& [key, job] : jobs_) {
      if (!job->ended) continue;
      ++kept;
      if (job->look.found != nullptr) bytes += job->look.found->size();
      if (oldest == nullptr || job->asked < oldest->asked) oldest = job.get();
    }
    if (oldest == nullptr || (kept <= kMostKept && bytes <= kMostKeptBytes)) {
      return;
    }
    jobs_.erase(std::string(oldest->key));
  }
}

}  // namespace fathom::client
