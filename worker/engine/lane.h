#ifndef FATHOM_WORKER_ENGINE_LANE_H_
#define FATHOM_WORKER_ENGINE_LANE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/data/problem.h"
#include "worker/engine/metrics.h"
#include "worker/engine/objective.h"
#include "worker/engine/shadow_rule.h"
#include "worker/engine/warm_up_trace.h"
#include "worker/kernel/data_pass.h"
#include "worker/kernel/optimizer.h"
#include "worker/kernel/parameterization.h"
#include "worker/kernel/pass.h"

namespace fathom {

// One trial in training. Knows nothing of the other lanes of its bundle, which
// is why they cannot change its bits. A step is
//   WriteWeights(); ... data pass over columns() ...; Evaluate();
//   ... record values() if recorded() ...; and, unless ended(), Update().
//
// Not thread-safe.
class Lane {
 public:
  // Starts a normalized, valid trial, whose objective is the given one.
  // `problem` must outlive the lane. Returns the errors of MakeModel, or
  // INVALID_ARGUMENT.
  static absl::StatusOr<std::unique_ptr<Lane>> Create(
      const Problem& problem, const Objective& objective,
      const v1::TrialSpec& trial);

  // The rows of W, where the data pass reads them and leaves its results, and
  // then those of the shadow if a metric needs one.
  const std::vector<kernel::Column>& columns() const { return columns_; }

  // Writes W.
  void WriteWeights();

  // Takes the results of the data pass at the current step: updates the
  // summary, applies the stop rules, measures if the step is recorded, and
  // pulls the gradient back if anyone needs it.
  void Evaluate();

  // Whether the current step is recorded, and what was measured, in the order
  // of record.metrics. After Evaluate.
  bool recorded() const { return recorded_; }
  absl::Span<const double> values() const { return values_; }

  // Whether the current step is the last one. After Evaluate.
  bool ended() const {
    return result_.outcome() != v1::TRIAL_STATE_UNSPECIFIED;
  }

  // Takes the step.
  void Update();

  // Number of updates that the trial asks for.
  int64_t planned_steps() const { return steps_; }

  // What is known so far: all but trial, attempt and seconds.
  const v1::TrialResult& result() const { return result_; }

 private:
  Lane() = default;

  v1::TrialState Outcome(double loss) const;
  void Measure(double error, double loss);
  void KeepWeights();
  absl::Status TraceWarmUp(double learning_rate);

  int64_t steps_ = 0;
  Objective objective_;
  std::unique_ptr<kernel::Parameterization> model_;
  std::unique_ptr<kernel::Optimizer> optimizer_;

  // W and dL/dW, (k x d), rows padded as the data pass wants them.
  kernel::AlignedDoubles weight_memory_;
  kernel::AlignedDoubles gradient_memory_;
  kernel::Matrix weights_;
  kernel::Matrix gradient_;
  std::vector<double> errors_;  // Per output.
  std::vector<kernel::Column> columns_;

  double diverge_factor_ = 0;
  double diverge_above_ = 0;  // Known from step 0 on.
  double stop_below_ = 0;     // Losses are never below 0.

  std::vector<int64_t> record_steps_;
  size_t next_record_ = 0;
  std::vector<const MetricRule*> metrics_;
  std::vector<double> values_;
  double order_ = 1;             // N, for metrics.
  bool keeps_previous_ = false;  // Whether a metric needs the next two.
  std::vector<double> previous_memory_;
  kernel::Matrix previous_;               // W one step before; none at step 0.
  std::unique_ptr<ShadowRule> shadow_;    // Null unless a metric needs it.
  std::unique_ptr<WarmUpTrace> warm_up_;  // Likewise.
  bool recorded_ = false;

  v1::TrialResult result_;
};

}  // namespace fathom

#endif  // FATHOM_WORKER_ENGINE_LANE_H_
