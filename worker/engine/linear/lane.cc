#include "worker/engine/linear/lane.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/point_kinds.h"
#include "proto/sweep/sizes.h"
#include "worker/engine/linear/make_model.h"

namespace fathom::worker {
namespace {

// Number of samples whose outputs metrics compute together.
constexpr int64_t kSamplesTogether = 16;

}  // namespace

absl::StatusOr<std::unique_ptr<Lane>> Lane::Create(const Problem& problem,
                                                   const Objective& objective,
                                                   const v1::TrialSpec& trial) {
  std::unique_ptr<Lane> lane(new Lane);
  const int64_t k = problem.outputs;
  const int64_t d = problem.columns;
  const int64_t stride = kernel::PaddedColumns(d);
  lane->problem_ = &problem;
  lane->steps_ = trial.steps();
  lane->result_.set_weights(WeightCount(trial.model(), k, d));
  lane->objective_ = objective;
  lane->objective_.precision = trial.precision() == v1::PRECISION_FLOAT
                                   ? kernel::Precision::kFloat
                                   : kernel::Precision::kDouble;
  const Completion* const completion =
      problem.completion.has_value() ? &*problem.completion : nullptr;
  if (completion != nullptr) lane->solution_ = completion->matrix();
  ASSIGN_OR_RETURN(lane->model_,
                   MakeModel(trial.model(), trial.seed(), k, d, completion));
  lane->optimizer_ = MakeOptimizer(trial.optimizer(), trial.model());
  lane->rates_.emplace(trial.optimizer(), trial.steps(), problem.rows);
  lane->order_ = Order(trial.model());

  lane->weight_memory_ = kernel::AllocateAligned(k * stride);
  lane->weights_ = {lane->weight_memory_.get(), k, d, stride};
  lane->evaluation_ = Evaluation(lane->weights_, lane->objective_);
  lane->columns_ = lane->evaluation_.columns();
  const int64_t batch_size = trial.optimizer().batch_size();
  if (batch_size > 0 && batch_size < problem.rows) {
    lane->batch_ = {batch_size, trial.optimizer().batch_order(),
                    trial.optimizer().batch_seed(), lane->objective_.precision};
    lane->full_.emplace(lane->weights_, lane->objective_);
  }

  lane->diverge_factor_ = trial.stop().diverge_factor();
  lane->stop_below_ = trial.stop().loss_below();
  lane->record_steps_ = RecordSteps(trial.record(), trial.steps());
  if (trial.record().has_evaluate()) {
    lane->evaluate_steps_ =
        DueSteps(EvaluateSteps(trial.record().evaluate(), trial.steps()));
  }
  RETURN_IF_ERROR(lane->PrepareMetrics(trial));
  return lane;
}

absl::Status Lane::PrepareMetrics(const v1::TrialSpec& trial) {
  for (const int metric : trial.record().metrics()) {
    const MetricRule* rule = FindMetricRule(static_cast<v1::Metric>(metric));
    if (rule == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "record.metrics: found number ", metric,
          ", expected a metric that a linear map can be measured by"));
    }
    const DataPart part = FactsOf(rule->metric).part;
    if ((part == DataPart::kTest && !problem_->test.has_value()) ||
        (part == DataPart::kValidation && !problem_->validation.has_value())) {
      return absl::InvalidArgumentError(absl::StrCat(
          "record.metrics: found ", FactsOf(rule->metric).label,
          ", expected a part of the data that is held out for it"));
    }
    const bool evaluated =
        KindOf(trial.record(), rule->metric) == PointKind::kEvaluated;
    (evaluated ? evaluated_metrics_ : metrics_).push_back(rule);
    if (!evaluated &&
        (part != DataPart::kTraining || rule->metric == v1::METRIC_ACCURACY)) {
      records_samples_ = true;
    }
  }
  values_.resize(metrics_.size());
  evaluated_values_.resize(evaluated_metrics_.size());
  outputs_.resize(kSamplesTogether * weights_.rows);
  for (const MetricRule* rule : metrics_) {
    keeps_previous_ = keeps_previous_ || rule->needs_previous;
    if (rule->needs_warm_up && warm_up_ == nullptr) {
      RETURN_IF_ERROR(TraceWarmUp(trial.optimizer().learning_rate()));
    }
    if (!rule->needs_shadow || shadow_ != nullptr) continue;
    shadow_ = std::make_unique<ShadowRule>(order_, trial.optimizer(),
                                           objective_, weights_.rows,
                                           weights_.columns, weights_.stride);
    const auto& columns = shadow_->columns();
    columns_.insert(columns_.end(), columns.begin(), columns.end());
  }
  if (keeps_previous_) {
    previous_memory_.resize(weights_.rows * weights_.columns);
  }
  return absl::OkStatus();
}

void Lane::WriteWeights() {
  model_->WriteEndToEnd(weights_);
  if (shadow_ != nullptr) shadow_->WriteWeights(weights_);
}

// At step 0 there is no bound yet above which a loss has diverged, but step 0
// is always recorded.
bool Lane::NeedsAllData() const {
  return due() || !(StepLoss() <= diverge_above_);
}

bool Lane::LooksAtSamples() {
  if (records_samples_ && due()) return true;
  return !evaluated_metrics_.empty() && evaluate_steps_.At(result_.steps());
}

void Lane::SetLearningRate() {
  if (rates_->constant()) return;
  const double rate = rates_->At(result_.steps());
  optimizer_->SetLearningRate(rate);
  if (shadow_ != nullptr) shadow_->SetLearningRate(rate);
  if (warm_up_ != nullptr) warm_up_->SetLearningRate(rate);
}

