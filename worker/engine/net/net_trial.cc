#include "worker/engine/net/net_trial.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "proto/sweep/point_kinds.h"
#include "proto/sweep/sizes.h"
#include "worker/engine/optimizer_rules.h"

namespace fathom::worker {
namespace {

// Number of samples that are measured at a time.
constexpr int64_t kMeasuredSamples = 64;

int64_t SamplesAtOnce(const v1::TrialSpec& trial) {
  return std::max(kMeasuredSamples, trial.optimizer().batch_size());
}

}  // namespace

bool NetMeasures(v1::Metric metric) {
  switch (metric) {
    case v1::METRIC_LOSS:
    case v1::METRIC_ACCURACY:
    case v1::METRIC_TEST_LOSS:
    case v1::METRIC_TEST_ERROR:
    case v1::METRIC_VALIDATION_LOSS:
    case v1::METRIC_VALIDATION_ERROR:
    case v1::METRIC_BATCH_LOSS:
    case v1::METRIC_BATCH_DATA_LOSS:
    case v1::METRIC_BATCH_ERROR:
    case v1::METRIC_REGULARIZER:
      return true;
    default:
      return false;
  }
}

double NetTrialBytes(const v1::TrialSpec& trial, const Net& net) {
  const OptimizerRule& rule = FindOptimizerRule(trial.optimizer().name());
  const auto weights = static_cast<double>(net.weight_count());
  const auto samples = static_cast<double>(SamplesAtOnce(trial));
  double bytes = (3 + 2 * rule.state_numbers) * sizeof(float) * weights;
  bytes += static_cast<double>(NetWorkspace::Bytes(net, SamplesAtOnce(trial)));
  bytes += samples * static_cast<double>(net.input_size()) * sizeof(float);
  return bytes +
         static_cast<double>(Regularizer::Bytes(trial.regularizer(), net));
}

absl::StatusOr<std::unique_ptr<NetTrial>> NetTrial::Create(
    const Problem& problem, const v1::TrialSpec& trial) {
  const ResolvedNet resolved =
      ResolveNet(trial.model(), problem.columns, problem.outputs);
  if (!resolved.objections.empty()) {
    const NetObjection& first = resolved.objections.front();
    return absl::InvalidArgumentError(
        absl::StrCat("model.", first.field, ": found ", first.found,
                     ", expected ", first.expected));
  }
  if (const int64_t weights = resolved.layers.parameters();
      weights > kMaxWeights) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the model has ", weights, " weights; at most ",
                     kMaxWeights, " are allowed"));
  }
  if (const int64_t numbers = resolved.layers.activations();
      SamplesAtOnce(trial) > kMaxActivations / std::max<int64_t>(1, numbers)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a batch takes ", numbers, " numbers for each of ",
                     SamplesAtOnce(trial), " samples; at most ",
                     kMaxActivations, " are allowed together"));
  }
  if (const int64_t size = trial.optimizer().batch_size();
      size < 1 || size > problem.rows) {
    return absl::InvalidArgumentError(
        absl::StrCat("optimizer.batch_size: found ", size, ", expected 1 to ",
                     problem.rows, ", the samples"));
  }
  ASSIGN_OR_RETURN(NetLoss loss,
                   NetLoss::Create(trial.loss(), problem.y, problem.outputs));
  ASSIGN_OR_RETURN(
      std::optional<Samples> test,
      HeldOutFor(DataPart::kTest, problem.test, trial, problem.outputs));
  ASSIGN_OR_RETURN(std::optional<Samples> validation,
                   HeldOutFor(DataPart::kValidation, problem.validation, trial,
                              problem.outputs));
  std::unique_ptr<NetTrial> made(
      new NetTrial(problem, trial, Net(resolved.layers), std::move(loss)));
  if (test.has_value()) made->test_.emplace(*std::move(test));
  if (validation.has_value()) {
    made->validation_.emplace(*std::move(validation));
  }
  return made;
}

