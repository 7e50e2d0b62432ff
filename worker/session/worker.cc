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
#include "proto/shared/grpc_status.h"
#include "proto/shared/log.h"
#include "proto/shared/protocol.h"
#include "proto/shared/retry.h"
#include "worker/engine/engine.h"
#include "worker/session/bundle_runner.h"

namespace fathom {
namespace {

// Reports that wait for their acknowledgement; beyond this the slots wait.
constexpr int64_t kMailboxBytes = int64_t{64} << 20;

// A lease should take about this long: long enough that its hand-over costs
// nothing, short enough that a lost worker costs little.
constexpr double kLeaseSeconds = 1.5;

// Fewer lanes than this would leave the fused data pass short of work; more
// than the upper bound only makes reports larger.
constexpr int kMinTrials = 16;
constexpr int kFirstTrials = 32;
constexpr int kMaxTrials = 4096;

std::string NewSessionId() {
  absl::BitGen random;
  return absl::StrFormat("%016x%016x", absl::Uniform<uint64_t>(random),
                         absl::Uniform<uint64_t>(random));
}

// How many trials to ask for next, when `trials` of them took `seconds`.
int NextDemand(int64_t trials, double seconds) {
  const double wanted =
      static_cast<double>(trials) * kLeaseSeconds / std::max(seconds, 1e-6);
  const double most = std::min<double>(kMaxTrials, 4.0 * trials);
  return static_cast<int>(std::clamp<double>(
      wanted, kMinTrials, std::max<double>(most, kMinTrials)));
}

int64_t CountTrials(const v1::Lease& lease) {
  int64_t count = 0;
  for (const v1::TrialRange& range : lease.trials()) count += range.count();
  return count;
}

// Whether connecting again cannot help.
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
      problems_(stub_.get(), options_.cache_dir),
      mailbox_(options_.slots, kMailboxBytes) {}

Worker::~Worker() = default;

absl::Status Worker::Run() {
  std::vector<std::thread> slots;
  for (int slot = 0; slot < options_.slots; ++slot) {
    slots.emplace_back([this, slot] { RunSlot(slot); });
  }
  const absl::Status status = RunConnections();
  mailbox_.Stop();
  for (std::thread& thread : slots) thread.join();
  return status;
}

void Worker::Stop() {
  absl::MutexLock lock(&mutex_);
  stop_deadline_ = std::min(stop_deadline_, absl::Now() + options_.stop_grace);
  mailbox_.Stop();
}

void Worker::RunSlot(int slot) {
  int demand = kFirstTrials;
  while (auto held = mailbox_.WaitForLease(slot, demand)) {
    const absl::Time start = absl::Now();
    const bool finished = RunLease(*held, problems_, mailbox_);
    mailbox_.EndLease(*held, finished);
    if (finished) {
      demand = NextDemand(CountTrials(held->lease),
                          absl::ToDoubleSeconds(absl::Now() - start));
    }
  }
  mailbox_.SlotEnded();
}

absl::Status Worker::RunConnections() {
  const absl::Time first_deadline = absl::Now() + options_.connect_timeout;
  bool ever_welcomed = false;
  Backoff backoff;
  while (true) {
    bool welcomed = false;
    const absl::Status status = RunConnection(welcomed);
    if (mailbox_.finished()) return absl::OkStatus();
    if (IsRefusal(status)) return status;
    if (welcomed) {
      ever_welcomed = true;
      backoff.Reset();
    }
    absl::Time deadline =
        ever_welcomed ? absl::InfiniteFuture() : first_deadline;
    {
      absl::MutexLock lock(&mutex_);
      deadline = std::min(deadline, stop_deadline_);
    }
    const absl::Duration wait = backoff.Next();
    if (absl::Now() + wait > deadline) return status;
    Log(LogLevel::kWarning,
        absl::StrCat("no connection to the coordinator (", status.message(),
                     "), trying again in ", absl::FormatDuration(wait)));
    mailbox_.SleepUnlessStopping(wait);
  }
}

v1::WorkerMessage Worker::Hello() {
  v1::WorkerMessage message;
  v1::Hello& hello = *message.mutable_hello();
  hello.set_protocol_version(kProtocolVersion);
  hello.set_worker(options_.name);
  hello.set_session_id(session_id_);
  hello.set_slots(options_.slots);
  hello.set_numerics(NumericsString());
  hello.set_program_version(FATHOM_VERSION);
  for (int64_t id : mailbox_.BeginConnection()) hello.add_held_lease_ids(id);
  return message;
}

absl::Status Worker::RunConnection(bool& welcomed) {
  grpc::ClientContext context;
  auto stream = stub_->Work(&context);
  stream->Write(Hello());
  std::atomic<bool> heard = false;
  std::atomic<bool> ended = false;
  std::thread reader([&] {
    v1::CoordinatorMessage message;
    while (stream->Read(&message)) {
      heard = true;
      mailbox_.OnMessage(message);
    }
    ended = true;
    mailbox_.OnBroken();
  });
  // A connection that stays silent after Stop is cut at the deadline.
  std::optional<v1::WorkerMessage> message;
  while ((message = mailbox_.NextMessage()).has_value()) {
    if (!stream->Write(*message)) break;
    absl::MutexLock lock(&mutex_);
    if (absl::Now() > stop_deadline_) break;
  }
  if (mailbox_.finished()) {
    stream->WritesDone();
  } else if (!ended) {  // Else there is a status, which must not be lost.
    context.TryCancel();
  }
  reader.join();
  welcomed = heard;
  return FromGrpcStatus(stream->Finish());
}

}  // namespace fathom