void Lane::Evaluate() {
  SetLearningRate();
  const bool measured = !batch_.has_value() || NeedsAllData();
  Evaluation& all = batch_.has_value() ? *full_ : evaluation_;
  const double error = measured ? all.Error() : 0;
  const double loss = objective_.factor * error;
  if (measured) Summarize(loss);
  recorded_ = (due() || ended()) && !metrics_.empty();
  if (due()) ++next_record_;
  evaluated_ = (evaluate_steps_.At(result_.steps()) || ended()) &&
               !evaluated_metrics_.empty();

  const kernel::Matrix gradient = evaluation_.ScaleGradient();
  if (warm_up_ != nullptr) warm_up_->Observe(weights_, gradient);
  bool pulled_back = false;
  if (recorded_ && MeasuresGradient()) {
    model_->PullBack(batch_.has_value() ? full_->ScaleGradient() : gradient);
    pulled_back = !batch_.has_value();
  }
  if (recorded_) Measure(error, loss, metrics_, values_);
  if (evaluated_) Measure(error, loss, evaluated_metrics_, evaluated_values_);
  if (!ended() && !pulled_back) model_->PullBack(gradient);
}

void Lane::Summarize(double loss) {
  const int64_t step = result_.steps();
  if (step == 0) {
    diverge_above_ = diverge_factor_ * std::max(objective_.zero_map_loss, loss);
  }
  if (std::isfinite(loss)) {
    result_.set_final_loss(loss);
    if (!result_.has_best_loss() || loss < result_.best_loss()) {
      result_.set_best_loss(loss);
      result_.set_best_step(step);
    }
  }
  result_.set_outcome(Outcome(loss));
}

v1::TrialState Lane::Outcome(double loss) const {
  if (!std::isfinite(loss) || loss > diverge_above_ ||
      !(StepLoss() <= diverge_above_)) {
    return v1::TRIAL_STATE_DIVERGED;
  }
  if (result_.steps() == steps_) return v1::TRIAL_STATE_SUCCEEDED;
  if (loss < stop_below_) return v1::TRIAL_STATE_STOPPED;
  return v1::TRIAL_STATE_UNSPECIFIED;
}

bool Lane::MeasuresGradient() const {
  for (const MetricRule* rule : metrics_) {
    if (rule->needs_gradient) return true;
  }
  return false;
}

Score Lane::ScoreOn(const std::optional<HeldOut>& part) {
  if (!part.has_value()) return {};
  return {*part, objective_, weights_, absl::MakeSpan(outputs_)};
}

void Lane::Measure(double error, double loss,
                   const std::vector<const MetricRule*>& rules,
                   std::vector<double>& values) {
  const Snapshot snapshot = {.problem = problem_,
                             .error = error,
                             .loss = loss,
                             .optimum = objective_.optimum,
                             .end_to_end = weights_,
                             .model = model_.get(),
                             .order = order_,
                             .spectrum = Spectrum(weights_, &spectrum_finder_),
                             .previous = previous_,
                             .shadow = shadow_.get(),
                             .warm_up = warm_up_.get(),
                             .solution = solution_,
                             .test = ScoreOn(problem_->test),
                             .validation = ScoreOn(problem_->validation),
                             .outputs = absl::MakeSpan(outputs_)};
  for (size_t i = 0; i < rules.size(); ++i) {
    values[i] = rules[i]->measure(snapshot);
  }
}

void Lane::Update() {
  if (keeps_previous_) KeepWeights();
  model_->Update(*optimizer_);
  if (shadow_ != nullptr) shadow_->Update();
  result_.set_steps(result_.steps() + 1);
}

absl::Status Lane::TraceWarmUp(double learning_rate) {
  auto* product = dynamic_cast<kernel::ScalarProduct*>(model_.get());
  if (product == nullptr && order_ != 1) {
    return absl::InvalidArgumentError(
        "the warm-up metrics need the family scalar_product, or depth 1");
  }
  warm_up_ = std::make_unique<WarmUpTrace>(learning_rate, product,
                                           weights_.rows, weights_.columns);
  return absl::OkStatus();
}

LaneParts Lane::Parts() {
  LaneParts parts = {
      .result = &result_, .diverge_above = &diverge_above_, .arrays = {}};
  model_->AddState(&parts.arrays);
  optimizer_->AddState(result_.weights(), &parts.arrays);
  if (shadow_ != nullptr) shadow_->AddState(&parts.arrays);
  if (warm_up_ != nullptr) warm_up_->AddState(&parts.arrays);
  parts.arrays.doubles.emplace_back(previous_memory_);
  return parts;
}

std::optional<std::string> Lane::State(double seconds) {
  return WriteLaneState(kLinearEngineName, Parts(), seconds);
}

absl::Status Lane::Resume(absl::string_view state) {
  WriteWeights();
  RETURN_IF_ERROR(ReadLaneState(state, kLinearEngineName, steps_, Parts()));
  if (!model_->StateIsSound() ||
      (shadow_ != nullptr && !shadow_->StateIsSound())) {
    return absl::InvalidArgumentError(
        "the state of a lane: found singular directions that are not "
        "orthonormal, expected those that a step leaves behind");
  }
  const int64_t step = result_.steps();
  next_record_ =
      std::lower_bound(record_steps_.begin(), record_steps_.end(), step) -
      record_steps_.begin();
  if (step > 0 && keeps_previous_) SetPrevious();
  return absl::OkStatus();
}

void Lane::SetPrevious() {
  const int64_t d = weights_.columns;
  previous_ = {previous_memory_.data(), weights_.rows, d, d};
}

void Lane::KeepWeights() {
  SetPrevious();
  for (int64_t r = 0; r < weights_.rows; ++r) {
    std::copy_n(weights_.row(r), weights_.columns, previous_.row(r));
  }
}

}  // namespace fathom::worker
