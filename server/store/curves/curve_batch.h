#ifndef FATHOM_SERVER_STORE_CURVES_CURVE_BATCH_H_
#define FATHOM_SERVER_STORE_CURVES_CURVE_BATCH_H_

#include <cstdint>
#include <utility>

#include "absl/types/span.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/curves/points_text.h"

namespace fathom::server {

// How a trial that was given out stands.
struct TrialHead {
  int64_t trial = 0;
  v1::TrialState state = v1::TRIAL_STATE_UNSPECIFIED;
  int64_t steps = 0;      // Taken; 0 while it has not ended.
  double final_loss = 0;  // NaN where there is none.
};

// Puts a curve in order whose steps do not ascend: of several points at a step
// the first one stays. No curve of our own workers is like that.
void OrderPoints(PointColumn* curve);

// Collects the curves of a CurveBatch.
class CurveBatchBuilder {
 public:
  // Appends a trial, above those before, with its curve, of ascending steps.
  void Add(const TrialHead& head, const PointColumn& curve);

  // Whether the batch is as large as a message should be.
  bool full() const;

  v1::CurveBatch Take() { return std::move(batch_); }

 private:
  // Returns the place of a grid that begins with `steps`.
  int FindGrid(absl::Span<const int64_t> steps);

  v1::CurveBatch batch_;
  int64_t bytes_ = 0;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_CURVES_CURVE_BATCH_H_
