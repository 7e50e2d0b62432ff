#ifndef FATHOM_CLIENT_ANALYSIS_WHY_WORKER_SPEED_H_
#define FATHOM_CLIENT_ANALYSIS_WHY_WORKER_SPEED_H_

#include <optional>

#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// How fast a worker trains. What it has not said, or cannot say yet, is empty.
struct WorkerSpeed {
  // The share of its compute threads that train right now, 0 to 1.
  std::optional<double> busy;
  // Updates per second of the threads that train right now, each at the mean
  // speed of the session.
  std::optional<double> steps_per_second;
  // The operations per second of a thread that trains, as the mean of the
  // session, over what a thread of this machine reaches at best in double
  // precision. The engines estimate the operations, so that it may exceed 1,
  // above all for nets, which train in single precision.
  std::optional<double> peak_share;
};

// Returns the speed from what the worker says about itself.
WorkerSpeed SpeedOf(const v1::Worker& worker);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_WHY_WORKER_SPEED_H_
