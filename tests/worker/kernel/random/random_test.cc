#include "worker/kernel/random/random.h"

#include <cmath>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fathom::worker::kernel {
namespace {

using ::testing::ElementsAre;

// The known answers that come with the Random123 library.
TEST(PhiloxTest, GivesTheKnownAnswers) {
  const PhiloxBlock zeros = Philox({0, 0}, 0);
  EXPECT_EQ(zeros.first, 0xca00a0459843d731);
  EXPECT_EQ(zeros.second, 0x66c24222c9a845b5);
  const PhiloxBlock ones = Philox({~uint64_t{0}, ~uint64_t{0}}, ~uint64_t{0});
  EXPECT_EQ(ones.first, 0x65b021d60cd8310f);
  EXPECT_EQ(ones.second, 0x4d02f3222f86df20);
  const PhiloxBlock pi =
      Philox({0x243f6a8885a308d3, 0x13198a2e03707344}, 0xa4093822299f31d0);
  EXPECT_EQ(pi.first, 0x0a5e742c2997341c);
  EXPECT_EQ(pi.second, 0xb0f883d38000de5d);
}

TEST(RandomStreamTest, GoldenNumbersNeverChange) {
  RandomStream bits(42, Purpose::kFactor, 1);
  EXPECT_EQ(bits.Bits(), 12299553952238626466u);
  EXPECT_EQ(bits.Bits(), 5257273983453469321u);
  RandomStream normal(42, Purpose::kFactor, 1);
  std::vector<double> drawn;
  for (int i = 0; i < 4; ++i) drawn.push_back(normal.Normal());
  EXPECT_THAT(drawn, ElementsAre(0x1.e98abaa42ec61p-1, -0x1.3b94d2a81b482p+0,
                                 0x1.3b1c89ca86a95p-1, -0x1.d8763f6168045p-4));
}

TEST(RandomStreamTest, SeedPurposeAndNumberGiveDifferentStreams) {
  std::set<uint64_t> first;
  int streams = 0;
  for (uint64_t seed : {0, 1, 2}) {
    for (Purpose purpose : {Purpose::kFactor, Purpose::kNoise}) {
      for (uint32_t stream : {0, 1, 2}) {
        first.insert(RandomStream(seed, purpose, stream).Bits());
        ++streams;
      }
    }
  }
  EXPECT_EQ(first.size(), streams);
}

TEST(RandomStreamTest, UniformNumbersFillTheUnitInterval) {
  RandomStream random(1, Purpose::kFeatures);
  constexpr int kDraws = 1'000'000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.Uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    squares += u * u;
  }
  // Five standard errors.
  EXPECT_NEAR(sum / kDraws, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / kDraws));
}

TEST(RandomStreamTest, NormalNumbersHaveNormalMomentsAndTails) {
  RandomStream random(2, Purpose::kFeatures);
  constexpr int kDraws = 1'000'000;
  double moments[5] = {};
  int beyond_two = 0;
  double last = 0;
  double lag = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double z = random.Normal();
    double power = 1;
    for (double& moment : moments) {
      moment += power / kDraws;
      power *= z;
    }
    lag += z * last / kDraws;
    last = z;
    if (std::fabs(z) > 2) ++beyond_two;
  }
  // Five standard errors.
  const double error = 5 / std::sqrt(kDraws);
  EXPECT_NEAR(moments[1], 0, error);
  EXPECT_NEAR(moments[2], 1, error * std::sqrt(2));
  EXPECT_NEAR(moments[3], 0, error * std::sqrt(15));
  EXPECT_NEAR(moments[4], 3, error * std::sqrt(96));
  EXPECT_NEAR(lag, 0, error);
  EXPECT_NEAR(static_cast<double>(beyond_two) / kDraws, 0.04550026,
              error * std::sqrt(0.0455));
}

TEST(RandomStreamTest, SkipsAsManyNumbersAsItIsTold) {
  for (const int before : {0, 1, 2, 3}) {
    for (const int skipped : {0, 1, 2, 3, 10, 11}) {
      RandomStream walked(3, Purpose::kBatchOrder);
      RandomStream skips(3, Purpose::kBatchOrder);
      for (int i = 0; i < before + skipped; ++i) walked.Bits();
      for (int i = 0; i < before; ++i) skips.Bits();
      skips.Skip(skipped);
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(walked.Bits(), skips.Bits()) << before << " " << skipped;
      }
    }
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
