#include "worker/session/dataset_fetcher.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"
#include "worker/session/pass_trace.h"

namespace fathom::worker {
namespace {

// The time limits of a call. After kDatasetDeadline the next call goes on where
// this one ended, unless this one brought nothing. Older coordinators begin
// anew with each call, so that a call to them has to last for the whole
// dataset.
constexpr auto kDatasetDeadline = std::chrono::minutes(1);
constexpr auto kWholeDatasetDeadline = std::chrono::hours(6);

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

absl::StatusOr<std::string> DatasetFetcher::Fetch(
    const std::string& digest, const std::function<bool()>& keep_going) {
  std::string bytes = TakePartial(digest);
  bool resumes = true;
  while (true) {
    const size_t before = bytes.size();
    const bool resumed = resumes;
    const absl::Status status = FetchMore(digest, keep_going, resumes, bytes);
    if (status.ok()) break;
    if (absl::IsCancelled(status) && !keep_going()) return status;
    // A call that has reached its time limit is like any other broken call: the
    // next one follows if this one brought something.
    const bool passes = absl::IsDeadlineExceeded(status) ||
                        absl::IsUnavailable(status) ||
                        absl::IsCancelled(status);
    if (passes && (bytes.size() > before || resumed != resumes)) continue;
    if (!absl::IsFailedPrecondition(status)) {
      KeepPartial(digest, std::move(bytes));
    }
    return status;
  }
  if (DatasetDigest(bytes) != digest) {
    return absl::FailedPreconditionError(
        absl::StrCat("dataset ", digest, " arrived with another content"));
  }
  return bytes;
}

absl::Status DatasetFetcher::FetchMore(const std::string& digest,
                                       const std::function<bool()>& keep_going,
                                       bool& resumes, std::string& bytes) {
  if (!resumes) bytes.clear();
  grpc::ClientContext context;
  PassTraceOn(&context);
  const RunningCalls::Call call(calls_, &context);
  context.set_deadline(std::chrono::system_clock::now() +
                       (resumes ? std::chrono::seconds(kDatasetDeadline)
                                : std::chrono::seconds(kWholeDatasetDeadline)));
  v1::GetDatasetRequest request;
  request.set_digest(digest);
  request.set_offset(static_cast<int64_t>(bytes.size()));
  auto reader = stub_->GetDataset(&context, request);
  const auto end = [&](absl::Status status) {
    context.TryCancel();
    reader->Finish();
    return status;
  };
  v1::DatasetChunk chunk;
  bool first = true;
  while (reader->Read(&chunk)) {
    if (first && chunk.offset() != request.offset()) {
      resumes = false;
      bytes.clear();
      return end(absl::UnavailableError(
          absl::StrCat("dataset ", digest, ": the coordinator cannot go on at ",
                       request.offset(), " bytes")));
    }
    first = false;
    bytes.append(chunk.data());
    if (!keep_going()) return end(absl::CancelledError("cancelled"));
    if (static_cast<int64_t>(bytes.size()) > kMaxDatasetBytes) {
      return end(absl::FailedPreconditionError(absl::StrCat(
          "dataset ", digest, " is larger than ", kMaxDatasetBytes, " bytes")));
    }
  }
  return CallError(reader->Finish());
}

std::string DatasetFetcher::TakePartial(const std::string& digest) {
  absl::MutexLock lock(&mutex_);
  const auto it = partial_.find(digest);
  if (it == partial_.end()) return "";
  std::string bytes = std::move(it->second);
  partial_.erase(it);
  return bytes;
}

void DatasetFetcher::KeepPartial(const std::string& digest, std::string bytes) {
  absl::MutexLock lock(&mutex_);
  // Only one partial dataset is kept, so that its memory is free for the next
  // dataset that is fetched.
  partial_.clear();
  partial_.emplace(digest, std::move(bytes));
}

}  // namespace fathom::worker
