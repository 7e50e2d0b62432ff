#include "client/view/plot.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/view/plot_script.h"
#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::SizeIs;

class PlotTest : public ::testing::Test {
 protected:
  PlotTest() {
    std::string pattern =
        (fs::temp_directory_path() / "fathom plot's XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    sweep_.set_sweep_id(7);
    sweep_.mutable_spec()->set_name("paper/l4");
    summary_ = {.metric = v1::METRIC_LP_ERROR,
                .by = {"lp", "depth"},
                .best_over = {"learning_rate"},
                .steps = {4000}};
    for (const double p : {2.0, 4.0}) {
      for (const int64_t depth : {1, 2, 3}) AddRow(p, depth);
    }
  }
  ~PlotTest() override { fs::remove_all(folder_); }

  // Curves like those of the quickstart.
  void AddRow(double p, int64_t depth) {
    SummaryRow row;
    row.group.resize(2);
    row.group[0].set_number(p);
    row.group[1].set_integer(depth);
    const double plateau = 4.0 * static_cast<double>((depth - 1) * depth);
    double start = p == 2 ? 1 : 7;
    for (double x = 0; x <= std::log1p(4000) + 1e-9;
         x += std::log1p(4000) / 150) {
      const double step = std::round(std::expm1(x));
      const double power = p == 2 ? 0.25 : 0.3 + 0.06 * (depth > 1);
      row.curve.steps.push_back(static_cast<int64_t>(step));
      row.curve.values.push_back(
          start / std::pow(1 + std::pow(step / (5 + plateau), 2), power / 1.4));
    }
    Best best{.value = row.curve.values.back()};
    best.settings.resize(1);
    best.settings[0].set_number(depth == 1 ? 0.003 : 0.01);
    row.best.push_back(best);
    summary_.rows.push_back(row);
  }

  fs::path folder_;
  v1::Sweep sweep_;
  SweepSummary summary_;
};

TEST_F(PlotTest, HasAPanelPerGroupAndALinePerDepth) {
  const Plot plot = MakePlot(sweep_, summary_);

  ASSERT_THAT(plot.panels, SizeIs(2));
  EXPECT_EQ(plot.panels[0].title, "p = 2");
  ASSERT_THAT(plot.panels[0].lines, SizeIs(3));
  EXPECT_EQ(plot.panels[1].lines[1].label, "depth 2, learning rate 0.01");
  EXPECT_TRUE(plot.panels[1].lines[1].crossing.has_value());
}

TEST_F(PlotTest, GroupsWithoutAWinnerAreLeftOut) {
  summary_.rows[1].best[0].reset();

  EXPECT_THAT(MakePlot(sweep_, summary_).panels[0].lines, SizeIs(2));
}

TEST_F(PlotTest, WritesBothPicturesAndLeavesNothingElse) {
  const auto pictures =
      DrawSummary(sweep_, summary_, (folder_ / "new").string());
  if (absl::IsFailedPrecondition(pictures.status())) {
    GTEST_SKIP() << pictures.status().message();
  }

  ASSERT_OK(pictures);
  ASSERT_THAT(*pictures, SizeIs(2));
  EXPECT_EQ(fs::path((*pictures)[0]).filename(), "paper-l4-7.svg");
  std::ifstream svg((*pictures)[0]);
  const std::string text{std::istreambuf_iterator<char>(svg), {}};
  EXPECT_THAT(text, HasSubstr("depth 3, learning rate 0.01"));
  EXPECT_THAT(text, HasSubstr("paper/l4 (sweep 7)"));
  EXPECT_GT(fs::file_size((*pictures)[1]), 10'000u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "new"), {}), 2);
}

TEST_F(PlotTest, ASummaryWithoutCurvesIsNoPicture) {
  summary_.rows.clear();

  EXPECT_THAT(DrawSummary(sweep_, summary_, folder_.string()),
              test::StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(PlotTest, AFolderThatCannotBeMadeIsAnError) {
  std::ofstream(folder_ / "file") << "x";

  EXPECT_THAT(DrawSummary(sweep_, summary_, (folder_ / "file/sub").string()),
              test::StatusIs(absl::StatusCode::kInternal));
}

TEST(GnuplotStringTest, QuotesAndControlCharactersAreHarmless) {
  EXPECT_EQ(GnuplotString("it's\n`x`"), "'it''s\\n`x`'");
}

TEST_F(PlotTest, ALongNameIsCutAndTheNumberOfTheSweepIsNot) {
  sweep_.mutable_spec()->set_name(std::string(63, 'm'));
  summary_.average_over = {"seed"};
  summary_.rows.resize(3);

  const std::string script =
      PlotScript(MakePlot(sweep_, summary_), PictureFormat::kSvg, "a.svg");

  EXPECT_THAT(script, HasSubstr("mmm… (sweep 7)'"));
  EXPECT_THAT(script, HasSubstr("set label 1 'best trial per depth at step "
                                "4,000, mean over seed' at screen 0.5"));
}

TEST_F(PlotTest, GroupsThatDifferInTheLastDigitHavePanelsOfTheirOwn) {
  for (size_t i = 3; i < 6; ++i) {
    summary_.rows[i].group[0].set_number(2.000001);
  }

  EXPECT_THAT(MakePlot(sweep_, summary_).panels, SizeIs(2));
}

}  // namespace
}  // namespace fathom
