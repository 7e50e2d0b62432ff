#include "tests/bench/load/fleet.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/time_util.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/protocol.h"

namespace fathom::bench {
namespace {

constexpr absl::Duration kConnectTimeout = absl::Seconds(60);

// Returns a chunk of a curve whose values have as many digits as real ones.
v1::TrialPoints MakeChunk(const WorkerPlan& plan) {
  v1::TrialPoints chunk;
  for (int m = 0; m < plan.metrics; ++m) {
    chunk.add_metrics(static_cast<v1::Metric>(v1::METRIC_LOSS + m));
  }
  for (int i = 0; i < plan.chunk; ++i) {
    chunk.add_steps(i);
    for (int m = 0; m < plan.metrics; ++m) {
      chunk.add_values(1.0 / (3 + 7 * i + m));
    }
  }
  return chunk;
}

void FillResult(int64_t trial, int32_t attempt, v1::TrialResult& result) {
  result.set_trial_index(trial);
  result.set_attempt(attempt);
  result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
  result.set_steps(100);
  result.set_final_loss(1.0 / static_cast<double>(trial + 3));
  result.set_best_loss(1.0 / static_cast<double>(trial + 3));
  result.set_best_step(100);
  result.set_seconds(1e-6);
}

}  // namespace

// One session. gRPC calls the On... methods, one of a kind at a time. Writes
// are also started by Demand and Heartbeat, for which the call is held open
// until the last read.
class SimulatedWorker final
    : public grpc::ClientBidiReactor<v1::WorkerMessage,
                                     v1::CoordinatorMessage> {
 public:
  SimulatedWorker(Fleet* fleet, v1::WorkerService::Stub* stub, int number)
      : fleet_(fleet), plan_(fleet->plan_), chunk_(MakeChunk(plan_)) {
    stub->async()->Work(&context_, this);
    absl::MutexLock lock(&mutex_);
    Hello(number);
    writing_ = true;
    StartWrite(&outgoing_);
    StartRead(&incoming_);
    AddHold();
    StartCall();
  }

  void Demand(int count) {
    absl::MutexLock lock(&mutex_);
    demands_ += count;
    WriteNext();
  }
  void Heartbeat() {
    absl::MutexLock lock(&mutex_);
    heartbeat_ = true;
    WriteNext();
  }
  void Leave() {
    absl::MutexLock lock(&mutex_);
    leaving_ = true;
    WriteNext();
  }

 private:
  // What is left to report of a lease.
  struct Work {
    v1::Lease lease;
    int range = 0;
    int64_t offset = 0;  // Position in the range.
    int64_t point = 0;   // Point of that trial.
  };
  struct Sent {
    int64_t sequence = 0;
    int64_t trials = 0;
    int64_t points = 0;
    int64_t bytes = 0;
    absl::Time start;
  };

  void Hello(int number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    v1::Hello& hello = *outgoing_.mutable_hello();
    hello.set_protocol_version(kProtocolVersion);
    hello.set_worker(absl::StrCat("simulated-", number));
    hello.set_session_id(absl::StrCat("simulated-session-", number));
    hello.set_slots(plan_.slots);
    hello.set_numerics("simulated");
    hello.set_program_version(FATHOM_VERSION);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      {
        absl::MutexLock lock(&mutex_);
        ended_ = true;
      }
      RemoveHold();
      return;
    }
    if (incoming_.has_welcome()) {
      fleet_->OnWelcome(incoming_.welcome());
    } else if (incoming_.has_lease()) {
      absl::MutexLock lock(&mutex_);
      work_.push_back({.lease = std::move(*incoming_.mutable_lease())});
      WriteNext();
    } else if (incoming_.has_ack()) {
      OnAck(incoming_.ack().sequence());
    }
    StartRead(&incoming_);
  }

  void OnAck(int64_t sequence) {
    Sent all;
    absl::Duration latency;
    {
      absl::MutexLock lock(&mutex_);
      while (!sent_.empty() && sent_.front().sequence <= sequence) {
        all.trials += sent_.front().trials;
        all.points += sent_.front().points;
        all.bytes += sent_.front().bytes;
        latency = absl::Now() - sent_.front().start;
        sent_.pop_front();
      }
    }
    fleet_->OnAcknowledged(all.trials, all.points, all.bytes, latency);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) ended_ = true;
    WriteNext();
  }

  void OnDone(const grpc::Status& status) override { fleet_->OnEnd(status); }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || ended_ || said_all_) return;
    if (heartbeat_) {
      heartbeat_ = false;
      outgoing_.set_sequence(0);
      outgoing_.mutable_heartbeat();
    } else if (!work_.empty()) {
      NextReport();
    } else if (demands_ > 0) {
      --demands_;
      outgoing_.set_sequence(0);
      outgoing_.mutable_demand()->set_trials(plan_.lease);
    } else if (leaving_) {
      said_all_ = true;
      StartWritesDone();
      return;
    } else {
      return;
    }
    writing_ = true;
    grpc::WriteOptions options;
    if (!work_.empty() || demands_ > 0) options.set_buffer_hint();
    StartWrite(&outgoing_, options);
  }

  // Makes the next report on the oldest lease. Asks for another lease once
  // nothing is left to report on it.
  void NextReport() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Work& work = work_.front();
    outgoing_.set_sequence(++sequence_);
    // The message is cleared and not made anew, so that its memory is used
    // again.
    v1::Report& report = *outgoing_.mutable_report();
    report.Clear();
    report.set_lease_id(work.lease.lease_id());
    report.set_sweep_id(work.lease.sweep_id());
    Sent sent{.sequence = sequence_, .start = absl::Now()};
    while (work.range < work.lease.trials_size() &&
           (plan_.points == 0 || sent.points < plan_.points_per_message)) {
      const v1::TrialRange& range = work.lease.trials(work.range);
      const int64_t trial = range.first_index() + work.offset;
      if (work.point < plan_.points) {
        v1::TrialPoints& points = *report.add_points();
        points = chunk_;
        points.set_trial_index(trial);
        points.set_attempt(range.attempt());
        points.set_chunk(static_cast<int32_t>(work.point / plan_.chunk));
        for (int64_t& step : *points.mutable_steps()) step += work.point;
        work.point += plan_.chunk;
        sent.points += plan_.chunk;
      }
      if (work.point < plan_.points) continue;
      FillResult(trial, range.attempt(), *report.add_results());
      ++sent.trials;
      work.point = 0;
      if (++work.offset == range.count()) {
        work.offset = 0;
        ++work.range;
      }
    }
    if (work.range == work.lease.trials_size()) {
      work_.pop_front();
      ++demands_;
    }
    if (plan_.points > 0) {
      sent.bytes = static_cast<int64_t>(outgoing_.ByteSizeLong());
      fleet_->OnTaken(sent.bytes);
    }
    sent_.push_back(sent);
  }

  Fleet* const fleet_;
  const WorkerPlan& plan_;
  const v1::TrialPoints chunk_;
  grpc::ClientContext context_;
  v1::CoordinatorMessage incoming_;

  absl::Mutex mutex_;
  v1::WorkerMessage outgoing_ ABSL_GUARDED_BY(mutex_);
  std::deque<Work> work_ ABSL_GUARDED_BY(mutex_);
  std::deque<Sent> sent_ ABSL_GUARDED_BY(mutex_);
  int demands_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  bool heartbeat_ ABSL_GUARDED_BY(mutex_) = false;
  bool leaving_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool said_all_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

