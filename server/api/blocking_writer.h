#ifndef FATHOM_SERVER_API_BLOCKING_WRITER_H_
#define FATHOM_SERVER_API_BLOCKING_WRITER_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "proto/shared/grpc_status.h"
#include "server/api/read_pool.h"

namespace fathom {

// A server stream that is produced by a function on a pool thread, one message
// after the other: Write returns once gRPC has taken the message, so a slow
// client slows the producer instead of filling memory.
template <typename Message>
class BlockingWriter final : public grpc::ServerWriteReactor<Message> {
 public:
  // Produces the whole stream; its status ends it.
  using Produce = absl::AnyInvocable<absl::Status(BlockingWriter&)>;

  // Starts `produce` on `pool`. The reactor deletes itself.
  static BlockingWriter* Start(ReadPool& pool,
                               grpc::CallbackServerContext* context,
                               Produce produce) {
    auto* writer = new BlockingWriter(context);
    const bool accepted =
        pool.Post([writer, produce = std::move(produce)]() mutable {
          // Whoever waited too long has gone.
          writer->Finish(ToGrpcStatus(
              writer->cancelled() ? absl::CancelledError("client is gone")
                                  : produce(*writer)));
        });
    if (!accepted) {
      writer->Finish({grpc::StatusCode::UNAVAILABLE, "server is overloaded"});
    }
    return writer;
  }

  // Whether nobody waits for the rest any more.
  bool cancelled() const {
    absl::MutexLock lock(&mutex_);
    return cancelled_;
  }

  // Sends `message`. CANCELLED when the client is gone, DEADLINE_EXCEEDED when
  // it has not taken the message within `timeout`.
  absl::Status Write(Message message, absl::Duration timeout) {
    {
      absl::MutexLock lock(&mutex_);
      if (cancelled_) return absl::CancelledError("client is gone");
      message_ = std::move(message);
      writing_ = true;
    }
    this->StartWrite(&message_);
    auto written = [this]()
                       ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !writing_; };
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(absl::Condition(&written), timeout)) {
      context_->TryCancel();  // Ends the write.
      mutex_.Await(absl::Condition(&written));
      return absl::DeadlineExceededError("client reads too slowly");
    }
    return cancelled_ ? absl::CancelledError("client is gone")
                      : absl::OkStatus();
  }

 private:
  explicit BlockingWriter(grpc::CallbackServerContext* context)
      : context_(context) {}

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) cancelled_ = true;
  }
  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
  }
  void OnDone() override { delete this; }

  grpc::CallbackServerContext* const context_;
  mutable absl::Mutex mutex_;
  Message message_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace fathom

#endif  // FATHOM_SERVER_API_BLOCKING_WRITER_H_
