#include "server/api/upload.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "proto/dataset/dataset.h"
#include "proto/dataset/dataset_checker.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"
#include "proto/sweep/printable.h"
#include "server/limits.h"

namespace fathom::server {
namespace {

// Removes the pieces of an upload that did not become a dataset, some at a
// time, between other uses of the ledger.
void DropPieces(CoreLoop* loop, int64_t key) {
  loop->PostBulk([loop, key](absl::StatusOr<Ledger*> ledger) {
    // Pieces that cannot be removed now are removed at the next start.
    if (!ledger.ok()) return;
    const absl::StatusOr<bool> more = (*ledger)->DropDatasetPieces(key);
    if (more.ok() && *more) DropPieces(loop, key);
  });
}

// Checks the first message, which must have the digest.
absl::Status CheckFirst(const v1::UploadDatasetRequest& first) {
  if (!IsDatasetDigest(first.digest())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "digest: found ", Escaped(first.digest().substr(0, 100)),
        ", expected \"sha256:\" and 64 hex digits in the first message"));
  }
  return absl::OkStatus();
}

// A running upload. At any time it reads a message, or has the ledger store
// pieces, or has ended.
class Upload final : public grpc::ServerReadReactor<v1::UploadDatasetRequest> {
 public:
  static Upload* Start(CoreLoop* loop, Transfers* uploads, Callers* callers,
                       grpc::CallbackServerContext* context,
                       v1::Dataset* response) {
    std::shared_ptr<Upload> upload(
        new Upload(loop, uploads, context, response));
    upload->self_ = upload;
    upload->Begin(*callers);
    return upload.get();
  }

 private:
  Upload(CoreLoop* loop, Transfers* uploads,
         grpc::CallbackServerContext* context, v1::Dataset* response)
      : loop_(loop),
        uploads_(uploads),
        context_(context),
        response_(response) {}

  void Begin(Callers& callers) {
    const absl::Status status = Enter(callers);
    absl::MutexLock lock(&mutex_);
    if (status.ok()) {
      Read();
    } else {
      End(status);
    }
  }

  // Registers the call and takes a place among the uploads.
  absl::Status Enter(Callers& callers) {
    if (loop_ == nullptr) {
      return absl::FailedPreconditionError(
          "the ledger is open for reading only; this needs a coordinator");
    }
    const auto end =
        [weak = std::weak_ptr<Upload>(self_)](const absl::Status& status) {
          const auto upload = weak.lock();
          if (upload == nullptr) return;
          absl::MutexLock lock(&upload->mutex_);
          upload->End(status);
        };
    ASSIGN_OR_RETURN(call_, callers.Open(*context_, end));
    ASSIGN_OR_RETURN(place_, uploads_->Enter(call_->name(), end));
    return absl::OkStatus();
  }

