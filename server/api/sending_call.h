#ifndef FATHOM_SERVER_API_SENDING_CALL_H_
#define FATHOM_SERVER_API_SENDING_CALL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/log.h"
#include "proto/shared/status.h"
#include "server/api/callers.h"
#include "server/api/read_pool.h"
#include "server/api/transfers.h"

namespace fathom::server {

// A call that sends bulk data in messages with the fields `data` and `offset`.
// At any time it reads one piece on a pool, or writes one to the worker, or has
// ended, so that no thread is held while the worker takes a piece. It takes a
// place among the transfers of its kind, and ends when it is too slow or its
// token is taken back. It keeps itself alive until gRPC is done with it.
template <class Piece>
class SendingCall final : public grpc::ServerWriteReactor<Piece> {
 public:
  struct Parts {
    ReadPool* pool = nullptr;
    Transfers* transfers = nullptr;
    Callers* callers = nullptr;
    absl::string_view what;  // For the log, as in "a dataset".
  };
  // Returns some bytes from `offset` on; empty at the end.
  using Read = absl::AnyInvocable<absl::StatusOr<std::string>(int64_t offset)>;

  static SendingCall* Start(const Parts& parts,
                            grpc::CallbackServerContext* context,
                            int64_t offset, Read read) {
    std::shared_ptr<SendingCall> call(
        new SendingCall(parts, context, offset, std::move(read)));
    call->self_ = call;
    const absl::Status status = call->Enter(*parts.callers);
    absl::MutexLock lock(&call->mutex_);
    if (status.ok()) {
      call->ReadNext();
    } else {
      call->End(status);
    }
    return call.get();
  }

 private:
  SendingCall(const Parts& parts, grpc::CallbackServerContext* context,
              int64_t offset, Read read)
      : parts_(parts),
        context_(context),
        read_(std::move(read)),
        offset_(offset) {}

  // Registers the call and takes a place among the transfers.
  absl::Status Enter(Callers& callers) {
    {
      absl::MutexLock lock(&mutex_);
      if (offset_ < 0) {
        return absl::OutOfRangeError(
            absl::StrCat("found offset ", offset_, ", expected at least 0"));
      }
    }
    const auto end =
        [weak = std::weak_ptr<SendingCall>(self_)](const absl::Status& status) {
          const auto call = weak.lock();
          if (call == nullptr) return;
          absl::MutexLock lock(&call->mutex_);
          call->BreakOff(status);
        };
    ASSIGN_OR_RETURN(call_, callers.Open(*context_, end));
    ASSIGN_OR_RETURN(place_, parts_.transfers->Enter(call_->name(), end));
    return absl::OkStatus();
  }

  // Starts to read the next piece, which is then written.
  void ReadNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ended_) return;
    reading_ = true;
    const absl::Status accepted = parts_.pool->Post(
        [self = self_] {
          absl::StatusOr<std::string> piece = self->ReadPiece();
          absl::MutexLock lock(&self->mutex_);
          self->OnRead(std::move(piece));
        },
        call_->name());
    if (accepted.ok()) return;
    reading_ = false;
    End(accepted);
  }

  // No lock is needed, as nothing else uses these fields while a piece is read.
  absl::StatusOr<std::string> ReadPiece() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return read_(offset_);
  }

  void OnRead(absl::StatusOr<std::string> piece)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    reading_ = false;
    if (ended_) {
      this->Finish(ToGrpcStatus(status_));
    } else if (!piece.ok()) {
      End(piece.status());
    } else if (piece->empty()) {
      End(absl::OkStatus());
    } else {
      chunk_.set_offset(offset_);
      offset_ += static_cast<int64_t>(piece->size());
      chunk_.set_data(*std::move(piece));
      writing_ = true;
      parts_.transfers->Wait(place_);
      this->StartWrite(&chunk_);
    }
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    parts_.transfers->Move(place_, static_cast<int64_t>(chunk_.data().size()));
    if (ended_) {
      this->Finish(ToGrpcStatus(status_));
    } else if (!ok) {
      End(absl::CancelledError("the worker is gone"));
    } else {
      ReadNext();
    }
  }

  // Ends the call with `status`, once no read or write is under way. Only the
  // first call of this function counts.
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ended_) return;
    ended_ = true;
    status_ = status;
    if (!reading_ && !writing_) this->Finish(ToGrpcStatus(status));
  }

  // Returns the name of the caller's token; empty while the call is entered.
  std::string Name() const { return call_ == nullptr ? "" : call_->name(); }

  // Ends the call from outside, even when the worker does not take data any
  // more.
  void BreakOff(const absl::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ended_) return;
    Log(LogLevel::kWarning,
        absl::StrCat("cut off the download of ", parts_.what, " by ",
                     Name().empty() ? "a worker" : Name(), ": ",
                     status.message()));
    End(status);
    if (writing_) context_->TryCancel();
  }

  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    End(absl::CancelledError("the worker is gone"));
  }

  void OnDone() override {
    parts_.transfers->Leave(place_);
    call_.reset();
    self_.reset();  // May delete this object.
  }

  const Parts parts_;
  grpc::CallbackServerContext* const context_;
  Read read_;                          // Used by the pool while `reading_`.
  std::shared_ptr<SendingCall> self_;  // Keeps this object alive until OnDone.
  std::unique_ptr<Callers::Call> call_;
  Transfers::Place place_ = 0;
  Piece chunk_;  // Used by gRPC while `writing_`.

  absl::Mutex mutex_;
  int64_t offset_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_SENDING_CALL_H_
