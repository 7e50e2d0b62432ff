#include "worker/session/worker.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "grpcpp/channel.h"
#include "proto/shared/duration.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/log.h"
#include "proto/shared/protocol.h"
#include "proto/shared/retry.h"
#include "proto/sweep/revisions.h"
#include "worker/engine/engines.h"
#include "worker/kernel/isa.h"
#include "worker/session/bundle_runner.h"
#include "worker/session/lease_size.h"

namespace fathom::worker {
namespace {

std::string NewSessionId() {
  absl::BitGen random;
  return absl::StrFormat("%016x%016x", absl::Uniform<uint64_t>(random),
                         absl::Uniform<uint64_t>(random));
}

// How long a coordinator may take to answer Hello.
constexpr absl::Duration kWelcomeTimeout = absl::Seconds(10);

// Waits between attempts to connect, short enough that a worker that was cut
// off is back well within the time of a lease.
constexpr absl::Duration kFirstBackoff = absl::Milliseconds(100);
constexpr absl::Duration kLongestBackoff = absl::Seconds(3);

// How long a worker that has nothing left to do tries to say so. If it did not,
// a lease that was lost on its way to the worker would count against its
// trials.
constexpr absl::Duration kFarewell = absl::Seconds(3);

// The share of the time to stop in which checkpoints have to be there: of ten
// seconds enough for a state of 13 MB on a line of 16 Mbit/s.
constexpr double kCheckpointShare = 0.75;

// Whether the coordinator refuses this worker, so that connecting again cannot
// help.
bool IsRefusal(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) ||
         absl::IsInvalidArgument(status) || absl::IsUnauthenticated(status) ||
         absl::IsPermissionDenied(status) || absl::IsUnimplemented(status);
}

}  // namespace

Worker::Worker(std::shared_ptr<grpc::Channel> channel, Options options)
    : options_(std::move(options)),
      session_id_(NewSessionId()),
      channel_(std::move(channel)),
      stub_(v1::WorkerService::NewStub(channel_)),
      problems_(stub_.get(), options_.datasets),
      mailbox_(
          options_.slots, options_.memory_bytes,
          std::make_unique<Spool>(options_.spool_dir, options_.spool_bytes)),
      checkpoints_(stub_.get(), session_id_, &mailbox_, options_.checkpoints) {}

Worker::~Worker() = default;

absl::Status Worker::Run() {
  const LogScope session(LogNames());
  std::vector<std::thread> slots;
  for (int slot = 0; slot < options_.slots; ++slot) {
    slots.emplace_back([this, slot] { RunSlot(slot); });
  }
  std::thread guard([this] { GuardStop(); });
  const absl::Status status = RunConnections();
  mailbox_.Stop();
  problems_.Cancel();
  checkpoints_.Cancel();
  for (std::thread& thread : slots) thread.join();
  ended_.Raise();
  stop_or_end_.Raise();
  guard.join();
  if (status.ok() && mailbox_.draining()) {
    Log(LogLevel::kInfo, "what it held is handed over, leaving");
  }
  return status;
}

void Worker::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stop_deadline_ = std::min(stop_deadline_, SteadyIn(options_.stop_grace));
  }
  // The rest of the time is for what is said after that.
  checkpoints_.StopBy(SteadyIn(kCheckpointShare * options_.stop_grace));
  stop_or_end_.Raise();
  mailbox_.Stop();
  problems_.Cancel();
}

void Worker::GuardStop() {
  stop_or_end_.WaitUntil(kSteadyNever);
  SteadyTime deadline;
  {
    absl::MutexLock lock(&mutex_);
    deadline = stop_deadline_;
  }
  if (ended_.WaitUntil(deadline)) return;
  absl::MutexLock lock(&mutex_);
  if (context_ != nullptr) context_->TryCancel();
}

// The next lease most likely has the trials after the last one, so the demand
// is sized by their work. The first lease is a probe.
void Worker::RunSlot(int slot) {
  const LogScope session(LogNames());
  int demand = kLeastLeaseTrials;
  WorkRate rate;
  Backoff patience;  // Between leases that it declines.
  while (auto held = mailbox_.WaitForLease(slot, demand)) {
    const LogScope scope({.sweep = held->lease.sweep_id(),
                          .lease = held->lease.lease_id(),
                          .traceparent = held->lease.traceparent()});
    const SteadyTime start = SteadyNow();
    LeaseWork work;
    const bool finished = RunLease(
        *held, {options_.engines, problems_, checkpoints_, mailbox_}, work);
    mailbox_.EndLease(*held, finished, work.declined);
    if (!work.declined.empty()) {
      Log(LogLevel::kWarning, absl::StrCat("cannot run sweep ", work.sweep_id,
                                           ": ", work.declined));
      mailbox_.SleepUnlessStopping(patience.Next());
    }
    if (!finished) continue;
    patience.Reset();
    rate.Add(work.flops, absl::ToDoubleSeconds(SteadySince(start)));
    const auto space = problems_.GetSpace(work.sweep_id);
    if (!space.ok()) continue;
    demand = TrialsForLease(
        [&](int64_t index) {
          return TrialFlops(options_.engines, (*space)->TrialAt(index),
                            work.shape);
        },
        work.end_index, (*space)->size(), rate.flops_per_second());
  }
  mailbox_.SlotEnded();
}

LogFields Worker::LogNames() const {
  return {.worker = options_.name, .session = session_id_};
}

