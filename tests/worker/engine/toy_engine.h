#ifndef FATHOM_TESTS_WORKER_ENGINE_TOY_ENGINE_H_
#define FATHOM_TESTS_WORKER_ENGINE_TOY_ENGINE_H_

#include <string>
#include <utility>
#include <vector>

#include "worker/engine/engine.h"

namespace fathom::test {

// An engine beside those of the program, for which the loss of a trial at a
// step follows from its seed and the step. It trains the family of the scalar
// product, so that it has to be asked before the linear engine.
//
// For one thread.
class ToyEngine final : public worker::Engine {
 public:
  static constexpr double kStepFlops = 7;

  // `lane_bytes` is the size of a lane that the engine claims.
  explicit ToyEngine(double lane_bytes = 100) : lane_bytes_(lane_bytes) {}

  std::string name() const override { return "toy"; }
  std::string numerics() const override { return "toy-k1"; }
  bool Trains(const v1::TrialSpec& trial) const override {
    return trial.model().family() == v1::MODEL_FAMILY_SCALAR_PRODUCT;
  }
  bool Measures(v1::Metric metric) const override {
    return metric == v1::METRIC_LOSS;
  }
  double StepFlops(const v1::TrialSpec& /*trial*/,
                   const worker::DataShape& /*shape*/) const override {
    return kStepFlops;
  }
  double LaneBytes(const v1::TrialSpec& /*trial*/,
                   const worker::DataShape& /*shape*/) const override {
    return lane_bytes_;
  }

  void Run(const worker::Problem& /*problem*/,
           absl::Span<const v1::TrialSpec> trials,
           worker::BundleObserver& observer) const override {
    bundles.push_back(trials.size());
    int64_t done = 0;
    for (size_t lane = 0; lane < trials.size(); ++lane) {
      v1::TrialResult result;
      for (int64_t step = 0; step <= trials[lane].steps(); ++step) {
        if (!observer.KeepGoing(done + step)) return;
        result.set_final_loss(LossOf(trials[lane], step));
        observer.OnPoint(static_cast<int>(lane), step, {result.final_loss()});
      }
      done += trials[lane].steps();
      result.set_steps(trials[lane].steps());
      result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
      observer.OnFinished(static_cast<int>(lane), std::move(result));
    }
  }

  static double LossOf(const v1::TrialSpec& trial, int64_t step) {
    return static_cast<double>(trial.seed()) + static_cast<double>(step) / 1024;
  }

  mutable std::vector<size_t> bundles;  // Lanes of each bundle.

 private:
  const double lane_bytes_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_ENGINE_TOY_ENGINE_H_