absl::StatusOr<std::optional<NetTrial::Samples>> NetTrial::HeldOutFor(
    DataPart part, const std::optional<HeldOut>& rows,
    const v1::TrialSpec& trial, int64_t outputs) {
  for (const int number : trial.record().metrics()) {
    const MetricFacts& facts = FactsOf(static_cast<v1::Metric>(number));
    if (facts.part != part) continue;
    if (!rows.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("record.metrics: found ", facts.label,
                       ", expected a part of the data that is held out for "
                       "it"));
    }
    ASSIGN_OR_RETURN(NetLoss loss,
                     NetLoss::Create(trial.loss(), rows->y, outputs));
    return Samples{rows->rows, rows->x.data(), std::move(loss)};
  }
  return std::nullopt;
}

NetTrial::NetTrial(const Problem& problem, const v1::TrialSpec& trial,
                   const Net& net, NetLoss loss)
    : problem_(problem),
      trial_(trial),
      net_(net),
      train_{problem.rows, problem.x.data(), std::move(loss)},
      rates_(trial.optimizer(), trial.steps(), problem.rows),
      order_(problem.rows, trial.optimizer().batch_size(),
             trial.optimizer().batch_order(), trial.optimizer().batch_seed()),
      regularizer_(trial.regularizer(), net_),
      workspace_(net_, SamplesAtOnce(trial)),
      optimizer_(FloatOptions(trial.optimizer()), net.weight_count()),
      weights_(kernel::AllocateAlignedArray<float>(net.weight_count())),
      gradient_(kernel::AllocateAlignedArray<float>(net.weight_count())),
      inputs_(kernel::AllocateAlignedArray<float>(SamplesAtOnce(trial) *
                                                  net.input_size())),
      record_steps_(RecordSteps(trial.record(), trial.steps())),
      recorded_(MetricsOfKind(trial.record(), PointKind::kRecorded)),
      evaluated_(MetricsOfKind(trial.record(), PointKind::kEvaluated)) {
  if (trial.record().has_evaluate()) {
    evaluate_steps_.emplace(
        EvaluateSteps(trial.record().evaluate(), trial.steps()));
  }
  net_.Initialize(trial.seed(), weights_.get());
  result_.set_weights(net_.layers().parameters());
}

bool NetTrial::Run(int lane, int64_t steps_before, BundleObserver& observer) {
  begin_ = std::chrono::steady_clock::now();
  const auto keep_going = [&] {
    return observer.KeepGoing(steps_before + result_.steps());
  };
  if (!order_.Skip(result_.steps(), keep_going)) return false;
  while (true) {
    const int64_t taken = result_.steps();
    if (!GoesOn(lane, steps_before + taken, observer)) return false;
    const bool last = taken == trial_.steps();
    const bool due = record_steps_[next_record_] == taken;
    Step step = RunBatch(last);
    if (!MeasureSets(steps_before + taken, due, last, observer, step)) {
      WriteStateIfWanted(lane, observer);
      return false;
    }
    Conclude(step, last);
    const bool ended = result_.outcome() != v1::TRIAL_STATE_UNSPECIFIED;
    if ((due || ended) && !recorded_.empty()) {
      observer.OnPoint(lane, taken, Values(step, recorded_));
    }
    if (step.held_out && !evaluated_.empty()) {
      observer.OnEvaluated(lane, taken, Values(step, evaluated_));
    }
    if (ended) break;
    if (due) ++next_record_;
    Update();
  }
  result_.set_seconds(result_.seconds() + Seconds());
  observer.OnFinished(lane, std::move(result_));
  return true;
}

double NetTrial::Seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                       begin_)
      .count();
}

LaneParts NetTrial::Parts() {
  LaneParts parts = {
      .result = &result_, .diverge_above = &diverge_above_, .arrays = {}};
  parts.arrays.floats.emplace_back(weights_.get(), net_.weight_count());
  optimizer_.AddState(&parts.arrays);
  return parts;
}

