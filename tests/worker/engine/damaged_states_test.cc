// Engines that are given bytes which are not the states they wrote.
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/worker/engine/cut_runs.h"
#include "tests/worker/engine/linear/trials.h"
#include "tests/worker/engine/net/nets.h"
#include "worker/engine/linear/linear_engine.h"
#include "worker/engine/net/net_engine.h"

namespace fathom::worker {
namespace {

using test::CutLane;
using test::Cutter;
using test::ExpectSameBits;
using test::Images;
using test::Recorder;
using test::SmallNet;
using test::SmallProblem;
using test::SmallTrial;
using testing::HasSubstr;

// A trial, and its engine.
struct Case {
  const Engine& engine;
  Problem problem;
  v1::TrialSpec trial;
};

Case Linear(v1::ModelFamily family, int64_t steps) {
  v1::TrialSpec trial = SmallTrial(2, 3, 0.1, steps);
  trial.mutable_model()->set_family(family);
  trial.mutable_model()->set_order(3);
  trial.mutable_optimizer()->set_batch_size(3);
  for (const v1::Metric metric :
       {v1::METRIC_E2E_DEVIATION, v1::METRIC_AZIMUTH_SHARE,
        v1::METRIC_SINGULAR_MAX, v1::METRIC_EFFECTIVE_RANK,
        v1::METRIC_PRECONDITION_CONDITION, v1::METRIC_ADAPTIVE_RATE,
        v1::METRIC_GRADIENT_NORM, v1::METRIC_BALANCEDNESS}) {
    trial.mutable_record()->add_metrics(metric);
  }
  if (family == v1::MODEL_FAMILY_SCALAR_PRODUCT) {
    trial.mutable_record()->add_metrics(v1::METRIC_WARMUP_GROWTH);
    trial.mutable_record()->add_metrics(v1::METRIC_WARMUP_RESIDUAL);
  }
  return {LinearEngine(), SmallProblem(8, 3, 2), trial};
}

Case OfNet(int64_t steps) {
  v1::TrialSpec trial = SmallNet(2, steps);
  trial.mutable_model()->mutable_conv1()->set_channels(1);
  trial.mutable_model()->mutable_dense1()->set_width(2);
  trial.mutable_optimizer()->set_name(v1::OPTIMIZER_NAME_ADAM);
  trial.mutable_optimizer()->set_beta1(0.9);
  trial.mutable_optimizer()->set_beta2(0.9);
  trial.mutable_optimizer()->set_epsilon(1e-8);
  trial.mutable_optimizer()->set_batch_size(3);
  return {NetEngine(), Images(9, 6), trial};
}

std::string StateAt(const Case& c, int64_t step) {
  CutLane lane;
  Cutter cutter({&lane}, {.steps = step});
  c.engine.Run(c.problem, {&c.trial, 1}, cutter);
  cutter.Leave();
  EXPECT_EQ(lane.step, step);
  return lane.state.value_or("");
}

// Gives a lane some bytes as its state.
class Given final : public Recorder {
 public:
  explicit Given(std::string state) : state_(std::move(state)) {}

  const std::string* StateOf(int /*lane*/) override { return &state_; }
  void OnResumed(int /*lane*/, int64_t step) override {
    EXPECT_FALSE(resumed.has_value() || unusable.has_value());
    resumed = step;
  }
  void OnUnusable(int /*lane*/, const absl::Status& why) override {
    EXPECT_FALSE(resumed.has_value() || unusable.has_value());
    unusable = why;
  }

  std::optional<int64_t> resumed;
  std::optional<absl::Status> unusable;

