#include "worker/session/pulse.h"

#include <utility>

namespace fathom::worker {

void Pulse::Add(std::shared_ptr<const HeldLease> lease) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const int64_t id = lease->lease.lease_id();
  leases_[id] = std::move(lease);
}

void Pulse::Remove(int64_t lease_id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  leases_.erase(lease_id);
}

void Pulse::Rest() {
  const std::lock_guard<std::mutex> lock(mutex_);
  started_ = false;
  stopped_ = false;
}

void Pulse::Start(absl::Duration period) {
  const std::lock_guard<std::mutex> lock(mutex_);
  started_ = true;
  period_ = period;
  due_ = SteadyIn(period);
  changed_.notify_all();
}

void Pulse::Stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

std::optional<v1::WorkerMessage> Pulse::Next() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return started_ || stopped_; });
  if (changed_.wait_until(lock, due_, [this] { return stopped_; })) {
    return std::nullopt;
  }
  due_ = SteadyIn(period_);
  v1::WorkerMessage message;
  v1::Heartbeat& heartbeat = *message.mutable_heartbeat();
  for (const auto& [id, lease] : leases_) {
    v1::LeaseProgress& progress = *heartbeat.add_progress();
    progress.set_lease_id(id);
    progress.set_steps(lease->steps);
  }
  return message;
}

}  // namespace fathom::worker
