#include "worker/session/checkpoints.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/log.h"
#include "proto/shared/protocol.h"
#include "proto/shared/retry.h"
#include "proto/shared/sha256.h"
#include "worker/session/pass_trace.h"

namespace fathom::worker {
namespace {

// How often a state is sent when the coordinator is away or has no place for
// it. The next state of the lane is worth more than more tries.
constexpr int kTries = 5;

constexpr absl::Duration kLogPeriod = absl::Minutes(5);

}  // namespace

Checkpoints::Checkpoints(v1::WorkerService::StubInterface* stub,
                         std::string session_id, Mailbox* mailbox,
                         Options options)
    : stub_(stub),
      session_id_(std::move(session_id)),
      mailbox_(mailbox),
      options_(options),
      enabled_(options.every < absl::InfiniteDuration()),
      thread_([this] { Run(); }) {}

Checkpoints::~Checkpoints() {
  Cancel();
  thread_.join();
}

bool Checkpoints::Fits(int64_t bytes) const {
  return bytes_ == 0 || bytes_ + bytes <= options_.most_bytes;
}

bool Checkpoints::Holds(int64_t lease_id) const {
  const auto is_of = [lease_id](const State& state) {
    return state.lease_id() == lease_id;
  };
  return std::any_of(waiting_.begin(), waiting_.end(), is_of) ||
         std::any_of(sending_.begin(), sending_.end(), is_of);
}

bool Checkpoints::HasRoom(int64_t lease_id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !cancelled_ && Fits(1) && !Holds(lease_id);
}

bool Checkpoints::Put(const HeldLease& held, v1::TrialCheckpoint checkpoint,
                      std::string state) {
  State put;
  put.head.set_session_id(session_id_);
  put.head.set_lease_id(held.lease.lease_id());
  put.head.set_sweep_id(held.lease.sweep_id());
  put.traceparent = held.lease.traceparent();
  *put.head.mutable_checkpoint() = std::move(checkpoint);
  const auto size = static_cast<int64_t>(state.size());
  put.head.mutable_checkpoint()->set_bytes(size);
  put.bytes = std::move(state);
  std::unique_lock<std::mutex> lock(mutex_);
  if (size > kMaxCheckpointBytes) {  // It will not fit the next time, either.
    LogFailure(put, absl::StrCat("it has ", size, " bytes, expected at most ",
                                 kMaxCheckpointBytes));
    return true;
  }
  waiting_.remove_if([&](const State& older) {
    const bool same =
        older.lease_id() == put.lease_id() && older.trial() == put.trial();
    if (same) bytes_ -= older.size();
    return same;
  });
  const auto fits = [&] { return cancelled_ || Fits(size); };
  if (held.stopping) changed_.wait_until(lock, stop_by_, fits);
  if (cancelled_ || !fits()) return false;
  bytes_ += size;
  waiting_.push_back(std::move(put));
  changed_.notify_all();
  return true;
}

void Checkpoints::Drop(int64_t lease_id, const int64_t* trial_index) {
  const auto is_of = [&](const State& state) {
    return state.lease_id() == lease_id &&
           (trial_index == nullptr || state.trial() == *trial_index);
  };
  for (State& state : sending_) {
    if (is_of(state)) state.wanted = false;
  }
  waiting_.remove_if([&](const State& state) {
    if (!is_of(state)) return false;
    bytes_ -= state.size();
    return true;
  });
  changed_.notify_all();
}

void Checkpoints::Forget(int64_t lease_id, int64_t trial_index) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Drop(lease_id, &trial_index);
}

void Checkpoints::EndLease(const HeldLease& held, bool finished) {
  const int64_t lease_id = held.lease.lease_id();
  std::unique_lock<std::mutex> lock(mutex_);
  if (finished || !held.stopping || held.dropped) {
    Drop(lease_id, nullptr);
    return;
  }
  const auto ended = [&] { return cancelled_ || !Holds(lease_id); };
  // There is one time to stop for all leases.
  if (!changed_.wait_until(lock, stop_by_, ended)) CancelAll();
}

CheckpointFetch Checkpoints::Fetch(int64_t sweep_id,
                                   const v1::TrialCheckpoint& checkpoint) {
  return CheckpointFetch(stub_, &fetches_, sweep_id, checkpoint,
                         CheckpointPatience(checkpoint.bytes()));
}

void Checkpoints::StopBy(SteadyTime deadline) {
  fetches_.Cancel();
  const std::lock_guard<std::mutex> lock(mutex_);
  stop_by_ = std::min(stop_by_, deadline);
  changed_.notify_all();
}

