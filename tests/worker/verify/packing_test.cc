#include "worker/verify/packing.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/engine/linear/random_trial.h"
#include "tests/worker/engine/linear/trials.h"
#include "tests/worker/engine/toy_engine.h"
#include "worker/kernel/isa.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker {
namespace {

using kernel::Isa;
using test::Below;
using test::RandomTrial;
using test::SmallProblem;
using test::SmallTrial;
using test::StatusIs;
using test::ToyEngine;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Keeps all that it hears.
class Listener final : public PackingObserver {
 public:
  explicit Listener(size_t trials) : trained(trials) {}

  void OnTrained(int, int trial, const TrainedTrial& result) override {
    trained[trial].push_back(result);
  }
  bool KeepGoing(int64_t steps) override {
    progress.push_back(steps);
    return keep_going;
  }

  std::vector<std::vector<TrainedTrial>> trained;  // By trial.
  std::vector<int64_t> progress;
  bool keep_going = true;
};

std::vector<PackedBundle> Packed(const std::vector<v1::TrialSpec>& trials,
                                 const std::vector<std::vector<int>>& bundles) {
  return PackBundles(AllEngines(), trials, bundles, {1, 1, 1},
                     std::numeric_limits<double>::infinity())
      .value();
}

Listener Train(const Problem& problem, const std::vector<v1::TrialSpec>& trials,
               const std::vector<std::vector<int>>& bundles, int slots) {
  Listener listener(trials.size());
  SharedOptima optima;
  EXPECT_TRUE(RunPacking(problem, trials, Packed(trials, bundles), slots,
                         optima, listener));
  return listener;
}

// What a trial gave, as bytes: equal for equal bits. Of a NaN only that it is
// one.
std::string BitsOf(TrainedTrial trained) {
  trained.result.clear_seconds();
  std::string bits = trained.result.SerializeAsString();
  for (v1::TrialPoints& points : trained.points) {
    for (double& value : *points.mutable_values()) {
      if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
    }
    bits += "|" + points.SerializeAsString();
  }
  return bits;
}

TEST(RunPackingTest, TrainsWhatIsInTheBundlesAndNothingElse) {
  const Problem problem = SmallProblem(30, 5, 1);
  const std::vector<v1::TrialSpec> trials(5, SmallTrial(4, 2, 0.1, 10));
  for (const int slots : {1, 2, 7}) {
    const Listener listener = Train(problem, trials, {{4, 0}, {2}, {0}}, slots);
    std::vector<size_t> counts;
    for (const auto& results : listener.trained) {
      counts.push_back(results.size());
    }
    EXPECT_THAT(counts, ElementsAre(2, 0, 1, 0, 1));
    const TrainedTrial& one = listener.trained[2][0];
    EXPECT_EQ(one.points[0].steps_size(), 11);
    EXPECT_EQ(one.points[0].values_size(), 11);
    EXPECT_EQ(one.points[1].metrics_size(), 0);
    EXPECT_EQ(one.result.outcome(), v1::TRIAL_STATE_SUCCEEDED);
  }
  EXPECT_THAT(Train(problem, trials, {}, 3).progress, IsEmpty());
}

TEST(RunPackingTest, ObserverCanStopIt) {
  Listener listener(3);
  listener.keep_going = false;
  SharedOptima optima;
  const std::vector<v1::TrialSpec> trials(3, SmallTrial(4, 2, 0.1, 10));
  EXPECT_FALSE(RunPacking(SmallProblem(30, 5, 1), trials,
                          Packed(trials, {{0}, {1}, {2}}), 2, optima,
                          listener));
  for (const auto& results : listener.trained) EXPECT_THAT(results, IsEmpty());
}

// What a search finds is its number.
class Solver {
 public:
  absl::StatusOr<v1::Optimum> operator()() const {
    v1::Optimum optimum;
    optimum.set_value(++searches_);
    return optimum;
  }

