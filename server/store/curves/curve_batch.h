#ifndef FATHOM_SERVER_STORE_CURVES_CURVE_BATCH_H_
#define FATHOM_SERVER_STORE_CURVES_CURVE_BATCH_H_

#include <cstdint>
#include <utility>

#include "absl/types/span.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/curves/points_text.h"

namespace fathom::server {

// The state of a trial that was given out.
struct TrialHead {
  int64_t trial = 0;
  v1::TrialState state = v1::TRIAL_STATE_UNSPECIFIED;
  int64_t steps = 0;      // Steps taken; 0 while the trial has not ended.
  double final_loss = 0;  // NaN when there is none.
};

// Sorts the points of a curve by step and keeps the first of several points at
// one step. The curves of our own workers are in this order already.
void OrderPoints(PointColumn* curve);

// Collects curves in a CurveBatch, a message of limited size.
class CurveBatchBuilder {
 public:
  // Appends a trial and its curve, whose steps must ascend. Trials must be
  // added in ascending order.
  void Add(const TrialHead& head, const PointColumn& curve);

  // Whether the batch is as large as a message should be.
  bool full() const;

  // Returns the batch. To be called once, last.
  v1::CurveBatch Take() { return std::move(batch_); }

 private:
  // Returns the index of a grid of the batch that begins with `steps`; adds or
  // extends one if necessary.
  int FindGrid(absl::Span<const int64_t> steps);

  v1::CurveBatch batch_;
  int64_t bytes_ = 0;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_CURVES_CURVE_BATCH_H_
