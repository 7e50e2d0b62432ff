#include "server/api/sweep_calls.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/names.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/validate.h"
#include "server/coordinator/message_checks.h"

namespace fathom::server {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kMaxPageSize = 1000;

// The number of consecutive trials that one decision looks at and retries.
constexpr int64_t kTrialsPerRetry = 2048;

absl::Status ReadOnly() {
  return absl::FailedPreconditionError(
      "the ledger is open for reading only; this needs a coordinator");
}

// Drops the text of a table from which the client has made the dataset. The
// ledger has the dataset, and the text would be sent to every worker and
// everyone who asks for the sweep.
void DropTable(v1::SweepSpec& spec) {
  if (spec.trial().data().import().table().empty()) return;
  spec.mutable_trial()->mutable_data()->clear_import();
}

// Returns OK when the ledger has all these datasets.
absl::Status CheckUploaded(const LedgerReader& reader,
                           const std::vector<std::string>& digests) {
  if (digests.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string missing, reader.FindMissing(digests));
  if (missing.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("dataset ", missing, " has not been uploaded"));
}

// Marks a sweep as interrupted that is running although no coordinator has the
// ledger open.
void MarkInterrupted(v1::Sweep* sweep) {
  sweep->set_interrupted(sweep->state() == v1::SWEEP_STATE_RUNNING);
}

// Returns the error of a change to a sweep that has ended.
absl::Status EndedError(const v1::Sweep& sweep, const char* what) {
  return absl::FailedPreconditionError(
      absl::StrCat("sweep ", sweep.sweep_id(), " is ", StateName(sweep.state()),
                   ": it cannot be ", what));
}

}  // namespace

absl::Status SweepCalls::Run(Core::Decide decide) {
  if (decide_ == nullptr) return ReadOnly();
  return decide_(std::move(decide));
}

bool SweepCalls::IsUnattended() const {
  return look_ == nullptr && !reader_->IsAttended();
}

absl::StatusOr<v1::Sweep> SweepCalls::Find(const std::string& name) {
  const bool unattended = IsUnattended();
  ASSIGN_OR_RETURN(v1::Sweep sweep, reader_->GetSweep(name));
  if (unattended) MarkInterrupted(&sweep);
  if (look_ == nullptr || sweep.state() != v1::SWEEP_STATE_RUNNING) {
    return sweep;
  }
  const auto look = look_();
  if (!look.ok()) return sweep;
  if (const auto it = (*look)->fractions.find(sweep.sweep_id());
      it != (*look)->fractions.end()) {
    sweep.mutable_progress()->set_fraction(it->second);
  }
  return sweep;
}

absl::Status SweepCalls::CreateSweep(const v1::CreateSweepRequest& request,
                                     const Caller& caller, v1::Sweep* response,
                                     const std::string& traceparent) {
  v1::SweepSpec spec = request.spec();
  DropTable(spec);
  // Before the checks that take long for large specs.
  RETURN_IF_ERROR(CheckSpecSize(spec));
  spec = Normalize(std::move(spec));
  ASSIGN_OR_RETURN(Coordinator::CheckedSpec checked, Coordinator::Check(spec));
  const std::vector<std::string> digests = DigestsOf(spec);
  RETURN_IF_ERROR(CheckUploaded(*reader_, digests));
  absl::StatusOr<v1::Sweep> sweep = absl::UnknownError("");
  RETURN_IF_ERROR(Run([&](Coordinator& coordinator, absl::Time now) {
    if (!request.force_new()) {
      // Decisions run one at a time, so nobody can create the sweep in between.
      sweep = reader_->FindSweep(checked.fingerprints);
      if (sweep.ok() && coordinator.IsDeleting(sweep->sweep_id())) {
        sweep = absl::NotFoundError("deleted");
      }
      if (sweep.ok() && sweep->state() == v1::SWEEP_STATE_COMPLETED) return;
      if (!sweep.ok() && !absl::IsNotFound(sweep.status())) return;
    }
    // Since the first look, nobody may have needed them any more.
    if (absl::Status there = CheckUploaded(*reader_, digests); !there.ok()) {
      sweep = std::move(there);
      return;
    }
    if (!sweep.ok()) {
      // Only new sweeps are checked, as older ledgers may have such names.
      if (absl::Status fine = CheckNewName(spec.name()); !fine.ok()) {
        sweep = std::move(fine);
        return;
      }
    }
    sweep = coordinator.CreateSweep(
        std::move(checked), request.force_new(), now, request.priority(),
        request.weight() == 0 ? 1 : request.weight(), caller.name, traceparent);
  }));
  if (sweep.ok()) response->Swap(&*sweep);
  return sweep.status();
}

absl::Status SweepCalls::GetSweep(const v1::GetSweepRequest& request,
                                  v1::Sweep* response) {
  ASSIGN_OR_RETURN(*response, Find(request.sweep()));
  return absl::OkStatus();
}

