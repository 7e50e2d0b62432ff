#include "worker/engine/record_schedule.h"

#include <algorithm>
#include <cmath>

#include "worker/kernel/portable_math.h"

namespace fathom::worker {

namespace {

// `Schedule` is one of the messages that say when to measure.
template <typename Schedule>
std::vector<int64_t> PlacedSteps(const Schedule& schedule, int64_t steps) {
  std::vector<int64_t> placed = {0, steps};
  const int64_t gaps = schedule.points() - 1;
  const double log_end = kernel::Log(static_cast<double>(steps) + 1);
  for (int64_t i = 1; i < gaps; ++i) {
    if (schedule.spacing() == v1::RECORD_SPACING_LINEAR) {
      placed.push_back((2 * steps * i + gaps) / (2 * gaps));
    } else {
      const double part = static_cast<double>(i) / static_cast<double>(gaps);
      placed.push_back(
          static_cast<int64_t>(std::floor(kernel::Exp(log_end * part) - 0.5)));
    }
  }
  for (const int64_t step : schedule.at()) {
    if (step >= 0 && step <= steps) placed.push_back(step);
  }
  std::sort(placed.begin(), placed.end());
  placed.erase(std::unique(placed.begin(), placed.end()), placed.end());
  return placed;
}

}  // namespace

std::vector<int64_t> RecordSteps(const v1::RecordSpec& record, int64_t steps) {
  return PlacedSteps(record, steps);
}

std::vector<int64_t> EvaluateSteps(const v1::EvaluateSpec& evaluate,
                                   int64_t steps) {
  return PlacedSteps(evaluate, steps);
}

}  // namespace fathom::worker