absl::Status Worker::RunConnections() {
  SteadyTime deadline = SteadyIn(options_.connect_timeout);
  Backoff backoff(kFirstBackoff, kLongestBackoff);
  bool again = false;
  while (true) {
    bool welcomed = false;
    const absl::Status status = RunConnection(
        std::min(deadline, SteadyIn(kWelcomeTimeout)), again, welcomed);
    if (mailbox_.finished()) return absl::OkStatus();
    const bool handed_over = mailbox_.handed_over();
    if (IsRefusal(status) || !options_.reconnect) {
      return handed_over ? absl::OkStatus() : status;
    }
    if (welcomed) {
      again = false;
      deadline = kSteadyNever;
      backoff.Reset();
    }
    {
      absl::MutexLock lock(&mutex_);
      if (handed_over) {
        stop_deadline_ = std::min(stop_deadline_, SteadyIn(kFarewell));
      }
      deadline = std::min(deadline, stop_deadline_);
    }
    // A stopping worker is in a hurry, but still pauses between attempts.
    const bool stopping = mailbox_.stopping() || handed_over;
    const absl::Duration wait = stopping ? kFirstBackoff : backoff.Next();
    if (SteadyIn(wait) > deadline) {
      return handed_over ? absl::OkStatus() : status;
    }
    if (stopping) {
      absl::SleepFor(wait);  // Goes by the steady clock as well.
      continue;
    }
    Log(LogLevel::kWarning,
        absl::StrCat(
            "no connection to the coordinator (", status.message(),
            "), trying again in ",
            absl::FormatDuration(absl::Trunc(wait, absl::Milliseconds(1)))));
    again = true;
    mailbox_.SleepUnlessStopping(wait);
  }
}

v1::WorkerMessage Worker::Hello(SteadyTime welcome_due) {
  v1::WorkerMessage message;
  v1::Hello& hello = *message.mutable_hello();
  hello.set_protocol_version(kProtocolVersion);
  hello.set_oldest_protocol_version(kOldestProtocolVersion);
  hello.set_spec_revision(kSpecRevision);
  hello.set_worker(options_.name);
  hello.set_host(options_.host);
  hello.set_session_id(session_id_);
  hello.set_job_id(options_.job.id);
  hello.set_restarts(options_.job.restarts);
  if (options_.ends != kSteadyNever) {
    *hello.mutable_time_left() =
        ToProto(std::max(absl::ZeroDuration(), -SteadySince(options_.ends)));
  }
  hello.set_slots(options_.slots);
  hello.set_numerics(SessionNumerics(options_.engines));
  hello.set_program_version(
      absl::StrCat(FATHOM_VERSION, " ", kernel::IsaName(kernel::ActiveIsa())));
  for (int64_t id : mailbox_.BeginConnection(welcome_due))
    hello.add_held_lease_ids(id);
  return message;
}

absl::Status Worker::RunConnection(SteadyTime welcome_due, bool again,
                                   bool& welcomed) {
  const v1::WorkerMessage hello = Hello(welcome_due);
  grpc::ClientContext context;
  // Without this, gRPC would go on failing calls for a while after the
  // coordinator is back. The call now waits for a connection, in the first
  // Write, which therefore has a thread of its own.
  context.set_wait_for_ready(true);
  context.set_initial_metadata_corked(true);
  {
    absl::MutexLock lock(&mutex_);
    context_ = &context;
    if (SteadyNow() > stop_deadline_) context.TryCancel();
  }
  auto stream = stub_->Work(&context);
  absl::Mutex writing;  // Allows one Write at a time.
  std::thread greeter([&] {
    absl::MutexLock lock(&writing);
    stream->Write(hello);
  });
  // Heartbeats have a thread of their own, so that they go out whatever other
  // threads wait for: a lock, the disk of the spool, the slots.
  const bool measure =
      !std::exchange(measured_, true) && options_.measure_peak != nullptr;
  std::thread heart([&] {
    if (measure) mailbox_.meter().NotePeak(options_.measure_peak());
    while (const auto heartbeat = mailbox_.NextHeartbeat()) {
      absl::MutexLock lock(&writing);
      if (!stream->Write(*heartbeat)) return;
    }
  });
  std::atomic<bool> heard = false;
  std::atomic<bool> ended = false;
  std::thread reader([&] {
    const LogScope session(LogNames());
    v1::CoordinatorMessage message;
    while (stream->Read(&message)) {
      if (!heard.exchange(true) && again) {
        Log(LogLevel::kInfo, "connected to the coordinator");
      }
      mailbox_.OnMessage(message);
    }
    ended = true;
    mailbox_.OnBroken();
  });
  std::optional<v1::WorkerMessage> message = mailbox_.NextMessage();
  // A call that has ended is not cancelled, because its status must not be
  // lost.
  if (!message.has_value() && !heard && !ended) context.TryCancel();
  greeter.join();
  bool alive = true;
  const auto send = [&] {
    while (alive && message.has_value()) {
      {
        absl::MutexLock lock(&writing);
        alive = stream->Write(*message);
      }
      if (alive) message = mailbox_.NextMessage();
    }
  };
  send();
  // A lease that arrived after the last message is to be handed back; otherwise
  // each side would wait for the other.
  while (alive && !ended && !mailbox_.finished()) {
    message = mailbox_.NextMessage();
    if (!message.has_value() && !ended && !mailbox_.finished()) {
      context.TryCancel();
      break;
    }
    send();
  }
  mailbox_.StopHeartbeats();
  heart.join();
  // Messages queued since then are sent on the next connection.
  if (alive) stream->WritesDone();
  reader.join();
  {
    absl::MutexLock lock(&mutex_);
    context_ = nullptr;
  }
  const absl::Status status = FromGrpcStatus(stream->Finish());
  if (status.ok()) mailbox_.OnEnded();
  welcomed = heard;
  if (!heard && absl::IsCancelled(status)) {
    return absl::UnavailableError("no answer");
  }
  return status;
}

}  // namespace fathom::worker