 private:
  mutable int searches_ = 0;
};

TEST(SharedOptimaTest, KnowsEachLossAndEachNumericsApart) {
  const v1::TrialSpec square = SmallTrial(2, 1, 0.1, 10);
  const v1::TrialSpec fourth = SmallTrial(4, 1, 0.1, 10);
  SharedOptima optima;
  const Solver solve;
  EXPECT_EQ(*optima.Find("k1", square, solve), 1);
  EXPECT_EQ(*optima.Find("k1", fourth, solve), 2);
  EXPECT_EQ(*optima.Find("k2", square, solve), 3);
  EXPECT_EQ(*optima.Find("k1", square, solve), 1);
}

TEST(SharedOptimaTest, AFailureIsKeptAndACancellationIsNot) {
  const v1::TrialSpec trial = SmallTrial(2, 1, 0.1, 10);
  SharedOptima optima;
  const Solver solve;
  EXPECT_THAT(
      optima.Find("k1", trial, [] { return absl::CancelledError("stopped"); }),
      StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(*optima.Find("k1", trial, solve), 1);
  EXPECT_THAT(
      optima.Find("k2", trial, [] { return absl::InternalError("lost"); }),
      StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(optima.Find("k2", trial, solve),
              StatusIs(absl::StatusCode::kInternal));
}

TEST(PackBundlesTest, LeavesOutWhatIsTooMuchWork) {
  std::vector<v1::TrialSpec> trials(4, SmallTrial(4, 2, 0.1, 10));
  trials[1].set_steps(1'000'000);
  const DataShape shape = {30, 5, 1};
  const double one = LinearEngine().TrialFlops(trials[0], shape);
  const auto packed = PackBundles(
      AllEngines(), trials, std::vector<std::vector<int>>{{1, 2}, {1}, {0, 3}},
      shape, 2.5 * one);
  ASSERT_OK(packed);
  ASSERT_EQ(packed->size(), 2u);
  EXPECT_THAT((*packed)[0].trials, ElementsAre(2));
  EXPECT_THAT((*packed)[1].trials, ElementsAre(0));
}

TEST(PackBundlesTest, GivesEachEngineItsOwnTrials) {
  const ToyEngine toy;
  const Engine* const engines[] = {&toy, &LinearEngine()};
  std::vector<v1::TrialSpec> trials(4, SmallTrial(4, 2, 0.1, 10));
  for (const int i : {1, 3}) {
    trials[i].mutable_model()->set_family(v1::MODEL_FAMILY_SCALAR_PRODUCT);
  }
  const auto packed = PackBundles(
      engines, trials, std::vector<std::vector<int>>{{3, 0, 1, 2}, {1}},
      {30, 5, 1}, std::numeric_limits<double>::infinity());
  ASSERT_OK(packed);
  ASSERT_EQ(packed->size(), 3u);
  EXPECT_EQ((*packed)[0].engine, &toy);
  EXPECT_THAT((*packed)[0].trials, ElementsAre(3, 1));
  EXPECT_EQ((*packed)[1].engine, &LinearEngine());
  EXPECT_THAT((*packed)[1].trials, ElementsAre(0, 2));
  EXPECT_EQ((*packed)[2].engine, &toy);

  SharedOptima optima;
  Listener listener(trials.size());
  EXPECT_TRUE(
      RunPacking(SmallProblem(30, 5, 1), trials, *packed, 1, optima, listener));
  EXPECT_EQ(listener.trained[1].size(), 2u);
  ASSERT_EQ(listener.trained[3].size(), 1u);
  EXPECT_EQ(listener.trained[3][0].result.final_loss(),
            ToyEngine::LossOf(trials[3], 10));
  EXPECT_EQ(listener.trained[2].size(), 1u);

  const Engine* const only[] = {&toy};
  EXPECT_THAT(PackBundles(only, trials, std::vector<std::vector<int>>{{0}},
                          {30, 5, 1}, 1e9),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

// --- The contract of the numerics. ---

struct World {
  const char* name;
  int64_t rows;
  int32_t columns, outputs;
  bool classes = false;
  bool completion = false;
};

// Several row blocks, data that is not reduced, several outputs, classes, and a
// matrix.
constexpr World kWorlds[] = {{"tall", 230, 7, 1},
                             {"flat", 12, 9, 1},
                             {"several outputs", 40, 6, 3},
                             {"two classes", 50, 3, 1, true},
                             {"four classes", 60, 3, 4, true},
                             {"matrix", 20, 6, 5, false, true}};

Problem MakeProblem(const World& world) {
  v1::DataSpec spec;
  if (world.completion) {
    v1::CompletionData& data = *spec.mutable_completion();
    data.set_matrix_rows(world.outputs);
    data.set_matrix_columns(world.columns);
    data.set_rank(2);
    data.set_observed(world.rows);
    return GenerateProblem(spec).value();
  }
  spec.mutable_test()->set_rows(2);
  spec.mutable_validation()->set_rows(1);
  if (!world.classes) {
    return SmallProblem(world.rows, world.columns, world.outputs, spec);
  }
  Dataset data = {.rows = world.rows,
                  .columns = world.columns,
                  .targets = 1,
                  .x = {},
                  .y = {}};
  kernel::RandomStream random(3, kernel::Purpose::kFeatures);
  const int labels = std::max(2, world.outputs);
  for (int64_t i = 0; i < world.rows; ++i) {
    for (int j = 0; j < world.columns; ++j) {
      data.x.push_back(static_cast<double>(i % labels == j) +
                       0.5 * random.Normal());
    }
    data.y.push_back(static_cast<double>(i % labels));
  }
  spec.set_one_hot(labels > 2);
  return PrepareProblem(spec, data).value();
}

uint64_t Seed() {
  uint64_t seed = std::random_device()();
  if (const char* given = std::getenv("FATHOM_TEST_SEED")) {
    EXPECT_TRUE(absl::SimpleAtoi(given, &seed)) << given;
  }
  std::cout << "replay with FATHOM_TEST_SEED=" << seed << "\n";
  return seed;
}

std::vector<std::vector<int>> RandomBundles(int trials, int count,
                                            std::mt19937_64& random) {
  std::vector<std::vector<int>> bundles(count);
  for (std::vector<int>& bundle : bundles) {
    // Sizes of every magnitude up to 300; a trial may meet itself.
    const uint64_t most = std::min<uint64_t>(300, 1 << Below(10, random));
    bundle.resize(1 + Below(most, random));
    for (int& trial : bundle) trial = static_cast<int>(Below(trials, random));
  }
  return bundles;
}

class NumericsContractTest : public testing::TestWithParam<World> {};

// Whatever a lane's neighbours are and however they end, whoever trains it
// beside whom on which instruction set: it gives what it gives alone.
TEST_P(NumericsContractTest, RandomBundlesGiveTheBitsOfEachTrialAlone) {
  constexpr int kTrials = 150;
  constexpr int kRounds = 8;
  constexpr int kBundles = 8;
  const uint64_t seed = Seed();
  const testing::ScopedTrace trace(__FILE__, __LINE__,
                                   "FATHOM_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<v1::TrialSpec> trials;
  for (int i = 0; i < kTrials; ++i) {
    trials.push_back(RandomTrial(GetParam().classes, random));
    if (!GetParam().completion) {
      for (const v1::Metric metric :
           {v1::METRIC_TEST_LOSS, v1::METRIC_VALIDATION_ERROR}) {
        if (Below(3, random) > 0) continue;
        trials.back().mutable_record()->add_metrics(metric);
        if (Below(2, random) > 0) continue;
        trials.back().mutable_record()->mutable_evaluate()->set_points(
            2 + static_cast<int32_t>(Below(9, random)));
      }
      continue;
    }
    // There are no samples to go through.
    trials.back().clear_precision();
    trials.back().mutable_optimizer()->clear_batch_size();
  }
  const absl::Cleanup restore = [best = kernel::ActiveIsa()] {
    kernel::ForceIsa(best);
  };

  std::vector<std::string> alone;
  std::vector<int> outcomes(v1::TrialState_ARRAYSIZE);
  {
    std::vector<std::vector<int>> singles;
    for (int i = 0; i < kTrials; ++i) singles.push_back({i});
    const Listener listener =
        Train(MakeProblem(GetParam()), trials, singles, 1);
    for (const auto& results : listener.trained) {
      ASSERT_EQ(results.size(), 1u);
      alone.push_back(BitsOf(results[0]));
      ++outcomes[results[0].result.outcome()];
    }
  }
  // Else the test would see less than it says.
  EXPECT_GT(outcomes[v1::TRIAL_STATE_SUCCEEDED], 10);
  EXPECT_GT(outcomes[v1::TRIAL_STATE_DIVERGED], 0);

  for (const Isa isa : kernel::kIsas) {
    if (!kernel::Supports(isa)) continue;
    kernel::ForceIsa(isa);
    const Problem problem = MakeProblem(GetParam());
    for (int round = 0; round < kRounds; ++round) {
      const auto bundles = RandomBundles(kTrials, kBundles, random);
      const int slots = 1 + static_cast<int>(Below(4, random));
      const Listener listener = Train(problem, trials, bundles, slots);
      for (int i = 0; i < kTrials; ++i) {
        for (const TrainedTrial& again : listener.trained[i]) {
          ASSERT_EQ(BitsOf(again), alone[i])
              << "trial " << i << " with " << kernel::IsaName(isa) << " on "
              << slots << " slots, round " << round << ":\n"
              << trials[i].DebugString();
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Worlds, NumericsContractTest,
                         testing::ValuesIn(kWorlds), [](const auto& param) {
                           std::string name = param.param.name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

}  // namespace
}  // namespace fathom::worker
