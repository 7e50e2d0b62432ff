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

// What the coordinator knows and the ledger does not: how far leases have come,
// and who is at work. It is taken once for all who ask within a moment, and who
// asks while decisions take long is told what was known before, so that those
// who only look neither wait for the decisions nor keep them busy.
//
// This class is thread-safe.
class LiveView {
 public:
  LiveView(CoreLoop* loop, Clock clock);

  // Returns a view that is at most kFresh old, or, when none comes within
  // kPatience, the one before. UNAVAILABLE when there has been none for longer
  // than any of ours waits; the error of a ledger that cannot be written.
  absl::StatusOr<std::shared_ptr<const Coordinator::Look>> Get();

  // Something was changed by somebody who may look at it next: no view from
  // before is fresh any more.
  void Invalidate();

  static constexpr absl::Duration kFresh = absl::Milliseconds(100);
  static constexpr absl::Duration kPatience = absl::Milliseconds(200);

 private:
  // Outlives this while the loop has a question.
  struct State {
    absl::Mutex mutex;
    std::shared_ptr<const Coordinator::Look> look ABSL_GUARDED_BY(mutex);
    absl::Status status ABSL_GUARDED_BY(mutex);
    absl::Time taken ABSL_GUARDED_BY(mutex) = absl::InfinitePast();
    uint64_t changes ABSL_GUARDED_BY(mutex) = 0;
    uint64_t changes_seen ABSL_GUARDED_BY(mutex) = 0;  // By `look`.
    bool asked ABSL_GUARDED_BY(mutex) = false;
  };

  // Has a new view taken.
  void Ask() ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);

  CoreLoop* const loop_;
  const Clock clock_;
  const std::shared_ptr<State> state_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_LIVE_VIEW_H_
