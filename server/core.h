#ifndef FATHOM_SERVER_CORE_H_
#define FATHOM_SERVER_CORE_H_

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/coordinator/coordinator.h"
#include "server/core_stats.h"
#include "server/store/ledger.h"

namespace fathom::server {

// Why a Core has ended.
enum class FatalKind {
  kDisk,  // The ledger cannot be written; a restart may help.
  kFile,  // The file is damaged or was replaced; look at it before a restart.
  kBug,   // A decision contradicts the ledger, which is intact.
};
// Returns the kind of the error with which the ledger has failed.
FatalKind FatalKindOf(const absl::Status& status);

// A Coordinator and its Ledger, and the order in which they are used: decide,
// commit all decisions in one transaction (group commit), and only then send
// the answers. Whatever anyone is told is therefore on disk.
//
// When the ledger cannot be written (disk full, I/O error), or another file has
// taken its path, nothing more is decided and every task fails with the same
// error. The ledger then ends at the last commit, from which a restart
// continues.
//
// When the ledger can be written but refuses a decision, the disk is not at
// fault, and only the sender of the refused content should suffer. Nothing of
// the transaction has happened then. A new coordinator continues from the
// ledger, and all workers connect again. For a while every task then has a
// transaction of its own, so that only the task fails whose content is refused.
// When a decision that no sender asked for is refused within that time, there
// is no task to leave out, and the Core ends.
//
// Has no thread and no clock of its own. Not thread-safe.
class Core {
 public:
  // Uses the coordinator. `now` is the same for all tasks of a transaction.
  using Decide = absl::AnyInvocable<void(Coordinator&, absl::Time now)>;
  // Called when the effects of the decision are on disk, or with the error that
  // prevents this.
  using Done = absl::AnyInvocable<void(const absl::Status&)>;

  // Has either `decide`, with or without `done`, or `use_ledger`.
  struct Task {
    Decide decide;
    Done done;
    absl::AnyInvocable<void(Ledger&)> use_ledger;
  };

  // How to continue when a commit fails although the disk is fine.
  struct Recovery {
    // Called when another program keeps the file locked for longer than the
    // ledger itself waits, for the `times`-th time in this transaction. Returns
    // whether to try again. Without it, there is no other try.
    absl::AnyInvocable<bool(const absl::Status&, int times)> wait_on;
    // Makes a new coordinator from what the ledger holds. Without it, a refusal
    // of the ledger ends the Core as an error of the disk does.
    absl::AnyInvocable<absl::StatusOr<std::unique_ptr<Coordinator>>(
        Ledger&, absl::Time now)>
        restart;
    // Called with the refusal after a restart. The new coordinator knows no
    // connections, so they should be closed.
    absl::AnyInvocable<void(const absl::Status&)> on_restart;
  };

  // `deliver` sends the messages of effects that are on disk. `on_fatal` is
  // called at most once, with the error that ends the Core.
  Core(std::unique_ptr<Ledger> ledger, std::unique_ptr<Coordinator> coordinator,
       absl::AnyInvocable<void(Effects&)> deliver,
       absl::AnyInvocable<void(const absl::Status&)> on_fatal,
       Recovery recovery = {});

  // Carries out `tasks` in order, in one transaction; for a while after a
  // restart, in one transaction for each task.
  void Execute(std::vector<Task>& tasks, absl::Time now);

  // Whether there are decisions to make even without a task; see
  // Coordinator::behind.
  bool behind() const { return fatal_.ok() && coordinator_->behind(); }

  // Whether there is something to clean up; see Ledger::Clean.
  bool HasCleaning(absl::Time now) const {
    return fatal_.ok() && ledger_->HasCleaning(now);
  }
  // Takes one small step of it, in a transaction of its own that does not wait
  // for the disk. After an error, which is that of Ledger::Clean, nothing has
  // happened.
  absl::Status Clean(absl::Time now);

  // OK until the Core has ended, then the error that ended it.
  const absl::Status& fatal() const { return fatal_; }

  // What this Core has done so far. Any thread may read it at any time.
  const CoreStats& stats() const { return stats_; }

 private:
  // Carries out `tasks` in one transaction.
  void ExecuteTogether(absl::Span<Task> tasks, absl::Time now);
  // Writes the effects to the ledger, or just checks the file from time to time
  // when there is nothing to write.
  absl::Status Commit(const Effects& effects, absl::Time now);
  // Makes a new coordinator after a refusal. Returns the error for the tasks.
  absl::Status Restart(const absl::Status& refusal, absl::Span<Task> tasks,
                       absl::Time now);

  const std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Coordinator> coordinator_;
  absl::AnyInvocable<void(Effects&)> deliver_;
  absl::AnyInvocable<void(const absl::Status&)> on_fatal_;
  Recovery recovery_;
  // Until then every task has a transaction of its own.
  absl::Time careful_until_ = absl::InfinitePast();
  // When the file was last looked at.
  absl::Time last_look_ = absl::InfinitePast();
  absl::Status fatal_;
  CoreStats stats_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_CORE_H_
