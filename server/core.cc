#include "server/core.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"

namespace fathom::server {
namespace {

// How long each task has a transaction of its own after a restart: the sender
// of refused content sends it again within seconds.
constexpr absl::Duration kCareful = absl::Minutes(1);

// How often the file is checked while nothing is written.
constexpr absl::Duration kLook = absl::Milliseconds(900);

// Whether the ledger itself is fine, and has refused to record a decision.
bool IsRefusal(const absl::Status& status) {
  return FatalKindOf(status) == FatalKind::kBug;
}

}  // namespace

FatalKind FatalKindOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
      return FatalKind::kBug;
    case absl::StatusCode::kDataLoss:
      return FatalKind::kFile;
    default:
      return FatalKind::kDisk;
  }
}

Core::Core(std::unique_ptr<Ledger> ledger,
           std::unique_ptr<Coordinator> coordinator,
           absl::AnyInvocable<void(Effects&)> deliver,
           absl::AnyInvocable<void(const absl::Status&)> on_fatal,
           Recovery recovery)
    : ledger_(std::move(ledger)),
      coordinator_(std::move(coordinator)),
      deliver_(std::move(deliver)),
      on_fatal_(std::move(on_fatal)),
      recovery_(std::move(recovery)) {}

void Core::Execute(std::vector<Task>& tasks, absl::Time now) {
  const absl::Span<Task> all = absl::MakeSpan(tasks);
  const size_t together = now < careful_until_ ? 1 : all.size();
  if (all.empty()) ExecuteTogether(all, now);
  for (size_t first = 0; first < all.size();) {
    const size_t size = std::min(together, all.size() - first);
    ExecuteTogether(all.subspan(first, size), now);
    first += size;
  }
}

void Core::ExecuteTogether(absl::Span<Task> tasks, absl::Time now) {
  if (!tasks.empty()) stats_.batch.Add(static_cast<double>(tasks.size()));
  for (Task& task : tasks) {
    if (task.use_ledger != nullptr) {
      task.use_ledger(*ledger_);
    } else if (fatal_.ok()) {
      task.decide(*coordinator_, now);
    }
  }
  absl::Status result = fatal_;
  absl::Status refusal;
  if (fatal_.ok()) {
    if (coordinator_->behind()) coordinator_->CatchUp(now);
    Effects effects = coordinator_->TakeEffects();
    result = Commit(effects, now);
    if (IsRefusal(result) && recovery_.restart != nullptr) {
      refusal = result;
      result = Restart(refusal, tasks, now);
    } else {
      fatal_ = result;
    }
    if (result.ok()) {
      stats_.NoteCommitted(effects);
      deliver_(effects);
    }
    if (!fatal_.ok()) on_fatal_(fatal_);
  }
  // Before on_restart closes all streams, so that the sender of refused content
  // learns the reason.
  for (Task& task : tasks) {
    if (task.done != nullptr) task.done(result);
  }
  if (!refusal.ok() && fatal_.ok() && recovery_.on_restart != nullptr) {
    recovery_.on_restart(refusal);
  }
}

absl::Status Core::Clean(absl::Time now) {
  RETURN_IF_ERROR(fatal_);
  ASSIGN_OR_RETURN(const Ledger::Cleaned cleaned,
                   ledger_->Clean(now, [this](const std::string& session) {
                     return coordinator_->HasSession(session);
                   }));
  stats_.rows_removed.Add(cleaned.rows);
  stats_.bytes_returned.Add(cleaned.bytes);
  stats_.cleaning = cleaned.more;
  return absl::OkStatus();
}

absl::Status Core::Commit(const Effects& effects, absl::Time now) {
  if (effects.writes.empty()) {
    // A clock that was set back must not delay the check.
    if (now >= last_look_ && now - last_look_ < kLook) return absl::OkStatus();
    last_look_ = now;
    return ledger_->CheckFile();
  }
  absl::Status status = ledger_->Commit(effects.writes);
  for (int times = 1; absl::IsAborted(status) && recovery_.wait_on != nullptr &&
                      recovery_.wait_on(status, times);
       ++times) {
    status = ledger_->Commit(effects.writes);
  }
  last_look_ = now;
  if (status.ok()) {
    stats_.write_seconds.Add(ledger_->last_commit().write_seconds);
    stats_.sync_seconds.Add(ledger_->last_commit().sync_seconds);
  }
  return status;
}

absl::Status Core::Restart(const absl::Status& refusal, absl::Span<Task> tasks,
                           absl::Time now) {
  const bool has_sender =
      std::any_of(tasks.begin(), tasks.end(),
                  [](const Task& task) { return task.done != nullptr; });
  if (!has_sender && now < careful_until_) {
    fatal_ = refusal;
    return fatal_;
  }
  auto coordinator = recovery_.restart(*ledger_, now);
  if (!coordinator.ok()) {
    fatal_ = coordinator.status();
    return fatal_;
  }
  if (!coordinator_->granting()) (*coordinator)->StopGranting();
  coordinator_ = *std::move(coordinator);
  careful_until_ = now + kCareful;
  if (tasks.size() == 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("the ledger does not take this: ", refusal.message()));
  }
  return absl::UnavailableError(
      absl::StrCat("something else in the same moment was refused, try again: ",
                   refusal.message()));
}

}  // namespace fathom::server
