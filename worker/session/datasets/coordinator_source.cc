#include "worker/session/datasets/coordinator_source.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "absl/strings/str_cat.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/status.h"
#include "worker/session/pass_trace.h"
#include "worker/session/steady.h"

namespace fathom::worker {
namespace {

// How often a call asks whether it is still wanted.
constexpr absl::Duration kAskPeriod = absl::Milliseconds(100);

// The pieces of a dataset, for a thread that does not wait for ever. gRPC calls
// the On... methods; all others are called by that thread.
class Pieces final : public grpc::ClientReadReactor<v1::DatasetChunk> {
 public:
  Pieces(v1::WorkerService::StubInterface* stub, grpc::ClientContext* context,
         const v1::GetDatasetRequest* request)
      : context_(context) {
    stub->async()->GetDataset(context, request, this);
    // Keeps the call until the thread has taken the last piece.
    AddHold();
    StartRead(&chunk_);
    StartCall();
  }

  // Waits until there is a piece or none will come. False when neither is so by
  // `until`.
  bool WaitUntil(SteadyTime until) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_until(lock, until, [this] { return !reading_; });
  }

  // After WaitUntil has returned true: the piece, or null at the end.
  const v1::DatasetChunk* piece() const { return ok_ ? &chunk_ : nullptr; }
  // Asks for the piece after this one.
  void Next() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      reading_ = true;
    }
    StartRead(&chunk_);
  }

  // Ends the call, if it has not ended, and returns its status. Must be called,
  // once.
  grpc::Status Finish() {
    // A call that has ended is not cancelled, because its status must not be
    // lost.
    const bool ended = WaitUntil(SteadyNow()) && !ok_;
    if (!ended) context_->TryCancel();
    WaitUntil(kSteadyNever);
    RemoveHold();
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return status_.has_value(); });
    return *status_;
  }

 private:
  void OnReadDone(bool ok) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ok_ = ok;
    reading_ = false;
    changed_.notify_all();
  }
  void OnDone(const grpc::Status& status) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    status_ = status;
    changed_.notify_all();
  }

  grpc::ClientContext* const context_;
  v1::DatasetChunk chunk_;  // Used by gRPC while `reading_`.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reading_ = true;
  bool ok_ = false;
  std::optional<grpc::Status> status_;
};

}  // namespace

absl::Status CallError(const grpc::Status& status) {
  absl::Status error = FromGrpcStatus(status);
  switch (error.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kDataLoss:
      return absl::FailedPreconditionError(error.message());
    default:
      return error;
  }
}

absl::Status CoordinatorSource::Fetch(const std::string& digest,
                                      DatasetPart& part,
                                      const std::function<bool()>& keep_going) {
  while (true) {
    const int64_t before = part.size();
    const absl::Status status = FetchMore(digest, part, keep_going);
    if (status.ok()) return status;
    // What broke after the last byte has brought all.
    if (part.complete() && !absl::IsDataLoss(status)) return absl::OkStatus();
    if (absl::IsCancelled(status) && !keep_going()) return status;
    // A call that was too slow, for the coordinator or for us, is like any
    // other broken call: the next one follows if this one brought something.
    const bool passes = absl::IsDeadlineExceeded(status) ||
                        absl::IsUnavailable(status) ||
                        absl::IsCancelled(status);
    if (!passes || part.size() <= before) return status;
  }
}

absl::Status CoordinatorSource::FetchMore(
    const std::string& digest, DatasetPart& part,
    const std::function<bool()>& keep_going) {
  grpc::ClientContext context;
  PassTraceOn(&context);
  const RunningCalls::Call call(calls_, &context);
  v1::GetDatasetRequest request;
  request.set_digest(digest);
  request.set_offset(part.size());
  Pieces pieces(stub_, &context, &request);
  const auto end = [&](absl::Status status) {
    pieces.Finish();
    return status;
  };
  SteadyTime patience = SteadyIn(patience_);
  for (bool first = true;; first = false) {
    while (!pieces.WaitUntil(std::min(patience, SteadyIn(kAskPeriod)))) {
      if (!keep_going()) return end(absl::CancelledError("cancelled"));
      if (SteadyNow() < patience) continue;
      return end(absl::DeadlineExceededError(
          absl::StrCat("dataset ", digest, ": nothing came for ",
                       absl::FormatDuration(patience_))));
    }
    const v1::DatasetChunk* const chunk = pieces.piece();
    if (chunk == nullptr) return CallError(pieces.Finish());
    // Older coordinators can only begin anew, and say so.
    if (first && chunk->offset() == 0 && part.size() > 0) {
      if (absl::Status status = part.Restart(); !status.ok())
        return end(status);
    }
    if (absl::Status status = part.Append(chunk->data()); !status.ok()) {
      return end(status);
    }
    if (!keep_going()) return end(absl::CancelledError("cancelled"));
    patience = SteadyIn(patience_);
    pieces.Next();
  }
}

}  // namespace fathom::worker
