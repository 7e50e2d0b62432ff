#include "worker/engine/net/net_engine.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/net.h"
#include "worker/engine/net/net.h"
#include "worker/engine/net/net_trial.h"
#include "worker/engine/net/regularizer.h"
#include "worker/engine/optimizer_rules.h"
#include "worker/engine/record_schedule.h"

namespace fathom::worker {
namespace {

// A flop in single precision is half a flop of the data pass, in double.
constexpr double kFloatFlop = 0.5;

// Returns the net of a trial on data of this shape; none where it does not fit.
std::unique_ptr<Net> NetOf(const v1::TrialSpec& trial, const DataShape& shape) {
  const ResolvedNet resolved =
      ResolveNet(trial.model(), shape.columns, shape.outputs);
  if (!resolved.objections.empty()) return nullptr;
  return std::make_unique<Net>(resolved.layers);
}

// Returns how many samples go forward without dropout in a whole trial: all
// that are trained on in the last step, and whatever metrics are about in the
// steps in which these are measured.
double MeasuredSamples(const v1::TrialSpec& trial, const DataShape& shape) {
  const auto recorded =
      static_cast<double>(RecordSteps(trial.record(), trial.steps()).size());
  const double evaluated =
      trial.record().has_evaluate()
          ? static_cast<double>(
                EvaluateSteps(trial.record().evaluate(), trial.steps()).size())
          : recorded;
  const auto rows = static_cast<double>(shape.rows);
  double train = rows;
  double test = 0;
  double validation = 0;
  for (const int number : trial.record().metrics()) {
    const auto metric = static_cast<v1::Metric>(number);
    if (metric == v1::METRIC_LOSS || metric == v1::METRIC_ACCURACY) {
      train = recorded * rows;
    }
    const DataPart part = FactsOf(metric).part;
    if (part == DataPart::kTest) {
      test = evaluated * static_cast<double>(trial.data().test().rows());
    }
    if (part == DataPart::kValidation) {
      validation =
          evaluated * static_cast<double>(trial.data().validation().rows());
    }
  }
  return train + test + validation;
}

class ConvNets final : public Engine {
 public:
  std::string name() const override { return std::string(kNetEngineName); }
  std::string numerics() const override { return "fathom-n1/f32"; }

  bool Trains(const v1::TrialSpec& trial) const override {
    return trial.model().family() == v1::MODEL_FAMILY_CONV_NET;
  }

  bool Measures(v1::Metric metric) const override {
    return NetMeasures(metric);
  }

  double StepFlops(const v1::TrialSpec& trial,
                   const DataShape& shape) const override {
    const std::unique_ptr<Net> net = NetOf(trial, shape);
    if (net == nullptr) return 1;
    const auto batch = static_cast<double>(trial.optimizer().batch_size());
    double flops = batch * net->StepFlops() +
                   Regularizer::Flops(trial.regularizer(), *net);
    flops += static_cast<double>(net->weight_count()) *
             FindOptimizerRule(trial.optimizer().name()).update_flops;
    flops += MeasuredSamples(trial, shape) * net->ForwardFlops() /
             static_cast<double>(trial.steps() + 1);
    return kFloatFlop * flops;
  }

  double LaneBytes(const v1::TrialSpec& trial,
                   const DataShape& shape) const override {
    const std::unique_ptr<Net> net = NetOf(trial, shape);
    return net == nullptr ? 0 : NetTrialBytes(trial, *net);
  }

  void Run(const Problem& problem, absl::Span<const v1::TrialSpec> trials,
           BundleObserver& observer) const override {
    int64_t steps_before = 0;
    for (size_t i = 0; i < trials.size(); ++i) {
      const int lane = static_cast<int>(i);
      auto trial = NetTrial::Create(problem, trials[i]);
      if (trial.ok()) {
        Resume(lane, observer, **trial);
        if (!(*trial)->Run(lane, steps_before, observer)) return;
      } else {
        v1::TrialResult result;
        result.set_outcome(v1::TRIAL_STATE_FAILED);
        result.set_error(std::string(trial.status().message()));
        observer.OnFinished(lane, std::move(result));
      }
      steps_before += trials[i].steps();
    }
  }

 private:
  static void Resume(int lane, BundleObserver& observer, NetTrial& trial) {
    const std::string* const state = observer.StateOf(lane);
    if (state == nullptr) return;
    if (const absl::Status resumed = trial.Resume(*state); !resumed.ok()) {
      observer.OnUnusable(lane, resumed);
    } else {
      observer.OnResumed(lane, trial.steps());
    }
  }
};

}  // namespace

const Engine& NetEngine() {
  static const ConvNets engine;
  return engine;
}

}  // namespace fathom::worker