void Checkpoints::Cancel() {
  const std::lock_guard<std::mutex> lock(mutex_);
  CancelAll();
}

void Checkpoints::CancelAll() {
  enabled_ = false;
  cancelled_ = true;
  fetches_.Cancel();
  calls_.Cancel();
  changed_.notify_all();
}

void Checkpoints::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return cancelled_ || !waiting_.empty(); });
    if (cancelled_) return;
    sending_.splice(sending_.begin(), waiting_, waiting_.begin());
    State& state = sending_.front();
    lock.unlock();
    const LogScope scope({.sweep = state.head.sweep_id(),
                          .lease = state.lease_id(),
                          .session = session_id_,
                          .traceparent = state.traceparent});
    bool there = false;
    try {
      there = Bring(state);
    } catch (const std::bad_alloc&) {
    }
    std::string().swap(state.bytes);  // The report may have to wait.
    if (there) Report(state);
    lock.lock();
    bytes_ -= state.size();
    sending_.clear();
    changed_.notify_all();
  }
}

bool Checkpoints::Wanted(const State& state) {
  if (!enabled() || !mailbox_->Holds(state.lease_id())) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  return !cancelled_ && state.wanted;
}

bool Checkpoints::Pause(absl::Duration duration, const State& state) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto newer = [&](const State& other) {
    return other.lease_id() == state.lease_id() &&
           other.trial() == state.trial();
  };
  return !changed_.wait_until(lock, SteadyIn(duration), [&] {
    return cancelled_ || !state.wanted ||
           std::any_of(waiting_.begin(), waiting_.end(), newer);
  });
}

bool Checkpoints::Bring(State& state) {
  if (!Wanted(state)) return false;
  std::string digest = absl::StrCat("sha256:", Sha256Hex(state.bytes));
  {
    const std::lock_guard<std::mutex> lock(mutex_);  // Others read the head.
    state.head.mutable_checkpoint()->set_digest(std::move(digest));
  }
  Backoff backoff;
  for (int tries = 1;; ++tries) {
    const absl::Status status = Send(state);
    if (status.ok()) return true;
    if (!Wanted(state)) return false;
    if (absl::IsUnimplemented(status)) {
      Log(LogLevel::kInfo,
          "the coordinator is too old for checkpoints: trials that are lost "
          "begin anew");
      enabled_ = false;
      return false;
    }
    const bool passes =
        absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
    if (passes && tries < kTries && Pause(backoff.Next(), state)) continue;
    const std::lock_guard<std::mutex> lock(mutex_);
    LogFailure(state, status.message());
    return false;
  }
}

absl::Status Checkpoints::Send(const State& state) {
  grpc::ClientContext context;
  PassTraceOn(&context);
  const RunningCalls::Call call(&calls_, &context);
  context.set_deadline(
      std::chrono::system_clock::now() +
      absl::ToChronoMilliseconds(CheckpointPatience(state.size())));
  v1::PutCheckpointResponse response;
  auto writer = stub_->PutCheckpoint(&context, &response);
  bool goes_on = writer->Write(state.head);
  v1::CheckpointPiece piece;
  for (int64_t at = 0; goes_on && at < state.size();
       at += kCheckpointPieceBytes) {
    if (!Wanted(state)) {
      context.TryCancel();
      break;
    }
    piece.set_offset(at);
    piece.set_data(state.bytes.data() + at,
                   std::min(kCheckpointPieceBytes, state.size() - at));
    goes_on = writer->Write(piece);
  }
  if (goes_on) writer->WritesDone();
  return FromGrpcStatus(writer->Finish());
}

void Checkpoints::Report(const State& state) {
  if (!Wanted(state)) return;
  v1::Report report;
  report.set_lease_id(state.lease_id());
  report.set_sweep_id(state.head.sweep_id());
  *report.add_checkpoints() = state.head.checkpoint();
  mailbox_->PutReport(std::move(report));
}

void Checkpoints::LogFailure(const State& state, absl::string_view what) {
  const SteadyTime now = SteadyNow();
  if (now < next_log_) return;
  next_log_ = now + absl::ToChronoNanoseconds(kLogPeriod);
  Log(LogLevel::kWarning,
      absl::StrCat("no checkpoint of trial ", state.trial(), " of sweep ",
                   state.head.sweep_id(), " at step ",
                   state.head.checkpoint().step(), ": ", what));
}

}  // namespace fathom::worker
