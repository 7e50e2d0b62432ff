#include "server/api/live_view.h"

#include <utility>

namespace fathom::server {
namespace {

// How long a caller waits for the very first view.
constexpr absl::Duration kFirstPatience = absl::Seconds(10);

}  // namespace

LiveView::LiveView(CoreLoop* loop, Clock clock)
    : loop_(loop),
      clock_(std::move(clock)),
      state_(std::make_shared<State>()) {}

absl::StatusOr<std::shared_ptr<const Coordinator::Look>> LiveView::Get() {
  absl::MutexLock lock(&state_->mutex);
  const absl::Duration age = clock_() - state_->taken;
  const bool fresh = state_->changes_seen == state_->changes &&
                     age >= absl::ZeroDuration() && age <= kFresh;
  if (state_->look != nullptr && fresh) return state_->look;
  const uint64_t wanted = state_->changes;
  const absl::Time before = state_->taken;
  if (!state_->asked) Ask();
  const auto is_new = [this, wanted,
                       before]() ABSL_SHARED_LOCKS_REQUIRED(state_->mutex) {
    return !state_->status.ok() ||
           (state_->taken != before && state_->changes_seen >= wanted) ||
           !state_->asked;
  };
  state_->mutex.AwaitWithTimeout(
      absl::Condition(&is_new),
      state_->look == nullptr ? kFirstPatience : kPatience);
  // The view that was under way had been requested before the last change, so
  // another one is needed.
  if (state_->changes_seen < wanted && !state_->asked && state_->status.ok()) {
    Ask();
    state_->mutex.AwaitWithTimeout(absl::Condition(&is_new), kPatience);
  }
  if (!state_->status.ok()) return state_->status;
  if (state_->look != nullptr) return state_->look;
  return absl::UnavailableError("the coordinator is too busy to say");
}

void LiveView::Invalidate() {
  absl::MutexLock lock(&state_->mutex);
  ++state_->changes;
}

void LiveView::Ask() {
  state_->asked = true;
  auto look = std::make_shared<Coordinator::Look>();
  loop_->Post([look](Coordinator& coordinator,
                     absl::Time now) { *look = coordinator.LookAt(now); },
              [look, state = state_, clock = clock_,
               changes = state_->changes](const absl::Status& status) {
                absl::MutexLock lock(&state->mutex);
                state->asked = false;
                state->status = status;
                if (!status.ok()) return;
                state->look = look;
                state->taken = clock();
                state->changes_seen = changes;
              });
}

}  // namespace fathom::server
