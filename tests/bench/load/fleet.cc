#include "tests/bench/load/fleet.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/time_util.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/protocol.h"
#include "tests/bench/load/simulated_worker.h"

namespace fathom::bench {
namespace {

constexpr absl::Duration kConnectTimeout = absl::Seconds(60);

// As that of worker/session/worker.cc.
constexpr int kMostChannelBackoffMs = 1000;

}  // namespace

Fleet::Fleet(const WorkerPlan& plan)
    : plan_(plan), scheduler_([this] { RunSchedule(); }) {}

absl::StatusOr<std::unique_ptr<Fleet>> Fleet::Connect(
    const std::string& address, int workers, int channels,
    const WorkerPlan& plan, int first) {
  std::unique_ptr<Fleet> fleet(new Fleet(plan));
  for (int i = 0; i < channels; ++i) {
    grpc::ChannelArguments arguments;
    // Without this, channels to one address share a connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMostChannelBackoffMs);
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    fleet->stubs_.push_back(
        v1::WorkerService::NewStub(grpc::CreateCustomChannel(
            address, grpc::InsecureChannelCredentials(), arguments)));
  }
  {
    absl::MutexLock lock(&fleet->mutex_);
    fleet->open_ = workers;
  }
  for (int i = 0; i < workers; ++i) {
    fleet->workers_.push_back(std::make_unique<SimulatedWorker>(
        fleet.get(), fleet->stubs_[i % channels].get(), first + i));
  }
  const absl::Status status = fleet->WaitForWelcomes(workers, kConnectTimeout);
  if (!status.ok()) {
    fleet->Cut();  // Those that are not connected could not leave.
    return status;
  }
  return fleet;
}

Fleet::~Fleet() {
  for (const auto& worker : workers_) worker->Leave();
  {
    absl::MutexLock lock(&mutex_);
    auto all_ended = [this] {
      mutex_.AssertHeld();
      return open_ == 0;
    };
    mutex_.Await(absl::Condition(&all_ended));
  }
  {
    absl::MutexLock lock(&schedule_mutex_);
    ended_ = true;
  }
  scheduler_.join();
}

void Fleet::Schedule(absl::Time when, std::function<void()> act) {
  absl::MutexLock lock(&schedule_mutex_);
  schedule_.emplace(when, std::move(act));
}

void Fleet::RunSchedule() {
  // Often enough for works that take a good fraction of a second.
  constexpr absl::Duration kPeriod = absl::Milliseconds(5);
  absl::MutexLock lock(&schedule_mutex_);
  while (!ended_) {
    while (!ended_ && !schedule_.empty() &&
           schedule_.begin()->first <= absl::Now()) {
      const auto act = std::move(schedule_.begin()->second);
      schedule_.erase(schedule_.begin());
      schedule_mutex_.Unlock();
      act();
      schedule_mutex_.Lock();
    }
    schedule_mutex_.AwaitWithTimeout(absl::Condition(&ended_), kPeriod);
  }
}

void Fleet::Demand() {
  for (const auto& worker : workers_) worker->Demand(plan_.slots);
}

void Fleet::Heartbeat() {
  for (const auto& worker : workers_) worker->Heartbeat();
}

void Fleet::Cut() {
  for (const auto& worker : workers_) worker->Cut();
  absl::MutexLock lock(&mutex_);
  auto all_ended = [this] {
    mutex_.AssertHeld();
    return open_ == 0;
  };
  mutex_.Await(absl::Condition(&all_ended));
}

absl::Status Fleet::WaitFor(const std::function<bool(const Counts&)>& done,
                            absl::Duration timeout, absl::string_view what) {
  absl::MutexLock lock(&mutex_);
  auto ended = [&] {
    mutex_.AssertHeld();
    return done(counts_) || !failure_.ok();
  };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&ended), timeout)) {
    return absl::DeadlineExceededError(absl::StrCat(
        "not in time: ", what, "; ", counts_.trials, " trials, ",
        counts_.welcomes, " welcomes, ", counts_.leases, " leases"));
  }
  return failure_;
}

absl::Status Fleet::WaitForTrials(int64_t trials, absl::Duration timeout) {
  return WaitFor([&](const Counts& counts) { return counts.trials >= trials; },
                 timeout, absl::StrCat(trials, " trials"));
}

absl::Status Fleet::WaitForWelcomes(int64_t welcomes, absl::Duration timeout) {
  return WaitFor(
      [&](const Counts& counts) { return counts.welcomes >= welcomes; },
      timeout, absl::StrCat(welcomes, " welcomes"));
}

absl::Status Fleet::WaitForLeases(absl::Duration timeout) {
  const auto leases = static_cast<int64_t>(workers_.size()) * plan_.slots;
  return WaitFor([&](const Counts& counts) { return counts.leases >= leases; },
                 timeout, absl::StrCat(leases, " leases"));
}

absl::Duration Fleet::heartbeat_period() const {
  absl::MutexLock lock(&mutex_);
  return heartbeat_period_;
}

Fleet::Counts Fleet::counts() const {
  absl::MutexLock lock(&mutex_);
  return counts_;
}

int64_t Fleet::most_unacknowledged_bytes() const {
  absl::MutexLock lock(&mutex_);
  return most_unacknowledged_;
}

std::vector<float> Fleet::TakeLatencies() {
  std::vector<float> sorted;
  {
    absl::MutexLock lock(&mutex_);
    sorted.swap(latencies_);
  }
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

void Fleet::OnWelcome(const v1::Welcome& welcome) {
  using google::protobuf::util::TimeUtil;
  absl::MutexLock lock(&mutex_);
  ++counts_.welcomes;
  heartbeat_period_ = absl::Microseconds(
      TimeUtil::DurationToMicroseconds(welcome.heartbeat_period()));
}

void Fleet::OnLeases(int64_t taken, int64_t dropped) {
  absl::MutexLock lock(&mutex_);
  counts_.leases += taken;
  counts_.dropped += dropped;
}

void Fleet::OnTaken(int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  unacknowledged_ += bytes;
  most_unacknowledged_ = std::max(most_unacknowledged_, unacknowledged_);
}

void Fleet::OnResent(int64_t reports) {
  absl::MutexLock lock(&mutex_);
  counts_.resent += reports;
}

void Fleet::OnAcknowledged(int64_t trials, int64_t points, int64_t bytes,
                           absl::Duration latency) {
  absl::MutexLock lock(&mutex_);
  counts_.trials += trials;
  counts_.points += points;
  unacknowledged_ -= bytes;
  latencies_.push_back(static_cast<float>(absl::ToDoubleSeconds(latency)));
}

void Fleet::OnEnd(const grpc::Status& status) {
  absl::MutexLock lock(&mutex_);
  --open_;
  if (!status.ok() && failure_.ok()) failure_ = FromGrpcStatus(status);
}

}  // namespace fathom::bench
