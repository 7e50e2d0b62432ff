// Sweeps that are too large for any worker.
#include "proto/sweep/sizes.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/proto/sweep/specs.h"

namespace fathom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Violation> Check(const std::string& text) {
  return Validate(Spec(text));
}

std::string Data(const std::string& rows, const std::string& columns) {
  return "trial { data { synthetic { rows: " + rows + " columns: " + columns +
         " outputs: 1 } } } ";
}

TEST(SizesTest, GeneratedDataAreBounded) {
  // max(m, d) (d + k) = 10^7 * 50 is allowed.
  EXPECT_THAT(Check(Data("10000000", "49")), IsEmpty());
  const std::vector<Violation> found = Check(Data("10000000", "50"));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].field, "trial.data.synthetic");
  EXPECT_THAT(found[0].found, HasSubstr("510000000 numbers"));
  EXPECT_THAT(found[0].expected, HasSubstr("500000000"));
  EXPECT_THAT(Check(Data("10", "30000")), SizeIs(1));  // The rotation.
}

TEST(SizesTest, WeightsAreBounded) {
  const std::string model = "trial { model { depth: 3 hidden_width: 11584 } } ";
  EXPECT_THAT(Check(Data("10", "1") + model), IsEmpty());
  const std::vector<Violation> found = Check(Data("10", "3") + model);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].field, "trial.model");
  // 3 * 11584 + 11584^2 + 11584.
  EXPECT_THAT(found[0].found, HasSubstr("134235392 weights"));
}

TEST(SizesTest, TheLargestTrialOfTheAxesCounts) {
  const std::string width = "trial { model { hidden_width: 10000 } } ";
  EXPECT_THAT(Check(Data("10", "1") + width +
                    "axes { axes { field: 'depth' range { from: 1 to: 4 } } }"),
              SizeIs(0));  // Depth 3: 10^8.
  EXPECT_THAT(Check(Data("10", "1") + width +
                    "axes { axes { field: 'depth' range { from: 1 to: 5 } } }"),
              SizeIs(1));
  EXPECT_THAT(
      Check(Data("10", "1") +
            "axes { axes { field: 'depth' list { values { integer: 1 } values "
            "{ integer: 4 } } } axes { field: 'hidden_width' list { values { "
            "integer: 60000 } values { integer: 5 } } } }"),
      IsEmpty());  // They vary together: depth 1 has no hidden layer.
}

// However many values there are, the base trial does not stand for them.
TEST(SizesTest, ALongAxisCountsByItsLargestValueOrNotAtAll) {
  const auto rows = [](const std::string& to) {
    return "axes { axes { field: 'rows' range { from: 1 to: " + to + " } } }";
  };
  EXPECT_THAT(Check(Data("10000000", "99") + rows("4000001")), IsEmpty());
  EXPECT_THAT(Check(Data("10", "99") + rows("6000001")), SizeIs(1));
  // Widths from 0, which means the smallest one, to 19999.
  EXPECT_THAT(
      Check(Data("10", "1") +
            "trial { model { depth: 3 hidden_width: 20000 } }"
            "axes { axes { field: 'hidden_width' range { from: 0 to: 20000 } } "
            "}"),
      IsEmpty());
}

TEST(SizesTest, TheRuleHasOneMatrix) {
  v1::ModelSpec model;
  model.set_family(v1::MODEL_FAMILY_END_TO_END);
  model.set_depth(64);
  model.set_hidden_width(60000);
  EXPECT_EQ(WeightCount(model, 3, 5), 15);
  model.set_family(v1::MODEL_FAMILY_SCALAR_PRODUCT);
  EXPECT_EQ(WeightCount(model, 3, 5), 16);
  model.set_family(v1::MODEL_FAMILY_LINEAR_NET);
  model.set_depth(2);
  EXPECT_EQ(WeightCount(model, 3, 5), 60000 * 8);
  model.set_hidden_width(0);
  EXPECT_EQ(WeightCount(model, 3, 5), 3 * 8);
}

// Two outputs, three features, and hidden layers of the given widths.
std::string Narrow(const std::string& model) {
  return "trial { data { synthetic { columns: 3 outputs: 2 } } model { " +
         model + " } } ";
}

constexpr char kBalanced[] = " init { scheme: INIT_SCHEME_BALANCED }";
constexpr char kDepths[] =
    "axes { axes { field: 'depth' range { from: 1 to: 3 } } }";

