// Sweeps that are too large for any worker.
#include "proto/sweep/sizes.h"

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

TEST(SizesTest, TheRuleHasOneMatrix) {
  v1::ModelSpec model;
  model.set_family(v1::MODEL_FAMILY_END_TO_END);
  model.set_depth(64);
  model.set_hidden_width(60000);
  EXPECT_EQ(WeightCount(model, 3, 5), 15);
  model.set_family(v1::MODEL_FAMILY_LINEAR_NET);
  model.set_depth(2);
  EXPECT_EQ(WeightCount(model, 3, 5), 60000 * 8);
  model.set_hidden_width(0);
  EXPECT_EQ(WeightCount(model, 3, 5), 3 * 8);
}

}  // namespace
}  // namespace fathom::test
