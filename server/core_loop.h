#ifndef FATHOM_SERVER_CORE_LOOP_H_
#define FATHOM_SERVER_CORE_LOOP_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "proto/shared/clock.h"
#include "server/coordinator/coordinator.h"
#include "server/core.h"
#include "server/store/ledger.h"

namespace fathom::server {

// One open stream to a worker, as the loop sees it.
class WorkerStream {
 public:
  virtual ~WorkerStream() = default;

  // Sends `messages`, which it may move from, after the earlier ones.
  // Thread-safe; ignored once closed.
  virtual void Send(absl::Span<v1::CoordinatorMessage> messages) = 0;

  // Ends the stream after what was sent. Thread-safe; harmless to repeat.
  virtual void Close(const absl::Status& status) = 0;
};

// The thread that owns the Core: it takes everything that has come in since the
// last transaction and has it carried out in the next one. When the ledger
// cannot be written any more, every stream is closed, every call fails with the
// same error, and `on_fatal` is told.
//
// This class is thread-safe.
class CoreLoop {
 public:
  // Both are called on the loop's thread.
  using Decide = Core::Decide;
  using Done = Core::Done;

  // `on_fatal` is called at most once, on the loop's thread. `log_events`
  // writes the events of the ledger to the log as well. `restart`: see
  // Core::Recovery.
  CoreLoop(std::unique_ptr<Ledger> ledger,
           std::unique_ptr<Coordinator> coordinator, Clock clock,
           absl::AnyInvocable<void(const absl::Status&)> on_fatal,
           bool log_events,
           decltype(Core::Recovery::restart) restart = nullptr);

  // Carries out what was posted, closes the ledger and joins the thread.
  ~CoreLoop();

  CoreLoop(const CoreLoop&) = delete;
  CoreLoop& operator=(const CoreLoop&) = delete;

  void Post(Decide decide, Done done);

  // Runs `use` on the ledger, between transactions.
  void PostLedger(absl::AnyInvocable<void(Ledger&)> use);

  // Uses the ledger for a short while (about a MiB) of something long. One such
  // use goes between two transactions, so that decisions never wait for more.
  // Is given the error instead when the ledger cannot be written any more.
  // What is posted while the loop ends is dropped.
  using UseLedger = absl::AnyInvocable<void(absl::StatusOr<Ledger*>)>;
  void PostBulk(UseLedger use);

  // Introduces a stream. `stream` must stay valid until Unregister.
  ConnectionId Register(std::shared_ptr<WorkerStream> stream);

  // Tells the coordinator that the stream is gone and forgets it.
  void Unregister(ConnectionId connection);

  // Closes every stream.
  void CloseStreams(const absl::Status& status);

 private:
  using Task = Core::Task;

  void Run();
  // Waits for tasks until `deadline`. False when the loop should end.
  bool TakeTasks(absl::Time deadline, std::vector<Task>& tasks);
  // Carries out the bulk use that has waited longest.
  void RunBulk();
  void Deliver(Effects& effects);
  void Fail(const absl::Status& status);
  Core::Recovery MakeRecovery(decltype(Core::Recovery::restart) restart);

  Core core_;  // Only the loop's thread.
  const Clock clock_;
  absl::AnyInvocable<void(const absl::Status&)> on_fatal_;
  const bool log_events_;

  absl::Mutex mutex_;
  std::vector<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  std::deque<UseLedger> bulk_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<ConnectionId, std::shared_ptr<WorkerStream>> streams_
      ABSL_GUARDED_BY(mutex_);
  ConnectionId next_connection_ ABSL_GUARDED_BY(mutex_) = 1;

  std::thread thread_;  // Last: starts only after the fields above exist.
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_CORE_LOOP_H_