absl::Status NetTrial::Resume(absl::string_view state) {
  RETURN_IF_ERROR(
      ReadLaneState(state, kNetEngineName, trial_.steps(), Parts()));
  next_record_ = std::lower_bound(record_steps_.begin(), record_steps_.end(),
                                  result_.steps()) -
                 record_steps_.begin();
  return absl::OkStatus();
}

bool NetTrial::GoesOn(int lane, int64_t steps, BundleObserver& observer) {
  WriteStateIfWanted(lane, observer);
  if (observer.KeepGoing(steps)) return true;
  // The wish may have come with the stop.
  WriteStateIfWanted(lane, observer);
  return false;
}

void NetTrial::WriteStateIfWanted(int lane, BundleObserver& observer) {
  if (!observer.WantsCheckpoints()) return;
  std::optional<std::string> state =
      WriteLaneState(kNetEngineName, Parts(), Seconds());
  if (!state.has_value()) return;
  observer.OnCheckpoint(lane, result_.steps(), *std::move(state));
}

void NetTrial::WriteInputs(const double* features,
                           std::span<const int32_t> samples) {
  float* input = inputs_.get();
  for (const int32_t sample : samples) {
    net_.WriteInput(features + sample * problem_.columns, input);
    input += net_.input_size();
  }
}

NetTrial::Step NetTrial::RunBatch(bool last) {
  const std::span<const int32_t> batch = order_.Next();
  const auto samples = static_cast<int64_t>(batch.size());
  WriteInputs(train_.features, batch);
  const Dropout dropout = {trial_.seed(), result_.steps()};
  const kernel::FloatMatrix outputs = net_.Forward(
      samples, inputs_.get(), weights_.get(), &dropout, workspace_);
  const NetLoss::Sums sums = train_.loss.Evaluate(batch, outputs, !last);
  Step step;
  step.batch_loss = sums.loss / static_cast<double>(samples);
  step.batch_error =
      static_cast<double>(sums.errors) / static_cast<double>(samples);
  if (!last) {
    net_.Backward(samples, inputs_.get(), weights_.get(), &dropout, workspace_,
                  gradient_.get());
  }
  step.regularizer =
      regularizer_.Apply(weights_.get(), last ? nullptr : gradient_.get());
  return step;
}

bool NetTrial::WantsAll(bool due, bool last) const {
  if (last) return true;
  if (!due) return false;
  const auto& metrics = trial_.record().metrics();
  return std::any_of(metrics.begin(), metrics.end(), [](int metric) {
    return metric == v1::METRIC_LOSS || metric == v1::METRIC_ACCURACY;
  });
}

bool NetTrial::MeasureSets(int64_t steps, bool due, bool last,
                           BundleObserver& observer, Step& step) {
  if (WantsAll(due, last)) {
    step.train = Measure(train_, steps, observer);
    if (!step.train.has_value()) return false;
  }
  // A trial that stops here ends as in its last step, which is evaluated.
  step.held_out = evaluate_steps_.has_value()
                      ? evaluate_steps_->At(result_.steps()) ||
                            Outcome(step, last) == v1::TRIAL_STATE_STOPPED
                      : due;
  if (!step.held_out) return true;
  if (test_.has_value()) {
    step.test = Measure(*test_, steps, observer);
    if (!step.test.has_value()) return false;
  }
  if (validation_.has_value()) {
    step.validation = Measure(*validation_, steps, observer);
    if (!step.validation.has_value()) return false;
  }
  return true;
}

