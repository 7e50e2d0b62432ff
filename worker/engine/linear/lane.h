#ifndef FATHOM_WORKER_ENGINE_LINEAR_LANE_H_
#define FATHOM_WORKER_ENGINE_LINEAR_LANE_H_

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/data/problem.h"
#include "worker/engine/lane_state.h"
#include "worker/engine/linear/evaluation.h"
#include "worker/engine/linear/metrics.h"
#include "worker/engine/linear/objective.h"
#include "worker/engine/linear/score.h"
#include "worker/engine/linear/shadow_rule.h"
#include "worker/engine/linear/warm_up_trace.h"
#include "worker/engine/rate_schedule.h"
#include "worker/engine/record_schedule.h"
#include "worker/kernel/models/parameterization.h"
#include "worker/kernel/optimizers/optimizer.h"
#include "worker/kernel/pass/pass.h"
#include "worker/kernel/singular_values.h"

namespace fathom::worker {

// The name of the engine that lanes are of.
inline constexpr absl::string_view kLinearEngineName = "linear";

// A lane is one trial in training. It knows nothing of the other lanes of its
// bundle, which is why they cannot change its bits. A step is
//   WriteWeights(); ... pass over columns() ...; Evaluate();
//   ... record values() if recorded() ...; and, unless ended(), Update().
//
// In minibatch training the pass runs over the batch of the step. When
// NeedsAllData() says so after that pass, another pass runs full_columns() over
// all data. An update uses the gradient of the batch. All that is reported and
// the rule that stops a trial go by the loss of all data, which is therefore
// known only at steps that are recorded or seem to diverge; the divergence rule
// looks at the loss of the batch as well.
//
// Not thread-safe.
class Lane {
 public:
  // Creates the lane of a normalized, valid trial at its start. `objective` is
  // that of the trial's loss, and `problem` must outlive the lane. Returns the
  // errors of MakeModel, or INVALID_ARGUMENT when a metric cannot be measured
  // on this trial.
  static absl::StatusOr<std::unique_ptr<Lane>> Create(
      const Problem& problem, const Objective& objective,
      const v1::TrialSpec& trial);

  // The settings of minibatch training.
  struct Batch {
    int64_t size = 0;  // Samples per batch; below m.
    v1::BatchOrder order = v1::BATCH_ORDER_UNSPECIFIED;
    uint64_t seed = 0;
    kernel::Precision precision = kernel::Precision::kDouble;

    auto operator<=>(const Batch&) const = default;
  };
  // Returns the settings of minibatch training, or nothing when the trial
  // trains on all data.
  const std::optional<Batch>& batch() const { return batch_; }

  // Returns the columns for the pass of every step: the rows of W and, if a
  // metric needs a shadow run, after them the rows of its matrix.
  const std::vector<kernel::Column>& columns() const { return columns_; }

  // Returns the rows of W as columns for a pass over all data. Only in
  // minibatch training.
  const std::vector<kernel::Column>& full_columns() const {
    return full_->columns();
  }
  // Whether a pass over all data is needed at this step of minibatch training.
  // Call it after the pass over the batch of the step.
  bool NeedsAllData() const;

  // Whether metrics look at samples one by one at this step, which can take as
  // long as many steps.
  bool LooksAtSamples();

  // Computes W from the weights of the model, as the passes read it.
  void WriteWeights();

  // Takes the results that the passes have left in the columns: updates the
  // summary in result(), applies the divergence and stop rules, measures if the
  // step is recorded, and pulls the gradient back to the weights where an
  // update or a metric needs that.
  void Evaluate();

  // Whether the current step is recorded, and the values of the recorded
  // metrics (PointKind) at it, in the order of record.metrics. Valid after
  // Evaluate.
  bool recorded() const { return recorded_; }
  absl::Span<const double> values() const { return values_; }
  // Likewise whether the current step has a point of evaluated metrics.
  bool evaluated() const { return evaluated_; }
  absl::Span<const double> evaluated_values() const {
    return evaluated_values_;
  }

  // Whether the current step is the last one. Valid after Evaluate.
  bool ended() const {
    return result_.outcome() != v1::TRIAL_STATE_UNSPECIFIED;
  }

  // Updates the weights and goes on to the next step.
  void Update();

