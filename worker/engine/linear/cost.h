#ifndef FATHOM_WORKER_ENGINE_LINEAR_COST_H_
#define FATHOM_WORKER_ENGINE_LINEAR_COST_H_

#include "fathom/v1/sweep.pb.h"
#include "worker/engine/engine.h"

namespace fathom::worker {

// Returns the flops of a step of a linear map (Engine::StepFlops), about
//   data + factors + c
// where c stands for the fixed cost of a step and
//   data     4 m d k (2 m d k in single precision), or 2 d^2 k where squared
//            errors are taken from reduced data, or 4 m + 2 d k of a matrix to
//            complete; plus what the loss costs beyond a product.
//            Minibatch training: 4 b d k and the packing of the batch, and the
//            cost over all data for the share of the steps that are recorded
//   factors  6 k + u per weight, where u depends on the optimizer; the
//            end-to-end rule takes u + 8 per entry of W and, for k > 1,
//            30 k^3 + 8 k^2 d for its eigenvectors
// and, where a metric is about rows that are held out, 4 d k for each of these
// rows in every recorded step.
// Whatever takes longer than its flops suggest, such as the root and the
// division of an adaptive rule, counts as the flops that the data pass does in
// the same time.
double LinearStepFlops(const v1::TrialSpec& trial, const DataShape& shape);

// Returns the bytes of a lane of a linear map in training:
//   8 ((1 + 2 s) weights + 2 k hidden + k (7 d + 600)) + 8192
// Here s is the number of the optimizer's numbers per weight, which count twice
// because their arrays grow by doubling, and hidden is the sum of the hidden
// widths. Metrics that keep matrices of their own, such as a shadow run, take
// some k d numbers each in addition.
double LinearLaneBytes(const v1::TrialSpec& trial, const DataShape& shape);

// Returns an upper estimate of the bytes of a state of such a lane
// (lane_state.h).
double LinearStateBytes(const v1::TrialSpec& trial, const DataShape& shape);

// Returns about how many bytes of data a step over all samples reads, no matter
// how many lanes take it together: X twice or, where squared errors are
// reduced, a triangle of d^2 / 2 numbers twice.
double PassBytes(const v1::TrialSpec& trial, const DataShape& shape);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_COST_H_
