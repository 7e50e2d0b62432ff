#include "worker/session/work_meter.h"

namespace fathom::worker {

WorkMeter::Bundle::Bundle(WorkMeter* meter, double flops_per_step)
    : meter_(meter), flops_per_step_(flops_per_step), start_(SteadyNow()) {
  absl::MutexLock lock(&meter_->mutex_);
  meter_->bundles_.insert(this);
}

WorkMeter::Bundle::~Bundle() {
  absl::MutexLock lock(&meter_->mutex_);
  meter_->bundles_.erase(this);
  meter_->busy_ += SteadySince(start_);
  meter_->steps_ += steps_.load(std::memory_order_relaxed);
  // What a heartbeat has told already is not taken back.
  meter_->flops_ += std::max(FlopsSoFar(), flops_);
}

double WorkMeter::Bundle::FlopsSoFar() const {
  return flops_per_step_ *
         static_cast<double>(steps_.load(std::memory_order_relaxed));
}

void WorkMeter::NoteAck(absl::Duration time) {
  absl::MutexLock lock(&mutex_);
  acks_.Add(absl::ToDoubleSeconds(time));
}

void WorkMeter::NoteReconnection() {
  absl::MutexLock lock(&mutex_);
  ++reconnections_;
}

void WorkMeter::NotePeak(double flops_per_second) {
  absl::MutexLock lock(&mutex_);
  peak_ = flops_per_second;
}

v1::WorkerTelemetry WorkMeter::Read() {
  v1::WorkerTelemetry telemetry;
  absl::MutexLock lock(&mutex_);
  absl::Duration busy = busy_;
  int64_t steps = steps_;
  double flops = flops_;
  for (const Bundle* const bundle : bundles_) {
    busy += SteadySince(bundle->start_);
    steps += bundle->steps_.load(std::memory_order_relaxed);
    flops += bundle->FlopsSoFar();
  }
  telemetry.set_busy_slots(static_cast<int32_t>(bundles_.size()));
  telemetry.set_busy_seconds(absl::ToDoubleSeconds(busy));
  telemetry.set_steps(steps);
  telemetry.set_flops(flops);
  telemetry.set_peak_flops_per_second(peak_);
  telemetry.set_unacknowledged_reports(
      unacknowledged_.load(std::memory_order_relaxed));
  *telemetry.mutable_ack_seconds() = acks_.ToProto();
  telemetry.set_reconnections(reconnections_);
  return telemetry;
}

}  // namespace fathom::worker
