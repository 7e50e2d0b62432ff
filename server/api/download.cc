#include "server/api/download.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/log.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"

namespace fathom::server {
namespace {

// A running download. At any time it reads one piece from the ledger, or writes
// one to the worker, or has ended.
class Download final : public grpc::ServerWriteReactor<v1::DatasetChunk> {
 public:
  static Download* Start(const LedgerReader* reader, ReadPool* pool,
                         Transfers* downloads, Callers* callers,
                         grpc::CallbackServerContext* context,
                         const v1::GetDatasetRequest* request) {
    std::shared_ptr<Download> download(
        new Download(reader, pool, downloads, context, *request));
    download->self_ = download;
    const absl::Status status = download->Enter(*callers);
    absl::MutexLock lock(&download->mutex_);
    if (status.ok()) {
      download->ReadNext();
    } else {
      download->End(status);
    }
    return download.get();
  }

 private:
  Download(const LedgerReader* reader, ReadPool* pool, Transfers* downloads,
           grpc::CallbackServerContext* context,
           const v1::GetDatasetRequest& request)
      : reader_(reader),
        pool_(pool),
        downloads_(downloads),
        context_(context),
        digest_(request.digest()),
        offset_(request.offset()) {}

  // Registers the call and takes a place among the downloads.
  absl::Status Enter(Callers& callers) {
    {
      absl::MutexLock lock(&mutex_);
      if (offset_ < 0) {
        return absl::OutOfRangeError(
            absl::StrCat("found offset ", offset_, ", expected at least 0"));
      }
    }
    const auto end =
        [weak = std::weak_ptr<Download>(self_)](const absl::Status& status) {
          const auto download = weak.lock();
          if (download == nullptr) return;
          absl::MutexLock lock(&download->mutex_);
          download->BreakOff(status);
        };
    ASSIGN_OR_RETURN(call_, callers.Open(*context_, end));
    ASSIGN_OR_RETURN(place_, downloads_->Enter(call_->name(), end));
    return absl::OkStatus();
  }

  // Starts to read the next piece, which is then written.
  void ReadNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ended_) return;
    reading_ = true;
    const absl::Status accepted = pool_->Post(
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

  // Returns the bytes from `offset_` to the end of the piece that they are in;
  // empty at the end of the dataset. No lock is needed, as nothing else uses
  // these fields while a piece is read.
  absl::StatusOr<std::string> ReadPiece() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (size_ < 0) {
      ASSIGN_OR_RETURN(const v1::Dataset dataset,
                       reader_->GetDatasetInfo(digest_));
      size_ = dataset.size_bytes();
      if (offset_ > size_) {
        return absl::OutOfRangeError(
            absl::StrCat("found offset ", offset_, ", expected at most ", size_,
                         ", where dataset ", digest_, " ends"));
      }
    }
    if (offset_ == size_) return std::string();
    ASSIGN_OR_RETURN(
        std::string piece,
        reader_->ReadDatasetPiece(digest_, offset_ / kDatasetChunkBytes));
    const auto skipped = static_cast<size_t>(offset_ % kDatasetChunkBytes);
    if (skipped >= piece.size()) {
      return absl::DataLossError(absl::StrCat(
          "dataset ", digest_, " has ", size_, " bytes, and ends at ",
          offset_ - static_cast<int64_t>(skipped - piece.size())));
    }
    piece.erase(0, skipped);
    return piece;
  }

  void OnRead(absl::StatusOr<std::string> piece)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    reading_ = false;
    if (ended_) {
      Finish(ToGrpcStatus(status_));
    } else if (!piece.ok()) {
      End(piece.status());
    } else if (piece->empty()) {
      End(absl::OkStatus());
    } else {
      chunk_.set_offset(offset_);
      offset_ += static_cast<int64_t>(piece->size());
      chunk_.set_data(*std::move(piece));
      writing_ = true;
      downloads_->Wait(place_);
      StartWrite(&chunk_);
    }
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    downloads_->Move(place_, static_cast<int64_t>(chunk_.data().size()));
    if (ended_) {
      Finish(ToGrpcStatus(status_));
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
    if (!reading_ && !writing_) Finish(ToGrpcStatus(status));
  }

  // Ends the call from outside, even when the worker does not take data any
  // more.
  void BreakOff(const absl::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ended_) return;
    Log(LogLevel::kWarning,
        absl::StrCat("cut off a download of ",
                     call_->name().empty() ? "a worker" : call_->name(), ": ",
                     status.message()));
    End(status);
    if (writing_) context_->TryCancel();
  }

  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    End(absl::CancelledError("the worker is gone"));
  }

  void OnDone() override {
    downloads_->Leave(place_);
    call_.reset();
    self_.reset();  // May delete this object.
  }

  const LedgerReader* const reader_;
  ReadPool* const pool_;
  Transfers* const downloads_;
  grpc::CallbackServerContext* const context_;
  const std::string digest_;
  std::shared_ptr<Download> self_;  // Keeps this object alive until OnDone.
  std::unique_ptr<Callers::Call> call_;
  Transfers::Place place_ = 0;
  v1::DatasetChunk chunk_;  // Used by gRPC while `writing_`.

  absl::Mutex mutex_;
  int64_t offset_ ABSL_GUARDED_BY(mutex_);
  int64_t size_ ABSL_GUARDED_BY(mutex_) = -1;  // -1 while unknown.
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

grpc::ServerWriteReactor<v1::DatasetChunk>* StartDownload(
    const LedgerReader* reader, ReadPool* pool, Transfers* downloads,
    Callers* callers, grpc::CallbackServerContext* context,
    const v1::GetDatasetRequest* request) {
  return Download::Start(reader, pool, downloads, callers, context, request);
}

}  // namespace fathom::server
