#include "client/view/analysis/race_text.h"

#include <cmath>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "tests/client/analysis/fake_sweep.h"

namespace fathom::client {
namespace {

using test::AddAxis;
using test::AddRange;
using test::BaseSpec;
using test::FakeSweep;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

v1::SweepSpec Spec(const std::vector<double>& depths,
                   const std::vector<double>& rates, int64_t seeds = 0) {
  v1::SweepSpec spec = BaseSpec();
  spec.mutable_trial()->set_steps(1000);
  AddAxis("model.depth", depths, &spec);
  AddAxis("optimizer.learning_rate", rates, &spec);
  if (seeds > 0) AddRange("seed", 0, seeds, &spec);
  return spec;
}

std::function<double(double)> Decay(double tau) {
  return [tau](double step) { return std::exp(-step / tau); };
}

TEST(RaceTextTest, QuotesOneNumberWithItsGoalAndItsInterval) {
  FakeSweep sweep(Spec({1, 2}, {0.1, 0.3, 1}, 5));
  sweep.RecordAll([](int64_t trial, double step) {
    const double luck = 1 + 0.01 * (trial % 5);
    const bool best = trial / 5 % 3 == 1;
    return std::exp(-step / (luck * (trial < 15 ? 40 : 20) * (best ? 1 : 3)));
  });
  const std::string text = ComparisonText(sweep.Analyze({.goal = 0.01}));
  EXPECT_THAT(text, HasSubstr("depth 2: 2.00x faster to 0.01 (94 against 188 "
                              "steps; 95 % interval 2.00 to 2.00)"));
  EXPECT_THAT(text, HasSubstr("learning rates a factor 3.33 apart"));
  EXPECT_THAT(text, Not(HasSubstr("tried")));
}

TEST(RaceTextTest, SlowerIsSaidAsSlower) {
  FakeSweep sweep(Spec({1, 4}, {0.1}));
  sweep.Record(0, Decay(20));
  sweep.Record(1, Decay(40));
  EXPECT_THAT(ComparisonText(sweep.Analyze({.goal = 0.01})),
              AllOf(HasSubstr("depth 4: 2.00x slower to 0.01"),
                    HasSubstr("1 trial of each: no interval")));
}

TEST(RaceTextTest, SaysWhereTheSignChanges) {
  FakeSweep sweep(Spec({1, 2}, {0.1}));
  sweep.Record(0, [](double step) {
    return 0.5 * std::exp(-step / 10) + 0.5 * std::exp(-step / 400);
  });
  sweep.Record(1, Decay(150));
  const std::string text = ComparisonText(sweep.Analyze());
  EXPECT_THAT(
      text, AllOf(HasSubstr("x faster to 0.0411"), HasSubstr("slower down to "),
                  HasSubstr("faster from ")));
}

// Nothing has moved: the deeper net starts below the end of the other.
TEST(RaceTextTest, AStartBelowTheEndOfTheOtherIsNoSpeedUp) {
  FakeSweep sweep(Spec({1, 2, 3}, {0.1}));
  sweep.Record(0, [](double step) { return 0.95 - 1e-4 * step; });
  sweep.Record(1, [](double step) { return 0.8 - 1e-6 * step; });
  sweep.Record(2, [](double step) { return 0.8 - 1e-6 * step; });
  const std::string text = ComparisonText(sweep.Analyze());
  EXPECT_THAT(text, AllOf(HasSubstr("no comparison: depth 2 at 0.8000, depth 3 "
                                    "at 0.8000 start at or below what depth 1 "
                                    "reaches (0.8500)"),
                          Not(HasSubstr("faster"))));
}

TEST(RaceTextTest, AReferenceThatEndsAboveItsStartIsSaid) {
  FakeSweep sweep(Spec({1, 2}, {0.1}));
  sweep.Record(0, [](double step) { return 1 + step / 100; });
  sweep.Record(1, Decay(40));
  EXPECT_THAT(ComparisonText(sweep.Analyze()),
              HasSubstr("no comparison: depth 1 ends no lower than it starts "
                        "(11.00 against 1.000)"));
}

TEST(RaceTextTest, StartsThatDifferAreSaidWithWhoStartsBelow) {
  FakeSweep sweep(Spec({1, 2}, {0.1}, 2));
  sweep.RecordAll([](int64_t trial, double step) {
    return (trial < 2 ? 2.0 : 1.0) * std::exp(-step / 50) + 0.2 * (trial % 2);
  });
  EXPECT_THAT(ComparisonText(sweep.Analyze()),
              HasSubstr("the starts differ (depth 1 at 2.000 to 2.200, depth 2 "
                        "at 1.000 to 1.200): goals from 1.000 up are not "
                        "raced"));
  // Seeds that differ in the same way at every depth are no difference between
  // depths.
  FakeSweep alike(Spec({1, 2}, {0.1}, 2));
  alike.RecordAll([](int64_t trial, double step) {
    return (1.0 + trial % 2) * std::exp(-step / 50);
  });
  EXPECT_THAT(ComparisonText(alike.Analyze()), Not(HasSubstr("differ")));
}

TEST(RaceTextTest, WhoNeverLeftTheStartIsNamedWithWhatToTry) {
  FakeSweep sweep(Spec({1, 4, 6}, {0.1}));
  sweep.Record(0, Decay(100));
  for (const int64_t trial : {1, 2}) {
    sweep.Record(trial, [](double) { return 1.0; });
  }
  EXPECT_THAT(ComparisonText(sweep.Analyze()),
              HasSubstr("depth 4 and 6 never left the start: try init: "
                        "{scheme: balanced} or identity"));
  FakeSweep nobody(Spec({1, 4}, {0.1}));
  nobody.RecordAll([](int64_t, double step) { return 1 - 1e-7 * step; });
  EXPECT_THAT(ComparisonText(nobody.Analyze()),
              HasSubstr("no comparison: depth 1 and 4 never left the start"));
}

TEST(RaceTextTest, CountsWhatItRestsOn) {
  FakeSweep sweep(Spec({1, 2, 3}, {0.1, 0.2}));
  sweep.RecordAll([](int64_t, double step) { return std::exp(-step / 50); });
  sweep.Forget(3);
  sweep.Forget(4);
  sweep.Forget(5);
  const std::string text = ComparisonText(sweep.Analyze({.goal = 0.01}));
  EXPECT_THAT(text, HasSubstr("rests on 3 of 6 trials; nothing is known of "
                              "depth 3: no setting has all its trials "
                              "finished"));
  // Depth 2 has one of its two rates. It is as fast so far, and the other rate
  // may be faster.
  EXPECT_THAT(text, HasSubstr("depth 2: undecided to 0.01 (so far 1.00x"));
}

TEST(RaceTextTest, SaysThatARateLiesAtAnEdgeOrBesideOneThatDiverged) {
  FakeSweep sweep(Spec({1, 2}, {0.1, 0.2}));
  sweep.Record(0, Decay(80));
  sweep.Record(1, Decay(40));
  sweep.Record(2, Decay(40));
  sweep.Record(3, Decay(1e9), 10, v1::TRIAL_STATE_DIVERGED);
  EXPECT_THAT(
      ComparisonText(sweep.Analyze({.goal = 0.01})),
      AllOf(HasSubstr("depth 1: learning rate 0.2 is the largest tried"),
            HasSubstr("depth 2: learning rate 0.1 lies next to 0.2, where a "
                      "trial diverged")));
}

TEST(RaceTextTest, WhoDoesNotArriveDoesNot) {
  FakeSweep sweep(Spec({1, 2}, {0.1}));
  sweep.Record(0, Decay(20));
  sweep.Record(1, [](double step) { return 0.3 + 0.7 / (1 + step); });
  EXPECT_THAT(ComparisonText(sweep.Analyze({.goal = 0.01})),
              HasSubstr("depth 2: does not reach 0.01 (ends at 0.3007)"));
}

TEST(RaceTextTest, ArrivingInPartIsSaidAndNotCompared) {
  FakeSweep sweep(Spec({1, 2}, {0.1}, 3));
  for (int64_t trial = 0; trial < 6; ++trial) {
    sweep.Record(trial, trial == 4 ? [](double) { return 0.99; } : Decay(40));
  }
  EXPECT_THAT(ComparisonText(sweep.Analyze({.goal = 0.01})),
              HasSubstr("depth 2: reaches 0.01 with 2 of 3 seeds at best"));
}

TEST(RaceTextTest, SmallFactorsKeepTwoDigits) {
  EXPECT_EQ(FactorText({0.00112}), "0.0011");
  EXPECT_EQ(FactorText({0.0832}), "0.083");
  EXPECT_EQ(FactorText({0.512}), "0.51");
  EXPECT_EQ(FactorText({12.34}), "12.3");
  EXPECT_EQ(FactorText({2, Bounded::Kind::kAtLeast}), "> 2.00");
}

TEST(LevelTextTest, AnErrorThatEndsLowerIsSaidByItsFactor) {
  v1::SweepSpec spec = BaseSpec();
  AddAxis("model.depth", {1, 4}, &spec);
  spec.mutable_trial()->mutable_data()->clear_synthetic();
  v1::CompletionData* data =
      spec.mutable_trial()->mutable_data()->mutable_completion();
  data->set_matrix_rows(4);
  data->set_matrix_columns(4);
  data->set_rank(1);
  spec.mutable_trial()->mutable_record()->add_metrics(
      v1::METRIC_RECONSTRUCTION_ERROR);
  FakeSweep sweep(spec);
  sweep.RecordAll(
      [](int64_t trial, double) { return trial == 0 ? 0.82 : 0.0029; });
  EXPECT_THAT(ComparisonText(sweep.Analyze()),
              AllOf(HasSubstr("reconstruction error at step 100, against depth "
                              "1"),
                    HasSubstr("depth 4: 283x lower (0.002900 against 0.8200)"),
                    Not(HasSubstr("faster"))));
}

TEST(LevelTextTest, AMetricThatOnlyDescribesIsListed) {
  v1::SweepSpec spec = BaseSpec();
  AddAxis("model.depth", {1, 2}, &spec);
  spec.mutable_trial()->mutable_record()->add_metrics(
      v1::METRIC_EFFECTIVE_RANK);
  FakeSweep sweep(spec);
  sweep.RecordAll([](int64_t trial, double) { return trial == 0 ? 12. : 4.; });
  EXPECT_THAT(ComparisonText(sweep.Analyze()),
              HasSubstr("effective rank at step 100: depth 1 12.00, depth 2 "
                        "4.000"));
}

}  // namespace
}  // namespace fathom::client