std::optional<NetTrial::Measured> NetTrial::Measure(const Samples& set,
                                                    int64_t steps,
                                                    BundleObserver& observer) {
  std::vector<int32_t> samples;
  NetLoss::Sums all;
  for (int64_t first = 0; first < set.rows; first += kMeasuredSamples) {
    if (!observer.KeepGoing(steps)) return std::nullopt;
    samples.resize(std::min(kMeasuredSamples, set.rows - first));
    std::iota(samples.begin(), samples.end(), static_cast<int32_t>(first));
    WriteInputs(set.features, samples);
    const kernel::FloatMatrix outputs =
        net_.Forward(static_cast<int64_t>(samples.size()), inputs_.get(),
                     weights_.get(), nullptr, workspace_);
    const NetLoss::Sums sums =
        set.loss.Evaluate(samples, outputs, /*gradient=*/false);
    all.loss += sums.loss;
    all.errors += sums.errors;
  }
  const auto rows = static_cast<double>(set.rows);
  return Measured{.loss = all.loss / rows,
                  .error = static_cast<double>(all.errors) / rows};
}

void NetTrial::Conclude(const Step& step, bool last) {
  if (result_.steps() == 0) {
    diverge_above_ = trial_.stop().diverge_factor() *
                     std::max(train_.loss.ZeroLoss(), step.batch_loss);
  }
  const bool measured = step.train.has_value();
  const double loss = measured ? step.train->loss : step.batch_loss;
  if (measured && std::isfinite(loss)) {
    result_.set_final_loss(loss);
    if (!result_.has_best_loss() || loss < result_.best_loss()) {
      result_.set_best_loss(loss);
      result_.set_best_step(result_.steps());
    }
  }
  // Where all samples were not measured, the last batch says how far it came.
  if (!measured && !result_.has_best_loss() && std::isfinite(loss)) {
    result_.set_final_loss(loss);
  }
  result_.set_outcome(Outcome(step, last));
}

v1::TrialState NetTrial::Outcome(const Step& step, bool last) const {
  const bool measured = step.train.has_value();
  const double loss = measured ? step.train->loss : step.batch_loss;
  if (!std::isfinite(step.batch_loss + step.regularizer) ||
      step.batch_loss > diverge_above_ || !(loss <= diverge_above_)) {
    return v1::TRIAL_STATE_DIVERGED;
  }
  if (last) return v1::TRIAL_STATE_SUCCEEDED;
  if (measured && loss < trial_.stop().loss_below()) {
    return v1::TRIAL_STATE_STOPPED;
  }
  return v1::TRIAL_STATE_UNSPECIFIED;
}

void NetTrial::Update() {
  if (!rates_.constant()) {
    optimizer_.SetLearningRate(rates_.At(result_.steps()));
  }
  optimizer_.BeginStep();
  optimizer_.Update(0, net_.weight_count(), gradient_.get(), weights_.get());
  result_.set_steps(result_.steps() + 1);
}

std::vector<double> NetTrial::Values(const Step& step,
                                     const Metrics& metrics) const {
  const Measured none = {.loss = NAN, .error = NAN};
  const Measured train = step.train.value_or(none);
  const Measured test = step.test.value_or(none);
  const Measured validation = step.validation.value_or(none);
  std::vector<double> values;
  for (const int metric : metrics) {
    switch (metric) {
      case v1::METRIC_LOSS:
        values.push_back(train.loss);
        break;
      case v1::METRIC_ACCURACY:
        values.push_back(1 - train.error);
        break;
      case v1::METRIC_TEST_LOSS:
        values.push_back(test.loss);
        break;
      case v1::METRIC_TEST_ERROR:
        values.push_back(test.error);
        break;
      case v1::METRIC_VALIDATION_LOSS:
        values.push_back(validation.loss);
        break;
      case v1::METRIC_VALIDATION_ERROR:
        values.push_back(validation.error);
        break;
      case v1::METRIC_BATCH_LOSS:
        values.push_back(step.batch_loss + step.regularizer);
        break;
      case v1::METRIC_BATCH_DATA_LOSS:
        values.push_back(step.batch_loss);
        break;
      case v1::METRIC_BATCH_ERROR:
        values.push_back(step.batch_error);
        break;
      default:
        values.push_back(step.regularizer);
    }
  }
  return values;
}

}  // namespace fathom::worker