TEST(SizesTest, ABalancedStartNeedsWidthInEveryTrial) {
  const std::string narrow = std::string("hidden_width: 1") + kBalanced;
  EXPECT_THAT(Check(Narrow(narrow)), IsEmpty());  // Depth 1.
  const std::vector<Violation> found = Check(Narrow(narrow) + kDepths);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].field, "trial.model");
  EXPECT_EQ(found[0].found,
            "a balanced start with 2 outputs and 3 features, and layer 1 of "
            "depth 2 with width 1");
  EXPECT_EQ(found[0].expected, "hidden layers of width 2 or more");

  EXPECT_THAT(Check(Narrow("hidden_width: 1") + kDepths), IsEmpty());
  EXPECT_THAT(
      Check(Narrow("hidden_width: 2" + std::string(kBalanced)) + kDepths),
      IsEmpty());
  EXPECT_THAT(Check(Narrow(kBalanced) + kDepths), IsEmpty());
  const std::string widths = "depth: 3 hidden_widths: 2 hidden_widths: 1";
  ASSERT_THAT(Check(Narrow(widths + kBalanced)), SizeIs(1));
  EXPECT_THAT(Check(Narrow(widths + kBalanced))[0].found, HasSubstr("layer 2"));
  // One start of the axis is enough.
  EXPECT_THAT(
      Check(Narrow("depth: 2 hidden_width: 1") +
            "axes { axes { field: 'scheme' list { values { text: 'gaussian' } "
            "values { text: 'balanced' } } } }"),
      SizeIs(1));
}

TEST(SizesTest, ABalancedStartOnImportedDataNeedsItsSides) {
  const v1::SweepSpec spec = Normalize(
      With({},
           "name: 'x' trial { data { digest: 'd' } model { depth: 2 "
           "hidden_width: 3 init { scheme: INIT_SCHEME_BALANCED } } }"));
  const auto count = [&](std::optional<MatrixSides> sides) {
    std::vector<Violation> violations;
    CheckSizes(spec, sides, &violations);
    return violations.size();
  };
  EXPECT_EQ(count(std::nullopt), 0);
  EXPECT_EQ(count(MatrixSides{.outputs = 3, .columns = 8}), 0);
  EXPECT_EQ(count(MatrixSides{.outputs = 4, .columns = 8}), 1);
}

TEST(SizesTest, ABottleneckIsNoted) {
  const auto note = [](const std::string& text) {
    return BottleneckNote(Spec(text), std::nullopt);
  };
  EXPECT_EQ(note(Narrow("hidden_width: 1") + kDepths),
            "hidden width 1 is below min(3, 2): deeper models cannot express "
            "what depth 1 can");
  EXPECT_EQ(note(Narrow("hidden_width: 1")), "");  // Depth 1.
  EXPECT_EQ(note(Narrow("hidden_width: 2") + kDepths), "");
  EXPECT_EQ(note(Narrow("") + kDepths), "");
  EXPECT_THAT(note(Narrow("depth: 3 hidden_widths: 2 hidden_widths: 1")),
              HasSubstr("hidden width 1 "));
  // The narrowest of an axis counts.
  EXPECT_THAT(note("trial { data { synthetic { columns: 9 outputs: 9 } } model "
                   "{ depth: 2 } } axes { axes { field: 'hidden_width' list { "
                   "values { integer: 7 } values { integer: 4 } values { "
                   "integer: 5 } } } }"),
              HasSubstr("hidden width 4 is below min(9, 9)"));
}

TEST(SizesTest, ABottleneckOfImportedDataDependsOnItsTargets) {
  const auto note = [](const std::string& data) {
    const v1::SweepSpec spec =
        Normalize(With({}, "name: 'x' trial { data { digest: 'd' " + data +
                               " } model { depth: 2 hidden_width: 3 } }"));
    return BottleneckNote(spec, SidesOf(spec, /*targets=*/5, /*columns=*/8));
  };
  EXPECT_THAT(note(""), HasSubstr("hidden width 3 is below min(8, 5): "));
  EXPECT_EQ(note("target_class: 2"), "");
  EXPECT_THAT(note("one_hot: true"),
              HasSubstr("hidden width 3 is below min(8, classes) if there are "
                        "more than 3 classes: "));
}

}  // namespace
}  // namespace fathom::test
