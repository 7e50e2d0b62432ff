#ifndef FATHOM_SERVER_API_LIVE_VIEW_H_
#define FATHOM_SERVER_API_LIVE_VIEW_H_

#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "proto/shared/clock.h"
#include "server/coordinator/coordinator.h"
#include "server/core_loop.h"

namespace fathom::server {

// Shares what the coordinator knows and the ledger does not: how far leases
// have come, and who is at work. One view serves all callers within a moment.
// While decisions take long, callers get the previous view. Callers who only
// look thereby neither wait for decisions nor keep the coordinator busy.
//
// This class is thread-safe.
class LiveView {
 public:
  // `loop` must outlive this object; it is null only where Get is never called.
  LiveView(CoreLoop* loop, Clock clock);

  // Returns a view that is at most kFresh old or, when none comes within
  // kPatience, the previous one. UNAVAILABLE when there has never been a view
  // and none comes within ten seconds; the error of the ledger when it cannot
  // be written.
  absl::StatusOr<std::shared_ptr<const Coordinator::Look>> Get();

  // To be called after a change, so that who made the change sees it: no view
  // from before counts as fresh any more.
  void Invalidate();

  static constexpr absl::Duration kFresh = absl::Milliseconds(100);
  static constexpr absl::Duration kPatience = absl::Milliseconds(200);

 private:
  // Shared with a request to the loop, which may outlive this object.
  struct State {
    absl::Mutex mutex;
    std::shared_ptr<const Coordinator::Look> look ABSL_GUARDED_BY(mutex);
    absl::Status status ABSL_GUARDED_BY(mutex);
    absl::Time taken ABSL_GUARDED_BY(mutex) = absl::InfinitePast();
    uint64_t changes ABSL_GUARDED_BY(mutex) = 0;
    // The changes that `look` includes.
    uint64_t changes_seen ABSL_GUARDED_BY(mutex) = 0;
    bool asked ABSL_GUARDED_BY(mutex) = false;
  };

  // Asks the loop for a new view.
  void Ask() ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);

  CoreLoop* const loop_;
  const Clock clock_;
  const std::shared_ptr<State> state_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_LIVE_VIEW_H_
