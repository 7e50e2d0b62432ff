#include "client/ui/http/event_hub.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/ui/http/texts.h"

namespace fathom::client {
namespace {

constexpr size_t kMostJobs = 256;
// Between two looks, when somebody comes or makes a change.
constexpr absl::Duration kShortestPeriod = absl::Milliseconds(200);

}  // namespace

EventHub::EventHub(Options options)
    : options_(options),
      version_(options.first_version),
      thread_([this] { Run(); }) {}

EventHub::~EventHub() {
  Stop();
  thread_.join();
}

absl::StatusOr<int64_t> EventHub::Subscribe(Request request, Deliver deliver) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return absl::UnavailableError("fathom ui is stopping");
  int& of_key = by_key_[request.key];
  if (of_key >= request.most_of_key) {
    return absl::ResourceExhaustedError(
        absl::StrCat("already ", of_key,
                     " pages are open that are told of changes; close some"));
  }
  ++of_key;
  has_news_ = true;
  streams_[++last_stream_] = {.request = std::move(request),
                              .deliver = std::move(deliver)};
  return last_stream_;
}

void EventHub::Unsubscribe(int64_t stream) {
  absl::MutexLock lock(&mutex_);
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  const auto of_key = by_key_.find(found->second.request.key);
  if (--of_key->second == 0) by_key_.erase(of_key);
  streams_.erase(found);
}

int64_t EventHub::version() const {
  absl::MutexLock lock(&mutex_);
  return version_;
}

int64_t EventHub::turn() const {
  absl::MutexLock lock(&mutex_);
  return turn_;
}

void EventHub::JobProgressed(int64_t sweep_id, absl::string_view what,
                             double done) {
  absl::MutexLock lock(&mutex_);
  if (streams_.empty()) return;
  const std::pair<int64_t, std::string> job(sweep_id, what);
  if (jobs_.size() >= kMostJobs && !jobs_.contains(job)) return;
  jobs_[job] = done;
}

void EventHub::Poke() {
  absl::MutexLock lock(&mutex_);
  has_news_ = true;
}

void EventHub::Stop() {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return;
  stopping_ = true;
  const std::string bye = ByeEvent("stopping");
  for (auto& [id, stream] : streams_) {
    if (!stream.is_over) stream.deliver(bye, /*is_last=*/true);
    stream.is_over = true;
  }
}

int EventHub::stream_count() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(streams_.size());
}

absl::Time EventHub::NextLook() const {
  return last_look_ + (has_news_ ? std::min(kShortestPeriod, options_.period)
                                 : options_.period);
}

absl::Time EventHub::NextWake() const {
  if (streams_.empty()) return absl::InfiniteFuture();
  if (jobs_.empty()) return NextLook();
  return std::min(NextLook(), last_jobs_ + options_.job_period);
}

bool EventHub::HasToWake() const { return stopping_ || NextWake() < planned_; }

bool EventHub::WaitForWork(bool& look) {
  absl::MutexLock lock(&mutex_);
  planned_ = NextWake();
  mutex_.AwaitWithDeadline(absl::Condition(this, &EventHub::HasToWake),
                           planned_);
  const absl::Time now = absl::Now();
  if (!jobs_.empty() && now >= last_jobs_ + options_.job_period) {
    TellJobs();
    last_jobs_ = now;
  }
  look = !streams_.empty() && now >= NextLook();
  if (look) {
    has_news_ = false;
    last_look_ = now;
  }
  return !stopping_;
}

void EventHub::Run() {
  bool look = false;
  while (WaitForWork(look)) {
    if (look) Look();
  }
}

void EventHub::Look() {
  std::vector<std::pair<int64_t, Request>> streams;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, stream] : streams_) {
      if (!stream.is_over) streams.emplace_back(id, stream.request);
    }
  }
  std::vector<int64_t> ended;
  const absl::StatusOr<std::shared_ptr<Connection>> connection =
      Choose(streams, ended);
  std::vector<int64_t> sweeps;
  for (const auto& [id, request] : streams) {
    if (request.sweep_id > 0) sweeps.push_back(request.sweep_id);
  }
  const absl::StatusOr<WatchChanges> changes =
      connection.ok() ? watch_.Look(**connection, std::move(sweeps))
                      : absl::StatusOr<WatchChanges>(connection.status());
  // It may be another one that answers next.
  if (!changes.ok()) watch_.Forget();
  absl::MutexLock lock(&mutex_);
  End(ended);
  Tell(changes.status(), changes.ok() ? *changes : WatchChanges());
}

absl::StatusOr<std::shared_ptr<Connection>> EventHub::Choose(
    const std::vector<std::pair<int64_t, Request>>& streams,
    std::vector<int64_t>& ended) {
  std::shared_ptr<Connection> chosen;
  absl::Status error = absl::UnavailableError("nobody looks");
  for (const auto& [id, request] : streams) {
    const absl::StatusOr<Viewer> viewer = request.viewer();
    if (viewer.ok()) {
      if (chosen == nullptr) chosen = viewer->connection;
    } else if (absl::IsUnauthenticated(viewer.status())) {
      ended.push_back(id);
    } else {
      // The others would wait as long for the same answer.
      error = viewer.status();
      break;
    }
  }
  if (chosen == nullptr) return error;
  return chosen;
}

void EventHub::End(const std::vector<int64_t>& streams) {
  const std::string bye = ByeEvent("login ended");
  for (const int64_t id : streams) {
    const auto found = streams_.find(id);
    if (found == streams_.end() || found->second.is_over) continue;
    found->second.is_over = true;
    found->second.deliver(bye, /*is_last=*/true);
  }
}

void EventHub::Tell(const absl::Status& source, const WatchChanges& changes) {
  const int64_t before = version_;
  if (changes.any()) ++version_;
  if (changes.states) turn_ = version_;
  const std::string change =
      ChangeEvent(version_, changes.sweeps, changes.list, changes.workers);
  for (auto& [id, stream] : streams_) {
    if (stream.is_over) continue;
    if (stream.up != source.ok()) {
      stream.up = source.ok();
      stream.deliver(SourceEvent(*stream.up, source.message()), false);
    }
    if (!source.ok()) continue;
    // A page that has seen the version before goes on from there, unless
    // something may have been missed in between.
    const bool goes_on =
        !changes.is_first &&
        (!stream.is_new || stream.request.last_id == absl::StrCat(before));
    stream.is_new = false;
    if (goes_on) {
      if (changes.any()) stream.deliver(change, false);
      continue;
    }
    std::vector<int64_t> sweeps;
    if (stream.request.sweep_id > 0) sweeps = {stream.request.sweep_id};
    stream.deliver(ChangeEvent(version_, sweeps, true, true), false);
  }
}

void EventHub::TellJobs() {
  for (const auto& [job, done] : jobs_) {
    const std::string event = JobEvent(job.first, job.second, done);
    for (auto& [id, stream] : streams_) {
      if (stream.request.sweep_id == job.first && !stream.is_over) {
        stream.deliver(event, false);
      }
    }
  }
  jobs_.clear();
}

}  // namespace fathom::client
