#ifndef FATHOM_SERVER_API_BLOCKING_WRITER_H_
#define FATHOM_SERVER_API_BLOCKING_WRITER_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/log.h"
#include "server/api/call_cost.h"
#include "server/api/callers.h"
#include "server/api/read_pool.h"
#include "server/api/transfers.h"

namespace fathom::server {

// A server stream whose messages are produced by a function on a pool thread.
// Write returns when gRPC has taken the message, so a slow client slows down
// the producer instead of filling memory. A client that is too slow loses the
// call, so that it does not keep the thread.
template <typename Message>
class BlockingWriter final : public grpc::ServerWriteReactor<Message> {
 public:
  // Produces the whole stream. Its status becomes that of the call.
  using Produce = absl::AnyInvocable<absl::Status(BlockingWriter&)>;

  // Starts `produce` on `pool`, in the share of the caller. The reactor keeps
  // itself alive for as long as gRPC needs it.
  static BlockingWriter* Start(ReadPool& pool, Callers& callers,
                               grpc::CallbackServerContext* context,
                               Produce produce,
                               const Patience::Limits& patience = {}) {
    std::shared_ptr<BlockingWriter> writer(
        new BlockingWriter(context, patience));
    writer->self_ = writer;
    auto call =
        callers.Open(*context, [weak = std::weak_ptr<BlockingWriter>(writer)](
                                   const absl::Status& status) {
          if (const auto open = weak.lock()) open->End(status);
        });
    if (!call.ok()) {
      writer->Finish(ToGrpcStatus(call.status()));
      return writer.get();
    }
    writer->call_ = *std::move(call);
    const absl::Status accepted = pool.Post(
        [writer = writer.get(), produce = std::move(produce)]() mutable {
          writer->Run(std::move(produce));
        },
        writer->call_->name());
    if (!accepted.ok()) writer->Finish(ToGrpcStatus(accepted));
    return writer.get();
  }

  // What the stream costs; for the function that produces it.
  const CallCost& cost() const { return *cost_; }

  // Whether nobody waits for the rest of the stream any more.
  bool cancelled() const {
    absl::MutexLock lock(&mutex_);
    return cancelled_ || !ended_.ok();
  }

  // Sends `message`, and waits until gRPC has taken it. CANCELLED when the
  // client is gone, DEADLINE_EXCEEDED when it takes messages too slowly; when
  // the call was ended from outside, the status with which it was.
  absl::Status Write(Message message) {
    const auto bytes = static_cast<int64_t>(message.ByteSizeLong());
    {
      absl::MutexLock lock(&mutex_);
      if (!ended_.ok()) return ended_;
      if (cancelled_) return absl::CancelledError("client is gone");
      message_ = std::move(message);
      writing_ = true;
    }
    const absl::Time start = absl::Now();
    this->StartWrite(&message_);
    auto written = [this]()
                       ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !writing_; };
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(absl::Condition(&written), patience_.left())) {
      ended_ = patience_.TooSlow();
      Log(LogLevel::kWarning,
          absl::StrCat("cut off a call of ",
                       call_->name().empty() ? "someone" : call_->name(), ": ",
                       ended_.message()));
      context_->TryCancel();  // This ends the write.
      mutex_.Await(absl::Condition(&written));
    }
    patience_.Move(bytes, absl::Now() - start);
    if (!ended_.ok()) return ended_;
    return cancelled_ ? absl::CancelledError("client is gone")
                      : absl::OkStatus();
  }

 private:
  BlockingWriter(grpc::CallbackServerContext* context,
                 const Patience::Limits& patience)
      : context_(context), patience_(patience) {}

  void Run(Produce produce) {
    cost_.emplace();
    // The client may have gone while the task waited for a thread.
    absl::Status status =
        cancelled() ? absl::CancelledError("client is gone") : produce(*this);
    {
      absl::MutexLock lock(&mutex_);
      if (!ended_.ok()) status = ended_;
    }
    cost_->Tell(*context_);
    this->Finish(ToGrpcStatus(status));
  }

  // Ends the stream from outside, with `status`.
  void End(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (done_ || !ended_.ok()) return;
    ended_ = status;
    if (writing_) context_->TryCancel();
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) cancelled_ = true;
  }
  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
  }
  void OnDone() override {
    {
      absl::MutexLock lock(&mutex_);
      done_ = true;
    }
    call_.reset();
    self_.reset();  // May delete this object.
  }

  grpc::CallbackServerContext* const context_;
  // Keeps this object alive until OnDone.
  std::shared_ptr<BlockingWriter> self_;
  std::unique_ptr<Callers::Call> call_;
  std::optional<CallCost> cost_;  // Of the thread that produces.
  mutable absl::Mutex mutex_;
  Message message_;
  Patience patience_ ABSL_GUARDED_BY(mutex_);
  // OK while nobody has ended the stream from outside.
  absl::Status ended_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_BLOCKING_WRITER_H_