absl::Status SweepCalls::ListSweeps(const v1::ListSweepsRequest& request,
                                    v1::ListSweepsResponse* response) {
  int64_t before = 0;
  if (!request.page_token().empty() &&
      (!absl::SimpleAtoi(request.page_token(), &before) || before < 1)) {
    return absl::InvalidArgumentError("page_token is not one of ours");
  }
  if (request.page_size() < 0) {
    return absl::InvalidArgumentError("page_size is negative");
  }
  const int limit = request.page_size() == 0
                        ? kDefaultPageSize
                        : std::min(request.page_size(), kMaxPageSize);
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
}

absl::Status SweepCalls::CancelSweep(const v1::CancelSweepRequest& request,
                                     const Caller& caller,
                                     v1::Sweep* response) {
  ASSIGN_OR_RETURN(v1::Sweep sweep, reader_->GetSweep(request.sweep()));
  RETURN_IF_ERROR(CheckMayChange(sweep, caller));
  absl::StatusOr<v1::Sweep> cancelled = absl::UnknownError("");
  RETURN_IF_ERROR(Run([&](Coordinator& coordinator, absl::Time now) {
    cancelled = coordinator.CancelSweep(sweep.sweep_id(), now);
  }));
  // The sweep is not running any more; the ledger knows how it ended.
  if (!cancelled.ok()) cancelled = reader_->GetSweep(request.sweep());
  if (cancelled.ok() && cancelled->state() == v1::SWEEP_STATE_RUNNING) {
    return absl::InternalError(absl::StrCat(
        "sweep ", request.sweep(),
        " is running in the ledger, and the "
        "coordinator does not know it; it is not cancelled. Start the "
        "coordinator again"));
  }
  if (cancelled.ok() && cancelled->state() == v1::SWEEP_STATE_COMPLETED) {
    return EndedError(*cancelled, "cancelled");
  }
  if (cancelled.ok()) response->Swap(&*cancelled);
  return cancelled.status();
}

absl::Status SweepCalls::UpdateSweep(const v1::UpdateSweepRequest& request,
                                     const Caller& caller,
                                     v1::Sweep* response) {
  ASSIGN_OR_RETURN(v1::Sweep sweep, reader_->GetSweep(request.sweep()));
  RETURN_IF_ERROR(CheckMayChange(sweep, caller));
  absl::StatusOr<v1::Sweep> changed = absl::UnknownError("");
  RETURN_IF_ERROR(Run([&](Coordinator& coordinator, absl::Time now) {
    changed = coordinator.ChangeSweep(sweep.sweep_id(), request, now);
  }));
  if (absl::IsNotFound(changed.status())) {
    // The sweep is not running; the ledger knows how it ended.
    ASSIGN_OR_RETURN(sweep, reader_->GetSweep(request.sweep()));
    return EndedError(sweep, !request.has_paused() ? "changed"
                             : request.paused()    ? "paused"
                                                   : "resumed");
  }
  if (changed.ok()) response->Swap(&*changed);
  return changed.status();
}

absl::Status SweepCalls::RetrySweep(const v1::RetrySweepRequest& request,
                                    const Caller& caller, v1::Sweep* response) {
  ASSIGN_OR_RETURN(v1::Sweep sweep, reader_->GetSweep(request.sweep()));
  RETURN_IF_ERROR(CheckMayChange(sweep, caller));
  const int64_t id = sweep.sweep_id();
  // The search for failed trials runs outside of decisions, and a decision
  // retries only so many trials that others need not wait long.
  ASSIGN_OR_RETURN(int64_t first, reader_->NextFailedTrial(id, 0));
  do {  // At least once, to get the answer for a sweep without failed trials.
    ASSIGN_OR_RETURN(sweep, RetryPiece(id, std::max<int64_t>(first, 0)));
    if (first < 0) break;
    ASSIGN_OR_RETURN(first,
                     reader_->NextFailedTrial(id, first + kTrialsPerRetry));
  } while (first >= 0);
  response->Swap(&sweep);
  return absl::OkStatus();
}

