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
#include "server/store/ledger.h"

namespace fathom::server {

// Why a Core has ended, by the status that it tells.
enum class FatalKind {
  kDisk,  // The ledger cannot be written. A new start may help.
  kFile,  // The file is damaged, or is not the one that it was. Look first.
  kBug,   // What was decided contradicts the ledger, which is whole.
};
FatalKind FatalKindOf(const absl::Status& status);

// A Coordinator and its Ledger, and the order in which things happen to them:
// decide, commit everything decided in one transaction (group commit), and only
// then let the answers go. What the world sees is on disk.
//
// When the ledger cannot be written (disk full, I/O error), or its path names
// another file by now, nothing more is decided, and every task fails with the
// same error. The ledger then ends at the last commit; a new start goes on from
// there.
//
// When it can, but refuses what was decided, the disk is not at fault and
// nobody else should suffer. Nothing of the transaction has happened then: a
// new coordinator goes on from the ledger, everybody connects again, and for a
// while every task has a transaction of its own, so that only the one fails
// whose content is refused. Where a bug of ours is refused that nobody has
// sent, and again after that, there is nobody to leave out: that ends it.
//
// No thread and no clock of its own. Not thread-safe.
class Core {
 public:
  // What to do with the coordinator; the time is the same for everything in one
  // transaction.
  using Decide = absl::AnyInvocable<void(Coordinator&, absl::Time now)>;
  // Called once the effects of the decision are on disk, or with the error that
  // keeps them from it.
  using Done = absl::AnyInvocable<void(const absl::Status&)>;

  // One of `decide`, perhaps with `done`, and `use_ledger`.
  struct Task {
    Decide decide;
    Done done;
    absl::AnyInvocable<void(Ledger&)> use_ledger;
  };

  // How to go on when a commit fails although the disk is fine.
  struct Recovery {
    // Another program holds the file locked, for longer than the ledger waits
    // by itself, and this for so many `times` in this transaction. Whether to
    // wait on; without it, nobody waits.
    absl::AnyInvocable<bool(const absl::Status&, int times)> wait_on;
    // Makes a coordinator of what the ledger holds. Without it, a refusal of
    // the ledger is like a disk that cannot be written.
    absl::AnyInvocable<absl::StatusOr<std::unique_ptr<Coordinator>>(
        Ledger&, absl::Time now)>
        restart;
    // Called after a restart, with the refusal: the new coordinator knows no
    // connection.
    absl::AnyInvocable<void(const absl::Status&)> on_restart;
  };

  // `deliver` sends the messages of effects that are on disk; `on_fatal` is
  // called at most once, when the ledger cannot be written any more.
  Core(std::unique_ptr<Ledger> ledger, std::unique_ptr<Coordinator> coordinator,
       absl::AnyInvocable<void(Effects&)> deliver,
       absl::AnyInvocable<void(const absl::Status&)> on_fatal,
       Recovery recovery = {});

  // Carries out `tasks`, in order, in one transaction; in one for each after a
  // restart.
  void Execute(std::vector<Task>& tasks, absl::Time now);

  // Whether there is something to decide even without a task.
  bool behind() const { return fatal_.ok() && coordinator_->behind(); }

  // OK as long as the ledger can be written.
  const absl::Status& fatal() const { return fatal_; }

 private:
  void ExecuteTogether(absl::Span<Task> tasks, absl::Time now);
  absl::Status Commit(const Effects& effects, absl::Time now);
  // Goes on from the ledger after a refusal. Returns what to tell the tasks.
  absl::Status Restart(const absl::Status& refusal, absl::Span<Task> tasks,
                       absl::Time now);

  const std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Coordinator> coordinator_;
  absl::AnyInvocable<void(Effects&)> deliver_;
  absl::AnyInvocable<void(const absl::Status&)> on_fatal_;
  Recovery recovery_;
  absl::Time careful_until_ = absl::InfinitePast();
  absl::Time last_look_ = absl::InfinitePast();  // At the file.
  absl::Status fatal_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_CORE_H_
