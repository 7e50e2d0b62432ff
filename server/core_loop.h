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
#include "server/event_log.h"
#include "server/store/ledger.h"

namespace fathom::server {

// The interface of an open stream to a worker that the loop uses.
class WorkerStream {
 public:
  virtual ~WorkerStream() = default;

  // Sends `messages`, which it may move from, after all earlier ones. Does
  // nothing once the stream is closed. Thread-safe.
  virtual void Send(absl::Span<v1::CoordinatorMessage> messages) = 0;

  // Ends the stream after the messages that were sent. Another call has no
  // effect. Thread-safe.
  virtual void Close(const absl::Status& status) = 0;
};

// Runs the thread that owns the Core. The thread takes all tasks that have come
// in since the last transaction and has them carried out in the next one. When
// the ledger cannot be written any more, every stream is closed, every call
// fails with the same error, and `on_fatal` is called.
//
// What nothing needs any more (Ledger::Clean) goes in steps of some
// milliseconds, between two transactions. While others want something as well,
// the steps take a hundredth of the time, so that hardly anybody meets one.
//
// This class is thread-safe.
class CoreLoop {
 public:
  // Both are called on the loop's thread.
  using Decide = Core::Decide;
  using Done = Core::Done;

  // `on_fatal` is called at most once, on the loop's thread. `event_log` gets
  // the effects that are on disk; it may be null. See Core::Recovery for
  // `restart`.
  CoreLoop(std::unique_ptr<Ledger> ledger,
           std::unique_ptr<Coordinator> coordinator, Clock clock,
           absl::AnyInvocable<void(const absl::Status&)> on_fatal,
           std::unique_ptr<EventLog> event_log = nullptr,
           decltype(Core::Recovery::restart) restart = nullptr);

  // Carries out what was posted before, joins the thread and closes the ledger.
  ~CoreLoop();

  CoreLoop(const CoreLoop&) = delete;
  CoreLoop& operator=(const CoreLoop&) = delete;

  // Runs `decide` in the next transaction, then calls `done`, which may be
  // null.
  void Post(Decide decide, Done done);

  // Runs `use` on the ledger, between transactions.
  void PostLedger(absl::AnyInvocable<void(Ledger&)> use);

  // Runs `use`, a short part (about a MiB) of something that takes long, on the
  // ledger. At most one such use runs between two transactions, so that
  // decisions never wait for more. When the ledger cannot be written any more,
  // `use` gets the error instead. Uses that are posted while the loop ends are
  // dropped.
  using UseLedger = absl::AnyInvocable<void(absl::StatusOr<Ledger*>)>;
  void PostBulk(UseLedger use);

  // Adds a stream, which is kept until Unregister.
  ConnectionId Register(std::shared_ptr<WorkerStream> stream);

  // Tells the coordinator that the stream has ended, and forgets it.
  void Unregister(ConnectionId connection);

  // Closes every stream.
  void CloseStreams(const absl::Status& status);

  // What has been done so far, and how many tasks wait. Neither waits for a
  // transaction.
  const CoreStats& stats() const { return core_.stats(); }
  int64_t waiting_tasks() const;

 private:
  using Task = Core::Task;

  void Run();
  // Waits for tasks until `deadline`. Returns false when the loop should end.
  bool TakeTasks(absl::Time deadline, std::vector<Task>& tasks);
  // Runs the bulk use that has waited longest. Returns whether there was one.
  bool RunBulk();
  // Takes a step of cleaning up, if there is one and it is time for it. `busy`
  // says whether anything else was done since the last call.
  void CleanUp(bool busy);
  // Sends the messages of `effects`, which are on disk, and closes streams.
  void Deliver(Effects& effects);
  // Closes all streams because the Core has ended.
  void Fail(const absl::Status& status);
  // Returns how the Core continues: it waits for locks until the loop ends, and
  // a restart closes all streams.
  Core::Recovery MakeRecovery(decltype(Core::Recovery::restart) restart);

  Core core_;  // Used by the loop's thread only.
  const Clock clock_;
  absl::AnyInvocable<void(const absl::Status&)> on_fatal_;
  const std::unique_ptr<EventLog> event_log_;
  // When the next step of cleaning up may begin, and whether others have wanted
  // something since the last one.
  absl::Time next_step_ = absl::InfinitePast();
  bool busy_ = false;

  mutable absl::Mutex mutex_;
  std::vector<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  std::deque<UseLedger> bulk_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<ConnectionId, std::shared_ptr<WorkerStream>> streams_
      ABSL_GUARDED_BY(mutex_);
  ConnectionId next_connection_ ABSL_GUARDED_BY(mutex_) = 1;

  std::thread thread_;  // The last field, as it uses those above.
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_CORE_LOOP_H_
