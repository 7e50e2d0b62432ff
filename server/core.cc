#include "server/core.h"

#include <utility>

namespace fathom {

Core::Core(std::unique_ptr<Ledger> ledger,
           std::unique_ptr<Coordinator> coordinator,
           absl::AnyInvocable<void(Effects&)> deliver,
           absl::AnyInvocable<void(const absl::Status&)> on_fatal)
    : ledger_(std::move(ledger)),
      coordinator_(std::move(coordinator)),
      deliver_(std::move(deliver)),
      on_fatal_(std::move(on_fatal)) {}

void Core::Execute(std::vector<Task>& tasks, absl::Time now) {
  for (Task& task : tasks) {
    if (task.use_ledger != nullptr) {
      task.use_ledger(*ledger_);
    } else if (fatal_.ok()) {
      task.decide(*coordinator_, now);
    }
  }
  if (fatal_.ok()) {
    if (coordinator_->behind()) coordinator_->CatchUp(now);
    Effects effects = coordinator_->TakeEffects();
    if (!effects.writes.empty()) fatal_ = ledger_->Commit(effects.writes);
    if (fatal_.ok()) {
      deliver_(effects);
    } else {
      on_fatal_(fatal_);
    }
  }
  for (Task& task : tasks) {
    if (task.done != nullptr) task.done(fatal_);
  }
}

}  // namespace fathom
