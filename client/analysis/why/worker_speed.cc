#include "client/analysis/why/worker_speed.h"

namespace fathom::client {

WorkerSpeed SpeedOf(const v1::Worker& worker) {
  WorkerSpeed speed;
  if (!worker.connected() || !worker.has_telemetry()) return speed;
  const v1::WorkerTelemetry& said = worker.telemetry();
  if (worker.slots() > 0) {
    speed.busy = static_cast<double>(said.busy_slots()) / worker.slots();
  }
  // A session that has hardly begun has no mean yet.
  if (!(said.busy_seconds() > 0) || said.steps() == 0) return speed;
  speed.steps_per_second = static_cast<double>(said.steps()) /
                           said.busy_seconds() * said.busy_slots();
  if (said.peak_flops_per_second() > 0) {
    speed.peak_share =
        said.flops() / said.busy_seconds() / said.peak_flops_per_second();
  }
  return speed;
}

}  // namespace fathom::client
