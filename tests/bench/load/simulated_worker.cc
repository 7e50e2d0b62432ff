#include "tests/bench/load/simulated_worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proto/shared/protocol.h"

namespace fathom::bench {
namespace {

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

SimulatedWorker::SimulatedWorker(Fleet* fleet, v1::WorkerService::Stub* stub,
                                 int number)
    : fleet_(fleet),
      plan_(fleet->plan_),
      stub_(stub),
      number_(number),
      chunk_(MakeChunk(plan_)) {
  Begin();
}

void SimulatedWorker::Demand(int count) {
  absl::MutexLock lock(&mutex_);
  demands_ += count;
  WriteNext();
}

void SimulatedWorker::Heartbeat() {
  absl::MutexLock lock(&mutex_);
  heartbeat_ = true;
  WriteNext();
}

void SimulatedWorker::Leave() {
  absl::MutexLock lock(&mutex_);
  leaving_ = true;
  WriteNext();
}

void SimulatedWorker::Cut() {
  absl::MutexLock lock(&mutex_);
  leaving_ = true;
  context_->TryCancel();
}

void SimulatedWorker::Begin() {
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

void SimulatedWorker::Hello() {
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

void SimulatedWorker::OnReadDone(bool ok) {
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

void SimulatedWorker::OnWelcome(const v1::Welcome& welcome) {
  Drop(welcome.dropped_lease_ids());
  absl::MutexLock lock(&mutex_);
  welcome_ = true;
  backoff_.Reset();
  fleet_->OnWelcome(welcome);
  fleet_->OnResent(static_cast<int64_t>(sent_.size()));
  WriteNext();
}

void SimulatedWorker::Drop(
    const google::protobuf::RepeatedField<int64_t>& leases) {
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

void SimulatedWorker::OnLease(v1::Lease lease) {
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

void SimulatedWorker::OnAck(int64_t sequence) {
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

void SimulatedWorker::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  if (!ok) ended_ = true;
  WriteNext();
}

void SimulatedWorker::OnDone(const grpc::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (!plan_.reconnect || leaving_) {
    fleet_->OnEnd(leaving_ ? grpc::Status::OK : status);
    return;
  }
  fleet_->Schedule(absl::Now() + backoff_.Next(), [this] { Begin(); });
}

void SimulatedWorker::WriteNext() {
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

void SimulatedWorker::FillTelemetry() {
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

void SimulatedWorker::NextReport() {
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

void SimulatedWorker::AddTrial(Work& work, v1::Report& report, Sent& sent) {
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

}  // namespace fathom::bench
