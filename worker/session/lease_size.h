#ifndef FATHOM_WORKER_SESSION_LEASE_SIZE_H_
#define FATHOM_WORKER_SESSION_LEASE_SIZE_H_

#include <cstdint>

#include "absl/functional/function_ref.h"

namespace fathom::worker {

// A lease should take about this long: long enough that its hand-over costs
// nothing, short enough that a lost worker costs little.
inline constexpr double kLeaseSeconds = 1.5;

// Fewer lanes than this would leave the fused data pass short of work: trials
// that take longer make longer leases, and stream their points. More than the
// upper bound only makes reports larger.
inline constexpr int kLeastLeaseTrials = 16;
inline constexpr int kMostLeaseTrials = 4096;

// Returns how many trials to ask for: as many from index `first` on as take
// kLeaseSeconds at this rate, but at least kLeastLeaseTrials and at most
// kMostLeaseTrials. `flops_of(i)` is the work of trial i of the `count` trials
// of the sweep. Asks for the work of all of the first 64 trials and then of
// fewer and fewer: a sweep's trials resemble their neighbours.
int TrialsForLease(absl::FunctionRef<double(int64_t)> flops_of, int64_t first,
                   int64_t count, double flops_per_second);

// How fast a slot is, by leases that it has finished. The last ones count most.
//
// Not thread-safe.
class WorkRate {
 public:
  void Add(double flops, double seconds) {
    flops_ = flops_ / 2 + flops;
    seconds_ = seconds_ / 2 + seconds;
  }
  double flops_per_second() const { return flops_ / seconds_; }

 private:
  // A guess that counts as little as a few milliseconds.
  double seconds_ = 0.01;
  double flops_ = 5e9 * seconds_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_LEASE_SIZE_H_
