#include "worker/engine/lane.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "proto/shared/status.h"
#include "worker/engine/make_model.h"
#include "worker/engine/record_schedule.h"

namespace fathom {

absl::StatusOr<std::unique_ptr<Lane>> Lane::Create(const Problem& problem,
                                                   const Objective& objective,
                                                   const v1::TrialSpec& trial) {
  std::unique_ptr<Lane> lane(new Lane);
  const int64_t k = problem.outputs;
  const int64_t d = problem.columns;
  const int64_t stride = kernel::PaddedColumns(d);
  lane->steps_ = trial.steps();
  lane->objective_ = objective;
  ASSIGN_OR_RETURN(lane->model_, MakeModel(trial.model(), trial.seed(), k, d));
  lane->optimizer_ = MakeOptimizer(trial.optimizer(), trial.model());
  lane->order_ = Order(trial.model());

  lane->weight_memory_ = kernel::AllocateAligned(k * stride);
  lane->gradient_memory_ = kernel::AllocateAligned(k * stride);
  lane->weights_ = {lane->weight_memory_.get(), k, d, stride};
  lane->gradient_ = {lane->gradient_memory_.get(), k, d, stride};
  lane->errors_.resize(k);
  for (int64_t r = 0; r < k; ++r) {
    lane->columns_.push_back({.weights = lane->weights_.row(r),
                              .gradient = lane->gradient_.row(r),
                              .error = &lane->errors_[r],
                              .output = static_cast<int>(r),
                              .loss = objective.loss});
  }

  lane->diverge_factor_ = trial.stop().diverge_factor();
  lane->stop_below_ = trial.stop().loss_below();

  lane->record_steps_ = RecordSteps(trial.record(), trial.steps());
  for (const int metric : trial.record().metrics()) {
    lane->metrics_.push_back(&FindMetricRule(static_cast<v1::Metric>(metric)));
  }
  lane->values_.resize(lane->metrics_.size());
  for (const MetricRule* rule : lane->metrics_) {
    lane->keeps_previous_ = lane->keeps_previous_ || rule->needs_previous;
    if (rule->needs_warm_up && lane->warm_up_ == nullptr) {
      RETURN_IF_ERROR(lane->TraceWarmUp(trial.optimizer().learning_rate()));
    }
    if (!rule->needs_shadow) continue;
    lane->shadow_ = std::make_unique<ShadowRule>(
        lane->order_, trial.optimizer(), lane->objective_, k, d, stride);
    const auto& columns = lane->shadow_->columns();
    lane->columns_.insert(lane->columns_.end(), columns.begin(), columns.end());
  }
  return lane;
}

void Lane::WriteWeights() {
  model_->WriteEndToEnd(weights_);
  if (shadow_ != nullptr) shadow_->WriteWeights(weights_);
}

void Lane::Evaluate() {
  const int64_t step = result_.steps();
  double error = 0;
  for (const double part : errors_) error += part;
  const double loss = objective_.factor * error;
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
  const bool due = record_steps_[next_record_] == step;
  if (due) ++next_record_;
  recorded_ = due || ended();

  bool needs_gradient = !ended() || warm_up_ != nullptr;
  for (const MetricRule* rule : metrics_) {
    needs_gradient = needs_gradient || (recorded_ && rule->needs_gradient);
  }
  if (needs_gradient) {
    if (objective_.gradient_scale != 1) {
      for (int64_t i = 0; i < gradient_.rows * gradient_.stride; ++i) {
        gradient_.data[i] *= objective_.gradient_scale;
      }
    }
    model_->PullBack(gradient_);
  }
  if (warm_up_ != nullptr) warm_up_->Observe(weights_, gradient_);
  if (recorded_) Measure(error, loss);
}

v1::TrialState Lane::Outcome(double loss) const {
  if (!std::isfinite(loss) || loss > diverge_above_) {
    return v1::TRIAL_STATE_DIVERGED;
  }
  if (result_.steps() == steps_) return v1::TRIAL_STATE_SUCCEEDED;
  if (loss < stop_below_) return v1::TRIAL_STATE_STOPPED;
  return v1::TRIAL_STATE_UNSPECIFIED;
}

void Lane::Measure(double error, double loss) {
  const Snapshot snapshot = {.error = error,
                             .loss = loss,
                             .end_to_end = weights_,
                             .model = model_.get(),
                             .order = order_,
                             .previous = previous_,
                             .shadow = shadow_.get(),
                             .warm_up = warm_up_.get()};
  for (size_t i = 0; i < metrics_.size(); ++i) {
    values_[i] = metrics_[i]->measure(snapshot);
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

void Lane::KeepWeights() {
  const int64_t d = weights_.columns;
  previous_memory_.resize(weights_.rows * d);
  previous_ = {previous_memory_.data(), weights_.rows, d, d};
  for (int64_t r = 0; r < weights_.rows; ++r) {
    std::copy_n(weights_.row(r), d, previous_.row(r));
  }
}

}  // namespace fathom
