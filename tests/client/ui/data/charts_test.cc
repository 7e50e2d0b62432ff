// These tests hold what charts show against the ledger and the commands.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "client/ui/data/handler.h"
#include "gmock/gmock.h"
#include "tests/client/ui/data/page.h"

namespace fathom::client::test {
namespace {

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class ChartsTest : public PageTest {
 protected:
  // Depths 1 to 3, two rates and four seeds; trial i = 8 d + 4 r + s.
  static v1::SweepSpec Spec(const std::string& name = "charts") {
    v1::SweepSpec spec = fathom::test::SmallSpec(2);
    spec.set_name(name);
    spec.mutable_trial()->set_steps(3);
    v1::Axis& seed = *spec.add_axes()->add_axes();
    seed.set_field("seed");
    seed.mutable_range()->set_to(4);
    return Normalize(std::move(spec));
  }
  static constexpr int64_t kTrials = 24;

  static double LossOf(int64_t trial, double factor) {
    return factor * (1 + 0.1 * static_cast<double>(trial * 7 % 5)) /
           static_cast<double>(1 + trial / 4);
  }
  static bool Diverges(int64_t trial) {
    return trial / 4 == 3 && trial % 2 == 1;
  }

  // Writes a whole sweep, of which two trials of depth 2 diverge.
  void WriteAll(int64_t sweep, double factor = 1) {
    WriteSweep(sweep, Spec(absl::StrCat("charts-", sweep)), kTrials);
    for (int64_t trial = 0; trial < kTrials; ++trial) {
      const double loss = LossOf(trial, factor);
      if (Diverges(trial)) {
        v1::TrialResult result =
            fathom::test::NewResult(trial, 7, 1, v1::TRIAL_STATE_DIVERGED);
        result.set_steps(2);
        WriteTrial(sweep, trial, {2, 5, 7}, result);
      } else {
        v1::TrialResult result = fathom::test::NewResult(trial, loss);
        result.set_steps(3);
        WriteTrial(sweep, trial, {2, 1.5 * loss, 1.2 * loss, loss}, result);
      }
    }
    WriteState(sweep, kTrials, kTrials - 2, 2);
  }
  nlohmann::json Command(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--db", db(), "--json"});
    const Outcome outcome = Fathom(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out, nullptr, false);
  }
};

TEST_F(ChartsTest, HeatMapsAreMeansOfTheLedger) {
  WriteAll(1);
  nlohmann::json heat = Json("sweeps/1/heat?x=learning_rate&y=depth");
  EXPECT_EQ(heat["x"]["axis"], "learning_rate");
  EXPECT_EQ(heat["y"]["values"], nlohmann::json({1, 2, 3}));
  double logs = 0;
  for (const int64_t trial : {12, 14}) logs += std::log(LossOf(trial, 1)) / 2;
  EXPECT_THAT(heat["cells"][1][1].get<double>(),
              DoubleNear(std::exp(logs), 1e-12));
  EXPECT_EQ(heat["trials"][1][1], 4);
  EXPECT_EQ(heat["diverged"][1][1], 0.5);
  EXPECT_EQ(heat["diverged"][0][0], 0);
  EXPECT_EQ(heat["value"], "final");

  heat = Json("sweeps/1/heat?x=learning_rate&y=depth&value=diverged");
  EXPECT_EQ(heat["cells"][1][1], 0.5);
  // Only those that diverged: nothing is left of the cell.
  heat = Json(
      "sweeps/1/heat?x=learning_rate&y=depth&value=best&where=state:diverged");
  EXPECT_EQ(heat["cells"][1][1], "inf");
  EXPECT_EQ(heat["cells"][0][0], nullptr);
  heat = Json("sweeps/1/heat?x=learning_rate&y=depth&value=metric:loss");
  EXPECT_THAT(heat["cells"][1][1].get<double>(),
              DoubleNear(std::exp(logs), 1e-12));
  EXPECT_THAT(Error("sweeps/1/heat?x=seed&y=depth&value=metric:weight_norm"),
              HasSubstr("it records loss"));
}

TEST_F(ChartsTest, StepsToAGoalAreInterpolatedAndMayBeInfinite) {
  WriteAll(1);
  // Trial 0 has the losses 2, 1.5, 1.2 and 1.
  nlohmann::json heat = Json(
      "sweeps/1/heat?x=seed&y=depth&value=steps_to:1.2&where=depth:1&"
      "where=learning_rate:..1e-3");
  EXPECT_EQ(heat["cells"][0][0], 2);
  heat = Json("sweeps/1/heat?x=seed&y=learning_rate&value=steps_to:1e-9");
  EXPECT_EQ(heat["cells"][0][0], "inf");
  EXPECT_THAT(Error("sweeps/1/heat?x=seed&y=depth&value=steps_to:x"),
              HasSubstr("expected a number"));
  EXPECT_THAT(Error("sweeps/1/heat?x=seed&y=depth&value=last"),
              HasSubstr("steps_to:EPSILON"));
  EXPECT_THAT(Error("sweeps/1/heat?x=sed&y=depth"),
              HasSubstr("did you mean seed?"));
}

TEST_F(ChartsTest, ParallelCoordinatesHaveTheTrials) {
  WriteAll(1);
  const ReadColumns lines = AskColumns("sweeps/1/parallel");
  EXPECT_EQ(lines.header["matching"], kTrials);
  ASSERT_THAT(lines.columns.at("trial"), SizeIs(kTrials));
  EXPECT_EQ(lines.columns.at("depth")[9], 2);
  EXPECT_EQ(lines.columns.at("seed")[9], 1);
  EXPECT_EQ(lines.columns.at("final_loss")[9], LossOf(9, 1));
  EXPECT_EQ(lines.columns.at("best_loss")[9], LossOf(9, 1) / 2);
  EXPECT_EQ(lines.columns.at("state")[13], 2);
  EXPECT_EQ(lines.columns.at("state")[12], 1);
  EXPECT_THAT(
      AskColumns("sweeps/1/parallel?where=state:diverged").columns.at("trial"),
      ElementsAre(13, 15));
}

TEST_F(ChartsTest, ADensityCountsEveryCurveAndItsQuantilesAreExact) {
  WriteAll(1);
  const ReadColumns density =
      AskColumns("sweeps/1/density?by=depth&bins=40x30");
  EXPECT_EQ(density.header["trials"], kTrials);
  EXPECT_EQ(density.header["done"], 1);
  EXPECT_THAT(density.columns.at("count"), SizeIs(1200));
  EXPECT_EQ(density.header["groups"][1]["trials"], 8);
  EXPECT_EQ(density.header["groups"][1]["diverged"], 2);
  EXPECT_THAT(density.columns.at("g1.diverged_at"), ElementsAre(2, 2));
  EXPECT_THAT(density.columns.at("g0.diverged_at"), IsEmpty());
  EXPECT_THAT(density.columns.at("steps"), ElementsAre(0, 1, 2, 3));
  std::vector<double> ends;
  for (int64_t trial = 0; trial < 8; ++trial) ends.push_back(LossOf(trial, 1));
  std::sort(ends.begin(), ends.end());
  EXPECT_EQ(density.columns.at("g0.q50")[3], (ends[3] + ends[4]) / 2);
  EXPECT_THAT(density.columns.at("g0.q25")[3],
              DoubleNear(ends[1] + 0.75 * (ends[2] - ends[1]), 1e-15));
  // Two of the eight are infinite at the end.
  EXPECT_EQ(density.columns.at("g1.q95")[3], kInfinity);
  EXPECT_LT(density.columns.at("g1.q50")[3], 1);
  EXPECT_EQ(density.columns.at("g1.q95")[0], 2);
  // Whoever diverged does not stretch the axis.
  EXPECT_LT(density.header["y"]["high"].get<double>(), 2.5);
  EXPECT_GT(density.header["y"]["above"].get<int64_t>(), 0);
  // Each column of bins has every curve that is there: all of them.
  double in_column = 0;
  for (int row = 0; row < 40; ++row) {
    in_column += density.columns.at("count")[row * 30 + 29];
  }
  EXPECT_EQ(in_column, kTrials - 2);

  const ReadColumns one = AskColumns("sweeps/1/density?where=depth:3");
  EXPECT_EQ(one.header["trials"], 8);
  EXPECT_THAT(one.columns.at("g0.q50"), SizeIs(4));
  EXPECT_THAT(Error("sweeps/1/density?bins=0x9"), HasSubstr("ROWSxCOLUMNS"));
  EXPECT_THAT(Error("sweeps/1/density?by=dept"), HasSubstr("depth"));
}

TEST_F(ChartsTest, OddCurvesHaveADensity) {
  WriteSweep(1, Spec(), kTrials);
  ReadColumns none = AskColumns("sweeps/1/density");
  EXPECT_EQ(none.header["matching"], 0);
  WriteTrial(1, 0, {}, fathom::test::NewResult(0, 1));
  WriteTrial(1, 1, {0}, fathom::test::NewResult(1, 0));
  WriteTrial(1, 2, {3}, fathom::test::NewResult(2, 0));
  WriteTrial(1, 3, {1, kInfinity, 0, 2}, fathom::test::NewResult(3, 1));
  WriteState(1, kTrials, 4);
  const ReadColumns density = AskColumns("sweeps/1/density");
  EXPECT_EQ(density.header["trials"], 4);
  EXPECT_EQ(density.header["y"]["zero"], 2);
  EXPECT_EQ(density.header["y"]["nan"], 1);
  EXPECT_TRUE(density.header["y"]["log"]);
  // The only point of trial 2 lies before the window.
  EXPECT_THAT(AskColumns("sweeps/1/density?steps=1.5..3&values=2.5..4")
                  .columns.at("count"),
              Each(0));
}

TEST_F(ChartsTest, ACloserLookCountsAnewWithinIt) {
  WriteAll(1);
  const ReadColumns near = AskColumns(
      "sweeps/1/density?bins=4x8&metric=loss&steps=1..2.5&values=0.1..1");
  EXPECT_EQ(near.header["x"]["low"], 1);
  EXPECT_EQ(near.header["x"]["high"], 2.5);
  EXPECT_EQ(near.header["y"]["low"], 0.1);
  EXPECT_EQ(near.header["y"]["high"], 1);
  EXPECT_EQ(near.header["trials"], kTrials);
  // The next step on either side is there for the bands.
  EXPECT_THAT(near.columns.at("steps"), ElementsAre(0, 1, 2, 3));
  const ReadColumns first =
      AskColumns("sweeps/1/density?bins=4x8&steps=0.5..1.5");
  EXPECT_THAT(first.columns.at("steps"), ElementsAre(0, 1, 2));
  EXPECT_THAT(Error("sweeps/1/density?values=1..0"),
              HasSubstr("expected LOW..HIGH"));
}

TEST_F(ChartsTest, TheSummaryIsThatOfTheCommand) {
  WriteAll(1);
  const nlohmann::json page = Json("sweeps/1/summary");
  EXPECT_EQ(page["summary"], Command({"summary", "1"})["summary"]);
  EXPECT_EQ(page["best"], Command({"best", "1"})["best"]);
  const nlohmann::json by_rate =
      Json("sweeps/1/summary?by=learning_rate&over=depth&average=seed");
  EXPECT_EQ(by_rate["best"],
            Command({"best", "1", "--by", "learning_rate", "--over", "depth",
                     "--average", "seed"})["best"]);
  EXPECT_NE(by_rate["best"], page["best"]);
  EXPECT_THAT(Error("sweeps/1/summary?by=dept"), HasSubstr("depth"));
  const nlohmann::json part = Json("sweeps/1/summary?where=learning_rate:0.01");
  EXPECT_EQ(part["best"],
            Command({"best", "1", "--where", "learning_rate=0.01"})["best"]);
  EXPECT_NE(part["best"], page["best"]);
  // Those that ended well are no sample of all.
  EXPECT_THAT(Error("sweeps/1/summary?where=state:succeeded", 409),
              HasSubstr("filter by axes alone"));
}

TEST_F(ChartsTest, ComparisonsAreDifferencesOfTheBest) {
  WriteAll(1);
  WriteAll(2, 0.5);
  const nlohmann::json page = Json("compare?a=1&b=2");
  ASSERT_THAT(page["rows"], SizeIs(3));
  const nlohmann::json best = Command({"best", "1"})["best"];
  for (int row = 0; row < 3; ++row) {
    const nlohmann::json& one = page["rows"][row];
    EXPECT_EQ(one["label"], absl::StrCat("depth = ", row + 1));
    EXPECT_EQ(one["a"]["n"], 4);
    EXPECT_THAT(one["ratio"]["value"].get<double>(), DoubleNear(0.5, 1e-12));
    EXPECT_LT(one["ratio"]["low"], one["ratio"]["value"]);
    EXPECT_GT(one["ratio"]["high"], one["ratio"]["value"]);
    EXPECT_THAT(one["difference"]["value"].get<double>(),
                DoubleNear(one["b"]["mean"].get<double>() -
                               one["a"]["mean"].get<double>(),
                           1e-15));
    EXPECT_LT(one["difference"]["low"], one["difference"]["value"]);
  }
  // The mean and its error are those of the command.
  const nlohmann::json summary =
      Command({"summary", "1"})["summary"]["rows"][0]["best"][0];
  EXPECT_THAT(page["rows"][0]["a"]["mean"].get<double>(),
              DoubleNear(summary["value"].get<double>(), 1e-12));
  EXPECT_THAT(page["rows"][0]["a"]["sem"].get<double>(),
              DoubleNear(summary["standard_error"].get<double>(), 1e-12));
  // Groups of one sweep.
  const nlohmann::json groups = Json(
      "compare?a=1&b=1&a_where=depth:1&b_where=depth:3&by=seed&over="
      "learning_rate,depth");
  ASSERT_THAT(groups["rows"], SizeIs(4));
  EXPECT_EQ(groups["rows"][0]["a"]["n"], 1);
  EXPECT_EQ(groups["rows"][0]["difference"]["low"], nullptr);
  EXPECT_LT(groups["rows"][0]["difference"]["value"], 0);
  EXPECT_NE(Error("compare?a=1&b=9", 404), "");
  EXPECT_NE(Error("compare?a=1&b=x", 404), "");
}

TEST_F(ChartsTest, WhyIsWhatTheCommandSays) {
  WriteSweep(1, Spec(), kTrials);
  WriteTrial(1, 0, 1);
  WriteState(1, kTrials, 1);
  const nlohmann::json why = Json("sweeps/1/why");
  const std::vector<std::string> lines = why["lines"];
  const std::string text = Fathom({"explain", "1", "--db", db()}).out;
  EXPECT_THAT(text, HasSubstr(lines[1]));
  EXPECT_THAT(lines[1], HasSubstr("limit:"));
  EXPECT_EQ(why["eta_s"], nullptr);
}

TEST_F(ChartsTest, NobodyChangesAFile) {
  WriteAll(1);
  const UiResponse pause =
      Ask("sweeps/1/pause", "POST", R"({"confirm": "charts-1"})");
  EXPECT_EQ(pause.status, 403);
  EXPECT_THAT(pause.body, HasSubstr("may only look"));
  EXPECT_EQ(Ask("sweeps/1/pause").status, 404);
}

}  // namespace
}  // namespace fathom::client::test
