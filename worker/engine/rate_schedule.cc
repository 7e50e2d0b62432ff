#include "worker/engine/rate_schedule.h"

#include <algorithm>

#include "worker/kernel/portable_math.h"

namespace fathom::worker {
namespace {

constexpr double kPi = 0x1.921fb54442d18p+1;

double Ratio(__int128 numerator, __int128 denominator) {
  return static_cast<double>(numerator) / static_cast<double>(denominator);
}

}  // namespace

RateSchedule::RateSchedule(const v1::OptimizerSpec& optimizer, int64_t steps,
                           int64_t rows)
    : rate_(optimizer.learning_rate()), spec_(optimizer.schedule()) {
  constant_ =
      spec_.warm_up() == 0 && (spec_.name() == v1::SCHEDULE_NAME_UNSPECIFIED ||
                               spec_.name() == v1::SCHEDULE_NAME_CONSTANT);
  const int64_t batch = optimizer.batch_size();
  const bool minibatches = batch > 0 && batch < rows;
  if (spec_.unit() != v1::SCHEDULE_UNIT_STEPS && minibatches) {
    per_step_ = batch;
    unit_ = rows;
  }
  warm_up_ = Ticks{unit_} * spec_.warm_up();
  every_ = Ticks{unit_} * (spec_.has_every() ? spec_.every() : 1);
  rest_ = std::max<Ticks>(1, TicksAt(steps) - warm_up_);
}

double RateSchedule::At(int64_t step) const {
  const Ticks next = TicksAt(step + 1);
  if (next < warm_up_) return rate_ * Ratio(next, warm_up_);
  return rate_ * Shape(std::max<Ticks>(0, TicksAt(step) - warm_up_));
}

double RateSchedule::Shape(Ticks ticks) const {
  switch (spec_.name()) {
    case v1::SCHEDULE_NAME_EXPONENTIAL:
      return kernel::RealPower(spec_.decay(), Ratio(ticks, every_));
    case v1::SCHEDULE_NAME_STEP:
      return kernel::Power(spec_.decay(), static_cast<int64_t>(ticks / every_));
    case v1::SCHEDULE_NAME_COSINE: {
      const double cosine = kernel::Cos(kPi * Ratio(ticks, rest_));
      return spec_.floor() + (1 - spec_.floor()) * ((1 + cosine) / 2);
    }
    default:
      return 1;
  }
}

}  // namespace fathom::worker