 private:
  const std::string state_;
};

// Runs the trial from any bytes. Expects that they are refused and change
// nothing, or that the trial goes on from them to an end. Returns the reason of
// a refusal.
std::string RunFrom(const Case& c, std::string state,
                    const Recorder::Lane& undisturbed) {
  Given given(std::move(state));
  c.engine.Run(c.problem, {&c.trial, 1}, given);
  EXPECT_EQ(given.lanes[0].results.size(), 1u);
  if (given.resumed.has_value()) {
    EXPECT_GE(given.result(0).steps(), *given.resumed);
    EXPECT_GE(given.lanes[0].points.begin()->first, *given.resumed);
    return "";
  }
  if (!given.unusable.has_value()) return "neither resumed nor refused";
  EXPECT_TRUE(absl::IsInvalidArgument(*given.unusable));
  ExpectSameBits(undisturbed, given.lanes[0]);
  return std::string(given.unusable->message());
}

Recorder::Lane Undisturbed(const Case& c) {
  Recorder recorder;
  c.engine.Run(c.problem, {&c.trial, 1}, recorder);
  return recorder.lanes[0];
}

std::vector<Case> AllCases(int64_t steps) {
  std::vector<Case> all;
  all.push_back(Linear(v1::MODEL_FAMILY_LINEAR_NET, steps));
  all.push_back(Linear(v1::MODEL_FAMILY_END_TO_END, steps));
  all.push_back(Linear(v1::MODEL_FAMILY_SCALAR_PRODUCT, steps));
  all.push_back(OfNet(steps));
  return all;
}

TEST(DamagedStatesTest, EveryTruncationIsRefused) {
  for (const Case& c : AllCases(5)) {
    const Recorder::Lane undisturbed = Undisturbed(c);
    const std::string state = StateAt(c, 3);
    for (size_t size = 0; size < state.size(); ++size) {
      EXPECT_THAT(RunFrom(c, state.substr(0, size), undisturbed),
                  HasSubstr("bytes"));
    }
    EXPECT_THAT(RunFrom(c, state + "x", undisturbed), HasSubstr("bytes"));
    EXPECT_EQ(RunFrom(c, state, undisturbed), "");
    if (HasNonfatalFailure()) return;
  }
}

// A flipped bit of a number in an array cannot be told from another number.
TEST(DamagedStatesTest, FlippedBitsAreRefusedOrLeadToAnEnd) {
  for (const Case& c : AllCases(5)) {
    const Recorder::Lane undisturbed = Undisturbed(c);
    const std::string state = StateAt(c, 3);
    int refused = 0;
    for (size_t at = 0; at < state.size(); ++at) {
      // All bits of what is checked, and one of each byte in the arrays.
      const int first = at < 200 ? 0 : static_cast<int>(at % 8);
      const int last = at < 200 ? 7 : first;
      for (int bit = first; bit <= last; ++bit) {
        std::string damaged = state;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
        if (!RunFrom(c, damaged, undisturbed).empty()) ++refused;
      }
    }
    EXPECT_GT(refused, 8 * (8 + 4 + 4 + 3 + 8)) << "the header at least";
    if (HasNonfatalFailure()) return;
  }
}

TEST(DamagedStatesTest, RandomBytesAreRefusedOrLeadToAnEnd) {
  std::mt19937_64 random(5);
  for (const Case& c : AllCases(5)) {
    const Recorder::Lane undisturbed = Undisturbed(c);
    const std::string state = StateAt(c, 3);
    for (int round = 0; round < 300; ++round) {
      std::string bytes(random() % (2 * state.size()), '\0');
      for (char& byte : bytes) byte = static_cast<char>(random());
      EXPECT_NE(RunFrom(c, bytes, undisturbed), "");
      // Random numbers where numbers are.
      std::string numbers = state;
      const size_t at = random() % state.size();
      const size_t count = random() % (state.size() - at);
      for (size_t i = at; i < at + count; ++i) {
        numbers[i] = static_cast<char>(random());
      }
      RunFrom(c, numbers, undisturbed);
    }
    if (HasNonfatalFailure()) return;
  }
}

TEST(DamagedStatesTest, StatesOfOthersAreRefused) {
  const std::vector<Case> cases = AllCases(5);
  for (const Case& c : cases) {
    const Recorder::Lane undisturbed = Undisturbed(c);
    for (const Case& other : cases) {
      if (&other == &c) continue;
      EXPECT_THAT(RunFrom(c, StateAt(other, 3), undisturbed),
                  HasSubstr("expected"));
    }
  }
}

TEST(DamagedStatesTest, StatesOfOtherSizesAreRefused) {
  const auto wider = [](Case c) {
    v1::ModelSpec& model = *c.trial.mutable_model();
    model.set_hidden_width(5);
    model.mutable_dense1()->set_width(5);
    return StateAt(c, 3);
  };
  const Case linear = Linear(v1::MODEL_FAMILY_LINEAR_NET, 5);
  EXPECT_THAT(RunFrom(linear, wider(Linear(v1::MODEL_FAMILY_LINEAR_NET, 5)),
                      Undisturbed(linear)),
              HasSubstr("numbers, expected"));
  const Case net = OfNet(5);
  EXPECT_THAT(RunFrom(net, wider(OfNet(5)), Undisturbed(net)),
              HasSubstr("numbers, expected"));
}

TEST(DamagedStatesTest, AStepBeyondTheEndIsRefused) {
  const std::vector<Case> longer = AllCases(9);
  const std::vector<Case> cases = AllCases(5);
  for (size_t i = 0; i < cases.size(); ++i) {
    const Recorder::Lane undisturbed = Undisturbed(cases[i]);
    EXPECT_THAT(RunFrom(cases[i], StateAt(longer[i], 6), undisturbed),
                HasSubstr("step: found 6, expected 0 to 5"));
    EXPECT_EQ(RunFrom(cases[i], StateAt(longer[i], 5), undisturbed), "");
  }
}

// Directions that are not orthonormal would grow from step to step.
TEST(DamagedStatesTest, ObliqueDirectionsAreRefused) {
  const Case c = Linear(v1::MODEL_FAMILY_END_TO_END, 5);
  std::string state = StateAt(c, 3);
  // The second array, after the 2 x 3 weights: 2 x 2 directions.
  const size_t lengths = 8 + 4 + 4 + 6 + 48 + 4;
  int64_t arrays = 0;
  std::memcpy(&arrays, state.data() + lengths + 8, sizeof(arrays));
  ASSERT_EQ(arrays, 4);
  uint32_t count = 0;
  std::memcpy(&count, state.data() + lengths - 4, sizeof(count));
  const size_t directions = lengths + 8 * count + 4 + 8 * 6;
  const double oblique = 1.25;
  std::memcpy(state.data() + directions, &oblique, sizeof(oblique));
  EXPECT_THAT(RunFrom(c, state, Undisturbed(c)), HasSubstr("orthonormal"));
}

TEST(DamagedStatesTest, SecondsOfAllRunsAddUp) {
  for (const Case& c : AllCases(5)) {
    std::string state = StateAt(c, 3);
    const double seconds = 1000;
    std::memcpy(state.data() + 8 + 4 + 4 + c.engine.name().size() + 8, &seconds,
                sizeof(seconds));
    Given given(state);
    c.engine.Run(c.problem, {&c.trial, 1}, given);
    EXPECT_EQ(given.resumed, 3);
    EXPECT_GT(given.result(0).seconds(), 1000);
    EXPECT_LT(given.result(0).seconds(), 1100);
  }
}

}  // namespace
}  // namespace fathom::worker
