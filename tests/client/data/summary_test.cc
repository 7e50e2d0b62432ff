#include "client/data/summary.h"

#include <cmath>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

ImportedDataset Example() {
  return {.dataset = {.rows = 4,
                      .columns = 3,
                      .targets = 2,
                      .x = {1, 5, 100,  //
                            2, 5, 300,  //
                            1, 5, 100,  //
                            2, 5, 300},
                      .y = {1, -1, 2, 0, 2, 1, 5, 0.5}},
          .title = "example",
          .format = "csv",
          .columns = {"a", "b", "c"},
          .targets = {"p", "q"}};
}

TEST(SummaryTest, DatasetIsIdentifiedBySizeAndDigest) {
  const ImportedDataset imported = Example();
  const DatasetSummary summary = Summarize(imported);
  EXPECT_EQ(summary.title, "example");
  EXPECT_EQ(summary.format, "csv");
  EXPECT_EQ(summary.rows, 4);
  EXPECT_EQ(summary.columns, 3);
  EXPECT_EQ(summary.size_bytes, 32 + 12 * 8 + 8 * 8);
  EXPECT_EQ(summary.digest, DatasetDigest(EncodeDataset(imported.dataset)));
}

TEST(SummaryTest, TargetsAreSummarizedOneByOne) {
  const DatasetSummary summary = Summarize(Example());
  ASSERT_EQ(summary.targets.size(), 2);
  const TargetSummary& p = summary.targets[0];
  EXPECT_EQ(p.name, "p");
  EXPECT_EQ(p.min, 1);
  EXPECT_EQ(p.mean, 2.5);
  EXPECT_DOUBLE_EQ(p.std, 1.5);
  EXPECT_EQ(p.max, 5);
  EXPECT_EQ(p.distinct_values, 3);
  EXPECT_THAT(p.classes, ElementsAre(Pair(1, 1), Pair(2, 2), Pair(5, 1)));
  EXPECT_EQ(summary.targets[1].name, "q");
  EXPECT_EQ(summary.targets[1].distinct_values, 4);
}

TEST(SummaryTest, ManyDistinctValuesAreCountedButNotListed) {
  ImportedDataset imported{.dataset = {.rows = 21, .columns = 1, .targets = 1}};
  for (int i = 0; i < 21; ++i) {
    imported.dataset.x.push_back(i);
    imported.dataset.y.push_back(i);
  }
  const DatasetSummary summary = Summarize(imported);
  EXPECT_EQ(summary.targets[0].name, "target 1");
  EXPECT_EQ(summary.targets[0].distinct_values, 21);
  EXPECT_THAT(summary.targets[0].classes, IsEmpty());
}

TEST(SummaryTest, AsManyDistinctValuesAsThereIsRoomForAreAllListed) {
  ImportedDataset imported;
  imported.dataset = {.rows = kMaxClasses, .columns = 1, .targets = 1};
  for (int64_t i = 0; i < kMaxClasses; ++i) {
    imported.dataset.x.push_back(static_cast<double>(i));
    imported.dataset.y.push_back(static_cast<double>(i));
  }
  const DatasetSummary summary = Summarize(imported);
  EXPECT_EQ(summary.targets[0].distinct_values, kMaxClasses);
  EXPECT_EQ(std::ssize(summary.targets[0].classes), kMaxClasses);
}

TEST(SummaryTest, ConstantFeaturesAreCountedAndLeftOutOfTheRatio) {
  const DatasetSummary summary = Summarize(Example());
  EXPECT_EQ(summary.constant_features, 1);
  EXPECT_EQ(summary.feature_min, 1);
  EXPECT_EQ(summary.feature_max, 300);
  EXPECT_DOUBLE_EQ(summary.feature_std_ratio, 200);
}

TEST(SummaryTest, RatioIsZeroWhenNoFeatureVaries) {
  ImportedDataset imported = Example();
  imported.dataset.x.assign(12, 0.1);
  const DatasetSummary summary = Summarize(imported);
  EXPECT_EQ(summary.constant_features, 3);
  EXPECT_EQ(summary.feature_std_ratio, 0);
}

TEST(SummaryTest, DeviationDoesNotCancelNextToALargeMean) {
  ImportedDataset imported = Example();
  for (double& y : imported.dataset.y) y += 1e9;
  EXPECT_NEAR(Summarize(imported).targets[0].std, 1.5, 1e-6);
}

}  // namespace
}  // namespace fathom::client
