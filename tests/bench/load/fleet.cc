#include "tests/bench/load/fleet.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/time_util.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/protocol.h"
#include "proto/shared/retry.h"

namespace fathom::bench {
namespace {

constexpr absl::Duration kConnectTimeout = absl::Seconds(60);

// Those of worker/session/worker.cc.
constexpr absl::Duration kFirstBackoff = absl::Milliseconds(100);
constexpr absl::Duration kLongestBackoff = absl::Seconds(3);
constexpr int kMostChannelBackoffMs = 1000;

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
// are also started by Demand and Heartbeat, for which a call is held open until
// its last read. The object serves one call after the other.
class SimulatedWorker final
    : public grpc::ClientBidiReactor<v1::WorkerMessage,
                                     v1::CoordinatorMessage> {
 public:
  SimulatedWorker(Fleet* fleet, v1::WorkerService::Stub* stub, int number)
      : fleet_(fleet),
        plan_(fleet->plan_),
        stub_(stub),
        number_(number),
        chunk_(MakeChunk(plan_)) {
    Begin();
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
  void Cut() {
    absl::MutexLock lock(&mutex_);
    leaving_ = true;
    context_->TryCancel();
  }

 private:
  // What is left to report of a lease.
  struct Work {
    v1::Lease lease;
    int range = 0;
    int64_t offset = 0;  // Position in the range.
    int64_t point = 0;   // Point of that trial.
  };
  // A report on its way.
  struct Sent {
    int64_t sequence = 0;
    int64_t trials = 0;
    int64_t points = 0;
    int64_t bytes = 0;
    int64_t ended_lease = 0;  // 0: none.
    absl::Time start;
    v1::WorkerMessage message;  // To send again, where sessions go on.
  };

  // Begins a call.
  void Begin() {
    absl::MutexLock lock(&mutex_);
    if (leaving_) {
      fleet_->OnEnd(grpc::Status::OK);
      return;
    }
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_wait_for_ready(true);
    ended_ = false;
    welcome_ = false;
    demands_ += std::exchange(asked_, 0);
    resend_ = 0;
    stub_->async()->Work(context_.get(), this);
    Hello();
    writing_ = true;
    StartWrite(&outgoing_);
    StartRead(&incoming_);
    AddHold();
    StartCall();
  }

  void Hello() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    outgoing_.Clear();
    v1::Hello& hello = *outgoing_.mutable_hello();
    hello.set_protocol_version(kProtocolVersion);
    hello.set_worker(absl::StrCat("simulated-", number_));
    hello.set_session_id(absl::StrCat("simulated-session-", number_));
    hello.set_job_id(absl::StrCat("slurm:1000_", number_));
    hello.set_slots(plan_.slots);
    hello.set_numerics("simulated");
    hello.set_program_version(FATHOM_VERSION);
    for (const int64_t lease : held_) hello.add_held_lease_ids(lease);
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
      OnWelcome(incoming_.welcome());
    } else if (incoming_.has_lease()) {
      OnLease(std::move(*incoming_.mutable_lease()));
    } else if (incoming_.has_ack()) {
      OnAck(incoming_.ack().sequence());
    } else if (incoming_.has_revoke()) {
      Drop(incoming_.revoke().lease_ids());
    }
    StartRead(&incoming_);
  }

  void OnWelcome(const v1::Welcome& welcome) {
    Drop(welcome.dropped_lease_ids());
    absl::MutexLock lock(&mutex_);
    welcome_ = true;
    backoff_.Reset();
    fleet_->OnWelcome(welcome);
    fleet_->OnResent(static_cast<int64_t>(sent_.size()));
    WriteNext();
  }

  // Of a lease that is dropped nothing more is reported, and another one is
  // asked for.
  void Drop(const google::protobuf::RepeatedField<int64_t>& leases) {
    absl::MutexLock lock(&mutex_);
    for (const int64_t lease : leases) {
      if (held_.erase(lease) == 0) continue;
      fleet_->OnLeases(-1, 1);
      const auto it = std::find_if(
          work_.begin(), work_.end(),
          [&](const Work& work) { return work.lease.lease_id() == lease; });
      if (it == work_.end()) continue;
      work_.erase(it);
      ++demands_;
    }
  }

  void OnLease(v1::Lease lease) {
    absl::MutexLock lock(&mutex_);
    --asked_;
    held_.insert(lease.lease_id());
    fleet_->OnLeases(1, 0);
    if (plan_.work == absl::ZeroDuration()) {
      work_.push_back({.lease = std::move(lease)});
      WriteNext();
      return;
    }
    const absl::Duration time =
        plan_.work * absl::Uniform<double>(random_, 0.5, 1);
    fleet_->Schedule(absl::Now() + time, [this, lease = std::move(lease)] {
      absl::MutexLock held(&mutex_);
      if (!held_.contains(lease.lease_id())) {  // Dropped meanwhile.
        ++demands_;
      } else {
        work_.push_back({.lease = lease});
      }
      WriteNext();
    });
  }

