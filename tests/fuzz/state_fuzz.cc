// Gives engines any bytes as the state of a lane: the input itself, or a good
// state over a part of which the input is laid. The first byte chooses the
// trial, the second one where the part begins. The engine must refuse the state
// and train the trial from its start, to the bits that it has without a state,
// or go on from it to an end.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/fuzz/fuzz.h"
#include "worker/data/problem.h"
#include "worker/engine/engines.h"

namespace {

using namespace fathom;
using fuzz::Require;

constexpr int64_t kSteps = 4;
constexpr int kTrials = 4;

v1::TrialSpec Trial(int number) {
  v1::TrialSpec trial;
  v1::ModelSpec& model = *trial.mutable_model();
  v1::OptimizerSpec& optimizer = *trial.mutable_optimizer();
  v1::RecordSpec& record = *trial.mutable_record();
  trial.mutable_loss()->set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  model.set_depth(2);
  model.set_order(2.5);
  model.mutable_init()->set_std(0.5);
  model.mutable_init()->set_scheme(v1::INIT_SCHEME_GAUSSIAN);
  optimizer.set_learning_rate(0.1);
  optimizer.set_name(number == 0 || number == 3 ? v1::OPTIMIZER_NAME_ADAM
                                                : v1::OPTIMIZER_NAME_GD);
  optimizer.set_beta1(0.9);
  optimizer.set_beta2(0.99);
  optimizer.set_epsilon(1e-8);
  optimizer.set_batch_size(3);
  trial.set_steps(kSteps);
  trial.mutable_stop()->set_diverge_factor(1e300);
  record.set_points(kSteps + 1);
  record.set_spacing(v1::RECORD_SPACING_LINEAR);
  record.add_metrics(v1::METRIC_LOSS);
  record.add_metrics(v1::METRIC_ACCURACY);
  constexpr v1::ModelFamily kFamilies[kTrials] = {
      v1::MODEL_FAMILY_LINEAR_NET, v1::MODEL_FAMILY_END_TO_END,
      v1::MODEL_FAMILY_SCALAR_PRODUCT, v1::MODEL_FAMILY_CONV_NET};
  model.set_family(kFamilies[number]);
  if (number == 3) {
    model.mutable_conv1()->set_channels(1);
    model.mutable_conv1()->set_kernel(1);
    model.mutable_conv2()->set_channels(0);
    model.mutable_dense1()->set_width(2);
    return trial;
  }
  for (const v1::Metric metric :
       {v1::METRIC_GRADIENT_NORM, v1::METRIC_BALANCEDNESS,
        v1::METRIC_E2E_DEVIATION, v1::METRIC_EFFECTIVE_RANK,
        v1::METRIC_PRECONDITION_CONDITION, v1::METRIC_ADAPTIVE_RATE,
        v1::METRIC_AZIMUTH_SHARE}) {
    record.add_metrics(metric);
  }
  if (number == 2) record.add_metrics(v1::METRIC_WARMUP_RESIDUAL);
  return trial;
}

worker::Problem MakeProblem() {
  constexpr int64_t kRows = 6;
  Dataset data = {.rows = kRows, .columns = 4, .targets = 1, .x = {}, .y = {}};
  for (int64_t i = 0; i < kRows; ++i) {
    data.y.push_back(static_cast<double>(i % 2));
    for (int c = 0; c < 4; ++c) {
      data.x.push_back(static_cast<double>(i * (c + 1) % 5) / 4 - 0.5);
    }
  }
  v1::DataSpec spec;
  spec.set_one_hot(true);
  return worker::PrepareProblem(spec, data).value();
}

// Runs a lane from a state, if there is one, and keeps all numbers that it is
// told. Writes the state of the middle.
class Watcher final : public worker::BundleObserver {
 public:
  explicit Watcher(const std::string* state) : state_(state) {}

  void OnPoint(int /*lane*/, int64_t step,
               absl::Span<const double> values) override {
    Require(step > last, "steps ascend");
    last = step;
    for (const double value : values) {
      numbers.append(reinterpret_cast<const char*>(&value), sizeof(value));
    }
  }
  void OnFinished(int /*lane*/, v1::TrialResult result) override {
    Require(!ended, "a lane ends once");
    ended = true;
    result.clear_seconds();
    numbers += result.SerializeAsString();
  }
  bool KeepGoing(int64_t /*steps*/) override { return true; }
  const std::string* StateOf(int /*lane*/) override { return state_; }
  void OnResumed(int /*lane*/, int64_t step) override {
    Require(step >= 0 && step <= kSteps, "a lane goes on from a step of it");
    resumed = true;
    last = step - 1;
  }
  void OnUnusable(int /*lane*/, const absl::Status& why) override {
    Require(absl::IsInvalidArgument(why), "a state is refused as what it is");
    unusable = true;
  }
  bool WantsCheckpoints() override { return ++asked == 3; }
  void OnCheckpoint(int /*lane*/, int64_t /*step*/,
                    std::string state) override {
    written = std::move(state);
  }

  int64_t last = -1;
  int asked = 0;
  bool ended = false;
  bool resumed = false;
  bool unusable = false;
  std::string numbers;
  std::string written;

 private:
  const std::string* const state_;
};

struct Case {
  v1::TrialSpec trial;
  const worker::Engine* engine = nullptr;
  std::string undisturbed;
  std::string state;
};

void Run(const worker::Problem& problem, const Case& c, Watcher& watcher) {
  c.engine->Run(problem, {&c.trial, 1}, watcher);
  Require(watcher.ended, "every lane comes to its end");
}

std::vector<Case> AllCases(const worker::Problem& problem) {
  std::vector<Case> all;
  for (int number = 0; number < kTrials; ++number) {
    Case c;
    c.trial = Trial(number);
    c.engine = worker::EngineFor(worker::AllEngines(), c.trial).value();
    Watcher watcher(nullptr);
    Run(problem, c, watcher);
    Require(!watcher.written.empty(), "the trial takes steps");
    c.undisturbed = watcher.numbers;
    c.state = watcher.written;
    all.push_back(std::move(c));
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const worker::Problem problem = MakeProblem();
  static const std::vector<Case> cases = AllCases(problem);
  if (size < 2) return 0;
  const fuzz::Budget budget(size);
  const Case& c = cases[data[0] % kTrials];
  std::string state(fuzz::View(data + 2, size - 2));
  if (data[0] >= 128) {
    const size_t at = data[1] * c.state.size() / 256;
    std::string whole = c.state;
    whole.replace(at, state.size(), state);
    state = std::move(whole);
  }
  Watcher watcher(&state);
  Run(problem, c, watcher);
  Require(watcher.resumed != watcher.unusable, "one or the other");
  Require(watcher.resumed || watcher.numbers == c.undisturbed,
          "a refused state changes nothing");
  Require(state != c.state || watcher.resumed, "a good state is used");
  return 0;
}
