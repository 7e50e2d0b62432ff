#include "client/ui/data/rates.h"

#include <algorithm>

namespace fathom::client {
namespace {

constexpr size_t kMostMeters = 1000;
constexpr absl::Duration kWindow = absl::Seconds(30);
// Observations nearer than that are one.
constexpr absl::Duration kApart = absl::Milliseconds(200);

}  // namespace

void Rates::Add(const v1::Sweep& sweep, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (sweep.state() != v1::SWEEP_STATE_RUNNING || sweep.paused() ||
      sweep.interrupted()) {
    meters_.erase(sweep.sweep_id());
    return;
  }
  if (meters_.size() >= kMostMeters && !meters_.contains(sweep.sweep_id())) {
    meters_.clear();
  }
  Meter& meter = meters_[sweep.sweep_id()];
  if (now - meter.last < kApart) return;
  meter.last = now;
  meter.meter.Add(now, sweep.progress().fraction(),
                  FinishedTrials(sweep.progress()));
}

Rates::Rate Rates::Of(int64_t sweep_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = meters_.find(sweep_id);
  if (found == meters_.end()) return {};
  return {found->second.meter.trials_per_second(),
          found->second.meter.remaining()};
}

WorkerRates::Rate WorkerRates::Add(const v1::Worker& worker, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (samples_.size() >= kMostMeters &&
      !samples_.contains(worker.session_id())) {
    samples_.clear();
  }
  std::deque<Sample>& samples = samples_[worker.session_id()];
  const v1::WorkerTelemetry& telemetry = worker.telemetry();
  if (samples.empty() || now - samples.back().time >= kApart) {
    samples.push_back({now, worker.finished_trials(), telemetry.busy_seconds(),
                       telemetry.flops()});
  }
  // The first one may be older than the window, so that they span it.
  while (samples.size() > 2 && now - samples[1].time >= kWindow) {
    samples.pop_front();
  }
  Rate rate;
  const Sample& first = samples.front();
  const Sample& last = samples.back();
  const double seconds = absl::ToDoubleSeconds(last.time - first.time);
  if (seconds <= 0) {
    if (worker.has_telemetry() && worker.slots() > 0) {
      rate.busy = std::clamp(
          static_cast<double>(telemetry.busy_slots()) / worker.slots(), 0.0,
          1.0);
    }
    return rate;
  }
  rate.trials_per_second =
      static_cast<double>(last.finished - first.finished) / seconds;
  if (!worker.has_telemetry()) return rate;
  const double busy = last.busy_seconds - first.busy_seconds;
  if (worker.slots() > 0) {
    rate.busy = std::clamp(busy / (seconds * worker.slots()), 0.0, 1.0);
  }
  if (busy > 0 && telemetry.peak_flops_per_second() > 0) {
    rate.peak_share = std::clamp(
        (last.flops - first.flops) / busy / telemetry.peak_flops_per_second(),
        0.0, 1.0);
  }
  return rate;
}

}  // namespace fathom::client