absl::StatusOr<v1::Sweep> SweepCalls::RetryPiece(int64_t sweep_id,
                                                 int64_t first) {
  absl::StatusOr<v1::Sweep> sweep = absl::UnavailableError("");
  // During a decision the ledger is in the state after the last transaction. If
  // this transaction changes the sweep, RetryTrials is UNAVAILABLE, and the
  // next decision sees the change.
  while (absl::IsUnavailable(sweep.status())) {
    RETURN_IF_ERROR(Run([&](Coordinator& coordinator, absl::Time now) {
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

absl::Status SweepCalls::DeleteSweep(const v1::DeleteSweepRequest& request,
                                     const Caller& caller,
                                     v1::DeleteSweepResponse* response) {
  ASSIGN_OR_RETURN(const v1::Sweep sweep, reader_->GetSweep(request.sweep()));
  RETURN_IF_ERROR(CheckMayChange(sweep, caller));
  ASSIGN_OR_RETURN(
      const int64_t trials,
      DeleteOne(sweep.sweep_id(), caller.name.empty()
                                      ? "as it was asked for"
                                      : absl::StrCat("by ", caller.name)));
  response->set_sweep_id(sweep.sweep_id());
  response->set_trials(trials);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SweepCalls::DeleteOne(int64_t sweep_id,
                                              const std::string& why) {
  absl::StatusOr<LedgerState::OpenSweep> recorded = absl::UnknownError("");
  absl::Status deleted = absl::UnavailableError("");
  // As in RetryPiece, the next decision sees what this one cannot.
  constexpr int kMostTries = 3;
  for (int tries = 0; tries < kMostTries && absl::IsUnavailable(deleted);
       ++tries) {
    RETURN_IF_ERROR(Run([&](Coordinator& coordinator, absl::Time now) {
      recorded = reader_->GetFailedTrials(sweep_id, 0, 0);
      deleted = recorded.ok() ? coordinator.DeleteSweep(*recorded, why, now)
                              : recorded.status();
    }));
  }
  if (absl::IsUnavailable(deleted)) {
    return absl::InternalError(absl::StrCat(
        "sweep ", sweep_id,
        " is running in the ledger, and the coordinator does not know it; it "
        "is not deleted. Start the coordinator again"));
  }
  RETURN_IF_ERROR(deleted);
  return recorded->next_index;
}

absl::StatusOr<int> SweepCalls::DeleteEnded(
    absl::Time time, absl::FunctionRef<bool(const v1::Sweep&)> keeps,
    int most) {
  ASSIGN_OR_RETURN(const std::vector<v1::Sweep> ended,
                   reader_->ListEnded(time));
  int count = 0;
  for (const v1::Sweep& sweep : ended) {
    if (count == most) break;
    if (keeps(sweep)) continue;
    const auto deleted = DeleteOne(
        sweep.sweep_id(),
        absl::StrCat(
            "as it ended on ",
            absl::FormatTime("%Y-%m-%d",
                             absl::FromUnixSeconds(sweep.end_time().seconds()),
                             absl::UTCTimeZone())));
    // Somebody may have deleted it, or have had its failed trials retried.
    if (absl::IsNotFound(deleted.status()) ||
        absl::IsFailedPrecondition(deleted.status())) {
      continue;
    }
    RETURN_IF_ERROR(deleted.status());
    ++count;
  }
  return count;
}

absl::Status SweepCalls::GetTrial(const v1::GetTrialRequest& request,
                                  v1::Trial* response) {
  ASSIGN_OR_RETURN(v1::Sweep sweep, reader_->GetSweep(request.sweep()));
  ASSIGN_OR_RETURN(const auto space, spaces_.Get(sweep));
  const int64_t index = request.trial_index();
  if (index < 0 || index >= space->size()) {
    return absl::OutOfRangeError(
        absl::StrCat("sweep ", sweep.sweep_id(), " has trials 0 to ",
                     space->size() - 1, ", found ", index));
  }
  ASSIGN_OR_RETURN(*response, reader_->GetTrial(sweep.sweep_id(), index));
  *response->mutable_spec() = space->TrialAt(index);
  if (sweep.state() == v1::SWEEP_STATE_CANCELLED &&
      response->state() == v1::TRIAL_STATE_PENDING) {
    response->set_state(v1::TRIAL_STATE_CANCELLED);  // It was never given out.
  }
  return absl::OkStatus();
}

absl::Status SweepCalls::DrainWorkers(const v1::DrainWorkersRequest& request,
                                      v1::ListWorkersResponse* response) {
  absl::StatusOr<std::vector<v1::Worker>> workers = absl::UnknownError("");
  RETURN_IF_ERROR(Run([&](Coordinator& coordinator, absl::Time now) {
    workers = coordinator.DrainWorkers(request.worker(), now);
  }));
  RETURN_IF_ERROR(workers.status());
  for (v1::Worker& worker : *workers) response->add_workers()->Swap(&worker);
  return absl::OkStatus();
}

absl::Status SweepCalls::ListWorkers(const v1::ListWorkersRequest& request,
                                     v1::ListWorkersResponse* response) {
  if (look_ == nullptr) return ReadOnly();
  ASSIGN_OR_RETURN(const auto look, look_());
  for (const v1::Worker& worker : look->workers) {
    *response->add_workers() = worker;
  }
  return absl::OkStatus();
}

absl::Status SweepCalls::GetDatasetInfo(
    const v1::GetDatasetInfoRequest& request, v1::Dataset* response) {
  ASSIGN_OR_RETURN(*response, reader_->GetDatasetInfo(request.digest()));
  return absl::OkStatus();
}

}  // namespace fathom::server
