#ifndef FATHOM_WORKER_BENCH_PASS_SPEED_H_
#define FATHOM_WORKER_BENCH_PASS_SPEED_H_

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "worker/kernel/pass/data_pass.h"

namespace fathom::worker::bench {

struct PassSpeed {
  double flops = 0;          // 4 m d per trial, per second of thread CPU time.
  double share_of_peak = 0;  // Of the same core, measured in turns with it.
};

// Runs the data pass for `trials` columns with p = 4, on this thread, in 5
// rounds of about `seconds`; the medians. CANCELLED when `keep_going` says so.
absl::StatusOr<PassSpeed> MeasurePass(const kernel::PackedData& data,
                                      int trials, double seconds,
                                      absl::FunctionRef<bool()> keep_going);

}  // namespace fathom::worker::bench

#endif  // FATHOM_WORKER_BENCH_PASS_SPEED_H_
