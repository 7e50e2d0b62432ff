// The report on the best settings, from observations of a small sweep.
#include "client/analysis/best.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "client/view/best_text.h"
#include "gmock/gmock.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/validate.h"
#include "tests/client/analysis/sweeps.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Depth {1, 2} x learning rate {0.1, 0.2, 0.4} x seed {0, 1}: trial
// 6 (depth - 1) + 2 rate + seed, 99 steps.
v1::SweepSpec Spec() {
  v1::SweepSpec spec = test::BaseSpec();
  spec.mutable_trial()->set_steps(99);
  test::AddAxis("depth", {1, 2}, &spec);
  test::AddAxis("learning_rate", {0.1, 0.2, 0.4}, &spec);
  test::AddAxis("seed", {0, 1}, &spec);
  spec.mutable_summarize()->add_by("depth");
  spec.mutable_summarize()->add_average_over("seed");
  return Normalize(spec);
}

// Records of a sweep in which trial i follows scale (1 + step)^-power.
struct Records {
  std::vector<Observation> points;  // At steps 0, 9 and 99.
  std::vector<TrialResult> results;

  void Add(int64_t trial, double scale, double power) {
    for (const int64_t step : {0, 9, 99}) {
      points.push_back(
          {trial, step,
           scale * std::pow(1.0 + static_cast<double>(step), -power)});
    }
    results.push_back({trial, v1::TRIAL_STATE_SUCCEEDED, 99});
  }
  void Diverge(int64_t trial, int64_t step) {
    points.push_back({trial, 0, 1});
    results.push_back({trial, v1::TRIAL_STATE_DIVERGED, step});
  }
};

// What LoadBest does, without a ledger.
BestReport Report(const v1::SweepSpec& spec, const Records& records) {
  absl::StatusOr<SweepSummary> summary = SummarizeSweep(spec, records.points);
  EXPECT_OK(summary);
  for (SummaryRow& row : summary->rows) {
    if (!row.best.back()) continue;
    row.curves = AlignCurves(row.best.back()->trials, records.points);
    row.curve = MeanCurve(row.curves);
  }
  absl::StatusOr<BestReport> report = MakeBestReport(
      spec, *std::move(summary), records.points, {}, records.results);
  EXPECT_OK(report);
  return *std::move(report);
}

// Depth 1 is best at its largest rate, with values s / 10 for seeds s = 1, 3.
// Depth 2 is best in the middle and ten times faster; 0.4 diverges late.
Records Example() {
  Records records;
  for (const int64_t seed : {0, 1}) {
    const double scale = seed == 0 ? 1 : 3;
    records.Add(seed, scale, 0.1);
    records.Add(2 + seed, scale, 0.2);
    records.Add(4 + seed, scale, 0.5);
    records.Add(6 + seed, scale, 0.1);
    records.Add(8 + seed, scale, 1);
    records.Diverge(10 + seed, 50 + 20 * seed);
  }
  return records;
}

v1::Sweep SweepOf(const v1::SweepSpec& spec) {
  v1::Sweep sweep;
  sweep.set_sweep_id(7);
  *sweep.mutable_spec() = spec;
  return sweep;
}

TEST(BestTest, GroupsAreDescribedByTheirSeeds) {
  const BestReport report = Report(Spec(), Example());

  ASSERT_EQ(report.groups.size(), 2u);
  const GroupBest& first = report.groups[0];
  EXPECT_EQ(ValueText(first.best->settings[0]), "0.4");
  EXPECT_EQ(first.statistics->count, 2);
  EXPECT_NEAR(first.statistics->mean, 0.2, 1e-12);
  // |0.3 - 0.1| / 2 for two values.
  EXPECT_NEAR(*first.statistics->standard_error, 0.1, 1e-12);
  EXPECT_EQ(first.diverged, 0);
  EXPECT_EQ(first.finished, 6);
  EXPECT_EQ(report.groups[1].diverged, 2);
  EXPECT_EQ(report.trials, 12);
}

TEST(BestTest, DepthIsComparedWithWhereTheShallowestEnds) {
  const BestReport report = Report(Spec(), Example());

  const GroupBest& deep = report.groups[1];
  EXPECT_NEAR(deep.reach->epsilon, 0.2, 1e-12);
  EXPECT_NEAR(report.groups[0].reach->mean_curve.value, 99, 1e-9);
  EXPECT_EQ(report.groups[0].reach->censored, 1);  // The seed that ends at 0.3.
  // 2 / (1 + t) = 0.2 at t = 9.
  EXPECT_NEAR(deep.reach->mean_curve.value, 9, 1e-9);
  EXPECT_EQ(*deep.base_depth, 1);
  EXPECT_NEAR(deep.speed_up->factor->value, 11, 1e-9);
  EXPECT_TRUE(deep.speed_up->paired);
  // Seeds that scale both depths alike.
  EXPECT_NEAR(deep.speed_up->interval->low.value, 11, 1e-6);
  EXPECT_NEAR(deep.speed_up->interval->high.value, 11, 1e-6);
  EXPECT_FALSE(report.groups[0].speed_up.has_value());
}