  // Returns the state between two steps, after WriteWeights. `seconds` counts
  // on top of those that the lane began with. Nothing for a state of more than
  // kMaxStateBytes.
  std::optional<std::string> State(double seconds);
  // Goes on from such a state, in the place of the start. INVALID_ARGUMENT for
  // bytes that are not the state of such a lane; it must then be made anew.
  absl::Status Resume(absl::string_view state);

  // Returns the number of updates that the trial asks for.
  int64_t planned_steps() const { return steps_; }

  // Returns the result so far: everything but trial_index and attempt, and with
  // the seconds that the lane began with.
  const v1::TrialResult& result() const { return result_; }

 private:
  Lane() = default;

  // Looks up the rules of record.metrics and prepares what they need.
  absl::Status PrepareMetrics(const v1::TrialSpec& trial);
  // Sets the learning rate of the current step, where it changes.
  void SetLearningRate();
  // Whether the record schedule contains the current step.
  bool due() const { return record_steps_[next_record_] == result_.steps(); }
  // Returns the loss that the pass of every step found: of the batch in
  // minibatch training, of all data otherwise.
  double StepLoss() const { return objective_.factor * evaluation_.Error(); }
  // Enters the loss of all data into result_ and applies the rules by which a
  // trial ends.
  void Summarize(double loss);
  // Returns how the trial ends at this step, or UNSPECIFIED when it goes on.
  v1::TrialState Outcome(double loss) const;
  bool MeasuresGradient() const;
  // Returns how W does on a part of the data; a score that must not be asked
  // where there is no such part.
  Score ScoreOn(const std::optional<HeldOut>& part);
  // Measures the current step by `rules`.
  void Measure(double error, double loss,
               const std::vector<const MetricRule*>& rules,
               std::vector<double>& values);
  // Copies W to previous_.
  void KeepWeights();
  // Makes previous_ a matrix.
  void SetPrevious();
  // Returns where the lane keeps what makes up its state. W has been written.
  LaneParts Parts();
  // Creates warm_up_. INVALID_ARGUMENT unless the model is the scalar product
  // or has order 1.
  absl::Status TraceWarmUp(double learning_rate);

  const Problem* problem_ = nullptr;
  int64_t steps_ = 0;
  Objective objective_;
  std::unique_ptr<kernel::Parameterization> model_;
  std::unique_ptr<kernel::Optimizer> optimizer_;
  std::optional<RateSchedule> rates_;

  kernel::AlignedDoubles weight_memory_;
  // W (k x d), with rows padded as passes need them.
  kernel::Matrix weights_;
  // The errors and gradient of W by the pass of every step.
  Evaluation evaluation_;
  std::vector<kernel::Column> columns_;
  std::optional<Batch> batch_;
  // The errors and gradient of W over all data, in minibatch training only.
  std::optional<Evaluation> full_;

  double diverge_factor_ = 0;
  // A larger loss counts as diverged. Step 0 sets this bound.
  double diverge_above_ = 0;
  // A smaller loss stops the trial. Losses are never negative, so 0 stops none.
  double stop_below_ = 0;

  kernel::ConstMatrix solution_;  // M of a matrix to complete.

  std::vector<int64_t> record_steps_;
  size_t next_record_ = 0;
  std::vector<const MetricRule*> metrics_;
  std::vector<double> values_;
  // Whether one of these looks at samples. All that are evaluated do.
  bool records_samples_ = false;
  // The same for the metrics that are evaluated at steps of their own.
  DueSteps evaluate_steps_;
  std::vector<const MetricRule*> evaluated_metrics_;
  std::vector<double> evaluated_values_;
  // The outputs of some samples, for metrics.
  std::vector<double> outputs_;
  // N, the number of layers that the model stands for (Order in make_model.h).
  double order_ = 1;
  // Whether a metric needs previous_.
  bool keeps_previous_ = false;
  kernel::SingularValueFinder spectrum_finder_;
  std::vector<double> previous_memory_;
  // W at the step before; no matrix at step 0.
  kernel::Matrix previous_;
  // The shadow run, and the trace of W = omega w; null unless a metric needs
  // them.
  std::unique_ptr<ShadowRule> shadow_;
  std::unique_ptr<WarmUpTrace> warm_up_;
  bool recorded_ = false;
  bool evaluated_ = false;

  v1::TrialResult result_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_LANE_H_
