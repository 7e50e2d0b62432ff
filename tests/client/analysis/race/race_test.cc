#include "client/analysis/race/race.h"

#include <cmath>

#include "gmock/gmock.h"
#include "tests/client/analysis/fake_sweep.h"

namespace fathom::client {
namespace {

using test::AddAxis;
using test::AddRange;
using test::BaseSpec;
using test::FakeSweep;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

v1::SweepSpec Spec(const std::vector<double>& depths,
                   const std::vector<double>& rates, int64_t seeds) {
  v1::SweepSpec spec = BaseSpec();
  spec.mutable_trial()->set_steps(1000);
  AddAxis("model.depth", depths, &spec);
  AddAxis("optimizer.learning_rate", rates, &spec);
  if (seeds > 0) AddRange("seed", 0, seeds, &spec);
  return spec;
}

// Returns exp(-step / tau), which gets to e at the step tau log(1 / e).
std::function<double(double)> Decay(double tau) {
  return [tau](double step) { return std::exp(-step / tau); };
}

const AtGoal& Quoted(const SweepAnalysis& analysis, size_t racer = 1) {
  const Race& race = analysis.races.at(0);
  return race.racers.at(racer).at.at(*race.racers.at(racer).quoted);
}

TEST(RaceTest, ASpeedUpIsTheRatioOfTheTimesToTheGoal) {
  FakeSweep sweep(Spec({1, 3}, {0.5}, 0));
  sweep.Record(0, Decay(100));
  sweep.Record(1, Decay(40));
  const SweepAnalysis analysis = sweep.Analyze({.goal = 0.01});
  EXPECT_NEAR(Quoted(analysis).speed_up->value, 2.5, 1e-3);
  EXPECT_NEAR(Quoted(analysis).median, 40 * std::log(100), 0.1);
  EXPECT_EQ(Quoted(analysis).verdict, Verdict::kFaster);
  EXPECT_FALSE(Quoted(analysis).interval.has_value());
}

// A speed-up compares with the shallowest depth, and not with the next
// shallower one or another deeper one.
TEST(RaceTest, EverySpeedUpIsAgainstTheShallowest) {
  FakeSweep sweep(Spec({1, 2, 4, 8}, {0.5}, 0));
  const double taus[] = {100, 50, 20, 80};
  for (int64_t trial = 0; trial < 4; ++trial) {
    sweep.Record(trial, Decay(taus[trial]));
  }
  const SweepAnalysis analysis = sweep.Analyze({.goal = 0.01});
  EXPECT_FALSE(Quoted(analysis, 0).speed_up.has_value());
  for (size_t racer = 1; racer < 4; ++racer) {
    EXPECT_NEAR(Quoted(analysis, racer).speed_up->value, 100 / taus[racer],
                0.01);
  }
}

// Adam at a high rate gets to the goal first and then stays there on a ring of
// noise; a low rate is slow and ends lowest. Measured at the rate that ends
// lowest, depth 2 would look twice as fast; it is half as fast.
TEST(RaceTest, TheRateIsChosenByTheGoalAndNotByTheEnd) {
  FakeSweep sweep(Spec({1, 2}, {0.1, 0.2}, 0));
  const auto ring = [](double tau, double noise) {
    return [=](double step) { return std::exp(-step / tau) + noise; };
  };
  sweep.Record(0, ring(60, 0));     // Depth 1, the low rate: ends lowest.
  sweep.Record(1, ring(10, 2e-6));  // Depth 1, the high rate.
  sweep.Record(2, ring(30, 0));
  sweep.Record(3, ring(20, 2e-6));
  const SweepAnalysis analysis = sweep.Analyze({.goal = 1e-4});
  EXPECT_THAT(Quoted(analysis, 0).trials, ElementsAre(1));
  EXPECT_THAT(Quoted(analysis).trials, ElementsAre(3));
  EXPECT_NEAR(Quoted(analysis).speed_up->value, 0.5, 0.01);
  EXPECT_EQ(Quoted(analysis).verdict, Verdict::kSlower);
}

TEST(RaceTest, CurvesThatCrossChangeTheSignAlongTheProfile) {
  FakeSweep sweep(Spec({1, 2}, {0.5}, 0));
  // Depth 1 is fast at first and then slow; depth 2 is steady.
  sweep.Record(0, [](double step) {
    return 0.5 * std::exp(-step / 10) + 0.5 * std::exp(-step / 400);
  });
  sweep.Record(1, Decay(150));
  const SweepAnalysis analysis = sweep.Analyze();
  const std::vector<AtGoal>& at = analysis.races[0].racers[1].at;
  EXPECT_EQ(at.front().verdict, Verdict::kSlower);
  EXPECT_EQ(at.back().verdict, Verdict::kFaster);
  for (size_t k = 1; k < at.size(); ++k) {
    EXPECT_GE(at[k].speed_up->value, at[k - 1].speed_up->value * 0.999);
  }
}

TEST(RaceTest, AStartBelowTheGoalIsNoRace) {
  FakeSweep sweep(Spec({1, 2}, {0.5}, 0));
  sweep.Record(0, [](double step) { return 1 - 1e-5 * step; });  // Ends at .99.
  sweep.Record(1, [](double step) { return 0.9 - 1e-5 * step; });
  const SweepAnalysis analysis = sweep.Analyze();
  EXPECT_DOUBLE_EQ(*analysis.races[0].start, 0.9);
  EXPECT_DOUBLE_EQ(analysis.races[0].largest_start, 1);
  EXPECT_THAT(analysis.races[0].goals, IsEmpty());
  EXPECT_FALSE(analysis.races[0].racers[1].quoted.has_value());
  // A goal that somebody names is not raced, either.
  EXPECT_THAT(sweep.Analyze({.goal = 0.95}).races[0].goals, IsEmpty());
}

TEST(RaceTest, AGroupThatNeverLeftItsStartIsKnown) {
  FakeSweep sweep(Spec({1, 4}, {0.1, 0.2}, 0));
  sweep.Record(0, Decay(100));
  sweep.Record(1, Decay(50));
  sweep.Record(2, [](double) { return 1.0; });
  sweep.Record(3, [](double step) { return 1 - 1e-7 * step; });
  const Race race = sweep.Analyze().races[0];
  EXPECT_FALSE(race.racers[0].never_left);
  EXPECT_TRUE(race.racers[1].never_left);
  // A trial that diverged did leave its start.
  for (const int64_t trial : {2, 3}) {
    sweep.SetState(trial, v1::TRIAL_STATE_DIVERGED);
  }
  EXPECT_FALSE(sweep.Analyze().races[0].racers[1].never_left);
}

TEST(RaceTest, WhoDoesNotArriveIsBehindByABound) {
  FakeSweep sweep(Spec({1, 2}, {0.5}, 5));
  for (int64_t trial = 0; trial < 5; ++trial) {
    sweep.Record(trial, Decay(20));
    sweep.Record(trial + 5, [](double step) { return 0.3 + 0.7 / (1 + step); });
  }
  const SweepAnalysis analysis = sweep.Analyze({.goal = 0.01});
  const AtGoal& at = analysis.races[0].racers[1].at[0];
  EXPECT_EQ(at.verdict, Verdict::kBehind);
  EXPECT_EQ(at.speed_up->kind, Bounded::Kind::kAtMost);
  EXPECT_NEAR(at.speed_up->value, 20 * std::log(100) / 1000, 1e-3);
  EXPECT_EQ(at.arrived, 0);
}

TEST(RaceTest, WhenTheReferenceArrivesInPartNothingIsClaimed) {
  FakeSweep sweep(Spec({1, 2}, {0.5}, 4));
  for (int64_t trial = 0; trial < 4; ++trial) {
    // One seed of the reference stays above the goal.
    sweep.Record(trial, trial == 2 ? [](double) { return 0.5; } : Decay(200));
    sweep.Record(trial + 4, Decay(20));
  }
  const SweepAnalysis analysis = sweep.Analyze({.goal = 0.01});
  const Race& race = analysis.races[0];
  EXPECT_EQ(race.racers[0].at[0].arrived, 3);
  EXPECT_FALSE(race.racers[0].at[0].setting.has_value());
  EXPECT_FALSE(race.racers[1].at[0].speed_up.has_value());
  EXPECT_EQ(race.racers[1].at[0].verdict, Verdict::kNone);
  // With a lower share the median over all repetitions decides, with misses as
  // the latest.
  const SweepAnalysis most = sweep.Analyze({.arrive = 0.7, .goal = 0.01});
  EXPECT_NEAR(Quoted(most).speed_up->value, 10, 0.1);
}

TEST(RaceTest, WhatAStopRuleCutOffIsNotSlow) {
  FakeSweep sweep(Spec({1, 2}, {0.5}, 0));
  sweep.Record(0, Decay(20), 50, v1::TRIAL_STATE_STOPPED);
  sweep.Record(1, Decay(20));
  const SweepAnalysis analysis = sweep.Analyze({.goal = 0.01});
  EXPECT_FALSE(analysis.races[0].racers[1].at[0].speed_up.has_value());
  EXPECT_EQ(analysis.races[0].racers[1].at[0].verdict, Verdict::kNone);
}

TEST(RaceTest, ADivergedTrialArrivedIfItDidBefore) {
  FakeSweep sweep(Spec({1, 2}, {0.5}, 0));
  sweep.Record(0, Decay(100));
  sweep.Record(1, Decay(20), 200, v1::TRIAL_STATE_DIVERGED);
  const SweepAnalysis analysis = sweep.Analyze({.goal = 0.01});
  EXPECT_NEAR(Quoted(analysis).speed_up->value, 5, 0.05);
  EXPECT_EQ(Quoted(analysis).diverged, 1);
}

// The faster rate of one depth lacks a seed. Complete, it would be ten times as
// fast.
FakeSweep SweepThatLacksTheBest(int64_t depth) {
  FakeSweep sweep(Spec({1, 2}, {0.1, 0.2}, 3));
  const int64_t first = depth == 1 ? 3 : 9;  // The first trial of that rate.
  sweep.RecordAll([=](int64_t trial, double step) {
    const double tau = trial < 6 ? 100 : 50;
    return std::exp(-step / (trial / 3 == first / 3 ? tau / 10 : tau));
  });
  sweep.Forget(first + 2);
  return sweep;
}

TEST(RaceTest, OfTheOtherThanTheReferenceWhatIsMissingCouldOnlyHelp) {
  const SweepAnalysis analysis =
      SweepThatLacksTheBest(2).Analyze({.goal = 0.01});
  const AtGoal& at = Quoted(analysis);
  EXPECT_NEAR(at.speed_up->value, 2, 0.01);
  EXPECT_EQ(at.speed_up->kind, Bounded::Kind::kAtLeast);
  EXPECT_EQ(at.verdict, Verdict::kFaster);
  EXPECT_EQ(analysis.groups[1].counts.finished, 5);
  EXPECT_EQ(analysis.groups[1].counts.expected, 6);
  EXPECT_EQ(analysis.groups[1].counts.complete_settings, 1);
}

TEST(RaceTest, AReferenceThatLacksTrialsIsNotBeaten) {
  // Complete, the reference would be five times as fast.
  const SweepAnalysis analysis =
      SweepThatLacksTheBest(1).Analyze({.goal = 0.01});
  EXPECT_EQ(Quoted(analysis).speed_up->kind, Bounded::Kind::kAtMost);
  EXPECT_EQ(Quoted(analysis).verdict, Verdict::kNone);
}

TEST(RaceTest, FailedTrialsAreMissing) {
  FakeSweep sweep = SweepThatLacksTheBest(2);
  sweep.Record(11, Decay(5), {}, v1::TRIAL_STATE_FAILED);
  EXPECT_EQ(Quoted(sweep.Analyze({.goal = 0.01})).speed_up->kind,
            Bounded::Kind::kAtLeast);
}

TEST(RaceTest, NothingIsClaimedOfADepthThatHasNothingWhole) {
  FakeSweep sweep = SweepThatLacksTheBest(2);
  sweep.Forget(6);
  const Race race = sweep.Analyze().races[0];
  EXPECT_FALSE(race.racers[1].quoted.has_value());
  for (const AtGoal& at : race.racers[1].at) {
    EXPECT_EQ(at.verdict, Verdict::kNone);
    EXPECT_FALSE(at.speed_up.has_value());
  }
}

TEST(RaceTest, TheCostOfTuningCountsTheWholeGrid) {
  FakeSweep sweep(Spec({1, 2}, {0.1, 0.2}, 0));
  sweep.Record(0, Decay(100));
  sweep.Record(1, Decay(100));
  // Depth 2 is fast at one rate; at the other it diverges at step 30.
  sweep.Record(2, Decay(20));
  sweep.Record(3, Decay(1e9), 30, v1::TRIAL_STATE_DIVERGED);
  const SweepAnalysis analysis =
      sweep.Analyze({.tuning = true, .goal = std::exp(-5)});
  EXPECT_NEAR(*Quoted(analysis, 0).cost, 1000, 1);
  EXPECT_NEAR(*Quoted(analysis).cost, 100 + 30, 1);
  EXPECT_NEAR(Quoted(analysis).speed_up->value, 1000.0 / 130, 0.05);
}

// A setting that is missing would have added to the cost of a search, also to
// that of the only one that comes to its goal.
TEST(RaceTest, NothingIsKnownOfTheCostOfASearchThatLacksASetting) {
  for (const bool deeper_arrives : {true, false}) {
    FakeSweep sweep(Spec({1, 2}, {0.1, 0.2}, 0));
    const auto fast = [](bool is) { return Decay(is ? 20 : 1e9); };
    sweep.Record(0, fast(!deeper_arrives));
    sweep.Record(1, fast(!deeper_arrives));
    sweep.Record(2, fast(deeper_arrives));
    sweep.Record(3, fast(deeper_arrives));
    const RaceOptions tuning = {.tuning = true, .goal = std::exp(-5)};
    const Verdict verdict = deeper_arrives ? Verdict::kAhead : Verdict::kBehind;
    EXPECT_EQ(sweep.Analyze(tuning).races[0].racers[1].at[0].verdict, verdict);
    sweep.Forget(deeper_arrives ? 3 : 1);
    const AtGoal lacking = sweep.Analyze(tuning).races[0].racers[1].at[0];
    EXPECT_FALSE(lacking.speed_up.has_value());
    EXPECT_EQ(lacking.verdict, Verdict::kNone);
  }
}

TEST(RaceTest, ExpectedRunningTimeSpreadsWhatIsSpentOverThoseThatArrive) {
  FakeSweep sweep(Spec({1, 2}, {0.5}, 2));
  sweep.RecordAll([](int64_t, double step) { return std::exp(-step / 100); });
  sweep.Forget(3);
  sweep.Record(3, [](double) { return 1.0; });
  const SweepAnalysis analysis =
      sweep.Analyze({.arrive = 0.5, .goal = std::exp(-5)});
  EXPECT_NEAR(*analysis.races[0].racers[0].at[0].ert, 500, 1);
  // The median of a trial that arrives and one that does not is infinite.
  EXPECT_FALSE(analysis.races[0].racers[1].at[0].setting.has_value());
}

// The seeds share their luck, so that the ratio of two depths is exact although
// their times vary by a factor of ten.
TEST(RaceTest, PairedRepetitionsGiveANarrowInterval) {
  FakeSweep sweep(Spec({1, 2}, {0.5}, 9));
  sweep.RecordAll([&](int64_t trial, double step) {
    const double luck = 10.0 + 10 * (trial % 9);
    return std::exp(-step / (trial < 9 ? 2 * luck : luck));
  });
  const SweepAnalysis analysis = sweep.Analyze({.goal = 0.01});
  const AtGoal& at = Quoted(analysis);
  ASSERT_TRUE(at.interval.has_value());
  EXPECT_NEAR(at.interval->low, 2, 0.02);
  EXPECT_NEAR(at.interval->high, 2, 0.02);
}

// Two rates of depth 2 are lucky with the odd or with the even seeds. A
// resample takes the rate that its seeds favour, so that it varies less than a
// single rate does.
TEST(RaceTest, EveryResampleChoosesTheRateAgain) {
  const auto width = [](const std::vector<double>& rates) {
    FakeSweep sweep(Spec({1, 2}, rates, 8));
    const auto per_depth = static_cast<int64_t>(8 * rates.size());
    sweep.RecordAll([&](int64_t trial, double step) {
      if (trial < per_depth) return std::exp(-step / 60);
      const bool lucky = (trial % 2 == 0) == ((trial - per_depth) / 8 == 0);
      return std::exp(-step / (lucky ? 20 : 60));
    });
    const AtGoal at = Quoted(sweep.Analyze({.goal = 0.01}));
    return std::log(at.interval->high / at.interval->low);
  };
  EXPECT_LT(width({0.1, 0.2}), 0.8 * width({0.1}));
}

TEST(RaceTest, ATieWithinTheIntervalIsATie) {
  FakeSweep sweep(Spec({1, 2}, {0.5}, 7));
  const double luck[] = {30, 90, 40, 80, 50, 70, 60};
  sweep.RecordAll([&](int64_t trial, double step) {
    const double tau = trial < 7 ? luck[trial] : luck[6 - (trial - 7)] * 0.8;
    return std::exp(-step / tau);
  });
  const AtGoal at = Quoted(sweep.Analyze({.goal = 0.01}));
  EXPECT_GT(at.speed_up->value, 1.05);
  EXPECT_LT(at.interval->low, 1);
  EXPECT_EQ(at.verdict, Verdict::kTie);
}

TEST(RaceTest, HeldOutRepetitionsLoseWhatChoosingGainedByLuck) {
  // Two rates of depth 2 differ only by luck, which alternates with the seed.
  FakeSweep sweep(Spec({1, 2}, {0.1, 0.2}, 6));
  sweep.RecordAll([&](int64_t trial, double step) {
    if (trial < 12) return std::exp(-step / 60);
    const bool lucky = (trial % 2 == 0) == (trial < 18);
    return std::exp(-step / (lucky ? 20 : 100));
  });
  const AtGoal at = Quoted(sweep.Analyze({.split = true, .goal = 0.01}));
  EXPECT_NEAR(*at.split, 0.6, 0.01);
  EXPECT_GT(at.speed_up->value, 0.99);
}

TEST(RaceTest, GoalsEndAtTheFloorOfTheOptimum) {
  v1::SweepSpec spec = Spec({1, 2}, {0.5}, 0);
  spec.mutable_trial()->mutable_record()->add_metrics(v1::METRIC_EXCESS_LOSS);
  FakeSweep sweep(spec);
  sweep.Record(0, [](double step) { return std::exp(-step / 10) + 1e-16; });
  sweep.Record(1, [](double step) { return std::exp(-step / 9) - 1e-17; });
  const std::vector<double> goals = sweep.Analyze().races[0].goals;
  // Without an optimum in the ledger, the optimum counts as large as the start.
  EXPECT_THAT(goals, Each(Ge(64 * std::ldexp(1, -53))));
  EXPECT_GE(goals.size(), 40u);
  // A named goal below the floor is not raced.
  EXPECT_THAT(sweep.Analyze({.goal = 1e-16}).races[0].goals, IsEmpty());
}

TEST(RaceTest, AStopRuleIsTheLastGoalToTheBit) {
  v1::SweepSpec spec = Spec({1, 2}, {0.5}, 0);
  spec.mutable_trial()->mutable_stop()->set_loss_below(0.012345678);
  FakeSweep sweep(spec);
  const auto stopped = [&](int64_t trial, double tau) {
    const auto last =
        static_cast<int64_t>(std::ceil(tau * std::log(1 / 0.012345678)));
    sweep.Record(trial, Decay(tau), last, v1::TRIAL_STATE_STOPPED);
  };
  stopped(0, 100);
  stopped(1, 25);
  const SweepAnalysis analysis = sweep.Analyze();
  EXPECT_EQ(analysis.races[0].goals.back(), 0.012345678);
  EXPECT_NEAR(Quoted(analysis).speed_up->value, 4, 0.02);
}

TEST(RaceTest, TheEndsOfDeeperGroupsAreGoals) {
  FakeSweep sweep(Spec({1, 2}, {0.5}, 0));
  sweep.Record(0, Decay(200));
  sweep.Record(1, [](double step) { return 0.0333 + std::exp(-step / 50); });
  const SweepAnalysis analysis = sweep.Analyze();
  EXPECT_THAT(analysis.races[0].goals, testing::Contains(0.0334));
  const Racer& deep = analysis.races[0].racers[1];
  EXPECT_EQ(analysis.races[0].goals[*deep.quoted], 0.0334);
}

TEST(RaceTest, FamiliesAgreeInAllButTheDepth) {
  v1::SweepSpec spec = BaseSpec();
  AddAxis("loss.lp", {2, 4}, &spec);
  AddAxis("model.depth", {3, 1}, &spec);
  FakeSweep sweep(spec);
  sweep.RecordAll([](int64_t, double step) { return std::exp(-step / 10); });
  const std::vector<Race> races = sweep.Analyze().races;
  ASSERT_THAT(races, SizeIs(2));
  EXPECT_THAT(races[1].axes, ElementsAre("lp"));
  EXPECT_EQ(races[1].values[0].number(), 4);
  EXPECT_EQ(races[1].racers[0].depth, 1);
  EXPECT_EQ(races[1].racers[1].depth, 3);
}

TEST(RaceTest, StepsBelowOneCountAsOne) {
  FakeSweep sweep(Spec({1, 2}, {0.5}, 0));
  sweep.Record(0, [](double step) { return 1 / (1 + step); });
  sweep.Record(1, [](double step) { return step == 0 ? 1.0 : 1e-9; });
  const SweepAnalysis analysis = sweep.Analyze({.goal = 0.01});
  EXPECT_NEAR(Quoted(analysis).speed_up->value, 99, 1e-6);
}

TEST(RaceTest, CuttingOffLeavesWhatComesLaterOut) {
  FakeSweep sweep(Spec({1, 2}, {0.5}, 0));
  sweep.Record(0, Decay(100));
  sweep.Record(1,
               [](double step) { return step < 500 ? 1 - step / 1e4 : 1e-9; });
  const SweepAnalysis early = sweep.Analyze({.goal = 0.1}, 400);
  EXPECT_EQ(early.races[0].racers[1].at[0].verdict, Verdict::kBehind);
  EXPECT_EQ(early.races[0].racers[1].longest, 400);
}

}  // namespace
}  // namespace fathom::client
