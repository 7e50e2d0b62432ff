#ifndef FATHOM_WORKER_ENGINE_RECORD_SCHEDULE_H_
#define FATHOM_WORKER_ENGINE_RECORD_SCHEDULE_H_

#include <cstdint>
#include <vector>

#include "fathom/v1/sweep.pb.h"

namespace fathom::worker {

// Returns the steps at which a trial of `steps` updates is recorded, ascending
// and without repetition. They are step 0, the last step, the steps that the
// number of points and the spacing of `record` (normalized) place between these
// two, and the steps in its `at` up to the last. Logarithmic spacing is even in
// log(1 + step), rounded to the nearest step. The steps are the same on every
// machine.
std::vector<int64_t> RecordSteps(const v1::RecordSpec& record, int64_t steps);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_RECORD_SCHEDULE_H_
