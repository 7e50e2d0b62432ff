#ifndef FATHOM_WORKER_ENGINE_LINEAR_COST_H_
#define FATHOM_WORKER_ENGINE_LINEAR_COST_H_

#include <cstdint>

#include "fathom/v1/sweep.pb.h"

namespace fathom {

// Shape of the data of a trial.
struct DataShape {
  int64_t rows = 0;     // m; for a matrix the number of known entries.
  int64_t columns = 0;  // d
  int64_t outputs = 0;  // k
};

// Returns about how much work all steps of a normalized, valid trial are, in
// flops: what takes longer than its flops, such as the root and the division of
// an adaptive rule, counts as the flops that the data pass does meanwhile. A
// prior for sizing work, right within a factor of three or so where it
// matters; nothing that is computed depends on it.
//
//   steps * (data + factors + c)
//   data     4 m d k, or 2 d^2 k where squared errors are reduced, plus what a
//            loss costs beyond a power by multiplications; a batch: 4 b d k and
//            its packing, and 4 m d k for each recorded step
//   factors  6 k + u per weight, u depending on the optimizer
double TrialFlops(const v1::TrialSpec& trial, const DataShape& shape);

// Returns about how many bytes of data a step over all samples goes through,
// however many lanes do so together: X twice, or where squared errors are
// reduced its triangle twice.
double PassBytes(const v1::TrialSpec& trial, const DataShape& shape);

// Returns how many bytes a lane takes besides the data, from above:
//   8 ((1 + 2 s) weights + 2 k hidden + k (4 d + 600)) + 8192
// where s numbers per weight are the optimizer's state, which grows by
// doubling, and hidden is the sum of the hidden widths. What metrics keep comes
// on top, some k d numbers each.
double LaneBytes(const v1::TrialSpec& trial, const DataShape& shape);

}  // namespace fathom

#endif  // FATHOM_WORKER_ENGINE_LINEAR_COST_H_
