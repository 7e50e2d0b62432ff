#include "server/api/checkpoint_calls.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"
#include "server/api/receiving_call.h"
#include "server/api/sending_call.h"

namespace fathom::server {
namespace {

// A checkpoint that is being put aside.
class PutCall final : public ReceivingCall<v1::CheckpointPiece> {
 public:
  static PutCall* Start(const CheckpointParts& parts,
                        grpc::CallbackServerContext* context) {
    std::shared_ptr<PutCall> call(new PutCall(parts, context));
    call->Begin(call, absl::OkStatus(), *parts.callers);
    return call.get();
  }

 private:
  PutCall(const CheckpointParts& parts, grpc::CallbackServerContext* context)
      : ReceivingCall(parts.uploads, context), parts_(parts) {}

  absl::StatusOr<bool> Take(v1::CheckpointPiece& piece) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (static_cast<int64_t>(piece.data().size()) > kCheckpointPieceBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "data: found ", piece.data().size(),
          " bytes in one message, expected at most ", kCheckpointPieceBytes));
    }
    if (piece.offset() != received_) {
      return absl::InvalidArgumentError(
          absl::StrCat("offset: found ", piece.offset(), ", expected ",
                       received_, ", as many bytes as have come"));
    }
    if (!begun_) {
      begun_ = true;
      first_.Swap(&piece);
      data_ = std::move(*first_.mutable_data());
    } else {
      data_ = std::move(*piece.mutable_data());
    }
    received_ += static_cast<int64_t>(data_.size());
    return true;
  }

  absl::StatusOr<bool> TakeEnd() override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (begun_) return true;
    return absl::InvalidArgumentError(
        "found no message, expected one that says which checkpoint it is");
  }

  absl::Status StartWork(bool all) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return parts_.pool->Post(
        [this, self = self(), all] { OnWorked(Write(all)); }, caller());
  }

  // Writes what has come. No lock is needed, as nothing else touches these
  // fields during the work.
  absl::StatusOr<bool> Write(bool all) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (writer_ == nullptr) {
      RETURN_IF_ERROR(
          Ask([this](Coordinator& coordinator) ABSL_NO_THREAD_SAFETY_ANALYSIS {
            return coordinator.CheckHolds(caller(), first_.session_id(),
                                          first_.lease_id(),
                                          first_.checkpoint());
          }));
      ASSIGN_OR_RETURN(
          writer_, parts_.files->Begin(first_.checkpoint().digest(),
                                       first_.checkpoint().bytes(), caller()));
    }
    if (!all) {
      RETURN_IF_ERROR(writer_->Append(data_));
      return false;
    }
    RETURN_IF_ERROR(writer_->Finish(absl::Now()));
    // Before the worker can name it.
    RETURN_IF_ERROR(
        Ask([this](Coordinator& coordinator) ABSL_NO_THREAD_SAFETY_ANALYSIS {
          coordinator.NotePutAside(caller(), first_.session_id(),
                                   first_.lease_id(), first_.checkpoint());
          return absl::OkStatus();
        }));
    return true;
  }

  // Waits for what the coordinator says.
  absl::Status Ask(absl::FunctionRef<absl::Status(Coordinator&)> ask)
      ABSL_NO_THREAD_SAFETY_ANALYSIS {
    absl::Status answer;
    absl::Status done;
    absl::Notification answered;
    parts_.loop->Post([&](Coordinator& coordinator,
                          absl::Time) { answer = ask(coordinator); },
                      [&](const absl::Status& status) {
                        done = status;
                        answered.Notify();
                      });
    answered.WaitForNotification();
    RETURN_IF_ERROR(done);
    return answer;
  }

  const CheckpointParts parts_;
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t received_ ABSL_GUARDED_BY(mutex_) = 0;
  v1::CheckpointPiece first_ ABSL_GUARDED_BY(mutex_);  // Without its data.
  std::string data_ ABSL_GUARDED_BY(mutex_);           // Not written yet.
  std::unique_ptr<CheckpointFiles::Writer> writer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

grpc::ServerReadReactor<v1::CheckpointPiece>* StartPutCheckpoint(
    const CheckpointParts& parts, grpc::CallbackServerContext* context) {
  return PutCall::Start(parts, context);
}

grpc::ServerWriteReactor<v1::CheckpointPiece>* StartGetCheckpoint(
    const CheckpointParts& parts, grpc::CallbackServerContext* context,
    const v1::GetCheckpointRequest* request) {
  // The row is read once, and says that the caller may ask for the file.
  const auto read = [parts, request = *request, known = false](
                        int64_t offset) mutable -> absl::StatusOr<std::string> {
    if (!known) {
      ASSIGN_OR_RETURN(const v1::TrialCheckpoint checkpoint,
                       parts.reader->GetCheckpoint(request.sweep_id(),
                                                   request.trial_index()));
      if (checkpoint.digest() != request.digest()) {
        return absl::NotFoundError(
            absl::StrCat("sweep ", request.sweep_id(), " trial ",
                         request.trial_index(), " has another checkpoint now"));
      }
      if (offset > checkpoint.bytes()) {
        return absl::OutOfRangeError(
            absl::StrCat("found offset ", offset, ", expected at most ",
                         checkpoint.bytes(), ", where the checkpoint ends"));
      }
      known = true;
    }
    return parts.files->Read(request.digest(), offset, kCheckpointPieceBytes);
  };
  return SendingCall<v1::CheckpointPiece>::Start({.pool = parts.pool,
                                                  .transfers = parts.downloads,
                                                  .callers = parts.callers,
                                                  .what = "a checkpoint"},
                                                 context, request->offset(),
                                                 read);
}

}  // namespace fathom::server
