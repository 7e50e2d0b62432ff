#include "worker/session/pulse.h"

#include <utility>

#include "absl/time/clock.h"

namespace fathom {

void Pulse::Add(std::shared_ptr<const HeldLease> lease) {
  absl::MutexLock lock(&mutex_);
  const int64_t id = lease->lease.lease_id();
  leases_[id] = std::move(lease);
}

void Pulse::Remove(int64_t lease_id) {
  absl::MutexLock lock(&mutex_);
  leases_.erase(lease_id);
}

void Pulse::Rest() {
  absl::MutexLock lock(&mutex_);
  started_ = false;
  stopped_ = false;
}

void Pulse::Start(absl::Duration period) {
  absl::MutexLock lock(&mutex_);
  started_ = true;
  period_ = period;
  due_ = absl::Now() + period;
}

void Pulse::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
}

std::optional<v1::WorkerMessage> Pulse::Next() {
  absl::MutexLock lock(&mutex_);
  auto begun = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return started_ || stopped_;
  };
  mutex_.Await(absl::Condition(&begun));
  if (mutex_.AwaitWithDeadline(absl::Condition(&stopped_), due_)) {
    return std::nullopt;
  }
  due_ = absl::Now() + period_;
  v1::WorkerMessage message;
  v1::Heartbeat& heartbeat = *message.mutable_heartbeat();
  for (const auto& [id, lease] : leases_) {
    v1::LeaseProgress& progress = *heartbeat.add_progress();
    progress.set_lease_id(id);
    progress.set_steps(lease->steps);
  }
  return message;
}

}  // namespace fathom
