#include "client/analysis/trial_filter.h"

#include <optional>
#include <vector>

#include "absl/algorithm/container.h"
#include "client/analysis/grouping.h"
#include "client/analysis/summary.h"
#include "gtest/gtest.h"
#include "proto/sweep/normalize.h"
#include "tests/client/analysis/sweeps.h"

namespace fathom::client {
namespace {

using test::AddAxis;
using test::AddRange;
using test::BaseSpec;

// Two depths, three rates and four seeds, of which the seeds vary fastest.
v1::SweepSpec Spec() {
  v1::SweepSpec spec = BaseSpec();
  AddAxis("model.depth", {1, 2}, &spec);
  AddAxis("optimizer.learning_rate", {0.1, 0.2, 0.3}, &spec);
  AddRange("seed", 0, 4, &spec);
  return Normalize(spec);
}

TEST(TrialFilterTest, WithoutConditionsItTakesAll) {
  const TrialFilter filter(Spec());
  EXPECT_TRUE(filter.TakesAll());
  EXPECT_TRUE(filter.Takes(0));
  EXPECT_TRUE(filter.Takes(23));
  EXPECT_EQ(filter.TrialsTaken(), 24);
}

TEST(TrialFilterTest, TakesTrialsByThePlacesOfTheirValues) {
  const v1::SweepSpec spec = Spec();
  TrialFilter filter(spec);
  ASSERT_TRUE(filter.Keep(0, spec.axes(0).axes(0), [](const v1::Value& value) {
    return value.integer() == 2;
  }));
  ASSERT_TRUE(filter.Keep(2, spec.axes(2).axes(0), [](const v1::Value& value) {
    return value.integer() >= 2;
  }));
  EXPECT_FALSE(filter.TakesAll());
  EXPECT_EQ(filter.TrialsTaken(), 6);
  const std::vector<int64_t> taken = {14, 15, 18, 19, 22, 23};
  EXPECT_EQ(filter.Trials(6), taken);
  EXPECT_EQ(filter.Trials(5), std::nullopt);
  for (int64_t trial = 0; trial < 24; ++trial) {
    EXPECT_EQ(filter.Takes(trial), absl::c_linear_search(taken, trial))
        << trial;
  }
}

TEST(TrialFilterTest, ConditionsOnOneAxisHoldTogether) {
  const v1::SweepSpec spec = Spec();
  TrialFilter filter(spec);
  const auto at_least = [&](double least) {
    return filter.Keep(1, spec.axes(1).axes(0), [=](const v1::Value& value) {
      return value.number() >= least;
    });
  };
  EXPECT_TRUE(at_least(0.2));
  EXPECT_TRUE(at_least(0.1));
  EXPECT_EQ(filter.Taken(1).count(), 2);
  EXPECT_FALSE(at_least(1));
  EXPECT_EQ(filter.TrialsTaken(), 0);
}

TEST(TrialFilterTest, GroupsAndCountsAreOfTheTrialsTaken) {
  const v1::SweepSpec spec = Spec();
  TrialFilter filter(spec);
  ASSERT_TRUE(filter.Keep(0, spec.axes(0).axes(0), [](const v1::Value& value) {
    return value.integer() == 2;
  }));
  ASSERT_TRUE(filter.Keep(1, spec.axes(1).axes(0), [](const v1::Value& value) {
    return value.number() > 0.15;
  }));
  ASSERT_TRUE(filter.Keep(2, spec.axes(2).axes(0), [](const v1::Value& value) {
    return value.integer() > 0;
  }));
  const Grouping grouping(spec, SummaryOf(spec), filter);
  ASSERT_EQ(grouping.group_count(), 1);
  EXPECT_EQ(grouping.GroupValues(0)[0].integer(), 2);
  EXPECT_EQ(grouping.TrialsPerGroup(0), 6);
  EXPECT_EQ(grouping.SettingsPerGroup(0), 2);
  // Trial 17 is depth 2, rate 0.2 and seed 1.
  EXPECT_EQ(grouping.TrialsPerSetting(17), 3);
  EXPECT_EQ(grouping.PlaceOf(17).group, 0);
}

}  // namespace
}  // namespace fathom::client
