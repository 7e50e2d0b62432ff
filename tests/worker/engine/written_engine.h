#ifndef FATHOM_TESTS_WORKER_ENGINE_WRITTEN_ENGINE_H_
#define FATHOM_TESTS_WORKER_ENGINE_WRITTEN_ENGINE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "worker/engine/engine.h"

namespace fathom::test {

// An engine whose lanes step side by side and can be written down: a state is
// the number of the step, and as many bytes as a test wants. It trains the
// family of the scalar product, so that it has to be asked before the linear
// engine.
//
// For one thread.
class WrittenEngine final : public worker::Engine {
 public:
  static constexpr double kStepFlops = 7;

  std::string name() const override { return "written"; }
  std::string numerics() const override { return "written-k1"; }
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
    return 100;
  }

  void Run(const worker::Problem& /*problem*/,
           absl::Span<const v1::TrialSpec> trials,
           worker::BundleObserver& observer) const override {
    bundles.push_back(trials.size());
    std::vector<int64_t> steps;
    for (size_t lane = 0; lane < trials.size(); ++lane) {
      steps.push_back(Begin(static_cast<int>(lane), observer));
    }
    after_begin(observer);
    std::vector<bool> ended(trials.size());
    for (bool training = true; training;) {
      before_step();
      if (observer.WantsCheckpoints()) {
        for (size_t lane = 0; lane < trials.size(); ++lane) {
          if (ended[lane]) continue;
          ++written;
          observer.OnCheckpoint(static_cast<int>(lane), steps[lane],
                                StateAt(steps[lane]));
        }
      }
      before_keep_going();
      int64_t sum = 0;
      for (const int64_t step : steps) sum += step;
      if (!observer.KeepGoing(sum)) return;
      training = false;
      for (size_t lane = 0; lane < trials.size(); ++lane) {
        if (ended[lane]) continue;
        ended[lane] =
            Step(static_cast<int>(lane), trials[lane], steps[lane], observer);
        training |= !ended[lane];
      }
    }
  }

  std::string StateAt(int64_t step) const {
    return absl::StrCat("step ", step, "\n", std::string(state_bytes, 'x'));
  }

  // What the test does while the engine trains.
  std::function<void(worker::BundleObserver&)> after_begin = [](auto&) {};
  std::function<void()> before_step = [] {};
  std::function<void()> before_keep_going = [] {};
  // The size of states, and how far off the step is that they go on from.
  size_t state_bytes = 0;
  int64_t off_by = 0;

  mutable std::vector<size_t> bundles;  // Lanes of each bundle.
  mutable int written = 0;              // States that were written.

 private:
  int64_t Begin(int lane, worker::BundleObserver& observer) const {
    const std::string* const state = observer.StateOf(lane);
    if (state == nullptr) return 0;
    int64_t step = 0;
    absl::string_view text = *state;
    if (absl::ConsumePrefix(&text, "step ") &&
        absl::SimpleAtoi(text.substr(0, text.find('\n')), &step)) {
      observer.OnResumed(lane, step + off_by);
      return step;
    }
    observer.OnUnusable(lane, absl::InvalidArgumentError("found no step"));
    return 0;
  }

  // Measures a lane and takes a step. Returns whether the lane has ended.
  static bool Step(int lane, const v1::TrialSpec& trial, int64_t& step,
                   worker::BundleObserver& observer) {
    const double loss = static_cast<double>(step) / 1024;
    observer.OnPoint(lane, step, {loss});
    if (step++ < trial.steps()) return false;
    --step;
    v1::TrialResult result;
    result.set_steps(step);
    result.set_final_loss(loss);
    result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
    observer.OnFinished(lane, std::move(result));
    return true;
  }
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_ENGINE_WRITTEN_ENGINE_H_
