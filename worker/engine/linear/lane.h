#ifndef FATHOM_WORKER_ENGINE_LINEAR_LANE_H_
#define FATHOM_WORKER_ENGINE_LINEAR_LANE_H_

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/data/problem.h"
#include "worker/engine/linear/evaluation.h"
#include "worker/engine/linear/metrics.h"
#include "worker/engine/linear/objective.h"
#include "worker/engine/linear/score.h"
#include "worker/engine/linear/shadow_rule.h"
#include "worker/engine/linear/warm_up_trace.h"
#include "worker/engine/rate_schedule.h"
#include "worker/kernel/models/parameterization.h"
#include "worker/kernel/optimizers/optimizer.h"
#include "worker/kernel/pass/pass.h"
#include "worker/kernel/singular_values.h"

namespace fathom::worker {

// One trial in training. Knows nothing of the other lanes of its bundle, which
// is why they cannot change its bits. A step is
//   WriteWeights(); ... pass over columns() ...; Evaluate();
//   ... record values() if recorded() ...; and, unless ended(), Update().
//
// In minibatch training the pass is over the step's batch, and where
// NeedsAllData() then says so, full_columns() are run on all data, too. The
// gradient of an update is that of the batch. Everything that is reported, and
// the rule that stops a trial, is about all data, hence known at the recorded
// steps only; the divergence rule looks at the loss of the batch as well.
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

  // Settings of minibatch training, if the trial has it.
  struct Batch {
    int64_t size = 0;  // Below the number of samples.
    v1::BatchOrder order = v1::BATCH_ORDER_UNSPECIFIED;
    uint64_t seed = 0;
    kernel::Precision precision = kernel::Precision::kDouble;

    auto operator<=>(const Batch&) const = default;
  };
  const std::optional<Batch>& batch() const { return batch_; }

  // The rows of W, where the pass of every step reads them and leaves its
  // results, and then those of the shadow if a metric needs one.
  const std::vector<kernel::Column>& columns() const { return columns_; }

  // Minibatch training: the rows of W for a pass over all data.
  const std::vector<kernel::Column>& full_columns() const {
    return full_->columns();
  }
  // Whether it is needed at this step, of which the batch has been run.
  bool NeedsAllData() const;

  // Writes W.
  void WriteWeights();

  // Takes the results of the passes at the current step: updates the summary,
  // applies the stop rules, measures if the step is recorded, and pulls the
  // gradient back if anyone needs it.
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

  // Sets up record.metrics, and what they need.
  absl::Status PrepareMetrics(const v1::TrialSpec& trial);
  // Sets the learning rate of the current step, where it changes.
  void SetLearningRate();
  // Whether the current step is one that is to be recorded.
  bool due() const { return record_steps_[next_record_] == result_.steps(); }
  double StepLoss() const { return objective_.factor * evaluation_.Error(); }
  // Takes the loss of all data into the summary.
  void Summarize(double loss);
  v1::TrialState Outcome(double loss) const;
  bool MeasuresGradient() const;
  // How W does on a part of the data, if there is that part.
  Score ScoreOn(const std::optional<HeldOut>& part);
  void Measure(double error, double loss);
  void KeepWeights();
  absl::Status TraceWarmUp(double learning_rate);

  const Problem* problem_ = nullptr;
  int64_t steps_ = 0;
  Objective objective_;
  std::unique_ptr<kernel::Parameterization> model_;
  std::unique_ptr<kernel::Optimizer> optimizer_;
  std::optional<RateSchedule> rates_;

  kernel::AlignedDoubles weight_memory_;
  kernel::Matrix weights_;  // W, (k x d), rows padded as passes want them.
  Evaluation evaluation_;   // By the pass of every step.
  std::vector<kernel::Column> columns_;
  std::optional<Batch> batch_;
  std::optional<Evaluation> full_;  // On all data, of minibatch training.

  double diverge_factor_ = 0;
  double diverge_above_ = 0;  // Known from step 0 on.
  double stop_below_ = 0;     // Losses are never below 0.

  kernel::ConstMatrix solution_;  // M of completion data, or nothing.

  std::vector<int64_t> record_steps_;
  size_t next_record_ = 0;
  std::vector<const MetricRule*> metrics_;
  std::vector<double> values_;
  std::vector<double> outputs_;  // Of some samples, for metrics.
  double order_ = 1;             // N, for metrics.
  bool keeps_previous_ = false;  // Whether a metric needs the next two.
  kernel::SingularValueFinder spectrum_finder_;
  std::vector<double> previous_memory_;
  kernel::Matrix previous_;               // W one step before; none at step 0.
  std::unique_ptr<ShadowRule> shadow_;    // Null unless a metric needs it.
  std::unique_ptr<WarmUpTrace> warm_up_;  // Likewise.
  bool recorded_ = false;

  v1::TrialResult result_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_LANE_H_
