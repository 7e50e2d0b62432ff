#include "worker/session/lease_size.h"

#include <algorithm>

namespace fathom::worker {

int TrialsForLease(absl::FunctionRef<double(int64_t)> flops_of, int64_t first,
                   int64_t count, double flops_per_second) {
  const double budget = flops_per_second * kLeaseSeconds;
  double work = 0;
  int64_t trials = 0;
  while (trials < kMostLeaseTrials && first + trials < count) {
    const int64_t stride = std::min(
        {1 + trials / 64, kMostLeaseTrials - trials, count - first - trials});
    const double each = flops_of(first + trials);
    if (work + each * static_cast<double>(stride) > budget) {
      // Only a part of this stride still fits.
      trials += static_cast<int64_t>(std::max(0.0, (budget - work) / each));
      break;
    }
    work += each * static_cast<double>(stride);
    trials += stride;
  }
  return static_cast<int>(
      std::clamp<int64_t>(trials, kLeastLeaseTrials, kMostLeaseTrials));
}

}  // namespace fathom::worker
