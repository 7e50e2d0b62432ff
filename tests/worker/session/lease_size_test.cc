#include "worker/session/lease_size.h"

#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "worker/session/bundle_runner.h"

namespace fathom::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kMany = 1'000'000;

TEST(TrialsForLeaseTest, EqualTrialsTakeTheTimeOfALease) {
  for (const double flops : {2e6, 3.7e6, 2e7}) {
    int64_t asked = 0;
    const int trials = TrialsForLease(
        [&](int64_t) {
          ++asked;
          return flops;
        },
        0, kMany, 5e9);
    EXPECT_NEAR(trials * flops / 5e9, kLeaseSeconds, flops / 5e9) << flops;
    EXPECT_LE(asked, 400);
  }
}

TEST(TrialsForLeaseTest, LongTrialsStillFillTheVectorsAndShortOnesABound) {
  EXPECT_EQ(TrialsForLease([](int64_t) { return 1e13; }, 0, kMany, 5e9),
            kLeastLeaseTrials);
  EXPECT_EQ(TrialsForLease([](int64_t) { return 1.0; }, 0, kMany, 5e9),
            kMostLeaseTrials);
  EXPECT_EQ(TrialsForLease([](int64_t) { return 1e6; }, 10, 5, 5e9),
            kLeastLeaseTrials);  // The sweep is at its end.
}

// 500 cheap trials, then dear ones: what comes decides, not what was.
TEST(TrialsForLeaseTest, TrialsOfDifferentCostAreAddedUp) {
  const auto flops = [](int64_t index) { return index < 500 ? 1e6 : 1e8; };
  const auto seconds = [&](int64_t first) {
    double sum = 0;
    const int trials = TrialsForLease(flops, first, kMany, 5e9);
    for (int64_t i = first; i < first + trials; ++i) sum += flops(i);
    return sum / 5e9;
  };
  EXPECT_EQ(TrialsForLease(flops, 600, kMany, 5e9), 75);
  for (const int64_t first : {0, 250, 450, 490, 499, 500, 600}) {
    EXPECT_GT(seconds(first), 1) << first;
    EXPECT_LT(seconds(first), 2) << first;
  }
}

TEST(WorkRateTest, FollowsTheLastLeases) {
  WorkRate rate;
  EXPECT_GT(rate.flops_per_second(), 0);
  rate.Add(3e9, 1);
  EXPECT_NEAR(rate.flops_per_second(), 3e9, 0.05e9);
  for (int i = 0; i < 10; ++i) rate.Add(1e9, 1);
  EXPECT_NEAR(rate.flops_per_second(), 1e9, 0.01e9);
  // An empty lease says nothing about the speed.
  rate.Add(0, 0);
  EXPECT_NEAR(rate.flops_per_second(), 1e9, 0.01e9);
}

TEST(CutByMemoryTest, RunsFitOrAreOfOneTrial) {
  EXPECT_THAT(CutByMemory({}, 10), IsEmpty());
  EXPECT_THAT(CutByMemory({1, 2, 3}, 10), ElementsAre(3));
  EXPECT_THAT(CutByMemory({4, 4, 4, 4, 4}, 10), ElementsAre(2, 4, 5));
  EXPECT_THAT(CutByMemory({99, 1, 99, 1}, 10), ElementsAre(1, 2, 3, 4));
}

}  // namespace
}  // namespace fathom::worker