TEST(BestTest, BandsSayWhereRatesDivergeAndWhatIsAtTheEdge) {
  const BestReport report = Report(Spec(), Example());

  const StableBand& shallow = *report.groups[0].band;
  EXPECT_EQ(*shallow.largest, 0.4);
  EXPECT_EQ(*shallow.best_edge, StableBand::Edge::kLargest);
  EXPECT_FALSE(shallow.divergent.has_value());
  const StableBand& deep = *report.groups[1].band;
  EXPECT_EQ(*deep.smallest, 0.1);
  EXPECT_EQ(*deep.largest, 0.2);
  EXPECT_NEAR(deep.decades, std::log10(2), 1e-12);
  EXPECT_EQ(deep.divergent->rate, 0.4);
  EXPECT_EQ(*deep.divergent->first_divergence, 50);
  EXPECT_EQ(*deep.divergent->last_divergence, 70);
  EXPECT_EQ(*deep.best_edge, StableBand::Edge::kInside);
}

TEST(BestTest, TheOrderOfSeedsAndOfRecordsDoesNotMatter) {
  Records records = Example();
  // A noise of its own for each seed.
  for (Observation& point : records.points) {
    if (point.trial % 2 == 1) point.value *= 1 + 0.01 * (point.step % 7);
  }
  v1::SweepSpec spec = Spec();
  const BestReport expected = Report(spec, records);

  // The same trials in a sweep whose seeds are listed the other way round.
  Records swapped = records;
  for (Observation& point : swapped.points) point.trial ^= 1;
  for (TrialResult& result : swapped.results) result.trial ^= 1;
  std::reverse(swapped.points.begin(), swapped.points.end());
  spec.mutable_axes(2)
      ->mutable_axes(0)
      ->mutable_list()
      ->mutable_values()
      ->SwapElements(0, 1);
  const BestReport actual = Report(spec, swapped);

  const SpeedUp& a = *expected.groups[1].speed_up;
  const SpeedUp& b = *actual.groups[1].speed_up;
  EXPECT_NEAR(a.factor->value, b.factor->value, 1e-9);
  EXPECT_EQ(a.interval->low.value, b.interval->low.value);
  EXPECT_EQ(a.interval->high.value, b.interval->high.value);
  EXPECT_EQ(*expected.groups[0].statistics->standard_error,
            *actual.groups[0].statistics->standard_error);
}

TEST(BestTest, AnEpsilonIsReachedOrCensoredWithOrWithoutDepths) {
  v1::SweepSpec spec = Spec();
  spec.mutable_summarize()->set_epsilon(0.1);
  const BestReport report = Report(spec, Example());
  EXPECT_EQ(report.groups[0].reach->mean_curve.kind, Bounded::Kind::kAtLeast);
  EXPECT_EQ(report.groups[0].reach->mean_curve.value, 99);
  // 2 / (1 + t) = 0.1.
  EXPECT_NEAR(report.groups[1].reach->mean_curve.value, 19, 1e-9);
  EXPECT_EQ(report.groups[1].speed_up->factor->kind, Bounded::Kind::kAtLeast);

  BestQuestion question{.by = {"learning_rate"}, .best_over = {"depth"}};
  *spec.mutable_summarize() = PlanOf(spec, question);
  const BestReport by_rate = Report(spec, Example());
  ASSERT_EQ(by_rate.groups.size(), 3u);
  EXPECT_NEAR(by_rate.groups[1].reach->mean_curve.value, 19, 1e-9);
  EXPECT_FALSE(by_rate.groups[1].speed_up.has_value());
  EXPECT_FALSE(by_rate.groups[1].band.has_value());
}

TEST(BestTest, WithoutAWinnerTheBandIsStillKnown) {
  Records records;
  for (int64_t trial = 0; trial < 6; ++trial) records.Add(trial, 1, 0.5);
  for (int64_t trial = 6; trial < 12; ++trial) records.Diverge(trial, trial);
  const BestReport report = Report(Spec(), records);

  EXPECT_FALSE(report.groups[1].best.has_value());
  EXPECT_EQ(report.groups[1].diverged, 6);
  EXPECT_EQ(report.groups[1].band->divergent->rate, 0.1);
  EXPECT_EQ(*report.groups[1].band->divergent->last_divergence, 7);
  EXPECT_FALSE(report.groups[1].speed_up.has_value());
}

