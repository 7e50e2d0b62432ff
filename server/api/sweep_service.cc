#include "server/api/sweep_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "google/protobuf/util/time_util.h"
#include "proto/shared/status.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/validate.h"
#include "server/api/blocking_writer.h"
#include "server/api/respond.h"
#include "server/api/upload.h"
#include "server/coordinator/message_checks.h"

namespace fathom::server {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kMaxPageSize = 1000;

// How many trials in a row are looked at and retried in one decision.
constexpr int64_t kTrialsPerRetry = 2048;

absl::Status ReadOnly() {
  return absl::FailedPreconditionError(
      "the ledger is open for reading only; this needs a coordinator");
}

// Drops the text of a table from which the client made the dataset: the ledger
// has that, and every worker and page would carry the text along.
void DropTable(v1::SweepSpec& spec) {
  if (spec.trial().data().import().table().empty()) return;
  spec.mutable_trial()->mutable_data()->clear_import();
}

// Marks a sweep that was read while nobody had the ledger open.
void MarkInterrupted(v1::Sweep* sweep) {
  sweep->set_interrupted(sweep->state() == v1::SWEEP_STATE_RUNNING);
}

}  // namespace

grpc::ServerUnaryReactor* SweepService::Respond(
    ReadPool* pool, grpc::CallbackServerContext* context,
    absl::AnyInvocable<absl::Status()> answer) {
  return RespondOn(*pool, callers_->NameOf(*context), context,
                   std::move(answer));
}

absl::Status SweepService::Decide(CoreLoop::Decide decide) {
  if (loop_ == nullptr) return ReadOnly();
  absl::Status result;
  absl::Notification done;
  loop_->Post(std::move(decide), [&](const absl::Status& status) {
    result = status;
    done.Notify();
  });
  done.WaitForNotification();
  live_.Invalidate();
  return result;
}

bool SweepService::IsUnattended() const {
  return loop_ == nullptr && !reader_->IsAttended();
}

absl::StatusOr<v1::Sweep> SweepService::Find(const std::string& name) {
  const bool unattended = IsUnattended();
  ASSIGN_OR_RETURN(v1::Sweep sweep, reader_->GetSweep(name));
  if (unattended) MarkInterrupted(&sweep);
  if (loop_ == nullptr || sweep.state() != v1::SWEEP_STATE_RUNNING) {
    return sweep;
  }
  const auto look = live_.Get();
  if (!look.ok()) return sweep;
  if (const auto it = (*look)->fractions.find(sweep.sweep_id());
      it != (*look)->fractions.end()) {
    sweep.mutable_progress()->set_fraction(it->second);
  }
  return sweep;
}

grpc::ServerUnaryReactor* SweepService::CreateSweep(
    grpc::CallbackServerContext* context, const v1::CreateSweepRequest* request,
    v1::Sweep* response) {
  const Caller caller = callers_->Who(*context);
  return Respond(pools_.changes, context, [=, this]() -> absl::Status {
    v1::SweepSpec spec = request->spec();
    DropTable(spec);
    RETURN_IF_ERROR(CheckSpecSize(spec));  // Before what takes time in it.
    spec = Normalize(std::move(spec));
    ASSIGN_OR_RETURN(Coordinator::CheckedSpec checked,
                     Coordinator::Check(spec));
    for (const std::string& digest : DigestsOf(spec)) {
      if (reader_->GetDatasetInfo(digest).ok()) continue;
      return absl::FailedPreconditionError(
          absl::StrCat("dataset ", digest, " has not been uploaded"));
    }
    absl::StatusOr<v1::Sweep> sweep = absl::UnknownError("");
    RETURN_IF_ERROR(Decide([&](Coordinator& coordinator, absl::Time now) {
      if (!request->force_new()) {
        // On the loop's thread nobody can create it in between.
        sweep = reader_->FindSweep(checked.fingerprints);
        if (sweep.ok() && sweep->state() == v1::SWEEP_STATE_COMPLETED) return;
        if (!sweep.ok() && !absl::IsNotFound(sweep.status())) return;
      }
      if (!sweep.ok()) {
        // Old ledgers may have such a name, and go on.
        if (absl::Status fine = CheckNewName(spec.name()); !fine.ok()) {
          sweep = std::move(fine);
          return;
        }
      }
      sweep = coordinator.CreateSweep(
          std::move(checked), request->force_new(), now, request->priority(),
          request->weight() == 0 ? 1 : request->weight(), caller.name);
    }));
    if (sweep.ok()) response->Swap(&*sweep);
    return sweep.status();
  });
}

