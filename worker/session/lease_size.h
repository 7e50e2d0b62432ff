#ifndef FATHOM_WORKER_SESSION_LEASE_SIZE_H_
#define FATHOM_WORKER_SESSION_LEASE_SIZE_H_

#include <cstdint>

#include "absl/functional/function_ref.h"

namespace fathom::worker {

// The time that a lease should take: long enough that handing it over costs
// next to nothing, short enough that losing its worker costs little.
inline constexpr double kLeaseSeconds = 1.5;

// The least and the most trials of a lease. With fewer lanes the fused data
// pass would not have enough work; trials that take long therefore make long
// leases, and send their points meanwhile. More trials would only make reports
// larger.
inline constexpr int kLeastLeaseTrials = 16;
inline constexpr int kMostLeaseTrials = 4096;

// Returns how many trials to ask for: as many, from index `first` on, as take
// kLeaseSeconds at `flops_per_second`, but at least kLeastLeaseTrials and at
// most kMostLeaseTrials. `flops_of(i)` is the work of trial i of the `count`
// trials of the sweep. It is called for each of the first 64 trials and after
// that for fewer and fewer, because trials are much like their neighbours.
int TrialsForLease(absl::FunctionRef<double(int64_t)> flops_of, int64_t first,
                   int64_t count, double flops_per_second);

// Estimates how fast a slot is from the leases that it has finished, each of
// which counts half as much as the next one.
//
// Not thread-safe.
class WorkRate {
 public:
  // Takes the work of a finished lease and the time that it took.
  void Add(double flops, double seconds) {
    flops_ = flops_ / 2 + flops;
    seconds_ = seconds_ / 2 + seconds;
  }
  double flops_per_second() const { return flops_ / seconds_; }

 private:
  // The first guess is 5 Gflops, and counts as little as a lease of 10 ms
  // would.
  double seconds_ = 0.01;
  double flops_ = 5e9 * seconds_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_LEASE_SIZE_H_
