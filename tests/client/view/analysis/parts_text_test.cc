#include "client/view/analysis/parts_text.h"

#include <utility>
#include <vector>

#include "client/view/plots/parts_picture.h"
#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

v1::Value Depth(int64_t depth) {
  v1::Value value;
  value.set_integer(depth);
  return value;
}

v1::Value Place(const char* place) {
  v1::Value value;
  value.set_text(place);
  return value;
}

class PartsTextTest : public ::testing::Test {
 protected:
  PartsTextTest() {
    spec_.mutable_trial()->mutable_loss()->set_kind(
        v1::LOSS_KIND_CROSS_ENTROPY);
    analysis_.summary.by = {"depth", "regularizer.on"};
    analysis_.parts.metrics = {v1::METRIC_BATCH_LOSS,
                               v1::METRIC_BATCH_DATA_LOSS,
                               v1::METRIC_REGULARIZER};
    AddRow(1, 0.160, 1.587);
    AddRow(2, 0.178, 0.078);
    analysis_.parts.differences = {{.reference = 0,
                                    .row = 1,
                                    .total = {.mean = 1.491},
                                    .data = {.mean = -0.018},
                                    .regularizer = {.mean = 1.509}}};
  }

  void AddRow(int64_t depth, double data, double regularizer) {
    SummaryRow& row = analysis_.summary.rows.emplace_back();
    row.group = {Depth(depth), Place("product")};
    std::vector<LossPart>& parts = analysis_.parts.rows.emplace_back();
    for (const double end : {data + regularizer, data, regularizer}) {
      LossPart& part = parts.emplace_back();
      part.end = Estimate{.mean = end};
      part.curves = {.steps = {0, 10, 100}, .values = {{9, 3, end}}};
      part.curve = MeanCurve(part.curves);
    }
  }

  std::string Text() const { return PartsText(spec_, analysis_, 0); }

  v1::SweepSpec spec_;
  SweepAnalysis analysis_;
};

TEST_F(PartsTextTest, TheSentenceSaysHowMuchIsTheRegularizer) {
  EXPECT_THAT(Text(), HasSubstr("regularizer.on product: batch loss 1.747 at "
                                "depth 1 against 0.2560 at depth 2; of the "
                                "difference of 1.49, 1.51 is the regularizer "
                                "and -0.02 is cross-entropy\n"));
  // The larger one minus the smaller one, whichever is the reference.
  LossDifference& difference = analysis_.parts.differences[0];
  std::swap(difference.reference, difference.row);
  for (Estimate* const each :
       {&difference.total, &difference.data, &difference.regularizer}) {
    each->mean = -each->mean;
  }
  EXPECT_THAT(Text(), HasSubstr("batch loss 0.2560 at depth 2 against 1.747 at "
                                "depth 1; of the difference of 1.49, 1.51 is "
                                "the regularizer and -0.02 is cross-entropy"));
  spec_.mutable_trial()->mutable_loss()->set_kind(v1::LOSS_KIND_LP);
  EXPECT_THAT(Text(), Not(HasSubstr("cross-entropy")));
}

TEST_F(PartsTextTest, RepetitionsGiveASpread) {
  LossDifference& difference = analysis_.parts.differences[0];
  difference.total.error = 0.011;
  difference.data.error = 0.02;
  difference.regularizer.error = 0.003;
  EXPECT_THAT(Text(), HasSubstr("of the difference of 1.49 ±0.01, 1.51 ±0.00 "
                                "is the regularizer and -0.02 ±0.02 is"));
}

TEST_F(PartsTextTest, TheTableDrawsEachCurve) {
  EXPECT_THAT(Text(), AllOf(HasSubstr("batch_data_loss"), HasSubstr("█"),
                            HasSubstr("▁"), HasSubstr("9.000")));
  for (auto& row : analysis_.parts.rows) {
    for (LossPart& part : row) part.curve = {};
  }
  EXPECT_THAT(Text(), AllOf(HasSubstr("batch_data_loss"), Not(HasSubstr("█")),
                            HasSubstr("1.747")));
}

TEST_F(PartsTextTest, WithoutPartsNothingIsSaid) {
  EXPECT_THAT(PartsText(spec_, SweepAnalysis(), 0), IsEmpty());
  EXPECT_THAT(MakePartsPlot(v1::Sweep(), SweepAnalysis()).panels, IsEmpty());
}

TEST_F(PartsTextTest, JsonHasTheNumbers) {
  const auto json = PartsJson(analysis_);
  EXPECT_EQ(json["rows"][1]["by"]["depth"], 2);
  EXPECT_EQ(json["rows"][1]["ends"]["regularizer"]["mean"], 0.078);
  EXPECT_TRUE(
      json["rows"][1]["ends"]["regularizer"]["standard_error"].is_null());
  EXPECT_EQ(json["differences"][0]["regularizer"]["mean"], 1.509);
  EXPECT_EQ(json["differences"][0]["reference"]["depth"], 1);
}

TEST_F(PartsTextTest, ThePictureHasAPanelPerMetricAndALinePerRow) {
  const Plot plot = MakePartsPlot(v1::Sweep(), analysis_);
  ASSERT_THAT(plot.panels, SizeIs(3));
  EXPECT_EQ(plot.panels[0].title, "batch loss");
  for (const Plot::Panel& panel : plot.panels) {
    ASSERT_THAT(panel.lines, SizeIs(2));
    EXPECT_EQ(panel.lines[1].label, "depth 2, regularizer.on product");
  }
  EXPECT_THAT(plot.panels[1].lines[0].curve.values, ElementsAre(9, 3, 0.160));
}

}  // namespace
}  // namespace fathom::client