  void OnAck(int64_t sequence) {
    Sent all;
    absl::Duration latency;
    int64_t leases = 0;
    {
      absl::MutexLock lock(&mutex_);
      while (!sent_.empty() && sent_.front().sequence <= sequence) {
        all.trials += sent_.front().trials;
        all.points += sent_.front().points;
        all.bytes += sent_.front().bytes;
        latency = absl::Now() - sent_.front().start;
        leases += static_cast<int64_t>(held_.erase(sent_.front().ended_lease));
        sent_.pop_front();
        if (resend_ > 0) --resend_;
      }
    }
    fleet_->OnLeases(-leases, 0);
    fleet_->OnAcknowledged(all.trials, all.points, all.bytes, latency);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) ended_ = true;
    WriteNext();
  }

  void OnDone(const grpc::Status& status) override {
    absl::MutexLock lock(&mutex_);
    if (!plan_.reconnect || leaving_) {
      fleet_->OnEnd(leaving_ ? grpc::Status::OK : status);
      return;
    }
    fleet_->Schedule(absl::Now() + backoff_.Next(), [this] { Begin(); });
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || ended_ || said_all_ || !welcome_) return;
    if (plan_.reconnect && resend_ < sent_.size()) {
      outgoing_ = sent_[resend_++].message;
    } else if (heartbeat_) {
      heartbeat_ = false;
      outgoing_.set_sequence(0);
      outgoing_.mutable_heartbeat();
      if (plan_.telemetry) FillTelemetry();
    } else if (!work_.empty()) {
      NextReport();
    } else if (demands_ > 0) {
      --demands_;
      ++asked_;
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

  // As much as a worker says that has been at work for a while.
  void FillTelemetry() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    v1::Heartbeat& heartbeat = *outgoing_.mutable_heartbeat();
    for (const int64_t lease : held_) {
      v1::LeaseProgress& progress = *heartbeat.add_progress();
      progress.set_lease_id(lease);
      progress.set_steps(sequence_);
    }
    v1::WorkerTelemetry& telemetry = *heartbeat.mutable_telemetry();
    telemetry.set_busy_slots(plan_.slots);
    telemetry.set_busy_seconds(0.37 * static_cast<double>(sequence_));
    telemetry.set_steps(1600 * sequence_);
    telemetry.set_flops(1.3e9 * static_cast<double>(sequence_));
    telemetry.set_peak_flops_per_second(7.1e10);
    telemetry.set_unacknowledged_reports(static_cast<int32_t>(sent_.size()));
    v1::TelemetryHistogram& seconds = *telemetry.mutable_ack_seconds();
    for (int64_t i = 0; i < 12; ++i) {
      if (i < 11) seconds.add_bounds(0.001 * static_cast<double>(1 << i));
      seconds.add_counts(sequence_ / (i + 1));
    }
    seconds.set_sum(0.01 * static_cast<double>(sequence_));
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
      AddTrial(work, report, sent);
    }
    if (work.range == work.lease.trials_size()) {
      sent.ended_lease = work.lease.lease_id();
      work_.pop_front();
      ++demands_;
    }
    if (plan_.points > 0) {
      sent.bytes = static_cast<int64_t>(outgoing_.ByteSizeLong());
      fleet_->OnTaken(sent.bytes);
    }
    if (plan_.reconnect) sent.message = outgoing_;
    sent_.push_back(std::move(sent));
    resend_ = sent_.size();
  }

  // Adds a chunk of the next trial or, after its last one, its result.
  void AddTrial(Work& work, v1::Report& report, Sent& sent)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
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
    if (work.point < plan_.points) return;
    FillResult(trial, range.attempt(), *report.add_results());
    ++sent.trials;
    work.point = 0;
    if (++work.offset == range.count()) {
      work.offset = 0;
      ++work.range;
    }
  }

  Fleet* const fleet_;
  const WorkerPlan& plan_;
  v1::WorkerService::Stub* const stub_;
  const int number_;
  const v1::TrialPoints chunk_;
  v1::CoordinatorMessage incoming_;

  absl::Mutex mutex_;
  std::unique_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
  v1::WorkerMessage outgoing_ ABSL_GUARDED_BY(mutex_);
  std::deque<Work> work_ ABSL_GUARDED_BY(mutex_);
  std::deque<Sent> sent_ ABSL_GUARDED_BY(mutex_);
  // The leases of which not everything is acknowledged.
  std::set<int64_t> held_ ABSL_GUARDED_BY(mutex_);
  size_t resend_ ABSL_GUARDED_BY(mutex_) = 0;  // Next of sent_ to send again.
  int demands_ ABSL_GUARDED_BY(mutex_) = 0;
  int asked_ ABSL_GUARDED_BY(mutex_) = 0;  // Demands that are open.
  int64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  bool heartbeat_ ABSL_GUARDED_BY(mutex_) = false;
  bool leaving_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool welcome_ ABSL_GUARDED_BY(mutex_) = false;
  bool said_all_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::BitGen random_ ABSL_GUARDED_BY(mutex_);
  Backoff backoff_ ABSL_GUARDED_BY(mutex_){kFirstBackoff, kLongestBackoff};
};

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
