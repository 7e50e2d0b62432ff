#include "server/api/live_view.h"

#include <utility>

namespace fathom::server {
namespace {

// How long somebody waits for the very first view.
constexpr absl::Duration kFirstPatience = absl::Seconds(10);

}  // namespace

LiveView::LiveView(CoreLoop* loop, Clock clock)
    : loop_(loop),
      clock_(std::move(clock)),
      state_(std::make_shared<State>()) {}

absl::StatusOr<std::shared_ptr<const Coordinator::Look>> LiveView::Get() {
  State& state = *state_;
  absl::MutexLock lock(&state.mutex);
  const absl::Duration age = clock_() - state.taken;
  const bool fresh = state.changes_seen == state.changes &&
                     age >= absl::ZeroDuration() && age <= kFresh;
  if (state.look != nullptr && fresh) return state.look;
  const uint64_t wanted = state.changes;
  const absl::Time before = state.taken;
  if (!state.asked) Ask();
  const auto is_new = [&state, wanted,
                       before]() ABSL_SHARED_LOCKS_REQUIRED(state.mutex) {
    return !state.status.ok() ||
           (state.taken != before && state.changes_seen >= wanted) ||
           !state.asked;
  };
  state.mutex.AwaitWithTimeout(absl::Condition(&is_new), state.look == nullptr
                                                             ? kFirstPatience
                                                             : kPatience);
  // What was under way had been asked for before the last change.
  if (state.changes_seen < wanted && !state.asked && state.status.ok()) {
    Ask();
    state.mutex.AwaitWithTimeout(absl::Condition(&is_new), kPatience);
  }
  if (!state.status.ok()) return state.status;
  if (state.look != nullptr) return state.look;
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
