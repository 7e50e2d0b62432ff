#ifndef FATHOM_WORKER_ENGINE_RECORD_SCHEDULE_H_
#define FATHOM_WORKER_ENGINE_RECORD_SCHEDULE_H_

#include <cstdint>
#include <vector>

#include "fathom/v1/sweep.pb.h"

namespace fathom::worker {

// Returns the steps that a trial of `steps` updates records, ascending and
// without repetition: 0, `steps`, those that `record` (normalized) places, and
// its `at` that lie between. Logarithmic spacing means evenly in log(1 + step),
// rounded to the nearest step. The same on every machine.
std::vector<int64_t> RecordSteps(const v1::RecordSpec& record, int64_t steps);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_RECORD_SCHEDULE_H_
