#include "client/view/plots/overlay.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::Value Integer(int64_t integer) {
  v1::Value value;
  value.set_integer(integer);
  return value;
}

v1::Value Number(double number) {
  v1::Value value;
  value.set_number(number);
  return value;
}

// Returns panels for p = 2 and p = 4, each with a line for depth 1 and one for
// depth 2.
Plot TwoPanels() {
  Plot plot{.sweep = 7, .x_label = "step", .by = {"loss.lp", "model.depth"}};
  for (const double p : {2.0, 4.0}) {
    Plot::Panel panel{.settings = {{"loss.lp", Number(p)}}};
    for (const int64_t depth : {1, 2}) {
      Plot::Line line{.settings = panel.settings};
      line.settings["model.depth"] = Integer(depth);
      line.curve = {.at = {0, 700}, .values = {1, 0.5}};
      line.crossing = 300;
      panel.lines.push_back(line);
    }
    panel.reference = 0.6;
    plot.panels.push_back(panel);
  }
  return plot;
}

OverlayCurve CurveOf(Plot::Settings settings, double updates = 1) {
  return {.name = "c",
          .settings = std::move(settings),
          .updates_per_iteration = updates,
          .iterations = {0, 200},
          .values = {1, 0.4}};
}

TEST(OverlayTest, ACurveGoesWithTheLineThatAgrees) {
  Plot plot = TwoPanels();
  ASSERT_OK(AddOverlay({.curves = {CurveOf({{"loss.lp", Number(4)},
                                            {"model.depth", Integer(2)}}),
                                   CurveOf({{"model.depth", Integer(1)}}),
                                   CurveOf({{"loss.lp", Number(2)}})}},
                       std::nullopt, &plot));

  // The curves belong to p = 4 alone, to both panels, and to p = 2 without a
  // line of its own.
  ASSERT_THAT(plot.panels[0].marks, SizeIs(2));
  EXPECT_EQ(plot.panels[0].marks[0].line, 0u);
  EXPECT_EQ(plot.panels[0].marks[1].line, std::nullopt);
  ASSERT_THAT(plot.panels[1].marks, SizeIs(2));
  EXPECT_EQ(plot.panels[1].marks[0].line, 1u);
  EXPECT_EQ(plot.panels[1].marks[1].line, 0u);
}

TEST(OverlayTest, ACurveWhoseLineIsMissingIsStillDrawn) {
  Plot plot = TwoPanels();
  ASSERT_OK(AddOverlay({.curves = {CurveOf({{"model.depth", Integer(3)}})}},
                       std::nullopt, &plot));

  ASSERT_THAT(plot.panels[0].marks, SizeIs(1));
  EXPECT_EQ(plot.panels[0].marks[0].line, std::nullopt);
}

TEST(OverlayTest, ValuesGetTheOffsetAndTheLabelSaysSo) {
  Plot plot = TwoPanels();
  OverlayCurve curve = CurveOf({});
  curve.offset = -0.125;
  ASSERT_OK(AddOverlay({.curves = {curve}}, std::nullopt, &plot));

  const Plot::Mark& mark = plot.panels[0].marks[0];
  EXPECT_THAT(mark.values, ElementsAre(0.875, 0.4 - 0.125));
  EXPECT_THAT(mark.steps, ElementsAre(0, 200));
  EXPECT_EQ(mark.label, "c (published, - 0.125)");
  // With one step per iteration nothing else changes.
  EXPECT_EQ(plot.x_label, "step");
  EXPECT_TRUE(plot.panels[0].reference.has_value());
  EXPECT_TRUE(plot.panels[0].lines[0].crossing.has_value());
}

TEST(OverlayTest, StepsAreDividedByTheUpdatesOfTheLinesOwnCurve) {
  Plot plot = TwoPanels();
  ASSERT_OK(
      AddOverlay({.curves = {CurveOf({{"model.depth", Integer(2)}}, 4.5),
                             CurveOf({{"model.depth", Integer(3)}}, 3.5)}},
                 std::nullopt, &plot));

  const Plot::Panel& panel = plot.panels[0];
  EXPECT_EQ(panel.lines[0].updates_per_iteration, 3.5);  // The least one.
  EXPECT_EQ(panel.lines[1].updates_per_iteration, 4.5);
  EXPECT_EQ(panel.marks[0].label, "c (published, 4.5 steps/iteration)");
  EXPECT_THAT(panel.marks[0].steps, ElementsAre(0, 200));
  EXPECT_EQ(plot.x_label, "published iteration");
  // The marks of what depth saved count steps, so that they are gone.
  EXPECT_FALSE(panel.reference.has_value());
  EXPECT_FALSE(panel.lines[1].crossing.has_value());
}

TEST(OverlayTest, OneNumberTakesTheirPlace) {
  Plot plot = TwoPanels();
  ASSERT_OK(AddOverlay(
      {.curves = {CurveOf({{"model.depth", Integer(2)}}, 4.5)}}, 1.0, &plot));

  EXPECT_EQ(plot.panels[0].lines[1].updates_per_iteration, 1);
  EXPECT_EQ(plot.x_label, "step");
  EXPECT_EQ(plot.panels[0].marks[0].label, "c (published)");
}

TEST(OverlayTest, AnAxisThatGroupsNothingIsAnError) {
  Plot plot = TwoPanels();
  const absl::Status status = AddOverlay(
      {.source = "f.csv",
       .curves = {CurveOf({{"optimizer.learning_rate", Number(1)}})}},
      std::nullopt, &plot);

  EXPECT_THAT(status, test::StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("f.csv: found the axis optimizer.learning_rate, "
                        "expected one by which sweep 7 is summarized (lp, "
                        "depth)"));
  EXPECT_THAT(plot.panels[0].marks, IsEmpty());
}

}  // namespace
}  // namespace fathom::client
