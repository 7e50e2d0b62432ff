#include "proto/sweep/facts/metrics.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "proto/sweep/names.h"

namespace fathom {
namespace {

TEST(MetricFactsTest, EveryMetricHasARowWithALabelOfItsOwn) {
  std::vector<std::string> labels;
  const auto& type = *v1::Metric_descriptor();
  for (int i = 0; i < type.value_count(); ++i) {
    const auto metric = static_cast<v1::Metric>(type.value(i)->number());
    if (metric == v1::METRIC_UNSPECIFIED) continue;
    EXPECT_EQ(FactsOf(metric).metric, metric) << MetricName(metric);
    EXPECT_THAT(
        labels,
        testing::Not(testing::Contains(std::string(FactsOf(metric).label))));
    labels.push_back(FactsOf(metric).label);
  }
}

TEST(MetricFactsTest, BetterFollowsTheDirection) {
  EXPECT_TRUE(IsBetter(FactsOf(v1::METRIC_LOSS), 1, 2));
  EXPECT_FALSE(IsBetter(FactsOf(v1::METRIC_LOSS), 2, 2));
  EXPECT_TRUE(IsBetter(FactsOf(v1::METRIC_ACCURACY), 0.9, 0.8));
  EXPECT_FALSE(IsBetter(FactsOf(v1::METRIC_ACCURACY), 0.8, 0.9));
}

TEST(MetricFactsTest, OnlyObjectivesAreRaced) {
  const auto& type = *v1::Metric_descriptor();
  for (int i = 0; i < type.value_count(); ++i) {
    const auto metric = static_cast<v1::Metric>(type.value(i)->number());
    const bool objective = metric == v1::METRIC_LOSS ||
                           metric == v1::METRIC_LP_ERROR ||
                           metric == v1::METRIC_EXCESS_LOSS;
    EXPECT_EQ(FactsOf(metric).use == MetricUse::kRaced, objective)
        << MetricName(metric);
  }
}

}  // namespace
}  // namespace fathom
