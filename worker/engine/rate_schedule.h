#ifndef FATHOM_WORKER_ENGINE_RATE_SCHEDULE_H_
#define FATHOM_WORKER_ENGINE_RATE_SCHEDULE_H_

#include <cstdint>

#include "fathom/v1/sweep.pb.h"

namespace fathom::worker {

// The learning rate of every step of a trial, as v1::ScheduleSpec defines it.
// The same bits on every machine.
//
// Immutable, hence thread-safe.
class RateSchedule {
 public:
  // Of a trial of `steps` updates on `rows` samples, with a normalized, valid
  // optimizer.
  RateSchedule(const v1::OptimizerSpec& optimizer, int64_t steps, int64_t rows);

  // Whether the rate is the same in all steps.
  bool constant() const { return constant_; }

  // Returns eta(step) for 0 <= step < steps.
  double At(int64_t step) const;

 private:
  // A time is a fraction with the denominator unit_: samples that were gone
  // through over samples, or steps over 1.
  using Ticks = __int128;

  Ticks TicksAt(int64_t step) const { return Ticks{per_step_} * step; }
  // Returns the shape at `ticks` after the end of the warm-up.
  double Shape(Ticks ticks) const;

  const double rate_;
  const v1::ScheduleSpec spec_;
  bool constant_;
  int64_t per_step_ = 1;  // Ticks of a step.
  int64_t unit_ = 1;      // Ticks of the unit of time.
  Ticks warm_up_;         // Its length.
  Ticks every_;           // Length of the time in which a decay happens once.
  Ticks rest_;            // From the end of the warm-up to that of the trial.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_RATE_SCHEDULE_H_
