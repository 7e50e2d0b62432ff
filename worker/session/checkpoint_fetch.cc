#include "worker/session/checkpoint_fetch.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/protocol.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "worker/session/datasets/coordinator_source.h"
#include "worker/session/pass_trace.h"

namespace fathom::worker {
namespace {

// A call that stands still ends after this time, and the next one may do
// better.
constexpr absl::Duration kCallPatience = absl::Minutes(1);

constexpr int64_t kLeastBytesPerSecond = 256 << 10;

}  // namespace

absl::Duration CheckpointPatience(int64_t bytes) {
  return absl::Minutes(1) +
         absl::Seconds(1) * (static_cast<double>(bytes) / kLeastBytesPerSecond);
}

CheckpointFetch::CheckpointFetch(v1::WorkerService::StubInterface* stub,
                                 RunningCalls* calls, int64_t sweep_id,
                                 v1::TrialCheckpoint checkpoint,
                                 absl::Duration patience)
    : stub_(stub),
      calls_(calls),
      sweep_id_(sweep_id),
      checkpoint_(std::move(checkpoint)),
      patience_(patience),
      due_(SteadyIn(patience)) {}

absl::StatusOr<std::string> CheckpointFetch::Go(
    const std::function<bool()>& keep_going) {
  if (checkpoint_.bytes() < 0 || checkpoint_.bytes() > kMaxCheckpointBytes) {
    return absl::FailedPreconditionError(
        absl::StrCat("it has ", checkpoint_.bytes(),
                     " bytes, expected at most ", kMaxCheckpointBytes));
  }
  while (true) {
    const size_t before = bytes_.size();
    const absl::Status status = FetchMore(keep_going);
    if (status.ok()) break;
    if (!keep_going()) return absl::CancelledError("cancelled");
    // Nobody serves it at the moment.
    if (absl::IsUnavailable(status) || absl::IsResourceExhausted(status)) {
      due_ = SteadyIn(patience_);
    }
    if (absl::IsFailedPrecondition(status)) return status;
    if (SteadyNow() >= due_) {
      return absl::FailedPreconditionError(
          absl::StrCat("after ", absl::FormatDuration(patience_), " ",
                       bytes_.size(), " bytes of ", checkpoint_.bytes(),
                       " had arrived: ", status.message()));
    }
    if (bytes_.size() == before) return status;
  }
  const std::string digest = absl::StrCat("sha256:", Sha256Hex(bytes_));
  if (digest != checkpoint_.digest()) {
    bytes_.clear();
    return absl::FailedPreconditionError(
        absl::StrCat("it arrived with another content: found ", digest,
                     ", expected ", checkpoint_.digest()));
  }
  return std::move(bytes_);
}

absl::Status CheckpointFetch::FetchMore(
    const std::function<bool()>& keep_going) {
  grpc::ClientContext context;
  PassTraceOn(&context);
  const RunningCalls::Call call(calls_, &context);
  const absl::Duration left = absl::FromChrono(due_ - SteadyNow());
  context.set_deadline(std::chrono::system_clock::now() +
                       absl::ToChronoMilliseconds(std::clamp(
                           left, absl::Milliseconds(1), kCallPatience)));
  v1::GetCheckpointRequest request;
  request.set_sweep_id(sweep_id_);
  request.set_trial_index(checkpoint_.trial_index());
  request.set_digest(checkpoint_.digest());
  request.set_offset(static_cast<int64_t>(bytes_.size()));
  auto reader = stub_->GetCheckpoint(&context, request);
  v1::CheckpointPiece piece;
  while (reader->Read(&piece)) {
    absl::Status status =
        keep_going() ? Take(piece) : absl::CancelledError("cancelled");
    if (status.ok()) continue;
    context.TryCancel();
    reader->Finish();
    return status;
  }
  return CallError(reader->Finish());
}

absl::Status CheckpointFetch::Take(const v1::CheckpointPiece& piece) {
  const int64_t before = static_cast<int64_t>(bytes_.size());
  const int64_t more = static_cast<int64_t>(piece.data().size());
  if (piece.offset() != before || before + more > checkpoint_.bytes()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "found ", more, " bytes at ", piece.offset(), ", expected those at ",
        before, " of ", checkpoint_.bytes()));
  }
  bytes_.append(piece.data());
  return absl::OkStatus();
}

}  // namespace fathom::worker
