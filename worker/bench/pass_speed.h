#ifndef FATHOM_WORKER_BENCH_PASS_SPEED_H_
#define FATHOM_WORKER_BENCH_PASS_SPEED_H_

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "worker/kernel/pass/data_pass.h"

namespace fathom::worker::bench {

// The speed of the data pass.
struct PassSpeed {
  double flops = 0;  // 4 m d flops per trial, per second of CPU time.
  // The share of the peak of the same core, which is measured before and after
  // each round.
  double share_of_peak = 0;
};

// Measures the data pass for `trials` columns with p = 4 on this thread: runs
// it in 5 rounds of about `seconds` each and returns the medians. CANCELLED
// when `keep_going` returns false.
absl::StatusOr<PassSpeed> MeasurePass(const kernel::PackedData& data,
                                      int trials, double seconds,
                                      absl::FunctionRef<bool()> keep_going);

}  // namespace fathom::worker::bench

#endif  // FATHOM_WORKER_BENCH_PASS_SPEED_H_