  void Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!ended_) uploads_->Wait(place_);
    if (!ended_) StartRead(&request_);
  }

  // Ends the call with `status`, once the ledger is done if it is storing
  // pieces. Only the first call of this function counts.
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ended_) return;
    ended_ = true;
    status_ = status;
    if (!storing_) Finish(ToGrpcStatus(status));
  }

  void OnReadDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    if (ended_) return;
    uploads_->Move(place_,
                   ok ? static_cast<int64_t>(request_.data().size()) : 0);
    if (!ok && context_->IsCancelled()) {
      End(absl::CancelledError("the upload was broken off"));
      return;
    }
    const absl::Status status = ok ? Take() : TakeEnd();
    if (!status.ok()) {
      End(status);
    } else if (!ok ||
               static_cast<int64_t>(buffer_.size()) >= kDatasetChunkBytes ||
               key_ == 0) {
      Store(/*all=*/!ok);
    } else {
      Read();
    }
  }

  // Checks the message that was read, and appends its data to the buffer.
  absl::Status Take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (dataset_.digest().empty()) {
      RETURN_IF_ERROR(CheckFirst(request_));
      dataset_.set_digest(request_.digest());
      dataset_.set_title(Printable(
          absl::string_view(request_.title()).substr(0, kMaxTitleBytes)));
    }
    if (static_cast<int64_t>(request_.data().size()) > kDatasetChunkBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "data: found ", request_.data().size(),
          " bytes in one message, expected at most ", kDatasetChunkBytes));
    }
    RETURN_IF_ERROR(checker_.Add(request_.data()));
    buffer_.append(request_.data());
    return absl::OkStatus();
  }

  // Checks the whole dataset, of which the last message has been read.
  absl::Status TakeEnd() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (dataset_.digest().empty()) return CheckFirst(request_);
    ASSIGN_OR_RETURN(const DatasetChecker::Checked checked, checker_.Finish());
    if (checked.digest != dataset_.digest()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "dataset: found ", checked.size_bytes, " bytes with digest ",
          checked.digest, ", expected digest ", dataset_.digest()));
    }
    dataset_.set_rows(checked.shape.rows);
    dataset_.set_columns(checked.shape.columns);
    dataset_.set_targets(checked.shape.targets);
    dataset_.set_size_bytes(checked.size_bytes);
    return absl::OkStatus();
  }

  // Has the ledger store the whole pieces in the buffer or, with `all`, the
  // rest of the buffer and the dataset.
  void Store(bool all) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    storing_ = true;
    loop_->PostBulk([self = self_, all](absl::StatusOr<Ledger*> ledger) {
      // No lock is needed: there is only one such use at a time, and nothing
      // else touches these fields meanwhile.
      absl::StatusOr<bool> done = false;
      if (ledger.ok()) {
        done = self->StoreIn(**ledger, all);
      } else {
        done = ledger.status();
      }
      absl::MutexLock lock(&self->mutex_);
      self->OnStored(done);
    });
  }

  // Returns whether the dataset is complete in the ledger.
  absl::StatusOr<bool> StoreIn(Ledger& ledger,
                               bool all) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (key_ == 0) {
      absl::StatusOr<v1::Dataset> stored =
          ledger.FindDataset(dataset_.digest());
      if (stored.ok()) {  // The ledger has it already.
        *response_ = *std::move(stored);
        return true;
      }
      if (!absl::IsNotFound(stored.status())) return stored.status();
      ASSIGN_OR_RETURN(key_, ledger.BeginDataset());
    }
    const auto whole = static_cast<size_t>(kDatasetChunkBytes);
    while (buffer_.size() >= whole || (all && !buffer_.empty())) {
      RETURN_IF_ERROR(ledger.AddDatasetPiece(
          key_, next_piece_, absl::string_view(buffer_).substr(0, whole)));
      ++next_piece_;
      buffer_.erase(0, whole);
    }
    if (!all) return false;
    ASSIGN_OR_RETURN(*response_, ledger.FinishDataset(key_, dataset_));
    return true;
  }

  void OnStored(const absl::StatusOr<bool>& done)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    storing_ = false;
    if (ended_) {
      Finish(ToGrpcStatus(status_));
    } else if (!done.ok()) {
      End(done.status());
    } else if (*done) {
      End(absl::OkStatus());
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
    if (place_ != 0) uploads_->Leave(place_);
    int64_t key;
    {
      absl::MutexLock lock(&mutex_);
      key = key_;
    }
    // This has no effect when the pieces have become a dataset.
    if (key != 0) DropPieces(loop_, key);
    self_.reset();  // May delete this object.
  }

  CoreLoop* const loop_;
  Transfers* const uploads_;
  grpc::CallbackServerContext* const context_;
  v1::Dataset* const response_;
  std::shared_ptr<Upload> self_;  // Keeps this object alive until OnDone.
  std::unique_ptr<Callers::Call> call_;
  Transfers::Place place_ = 0;
  v1::UploadDatasetRequest request_;

  absl::Mutex mutex_;
  bool storing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  // Only the loop uses the following fields while `storing_`.
  v1::Dataset dataset_ ABSL_GUARDED_BY(mutex_);
  DatasetChecker checker_ ABSL_GUARDED_BY(mutex_){kMaxDatasetBytes};
  std::string buffer_ ABSL_GUARDED_BY(mutex_);  // Checked, not stored.
  int64_t key_ ABSL_GUARDED_BY(mutex_) = 0;     // 0 when nothing is stored.
  int64_t next_piece_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

grpc::ServerReadReactor<v1::UploadDatasetRequest>* StartUpload(
    CoreLoop* loop, Transfers* uploads, Callers* callers,
    grpc::CallbackServerContext* context, v1::Dataset* response) {
  return Upload::Start(loop, uploads, callers, context, response);
}

}  // namespace fathom::server
