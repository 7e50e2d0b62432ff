#include "client/analysis/summary.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/view/summary_text.h"
#include "gmock/gmock.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/normalize.h"
#include "tests/client/analysis/sweeps.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Texts(const std::vector<v1::Value>& values) {
  std::vector<std::string> texts;
  for (const v1::Value& value : values) texts.push_back(ValueText(value));
  return texts;
}

// Depth {1, 2} x learning rate {0.1, 0.2} x seed {0, 1}: trial 4 depth + 2 rate
// + seed.
v1::SweepSpec Spec() {
  v1::SweepSpec spec = test::BaseSpec();
  test::AddAxis("depth", {1, 2}, &spec);
  test::AddAxis("learning_rate", {0.1, 0.2}, &spec);
  test::AddAxis("seed", {0, 1}, &spec);
  v1::SummarySpec* summarize = spec.mutable_summarize();
  summarize->add_by("depth");
  summarize->add_best_over("learning_rate");
  summarize->add_average_over("seed");
  summarize->add_at(10);
  summarize->add_at(100);
  return Normalize(spec);
}

TEST(SummaryTest, TakesTheMeanThenTheBest) {
  const std::vector<Observation> observations = {
      {0, 100, 4}, {1, 100, 2}, {2, 100, 1}, {3, 100, 3},
      {4, 100, 9}, {5, 100, 7}, {6, 100, 1}, {7, 100, 99}};

  const absl::StatusOr<SweepSummary> summary =
      SummarizeSweep(Spec(), observations);

  ASSERT_OK(summary);
  ASSERT_EQ(summary->rows.size(), 2u);
  EXPECT_THAT(Texts(summary->rows[0].group), ElementsAre("1"));
  EXPECT_DOUBLE_EQ(summary->rows[0].best[1]->value, 2);
  EXPECT_THAT(Texts(summary->rows[0].best[1]->settings), ElementsAre("0.2"));
  EXPECT_THAT(summary->rows[0].best[1]->trials, ElementsAre(2, 3));
  EXPECT_DOUBLE_EQ(summary->rows[1].best[1]->value, 8);
  EXPECT_THAT(Texts(summary->rows[1].best[1]->settings), ElementsAre("0.1"));
}

// A mean over the seeds that happened to survive would flatter a setting.
TEST(SummaryTest, SettingWithADivergedSeedHasNoValue) {
  const std::vector<Observation> observations = {
      {0, 10, 1},    {1, 10, 1},  {2, 10, 5}, {3, 10, 5},
      {0, 100, 0.1}, {2, 100, 4}, {3, 100, 4}};

  const absl::StatusOr<SweepSummary> summary =
      SummarizeSweep(Spec(), observations);

  ASSERT_OK(summary);
  EXPECT_DOUBLE_EQ(summary->rows[0].best[0]->value, 1);
  EXPECT_DOUBLE_EQ(summary->rows[0].best[1]->value, 4);
  EXPECT_FALSE(summary->rows[1].best[0].has_value());
  EXPECT_FALSE(summary->rows[1].best[1].has_value());
}

TEST(SummaryTest, ValuesThatAreNotFiniteAndOtherStepsAreIgnored) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Observation> observations = {
      {0, 100, nan}, {1, 100, nan}, {2, 99, 1}, {3, 99, 1}, {999, 100, 1}};

  const absl::StatusOr<SweepSummary> summary =
      SummarizeSweep(Spec(), observations);

  ASSERT_OK(summary);
  EXPECT_FALSE(summary->rows[0].best[1].has_value());
}

TEST(SummaryTest, RowsFollowTheOrderOfBy) {
  v1::SweepSpec spec = test::BaseSpec();
  test::AddAxis("depth", {1, 2}, &spec);
  test::AddAxis("lp", {2, 4}, &spec);
  spec.mutable_summarize()->add_by("lp");
  spec.mutable_summarize()->add_by("depth");

  const absl::StatusOr<SweepSummary> summary =
      SummarizeSweep(Normalize(spec), {});

  ASSERT_OK(summary);
  std::vector<std::string> rows;
  for (const SummaryRow& row : summary->rows) {
    rows.push_back(
        absl::StrCat(ValueText(row.group[0]), "/", ValueText(row.group[1])));
  }
  EXPECT_THAT(rows, ElementsAre("2/1", "2/2", "4/1", "4/2"));
}

// Axes that move together can be in different lists, with repeated values.
TEST(SummaryTest, ZippedAxesAreGroupedByValue) {
  v1::SweepSpec spec = test::BaseSpec();
  test::AddAxis("depth", {1, 1, 2, 2}, &spec);
  *spec.mutable_axes(0)->add_axes() =
      test::MakeAxis("learning_rate", {0.1, 0.2, 0.3, 0.4});
  spec.mutable_summarize()->add_by("depth");
  spec.mutable_summarize()->add_best_over("learning_rate");

  const absl::StatusOr<SweepSummary> summary = SummarizeSweep(
      Normalize(spec), std::vector<Observation>{
                           {0, 100, 3}, {1, 100, 2}, {2, 100, 5}, {3, 100, 6}});

  ASSERT_OK(summary);
  ASSERT_EQ(summary->rows.size(), 2u);
  EXPECT_THAT(Texts(summary->rows[0].best[0]->settings), ElementsAre("0.2"));
  EXPECT_THAT(Texts(summary->rows[1].best[0]->settings), ElementsAre("0.3"));
}

TEST(SummaryTest, SpecWithoutSummaryIsGroupedByDepthAndAveragedOverSeeds) {
  v1::SweepSpec spec = Spec();
  spec.clear_summarize();

  const v1::SummarySpec plan = SummaryOf(spec);

  EXPECT_THAT(plan.by(), ElementsAre("model.depth"));
  EXPECT_THAT(plan.best_over(), ElementsAre("optimizer.learning_rate"));
  EXPECT_THAT(plan.average_over(), ElementsAre("seed"));
  EXPECT_THAT(plan.at(), ElementsAre(100));
}

