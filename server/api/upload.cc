#include "server/api/upload.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/protocol.h"

namespace fathom {
namespace {

class Upload final : public grpc::ServerReadReactor<v1::UploadDatasetRequest> {
 public:
  Upload(CoreLoop* loop, UploadDesk* desk, grpc::CallbackServerContext* context,
         v1::Dataset* response)
      : loop_(loop), desk_(desk), response_(response) {
    if (loop_ == nullptr) {
      Fail(absl::FailedPreconditionError(
          "the ledger is open for reading only; this needs a coordinator"));
      return;
    }
    place_ = desk_->Enter([context] { context->TryCancel(); });
    if (place_ == 0) {
      Fail(absl::ResourceExhaustedError(
          "too many uploads at a time; try again in a minute"));
    } else {
      StartRead(&request_);
    }
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) {
      Store();
      return;
    }
    if (digest_.empty()) {
      digest_ = request_.digest();
      title_ = request_.title();
      if (!IsDatasetDigest(digest_)) {
        Fail(absl::InvalidArgumentError(
            absl::StrCat("digest: found \"", digest_,
                         "\", expected \"sha256:\" and 64 hex digits in the "
                         "first message")));
        return;
      }
    }
    const auto size =
        static_cast<int64_t>(bytes_.size() + request_.data().size());
    if (size > kMaxDatasetBytes) {
      Fail(absl::ResourceExhaustedError(
          absl::StrCat("dataset is larger than ", kMaxDatasetBytes, " bytes")));
      return;
    }
    if (absl::Status room =
            desk_->Take(place_, static_cast<int64_t>(request_.data().size()));
        !room.ok()) {
      Fail(room);
      return;
    }
    bytes_.append(request_.data());
    StartRead(&request_);
  }

  void Store() {
    if (const std::string found = DatasetDigest(bytes_); found != digest_) {
      Fail(absl::InvalidArgumentError(
          absl::StrCat("dataset: found ", bytes_.size(), " bytes with digest ",
                       found, ", expected digest ", digest_)));
      return;
    }
    loop_->PostLedger([this](Ledger& ledger) {
      absl::StatusOr<v1::Dataset> stored = ledger.StoreDataset(title_, bytes_);
      if (stored.ok()) *response_ = *std::move(stored);
      Finish(ToGrpcStatus(stored.status()));
    });
  }

  void Fail(const absl::Status& status) { Finish(ToGrpcStatus(status)); }
  void OnDone() override {
    desk_->Leave(place_);
    delete this;
  }

  CoreLoop* const loop_;
  UploadDesk* const desk_;
  UploadDesk::Place place_ = 0;
  v1::Dataset* const response_;
  v1::UploadDatasetRequest request_;
  std::string digest_;
  std::string title_;
  std::string bytes_;
};

}  // namespace

grpc::ServerReadReactor<v1::UploadDatasetRequest>* StartUpload(
    CoreLoop* loop, UploadDesk* desk, grpc::CallbackServerContext* context,
    v1::Dataset* response) {
  return new Upload(loop, desk, context, response);
}

}  // namespace fathom
