#include "worker/bench/rate.h"

#include <algorithm>
#include <chrono>
#include <latch>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "worker/engine/engine.h"
#include "worker/engine/engines.h"

namespace fathom::worker::bench {
namespace {

// Measures the bundle of one slot.
class Stopwatch final : public BundleObserver {
 public:
  Stopwatch(int trials, double seconds, std::latch& all_ready,
            absl::FunctionRef<bool()> keep_going)
      : active_(trials),
        seconds_(seconds),
        all_ready_(all_ready),
        keep_going_(keep_going) {}

  void OnPoint(int, int64_t, absl::Span<const double>) override {}

  void OnFinished(int lane, v1::TrialResult result) override {
    if (result.outcome() == v1::TRIAL_STATE_FAILED && status_.ok()) {
      status_ = absl::FailedPreconditionError(
          absl::StrCat("trial ", lane, ": ", result.error()));
    }
    any_ended_ = true;
    if (--active_ == 0 && status_.ok()) {
      status_ = absl::FailedPreconditionError(
          absl::StrCat("all trials ended, the last at step ", result.steps()));
    }
  }

  // A step was taken when `steps` has grown since the last call. The first step
  // touches memory for the first time and is not measured.
  bool KeepGoing(int64_t steps) override {
    if (status_.ok() && !keep_going_()) {
      status_ = absl::CancelledError("interrupted");
    }
    GetReady();
    if (!status_.ok()) return false;
    if (steps == steps_) return true;  // The engine prepares.
    // Not all lanes need to be in the group that took the step. A lane that has
    // ended counts as having taken all of its steps.
    if (!any_ended_) moving_ = steps - steps_;
    any_ended_ = false;
    steps_ = steps;
    taken_ += moving_;
    const auto now = std::chrono::steady_clock::now();
    if (phase_ == kFirstStep) {
      Start(kWarmUp, now);
    } else if (Since(now) >= seconds_ / 2) {
      if (phase_ == kMeasure) {
        rate_ = {static_cast<double>(taken_) / Since(now), active_};
        return false;
      }
      Start(kMeasure, now);
    }
    return true;
  }

  // Waits until every slot has come to this point.
  void GetReady() {
    if (!ready_) all_ready_.arrive_and_wait();
    ready_ = true;
  }

  absl::StatusOr<Rate> rate() const {
    if (!status_.ok()) return status_;
    return rate_;
  }

 private:
  enum Phase { kFirstStep, kWarmUp, kMeasure };
  using Time = std::chrono::steady_clock::time_point;

  void Start(Phase phase, Time now) {
    phase_ = phase;
    start_ = now;
    taken_ = 0;
  }
  double Since(Time now) const {
    return std::chrono::duration<double>(now - start_).count();
  }

  int active_;
  int64_t moving_ = 0;  // Lanes that took the last step.
  bool any_ended_ = false;
  const double seconds_;
  std::latch& all_ready_;
  const absl::FunctionRef<bool()> keep_going_;
  bool ready_ = false;
  Phase phase_ = kFirstStep;
  Time start_;
  int64_t steps_ = 0;  // As the engine counts them.
  int64_t taken_ = 0;  // Steps times lanes in this phase.
  Rate rate_;
  absl::Status status_;
};

// Returns the engine that trains all of the trials.
absl::StatusOr<const Engine*> CommonEngine(
    absl::Span<const v1::TrialSpec> trials) {
  const Engine* common = nullptr;
  for (const v1::TrialSpec& trial : trials) {
    ASSIGN_OR_RETURN(const Engine* const engine,
                     EngineFor(AllEngines(), trial));
    if (common != nullptr && engine != common) {
      return absl::InvalidArgumentError(
          absl::StrCat("found trials of the engines ", common->name(), " and ",
                       engine->name(), ", expected those of one"));
    }
    common = engine;
  }
  return common;
}

}  // namespace

std::vector<v1::TrialSpec> RateTrials(Net net, double p,
                                      v1::Precision precision, int count) {
  std::vector<v1::TrialSpec> trials(count);
  for (int i = 0; i < count; ++i) {
    v1::TrialSpec& trial = trials[i];
    trial.mutable_loss()->set_lp(p);
    trial.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE_OVER_P);
    v1::ModelSpec& model = *trial.mutable_model();
    model.set_family(v1::MODEL_FAMILY_LINEAR_NET);
    model.set_depth(net.depth);
    model.set_hidden_width(net.width);
    model.mutable_init()->set_scheme(v1::INIT_SCHEME_GAUSSIAN);
    model.mutable_init()->set_std(net.width == 1 ? 0.3 : 0.05);
    trial.mutable_optimizer()->set_name(v1::OPTIMIZER_NAME_GD);
    trial.mutable_optimizer()->set_learning_rate(1e-2 / (1 + i / 64.0));
    trial.set_steps(1'000'000'000);
    trial.set_seed(i);
    trial.set_precision(precision);
    trial.mutable_record()->set_points(200);
    trial.mutable_record()->set_spacing(v1::RECORD_SPACING_LOG);
    trial.mutable_record()->add_metrics(v1::METRIC_LOSS);
    trial.mutable_stop()->set_diverge_factor(1e6);
  }
  return trials;
}

v1::DataSpec StandardData(int64_t rows, int32_t columns) {
  v1::DataSpec spec;
  v1::SyntheticData& data = *spec.mutable_synthetic();
  data.set_rows(rows);
  data.set_columns(columns);
  data.set_outputs(1);
  data.set_spectrum(v1::SPECTRUM_SHAPE_GEOMETRIC);
  data.set_condition(10);
  data.set_top_eigenvalue(1);
  data.set_noise(0.2);
  return spec;
}

absl::StatusOr<Rate> TrainingRate(const Problem& problem,
                                  absl::Span<const v1::TrialSpec> trials,
                                  int slots, double seconds,
                                  absl::FunctionRef<bool()> keep_going) {
  ASSIGN_OR_RETURN(const Engine* const engine, CommonEngine(trials));
  const int bundles = std::min(slots, static_cast<int>(trials.size()));
  std::vector<std::vector<v1::TrialSpec>> dealt(bundles);
  for (size_t i = 0; i < trials.size(); ++i) {
    dealt[i % bundles].push_back(trials[i]);
  }
  std::latch all_ready(bundles);
  std::vector<Stopwatch> watches;
  for (const std::vector<v1::TrialSpec>& bundle : dealt) {
    watches.emplace_back(static_cast<int>(bundle.size()), seconds, all_ready,
                         keep_going);
  }
  {
    std::vector<std::jthread> running;
    for (int b = 0; b < bundles; ++b) {
      running.emplace_back([&, b] {
        engine->Run(problem, dealt[b], watches[b]);
        // When no lane could start, the other slots must not wait for this one.
        watches[b].GetReady();
      });
    }
  }
  Rate sum;
  for (const Stopwatch& watch : watches) {
    ASSIGN_OR_RETURN(const Rate rate, watch.rate());
    sum.per_second += rate.per_second;
    sum.lasting += rate.lasting;
  }
  return sum;
}

}  // namespace fathom::worker::bench