Fleet::Fleet(const WorkerPlan& plan) : plan_(plan) {}

absl::StatusOr<std::unique_ptr<Fleet>> Fleet::Connect(
    const std::string& address, int workers, int channels,
    const WorkerPlan& plan) {
  std::unique_ptr<Fleet> fleet(new Fleet(plan));
  for (int i = 0; i < channels; ++i) {
    grpc::ChannelArguments arguments;
    // Without this, channels to one address share a connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
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
        fleet.get(), fleet->stubs_[i % channels].get(), i));
  }
  absl::MutexLock lock(&fleet->mutex_);
  auto all_welcome = [&fleet, workers] {
    fleet->mutex_.AssertHeld();
    return fleet->welcome_ == workers || !fleet->failure_.ok();
  };
  if (!fleet->mutex_.AwaitWithTimeout(absl::Condition(&all_welcome),
                                      kConnectTimeout)) {
    return absl::DeadlineExceededError(absl::StrCat(
        fleet->welcome_, " of ", workers, " workers were welcome in time"));
  }
  if (!fleet->failure_.ok()) return fleet->failure_;
  return fleet;
}

Fleet::~Fleet() {
  for (const auto& worker : workers_) worker->Leave();
  absl::MutexLock lock(&mutex_);
  auto all_ended = [this] {
    mutex_.AssertHeld();
    return open_ == 0;
  };
  mutex_.Await(absl::Condition(&all_ended));
}

void Fleet::Demand() {
  for (const auto& worker : workers_) worker->Demand(plan_.slots);
}

void Fleet::Heartbeat() {
  for (const auto& worker : workers_) worker->Heartbeat();
}

absl::Status Fleet::WaitForTrials(int64_t trials, absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  auto done = [this, trials] {
    mutex_.AssertHeld();
    return trials_ >= trials || !failure_.ok();
  };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&done), timeout)) {
    return absl::DeadlineExceededError(
        absl::StrCat("only ", trials_, " of ", trials, " trials"));
  }
  return failure_;
}

absl::Duration Fleet::heartbeat_period() const {
  absl::MutexLock lock(&mutex_);
  return heartbeat_period_;
}

int64_t Fleet::acknowledged_trials() const {
  absl::MutexLock lock(&mutex_);
  return trials_;
}

int64_t Fleet::acknowledged_points() const {
  absl::MutexLock lock(&mutex_);
  return points_;
}

int64_t Fleet::most_unacknowledged_bytes() const {
  absl::MutexLock lock(&mutex_);
  return most_unacknowledged_;
}

std::vector<float> Fleet::Latencies() const {
  absl::MutexLock lock(&mutex_);
  std::vector<float> sorted = latencies_;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

void Fleet::OnWelcome(const v1::Welcome& welcome) {
  using google::protobuf::util::TimeUtil;
  absl::MutexLock lock(&mutex_);
  ++welcome_;
  heartbeat_period_ = absl::Microseconds(
      TimeUtil::DurationToMicroseconds(welcome.heartbeat_period()));
}

void Fleet::OnTaken(int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  unacknowledged_ += bytes;
  most_unacknowledged_ = std::max(most_unacknowledged_, unacknowledged_);
}

void Fleet::OnAcknowledged(int64_t trials, int64_t points, int64_t bytes,
                           absl::Duration latency) {
  absl::MutexLock lock(&mutex_);
  trials_ += trials;
  points_ += points;
  unacknowledged_ -= bytes;
  latencies_.push_back(static_cast<float>(absl::ToDoubleSeconds(latency)));
}

void Fleet::OnEnd(const grpc::Status& status) {
  absl::MutexLock lock(&mutex_);
  --open_;
  if (!status.ok() && failure_.ok()) failure_ = FromGrpcStatus(status);
}

}  // namespace fathom::bench
