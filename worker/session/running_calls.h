#ifndef FATHOM_WORKER_SESSION_RUNNING_CALLS_H_
#define FATHOM_WORKER_SESSION_RUNNING_CALLS_H_

#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/client_context.h"

namespace fathom::worker {

// Knows the calls of a worker that are under way, so that all of them can be
// cancelled.
//
// This class is thread-safe.
class RunningCalls {
 public:
  // Registers a call for the lifetime of this object.
  class Call {
   public:
    Call(RunningCalls* calls, grpc::ClientContext* context)
        : calls_(calls), context_(context) {
      absl::MutexLock lock(&calls_->mutex_);
      calls_->contexts_.insert(context_);
      if (calls_->cancelled_) context_->TryCancel();
    }
    ~Call() {
      absl::MutexLock lock(&calls_->mutex_);
      calls_->contexts_.erase(context_);
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    RunningCalls* const calls_;
    grpc::ClientContext* const context_;
  };

  // Cancels the calls under way and all later ones.
  void Cancel() {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
    for (grpc::ClientContext* context : contexts_) context->TryCancel();
  }

  bool cancelled() const {
    absl::MutexLock lock(&mutex_);
    return cancelled_;
  }

 private:
  mutable absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<grpc::ClientContext*> contexts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_RUNNING_CALLS_H_
