#ifndef FATHOM_SERVER_API_RECEIVING_CALL_H_
#define FATHOM_SERVER_API_RECEIVING_CALL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "proto/shared/grpc_status.h"
#include "server/api/callers.h"
#include "server/api/transfers.h"

namespace fathom::server {

// A call that receives bulk data in messages with a field `data`. At any time
// it reads a message, or has the data worked on elsewhere, or has ended. It
// takes a place among the transfers of its kind, and ends when it is too slow
// or its token is taken back.
//
// A derived class says what is done with the messages. It calls Begin(); from
// then on the call keeps itself alive until gRPC is done with it.
template <class Request>
class ReceivingCall : public grpc::ServerReadReactor<Request> {
 protected:
  ReceivingCall(Transfers* transfers, grpc::CallbackServerContext* context)
      : transfers_(transfers), context_(context) {}

  // Takes a message that was read, or the end of the messages. Returns whether
  // Work is needed before the next message is read.
  virtual absl::StatusOr<bool> Take(Request& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  virtual absl::StatusOr<bool> TakeEnd()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  // Starts the work on another thread, which calls OnWorked() with whether the
  // call is complete. Nothing else uses what the work uses meanwhile. `all`
  // says that no more messages come. An error ends the call, without any work.
  virtual absl::Status StartWork(bool all)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  // Called when the call is over.
  virtual void CleanUp() {}

  // Starts the call, unless `status` says why it cannot be served.
  void Begin(std::shared_ptr<ReceivingCall> self, absl::Status status,
             Callers& callers) {
    self_ = std::move(self);
    if (status.ok()) status = Enter(callers);
    absl::MutexLock lock(&mutex_);
    if (status.ok()) {
      Read();
    } else {
      End(status);
    }
  }

  void OnWorked(const absl::StatusOr<bool>& complete) {
    absl::MutexLock lock(&mutex_);
    working_ = false;
    if (ended_) {
      this->Finish(ToGrpcStatus(status_));
    } else if (!complete.ok()) {
      End(complete.status());
    } else if (*complete) {
      End(absl::OkStatus());
    } else {
      Read();
    }
  }

  const std::shared_ptr<ReceivingCall>& self() const { return self_; }
  // Name of the caller's token. Valid once the first message has come.
  const std::string& caller() const { return call_->name(); }

  absl::Mutex mutex_;

 private:
  // Registers the call and takes a place among the transfers.
  absl::Status Enter(Callers& callers) {
    const auto end = [weak = std::weak_ptr<ReceivingCall>(self_)](
                         const absl::Status& status) {
      const auto call = weak.lock();
      if (call == nullptr) return;
      absl::MutexLock lock(&call->mutex_);
      call->End(status);
    };
    absl::StatusOr<std::unique_ptr<Callers::Call>> opened =
        callers.Open(*context_, end);
    if (!opened.ok()) return opened.status();
    call_ = *std::move(opened);
    const absl::StatusOr<Transfers::Place> place =
        transfers_->Enter(call_->name(), end);
    if (!place.ok()) return place.status();
    place_ = *place;
    return absl::OkStatus();
  }

  void Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ended_) return;
    transfers_->Wait(place_);
    this->StartRead(&request_);
  }

  // Ends the call with `status`, once no work is under way. Only the first call
  // of this function counts.
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ended_) return;
    ended_ = true;
    status_ = status;
    if (!working_) this->Finish(ToGrpcStatus(status));
  }

  void OnReadDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    if (ended_) return;
    transfers_->Move(place_,
                     ok ? static_cast<int64_t>(request_.data().size()) : 0);
    if (!ok && context_->IsCancelled()) {
      End(absl::CancelledError("the upload was broken off"));
      return;
    }
    const absl::StatusOr<bool> work = ok ? Take(request_) : TakeEnd();
    if (!work.ok()) {
      End(work.status());
    } else if (*work) {
      working_ = true;
      const absl::Status started = StartWork(/*all=*/!ok);
      if (started.ok()) return;
      working_ = false;
      End(started);
    } else {
      Read();
    }
  }

  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    End(absl::CancelledError("the upload was broken off"));
  }

  void OnDone() override {
    call_.reset();
    if (place_ != 0) transfers_->Leave(place_);
    CleanUp();
    self_.reset();  // May delete this object.
  }

  Transfers* const transfers_;
  grpc::CallbackServerContext* const context_;
  std::shared_ptr<ReceivingCall> self_;  // Keeps this object alive.
  std::unique_ptr<Callers::Call> call_;
  Transfers::Place place_ = 0;
  Request request_;  // Used by gRPC while a message is read.
  bool working_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_RECEIVING_CALL_H_