TEST(SummaryTest, SweepOfOneTrialHasOneRow) {
  v1::SweepSpec spec = Normalize(test::BaseSpec());

  const absl::StatusOr<SweepSummary> summary =
      SummarizeSweep(spec, std::vector<Observation>{{0, 100, 3}});

  ASSERT_OK(summary);
  ASSERT_EQ(summary->rows.size(), 1u);
  EXPECT_DOUBLE_EQ(summary->rows[0].best[0]->value, 3);
}

TEST(SummaryTest, TooManyRowsAreRefused) {
  v1::SweepSpec spec = test::BaseSpec();
  test::AddRange("seed", 0, 20'000, &spec);
  spec.mutable_summarize()->add_by("seed");

  EXPECT_THAT(SummarizeSweep(Normalize(spec), {}),
              test::StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(SummaryTextTest, TableHasAColumnPairPerStep) {
  absl::StatusOr<SweepSummary> summary =
      SummarizeSweep(Spec(), std::vector<Observation>{{0, 10, 1},
                                                      {1, 10, 2},
                                                      {0, 100, 0.5},
                                                      {1, 100, 0.25},
                                                      {4, 10, 3},
                                                      {5, 10, 3}});
  ASSERT_OK(summary);
  summary->rows[1].best[0]->diverged_later = true;
  v1::Sweep sweep;
  sweep.set_sweep_id(7);
  *sweep.mutable_spec() = Spec();

  const std::string text = SummaryText(sweep, *summary);

  EXPECT_THAT(text, HasSubstr("test (sweep 7): best learning rate and loss at "
                              "steps 10 / 100 per depth, mean over seed\n"));
  EXPECT_THAT(text, HasSubstr("1  1.500 ±0.50            0.1  0.3750 ±0.12"));
  EXPECT_THAT(text, HasSubstr("3.000* ±0.0"));
  EXPECT_THAT(text, HasSubstr("* diverged later"));
}

TEST(SummaryTextTest, QueriesNameAxesWithoutAColumnByTheirParameter) {
  v1::SweepSpec spec = test::BaseSpec();
  test::AddAxis("init.std", {0.1, 0.2}, &spec);
  spec.mutable_summarize()->add_by("init.std");
  spec = Normalize(spec);
  const absl::StatusOr<SweepSummary> summary = SummarizeSweep(spec, {});
  ASSERT_OK(summary);
  v1::Sweep sweep;
  sweep.set_sweep_id(1);
  *sweep.mutable_spec() = spec;

  const std::vector<std::string> queries = QueriesToTry(sweep, *summary);

  ASSERT_EQ(queries.size(), 3u);
  EXPECT_THAT(queries[0], HasSubstr("json_extract(parameters, '$.\""));
}

TEST(SummaryJsonTest, StepWithoutWinnerIsNull) {
  const absl::StatusOr<SweepSummary> summary =
      SummarizeSweep(Spec(), std::vector<Observation>{{0, 10, 1}, {1, 10, 2}});
  ASSERT_OK(summary);

  const nlohmann::ordered_json json = SummaryJson(*summary);

  EXPECT_EQ(json["metric"], "loss");
  EXPECT_EQ(json["rows"][0]["by"]["depth"], 1);
  EXPECT_EQ(json["rows"][0]["best"][0]["value"], 1.5);
  EXPECT_EQ(json["rows"][0]["best"][0]["settings"]["learning_rate"], 0.1);
  EXPECT_TRUE(json["rows"][0]["best"][1]["value"].is_null());
}

TEST(SummaryTest, StoppedTrialHoldsItsLastValue) {
  const std::vector<Observation> observations = {
      {0, 10, 1}, {1, 10, 3}, {2, 10, 9}, {3, 10, 9}, {2, 100, 4}, {3, 100, 4}};
  const std::vector<Observation> stopped = {{0, 10, 1}, {1, 50, 2}};

  const absl::StatusOr<SweepSummary> summary =
      SummarizeSweep(Spec(), observations, stopped);

  ASSERT_OK(summary);
  const SummaryRow& row = summary->rows[0];
  EXPECT_DOUBLE_EQ(row.best[0]->value, 2);
  EXPECT_FALSE(row.best[0]->stopped_earlier);
  EXPECT_DOUBLE_EQ(row.best[1]->value, 1.5);
  EXPECT_TRUE(row.best[1]->stopped_earlier);
  EXPECT_THAT(row.best[1]->trials, ElementsAre(0, 1));
  v1::Sweep sweep;
  *sweep.mutable_spec() = Spec();
  const std::string text = SummaryText(sweep, *summary);
  EXPECT_THAT(text, HasSubstr("1.500+"));
  EXPECT_THAT(text, HasSubstr("\n+ stopped by a rule at an earlier step\n"));
  EXPECT_EQ(SummaryJson(*summary)["rows"][0]["best"][1]["stopped_earlier"],
            true);
}

TEST(SummaryTest, StoppedTrialHoldsNothingBeyondItsOwnSteps) {
  v1::SweepSpec spec = test::BaseSpec();
  test::AddAxis("steps", {50, 100}, &spec);
  spec.mutable_summarize()->add_at(100);
  const std::vector<Observation> stopped = {{0, 10, 1}};

  const absl::StatusOr<SweepSummary> summary =
      SummarizeSweep(Normalize(spec), {}, stopped);

  ASSERT_OK(summary);
  EXPECT_FALSE(summary->rows[0].best[0].has_value());
}

}  // namespace
}  // namespace fathom
