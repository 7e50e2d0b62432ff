#include "client/verify/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;

int64_t Count(const std::string& text, int64_t trials) {
  const absl::StatusOr<SampleSize> size = ParseSampleSize(text);
  EXPECT_OK(size) << text;
  return size.ok() ? SampleCount(*size, trials) : -1;
}

TEST(SampleSizeTest, IsAShareRoundedUpOrANumber) {
  EXPECT_EQ(Count("1%", 1000), 10);
  EXPECT_EQ(Count("1%", 1001), 11);
  EXPECT_EQ(Count("1%", 3), 1);
  EXPECT_EQ(Count("0.5%", 400'000), 2000);
  EXPECT_EQ(Count("100%", 12'345), 12'345);
  EXPECT_EQ(Count("50", 1000), 50);
  EXPECT_EQ(Count("50", 7), 7);
}

TEST(SampleSizeTest, DefaultTakesOnePercentBetweenTwentyAndAThousand) {
  EXPECT_EQ(SampleCount({}, 5), 5);
  EXPECT_EQ(SampleCount({}, 54), 20);
  EXPECT_EQ(SampleCount({}, 5000), 50);
  EXPECT_EQ(SampleCount({}, 100'000'000), 1000);
}

TEST(SampleSizeTest, EverythingElseIsRefused) {
  for (const char* text :
       {"", "%", "0", "-3", "0%", "101%", "nan%", "1.5", "ten", "1 %x"}) {
    const absl::StatusOr<SampleSize> size = ParseSampleSize(text);
    EXPECT_THAT(size, test::StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
    EXPECT_THAT(std::string(size.status().message()), HasSubstr("--sample"));
  }
}

// Expects that every trial is trained exactly once by a packing.
void ExpectPartition(const Packing& packing, int trials) {
  std::vector<int> members;
  for (const std::vector<int>& bundle : packing.bundles) {
    EXPECT_FALSE(bundle.empty());
    EXPECT_LE(bundle.size(), 256u);
    members.insert(members.end(), bundle.begin(), bundle.end());
  }
  std::sort(members.begin(), members.end());
  std::vector<int> all(trials);
  for (int i = 0; i < trials; ++i) all[i] = i;
  EXPECT_EQ(members, all);
}

TEST(PlanPackingsTest, EachWayTrainsEveryTrialOnce) {
  for (const int trials : {1, 2, 20, 500}) {
    std::mt19937_64 random(trials);
    const std::vector<Packing> packings =
        PlanPackings(trials, {"avx512", "avx2", "portable"}, 3, random);
    ASSERT_EQ(packings.size(), 4u);
    for (const Packing& packing : packings) ExpectPartition(packing, trials);
    EXPECT_EQ(packings[0].slots, 1);
    EXPECT_EQ(packings[1].slots, 3);
    EXPECT_EQ(packings[0].isa, packings[1].isa);
    EXPECT_EQ(packings[3].isa, "portable");
    EXPECT_TRUE(std::isfinite(packings[3].most_flops));
    EXPECT_EQ(packings[3].bundles.size(), static_cast<size_t>(trials));
  }
}

TEST(PlanPackingsTest, AMachineOfPortableKernelsTrainsEverythingWithThem) {
  std::mt19937_64 random(1);
  const std::vector<Packing> packings =
      PlanPackings(20, {"portable"}, 2, random);
  ASSERT_EQ(packings.size(), 2u);
  for (const Packing& packing : packings) {
    EXPECT_TRUE(std::isinf(packing.most_flops));
  }
}

TEST(PlanPackingsTest, BundlesAreOfAllSizesAndFollowFromTheSeed) {
  std::set<size_t> sizes;
  for (int seed = 0; seed < 100; ++seed) {
    std::mt19937_64 a(seed);
    std::mt19937_64 b(seed);
    const auto first = PlanPackings(500, {"avx2"}, 2, a);
    const auto again = PlanPackings(500, {"avx2"}, 2, b);
    for (size_t i = 0; i < first.size(); ++i) {
      EXPECT_EQ(first[i].bundles, again[i].bundles);
    }
    EXPECT_NE(first[0].bundles, first[1].bundles);
    for (const auto& bundle : first[0].bundles) sizes.insert(bundle.size());
  }
  EXPECT_TRUE(sizes.contains(1));
  EXPECT_TRUE(sizes.contains(2));
  EXPECT_GT(*sizes.rbegin(), 200u);
  EXPECT_GT(sizes.size(), 100u);
}

}  // namespace
}  // namespace fathom::client