TEST(PlanTest, WhatIsNotAskedForStaysAndAnAxisHasOnePlace) {
  v1::SweepSpec spec = Spec();
  spec.mutable_summarize()->add_at(9);
  spec.mutable_summarize()->add_at(99);
  const auto plan = [&](const BestQuestion& question) {
    *spec.mutable_summarize() = PlanOf(spec, question);
    EXPECT_THAT(Validate(spec), IsEmpty());
    return SummaryOf(spec);
  };
  v1::SummarySpec same = plan({});
  EXPECT_THAT(same.by(), ElementsAre("model.depth"));
  EXPECT_THAT(same.at(), ElementsAre(99));

  const v1::SummarySpec moved = plan({.by = {"seed"}, .at = 9});
  EXPECT_THAT(moved.by(), ElementsAre("seed"));
  EXPECT_THAT(moved.average_over(), IsEmpty());
  // What no list names any more is chosen from.
  EXPECT_THAT(moved.best_over(),
              ElementsAre("optimizer.learning_rate", "model.depth"));
  EXPECT_THAT(moved.at(), ElementsAre(9));
}

TEST(BestTextTest, ShowsTheThreeTablesAndTheEdge) {
  const v1::SweepSpec spec = Spec();
  const std::string text = BestText(SweepOf(spec), Report(spec, Example()));

  EXPECT_EQ(
      text,
      R"(test (sweep 7): best learning rate by loss at step 99 per depth, mean over 2 seeds

depth  learning rate     mean  std error    least   median     most  diverged
-----  -------------  -------  ---------  -------  -------  -------  --------
    1            0.4   0.2000     0.1000   0.1000   0.2000   0.3000    0 of 6
    2            0.2  0.02000    0.01000  0.01000  0.02000  0.03000    2 of 6

Steps until the mean loss is where the shallowest depth ends

depth    goal  steps  median seed  not reached  speed-up  95 % interval
-----  ------  -----  -----------  -----------  --------  -------------
    1  0.2000     99         > 99       1 of 2         -              -
    2  0.2000      9            9       0 of 2     11.0x   11.0 to 11.0
interval: percentiles over 2,000 resamples of the seeds, drawn alike for both depths

Stable learning rates: no trial diverged or failed

depth  from   to  decades  diverges at   at step  within 2x of best
-----  ----  ---  -------  -----------  --------  -----------------
    1   0.1  0.4     0.60            -         -                0.4
    2   0.1  0.2     0.30          0.4  50 to 70                0.2
the best learning rate is the largest tried, try larger ones: depth = 1 (0.4)
)");
}

TEST(BestTextTest, OneSeedHasNoIntervalAndNoSpread) {
  v1::SweepSpec spec = test::BaseSpec();
  spec.mutable_trial()->set_steps(99);
  test::AddAxis("depth", {1, 2}, &spec);
  spec = Normalize(spec);
  Records records;
  records.Add(0, 1, 0.5);
  records.Add(1, 1, 1);
  const std::string text = BestText(SweepOf(spec), Report(spec, records));

  EXPECT_THAT(text, HasSubstr("one trial: no interval\n"));
  EXPECT_THAT(text, Not(HasSubstr("std error")));
  EXPECT_THAT(text, Not(HasSubstr("Stable")));
  EXPECT_THAT(text, HasSubstr("11.0x"));
}

TEST(BestTextTest, WhatIsNotFinishedIsSaid) {
  Records records = Example();
  records.results.pop_back();
  const v1::SweepSpec spec = Spec();
  const BestReport report = Report(spec, records);
  EXPECT_THAT(BestText(SweepOf(spec), report),
              HasSubstr("\nso far: 11 of 12 trials finished\n"));
  // 0.4 is divergent all the same, and nothing is stable that has not ended.
  EXPECT_EQ(report.groups[1].band->divergent->rate, 0.4);
}

TEST(BestJsonTest, HasEveryFigure) {
  const nlohmann::ordered_json json = BestJson(Report(Spec(), Example()));

  EXPECT_EQ(json["step"], 99);
  const auto& deep = json["groups"][1];
  EXPECT_EQ(deep["by"]["depth"], 2);
  EXPECT_EQ(deep["best"]["settings"]["learning_rate"], 0.2);
  EXPECT_EQ(deep["best"]["values"].size(), 2u);
  EXPECT_EQ(deep["best"]["statistics"]["count"], 2);
  EXPECT_EQ(deep["speed_up"]["factor"]["bound"], "exact");
  EXPECT_EQ(deep["speed_up"]["interval"]["resamples"], 2000);
  EXPECT_EQ(deep["band"]["divergent"]["first_divergence"], 50);
  EXPECT_EQ(deep["band"]["best_edge"], "inside");
  EXPECT_EQ(deep["diverged"], 2);
  EXPECT_TRUE(json["groups"][0]["speed_up"].is_null());
  EXPECT_TRUE(json["groups"][0]["reach"]["trials"][1].is_null());
}

}  // namespace
}  // namespace fathom
