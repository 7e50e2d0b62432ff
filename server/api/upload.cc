#include "server/api/upload.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "proto/dataset/dataset.h"
#include "proto/dataset/dataset_checker.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"
#include "proto/sweep/printable.h"
#include "server/api/receiving_call.h"
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

// A running upload of a dataset, whose pieces the ledger stores.
class Upload final : public ReceivingCall<v1::UploadDatasetRequest> {
 public:
  static Upload* Start(CoreLoop* loop, Transfers* uploads, Callers* callers,
                       grpc::CallbackServerContext* context,
                       v1::Dataset* response) {
    std::shared_ptr<Upload> upload(
        new Upload(loop, uploads, context, response));
    const absl::Status status = loop != nullptr
                                    ? absl::OkStatus()
                                    : absl::FailedPreconditionError(
                                          "the ledger is open for reading "
                                          "only; this needs a coordinator");
    upload->Begin(upload, status, *callers);
    return upload.get();
  }

 private:
  Upload(CoreLoop* loop, Transfers* uploads,
         grpc::CallbackServerContext* context, v1::Dataset* response)
      : ReceivingCall(uploads, context), loop_(loop), response_(response) {}

  // Checks the message, and appends its data to the buffer.
  absl::StatusOr<bool> Take(v1::UploadDatasetRequest& request) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (dataset_.digest().empty()) {
      RETURN_IF_ERROR(CheckFirst(request));
      dataset_.set_digest(request.digest());
      dataset_.set_title(Printable(
          absl::string_view(request.title()).substr(0, kMaxTitleBytes)));
    }
    if (static_cast<int64_t>(request.data().size()) > kDatasetChunkBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "data: found ", request.data().size(),
          " bytes in one message, expected at most ", kDatasetChunkBytes));
    }
    RETURN_IF_ERROR(checker_.Add(request.data()));
    buffer_.append(request.data());
    return key_ == 0 ||
           static_cast<int64_t>(buffer_.size()) >= kDatasetChunkBytes;
  }

  // Checks the whole dataset, of which the last message has been read.
  absl::StatusOr<bool> TakeEnd() override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (dataset_.digest().empty()) return CheckFirst({});
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
    return true;
  }

  // Has the ledger store the whole pieces in the buffer or, with `all`, the
  // rest of the buffer and the dataset.
  absl::Status StartWork(bool all) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    loop_->PostBulk([this, self = self(), all](absl::StatusOr<Ledger*> ledger) {
      OnWorked(ledger.ok() ? StoreIn(**ledger, all)
                           : absl::StatusOr<bool>(ledger.status()));
    });
    return absl::OkStatus();
  }

  // Returns whether the dataset is complete in the ledger. No lock is needed,
  // as nothing else touches these fields during the work.
  absl::StatusOr<bool> StoreIn(Ledger& ledger,
                               bool all) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (key_ == 0) {
      absl::StatusOr<v1::Dataset> stored =
          ledger.UploadAgain(dataset_.digest(), absl::Now());
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
    ASSIGN_OR_RETURN(*response_,
                     ledger.FinishDataset(key_, dataset_, absl::Now()));
    return true;
  }

  void CleanUp() override {
    int64_t key;
    {
      absl::MutexLock lock(&mutex_);
      key = key_;
    }
    // This has no effect when the pieces have become a dataset.
    if (key != 0) DropPieces(loop_, key);
  }

  CoreLoop* const loop_;
  v1::Dataset* const response_;
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