grpc::ServerUnaryReactor* SweepService::GetSweep(
    grpc::CallbackServerContext* context, const v1::GetSweepRequest* request,
    v1::Sweep* response) {
  return Respond(pools_.reads, context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(*response, Find(request->sweep()));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* SweepService::ListSweeps(
    grpc::CallbackServerContext* context, const v1::ListSweepsRequest* request,
    v1::ListSweepsResponse* response) {
  return Respond(pools_.reads, context, [=, this]() -> absl::Status {
    int64_t before = 0;
    if (!request->page_token().empty() &&
        (!absl::SimpleAtoi(request->page_token(), &before) || before < 1)) {
      return absl::InvalidArgumentError("page_token is not one of ours");
    }
    if (request->page_size() < 0) {
      return absl::InvalidArgumentError("page_size is negative");
    }
    const int limit = request->page_size() == 0
                          ? kDefaultPageSize
                          : std::min(request->page_size(), kMaxPageSize);
    const bool unattended = IsUnattended();
    ASSIGN_OR_RETURN(std::vector<v1::Sweep> sweeps,
                     reader_->ListSweeps(before, limit));
    for (v1::Sweep& sweep : sweeps) {
      if (unattended) MarkInterrupted(&sweep);
    }
    if (static_cast<int>(sweeps.size()) == limit) {
      response->set_next_page_token(absl::StrCat(sweeps.back().sweep_id()));
    }
    for (v1::Sweep& sweep : sweeps) response->add_sweeps()->Swap(&sweep);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* SweepService::CancelSweep(
    grpc::CallbackServerContext* context, const v1::CancelSweepRequest* request,
    v1::Sweep* response) {
  const Caller caller = callers_->Who(*context);
  return Respond(pools_.changes, context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(v1::Sweep sweep, reader_->GetSweep(request->sweep()));
    RETURN_IF_ERROR(CheckMayChange(sweep, caller));
    absl::StatusOr<v1::Sweep> cancelled = absl::UnknownError("");
    RETURN_IF_ERROR(Decide([&](Coordinator& coordinator, absl::Time now) {
      cancelled = coordinator.CancelSweep(sweep.sweep_id(), now);
    }));
    // Not running any more: the ledger knows how it ended.
    if (!cancelled.ok()) cancelled = reader_->GetSweep(request->sweep());
    if (cancelled.ok() && cancelled->state() == v1::SWEEP_STATE_RUNNING) {
      return absl::InternalError(absl::StrCat(
          "sweep ", request->sweep(),
          " is running in the ledger, and the "
          "coordinator does not know it; it is not cancelled. Start the "
          "coordinator again"));
    }
    if (cancelled.ok() && cancelled->state() == v1::SWEEP_STATE_COMPLETED) {
      return absl::FailedPreconditionError(
          absl::StrCat("sweep ", request->sweep(), " is already completed"));
    }
    if (cancelled.ok()) response->Swap(&*cancelled);
    return cancelled.status();
  });
}

grpc::ServerUnaryReactor* SweepService::UpdateSweep(
    grpc::CallbackServerContext* context, const v1::UpdateSweepRequest* request,
    v1::Sweep* response) {
  const Caller caller = callers_->Who(*context);
  return Respond(pools_.changes, context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(v1::Sweep sweep, reader_->GetSweep(request->sweep()));
    RETURN_IF_ERROR(CheckMayChange(sweep, caller));
    absl::StatusOr<v1::Sweep> changed = absl::UnknownError("");
    RETURN_IF_ERROR(Decide([&](Coordinator& coordinator, absl::Time now) {
      changed = coordinator.ChangeSweep(sweep.sweep_id(), *request, now);
    }));
    if (absl::IsNotFound(changed.status())) {
      return absl::FailedPreconditionError(
          absl::StrCat("sweep ", request->sweep(), " is not running any more"));
    }
    if (changed.ok()) response->Swap(&*changed);
    return changed.status();
  });
}

grpc::ServerUnaryReactor* SweepService::RetrySweep(
    grpc::CallbackServerContext* context, const v1::RetrySweepRequest* request,
    v1::Sweep* response) {
  const Caller caller = callers_->Who(*context);
  return Respond(pools_.changes, context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(v1::Sweep sweep, reader_->GetSweep(request->sweep()));
    RETURN_IF_ERROR(CheckMayChange(sweep, caller));
    const int64_t id = sweep.sweep_id();
    // Where the next ones are is found beside the decisions, and only as many
    // trials are retried in one of them as others can wait for.
    ASSIGN_OR_RETURN(int64_t first, reader_->NextFailedTrial(id, 0));
    do {  // Once at least: that there are none is an answer, too.
      ASSIGN_OR_RETURN(sweep, RetryPiece(id, std::max<int64_t>(first, 0)));
      if (first < 0) break;
      ASSIGN_OR_RETURN(first,
                       reader_->NextFailedTrial(id, first + kTrialsPerRetry));
    } while (first >= 0);
    response->Swap(&sweep);
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::Sweep> SweepService::RetryPiece(int64_t sweep_id,
                                                   int64_t first) {
  absl::StatusOr<v1::Sweep> sweep = absl::UnavailableError("");
  // On the loop's thread the ledger is as after the last batch; what this batch
  // has changed is there in the next one.
  while (absl::IsUnavailable(sweep.status())) {
    RETURN_IF_ERROR(Decide([&](Coordinator& coordinator, absl::Time now) {
      auto recorded =
          reader_->GetFailedTrials(sweep_id, first, first + kTrialsPerRetry);
      if (!recorded.ok()) {
        sweep = absl::StatusOr<v1::Sweep>(recorded.status());
      } else {
        sweep = coordinator.RetryTrials(*std::move(recorded), now);
      }
    }));
  }
  return sweep;
}

grpc::ServerUnaryReactor* SweepService::GetTrial(
    grpc::CallbackServerContext* context, const v1::GetTrialRequest* request,
    v1::Trial* response) {
  return Respond(pools_.reads, context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(v1::Sweep sweep, reader_->GetSweep(request->sweep()));
    ASSIGN_OR_RETURN(const auto space, spaces_.Get(sweep));
    const int64_t index = request->trial_index();
    if (index < 0 || index >= space->size()) {
      return absl::OutOfRangeError(
          absl::StrCat("sweep ", sweep.sweep_id(), " has trials 0 to ",
                       space->size() - 1, ", found ", index));
    }
    ASSIGN_OR_RETURN(*response, reader_->GetTrial(sweep.sweep_id(), index));
    *response->mutable_spec() = space->TrialAt(index);
    if (sweep.state() == v1::SWEEP_STATE_CANCELLED &&
        response->state() == v1::TRIAL_STATE_PENDING) {
      response->set_state(v1::TRIAL_STATE_CANCELLED);  // Never given out.
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* SweepService::DrainWorkers(
    grpc::CallbackServerContext* context,
    const v1::DrainWorkersRequest* request, v1::ListWorkersResponse* response) {
  return Respond(pools_.changes, context, [=, this]() -> absl::Status {
    absl::StatusOr<std::vector<v1::Worker>> workers = absl::UnknownError("");
    RETURN_IF_ERROR(Decide([&](Coordinator& coordinator, absl::Time now) {
      workers = coordinator.DrainWorkers(request->worker(), now);
    }));
    RETURN_IF_ERROR(workers.status());
    for (v1::Worker& worker : *workers) response->add_workers()->Swap(&worker);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* SweepService::ListWorkers(
    grpc::CallbackServerContext* context, const v1::ListWorkersRequest* request,
    v1::ListWorkersResponse* response) {
  return Respond(pools_.reads, context, [=, this]() -> absl::Status {
    if (loop_ == nullptr) return ReadOnly();
    ASSIGN_OR_RETURN(const auto look, live_.Get());
    for (const v1::Worker& worker : look->workers) {
      *response->add_workers() = worker;
    }
    return absl::OkStatus();
  });
}

grpc::ServerReadReactor<v1::UploadDatasetRequest>* SweepService::UploadDataset(
    grpc::CallbackServerContext* context, v1::Dataset* response) {
  return StartUpload(loop_, uploads_, callers_, context, response);
}

grpc::ServerUnaryReactor* SweepService::GetDatasetInfo(
    grpc::CallbackServerContext* context,
    const v1::GetDatasetInfoRequest* request, v1::Dataset* response) {
  return Respond(pools_.reads, context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(*response, reader_->GetDatasetInfo(request->digest()));
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::QueryResponse>* SweepService::Query(
    grpc::CallbackServerContext* context, const v1::QueryRequest* request) {
  return BlockingWriter<v1::QueryResponse>::Start(
      *pools_.queries, *callers_, context,
      [this, copy = *request](
          BlockingWriter<v1::QueryResponse>& writer) -> absl::Status {
        return reader_->Query(
            copy,
            [&](v1::QueryResponse rows) {
              return writer.Write(std::move(rows));
            },
            [&] { return writer.cancelled(); });
      });
}

grpc::ServerWriteReactor<v1::CurveBatch>* SweepService::ReadCurves(
    grpc::CallbackServerContext* context,
    const v1::ReadCurvesRequest* request) {
  return BlockingWriter<v1::CurveBatch>::Start(
      *pools_.queries, *callers_, context,
      [this, copy = *request, name = callers_->NameOf(*context)](
          BlockingWriter<v1::CurveBatch>& writer) -> absl::Status {
        return reader_->ReadCurves(
            copy,
            [&](v1::CurveBatch batch) {
              return writer.Write(std::move(batch));
            },
            [&] { return writer.cancelled(); },
            [&](ReadPool::Task task) {
              // In the same share: who does not read holds this thread, too.
              return pools_.queries->Post(std::move(task), name).ok();
            });
      });
}

grpc::ServerUnaryReactor* SweepService::Audit(
    grpc::CallbackServerContext* context, const v1::AuditRequest*,
    v1::AuditResponse* response) {
  return Respond(pools_.audits, context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(*response, reader_->Audit({.is_cancelled = [context] {
      return context->IsCancelled();
    }}));
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::BackupChunk>* SweepService::Backup(
    grpc::CallbackServerContext* context, const v1::BackupRequest*) {
  return BlockingWriter<v1::BackupChunk>::Start(
      *pools_.audits, *callers_, context,
      [this](BlockingWriter<v1::BackupChunk>& writer) -> absl::Status {
        v1::BackupChunk last;
        ASSIGN_OR_RETURN(
            *last.mutable_digest(),
            reader_->Backup(
                [&](absl::string_view piece) {
                  v1::BackupChunk chunk;
                  chunk.set_data(piece.data(), piece.size());
                  return writer.Write(std::move(chunk));
                },
                {.is_cancelled = [&] { return writer.cancelled(); }}));
        return writer.Write(std::move(last));
      });
}

}  // namespace fathom::server
