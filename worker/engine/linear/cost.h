#ifndef FATHOM_WORKER_ENGINE_LINEAR_COST_H_
#define FATHOM_WORKER_ENGINE_LINEAR_COST_H_

#include "fathom/v1/sweep.pb.h"
#include "worker/engine/engine.h"

namespace fathom::worker {

// Engine::StepFlops of linear maps:
//   data + factors + c
//   data     4 m d k, or 2 d^2 k where squared errors are reduced, plus what a
//            loss costs beyond a power by multiplications; a batch: 4 b d k and
//            its packing, and 4 m d k for each recorded step
//   factors  6 k + u per weight, u depending on the optimizer
// and, where a metric is about rows that are held out, 4 d k for each of them
// in every recorded step. The root and the division of an adaptive rule, and
// whatever else takes longer than its flops, is in u with the flops that the
// data pass does meanwhile.
double LinearStepFlops(const v1::TrialSpec& trial, const DataShape& shape);

// Engine::LaneBytes of linear maps:
//   8 ((1 + 2 s) weights + 2 k hidden + k (4 d + 600)) + 8192
// where s numbers per weight are the optimizer's state, which grows by
// doubling, and hidden is the sum of the hidden widths. What metrics keep comes
// on top, some k d numbers each.
double LinearLaneBytes(const v1::TrialSpec& trial, const DataShape& shape);

// Returns about how many bytes of data a step over all samples goes through,
// however many lanes do so together: X twice, or where squared errors are
// reduced its triangle twice.
double PassBytes(const v1::TrialSpec& trial, const DataShape& shape);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_COST_H_
