#include "worker/bench/rate.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "worker/engine/linear/groups.h"
#include "worker/engine/linear/linear_engine.h"

namespace fathom::worker::bench {
namespace {

constexpr double kShort = 0.002;

bool Always() { return true; }

Problem SmallProblem() { return GenerateProblem(StandardData(50, 8)).value(); }

TEST(RateTest, TrialsDifferInRateAndSeedAndDoNotDiverge) {
  const Problem problem = SmallProblem();
  for (const Net net : {Net{1, 1}, Net{3, 1}, Net{3, 16}}) {
    std::vector<v1::TrialSpec> trials =
        RateTrials(net, 4, v1::PRECISION_DOUBLE, 20);
    std::set<double> rates;
    std::set<uint64_t> seeds;
    for (v1::TrialSpec& trial : trials) {
      rates.insert(trial.optimizer().learning_rate());
      seeds.insert(trial.seed());
      trial.set_steps(2000);
    }
    EXPECT_EQ(rates.size(), 20);
    EXPECT_EQ(seeds.size(), 20);

    struct Listener final : public BundleObserver {
      void OnPoint(int, int64_t, absl::Span<const double>) override {}
      void OnFinished(int, v1::TrialResult result) override {
        EXPECT_EQ(result.outcome(), v1::TRIAL_STATE_SUCCEEDED);
        EXPECT_EQ(result.best_step(), result.steps());
        ++finished;
      }
      bool KeepGoing(int64_t) override { return true; }
      int finished = 0;
    } listener;
    LinearEngine().Run(problem, trials, listener);
    EXPECT_EQ(listener.finished, 20);
  }
}

TEST(RateTest, MoreSlotsThanTrialsTrainEveryTrialOnce) {
  const Problem problem = SmallProblem();
  for (const int slots : {1, 2, 5}) {
    const auto rate =
        TrainingRate(problem, RateTrials({2, 1}, 4, v1::PRECISION_DOUBLE, 3),
                     slots, kShort, Always);
    ASSERT_TRUE(rate.ok()) << rate.status();
    EXPECT_GT(rate->per_second, 0);
    EXPECT_EQ(rate->lasting, 3);
  }
}

// A step is that of a group, and keep_going is asked before each.
TEST(RateTest, OnlyTheGroupThatTakesAStepIsCounted) {
  const Problem problem = SmallProblem();
  const std::vector<v1::TrialSpec> trials =
      RateTrials({3, 128}, 4, v1::PRECISION_DOUBLE, 64);
  std::vector<const v1::TrialSpec*> pointers;
  for (const v1::TrialSpec& trial : trials) pointers.push_back(&trial);
  const std::vector<int64_t> sizes = GroupSizes(pointers, {50, 8, 1});
  const int64_t largest = *std::max_element(sizes.begin(), sizes.end());
  ASSERT_LT(4 * largest, 64);
  constexpr double kSeconds = 0.02;
  int64_t asked = 0;

  const auto rate = TrainingRate(problem, trials, 1, kSeconds, [&] {
    ++asked;
    return true;
  });

  ASSERT_TRUE(rate.ok()) << rate.status();
  EXPECT_LE(rate->per_second * kSeconds / 2,
            static_cast<double>(asked * largest));
}

TEST(RateTest, TrialsThatDivergeAreNoLongerCounted) {
  const Problem problem = SmallProblem();
  std::vector<v1::TrialSpec> trials =
      RateTrials({1, 1}, 4, v1::PRECISION_DOUBLE, 6);
  trials[1].mutable_optimizer()->set_learning_rate(1e6);
  trials[4].mutable_optimizer()->set_learning_rate(1e6);

  const auto rate = TrainingRate(problem, trials, 2, kShort, Always);

  ASSERT_TRUE(rate.ok()) << rate.status();
  EXPECT_EQ(rate->lasting, 4);
  // The steps that those two no longer take would be a billion.
  EXPECT_LT(rate->per_second, 1e9);
}

TEST(RateTest, NothingIsMeasuredWhenAllTrialsEnd) {
  const Problem problem = SmallProblem();
  std::vector<v1::TrialSpec> trials =
      RateTrials({1, 1}, 4, v1::PRECISION_DOUBLE, 4);
  for (v1::TrialSpec& trial : trials) {
    trial.mutable_optimizer()->set_learning_rate(1e6);
  }

  const auto rate = TrainingRate(problem, trials, 2, 60, Always);

  EXPECT_EQ(rate.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(RateTest, ATrialThatCannotStartSaysWhy) {
  const Problem problem = SmallProblem();
  std::vector<v1::TrialSpec> trials =
      RateTrials({1, 1}, 4, v1::PRECISION_DOUBLE, 3);
  v1::InitSpec& init = *trials[2].mutable_model()->mutable_init();
  init.set_scheme(v1::INIT_SCHEME_BALANCED);
  init.add_end_to_end(1);  // One number for a row of eight.

  const auto rate = TrainingRate(problem, trials, 3, kShort, Always);

  EXPECT_EQ(rate.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(rate.status().message()).find("trial 0"),
            std::string::npos)
      << rate.status();
}

TEST(RateTest, StopsWhenTold) {
  const Problem problem = SmallProblem();
  std::atomic<int> calls = 0;

  const auto rate =
      TrainingRate(problem, RateTrials({1, 1}, 4, v1::PRECISION_DOUBLE, 8), 2,
                   3600, [&] { return ++calls < 100; });

  EXPECT_EQ(rate.status().code(), absl::StatusCode::kCancelled);
  // Each slot hears it once.
  EXPECT_LE(calls, 101);
}

}  // namespace
}  // namespace fathom::worker::bench
