#include "client/analysis/statistics/band.h"

#include <utility>

#include "gtest/gtest.h"
#include "tests/client/analysis/fake_sweep.h"

namespace fathom::client {
namespace {

RateOutcome Stable(double rate, double value) {
  return {.rate = rate, .complete = true, .value = value};
}

RateOutcome Divergent(double rate, int64_t first, int64_t last) {
  return {.rate = rate,
          .complete = true,
          .diverged = 2,
          .first_divergence = first,
          .last_divergence = last};
}

TEST(BandTest, EndsAreTheLastStableRatesAndTheFirstDivergentOneAbove) {
  const StableBand band =
      MeasureBand({Divergent(1, 3, 4), Stable(0.001, 5), Stable(0.1, 1),
                   Divergent(0.3, 700, 9000), Stable(0.01, 2.1)},
                  0.1);

  EXPECT_EQ(*band.smallest, 0.001);
  EXPECT_EQ(*band.largest, 0.1);
  EXPECT_DOUBLE_EQ(band.decades, 2);
  EXPECT_FALSE(band.has_gap);
  EXPECT_EQ(band.divergent->rate, 0.3);
  EXPECT_EQ(*band.divergent->first_divergence, 700);
  EXPECT_EQ(*band.divergent->last_divergence, 9000);
  EXPECT_EQ(*band.best_edge, StableBand::Edge::kInside);
  EXPECT_EQ(band.rates.front().rate, 0.001);
}

TEST(BandTest, NearRatesAreThoseNextToTheBestWithinAFactorOfTwo) {
  const StableBand band =
      MeasureBand({Stable(1e-4, 1.5), Stable(1e-3, 9), Stable(1e-2, 2),
                   Stable(1e-1, 1), Divergent(1, 5, 5)},
                  1e-1);
  // 1e-4 has a near value, but lies behind a rate whose value is not near.
  EXPECT_EQ(*band.near_low, 1e-2);
  EXPECT_EQ(*band.near_high, 1e-1);
  EXPECT_DOUBLE_EQ(band.near_decades, 1);
}

TEST(BandTest, ADivergentRateBetweenStableOnesIsAGap) {
  const StableBand band = MeasureBand(
      {Stable(1, 1), Divergent(2, 5, 5), Stable(3, 1), Divergent(0.5, 1, 1)},
      1);
  EXPECT_TRUE(band.has_gap);
  EXPECT_EQ(*band.largest, 3);
  EXPECT_FALSE(band.divergent.has_value());
}

TEST(BandTest, FailedAndUnfinishedRatesAreNeitherStableNorDivergent) {
  RateOutcome failed = Stable(1, 1);
  failed.failed = 1;
  RateOutcome unfinished = Stable(10, 1);
  unfinished.complete = false;
  const StableBand band =
      MeasureBand({failed, Stable(2, 1), unfinished}, std::nullopt);
  EXPECT_EQ(*band.smallest, 2);
  EXPECT_EQ(*band.largest, 2);
  EXPECT_EQ(band.decades, 0);
  EXPECT_FALSE(band.divergent.has_value());
  EXPECT_FALSE(band.best_edge.has_value());
}

TEST(BandTest, WhereAllDivergeTheSmallestIsTheLimit) {
  const StableBand band =
      MeasureBand({Divergent(2, 5, 6), Divergent(1, 50, 60)}, std::nullopt);
  EXPECT_FALSE(band.smallest.has_value());
  EXPECT_EQ(band.divergent->rate, 1);
}

TEST(BandTest, TheBestAtAnEdgeIsKnownToBeThere) {
  const auto edge = [](std::vector<RateOutcome> rates, double best) {
    return *MeasureBand(std::move(rates), best).best_edge;
  };
  EXPECT_EQ(edge({Stable(1, 3), Stable(2, 2)}, 2), StableBand::Edge::kLargest);
  EXPECT_EQ(edge({Stable(1, 1), Stable(2, 2)}, 1), StableBand::Edge::kSmallest);
  EXPECT_EQ(edge({Stable(1, 1)}, 1), StableBand::Edge::kOnly);
  EXPECT_EQ(edge({Stable(1, 3), Stable(2, 2), Divergent(3, 1, 1)}, 2),
            StableBand::Edge::kInside);
}

// A trial that nobody will train any more says nothing of its rate.
TEST(BandTest, ARateWithACancelledTrialIsNotStable) {
  v1::SweepSpec spec = test::BaseSpec();
  spec.mutable_trial()->set_steps(10);
  test::AddAxis("model.depth", {1, 2}, &spec);
  test::AddAxis("optimizer.learning_rate", {0.1, 0.2, 0.4}, &spec);
  test::AddRange("seed", 0, 2, &spec);
  test::FakeSweep sweep(spec);
  sweep.RecordAll([](int64_t, double step) { return 1 / (1 + step); });
  const auto largest = [&sweep] {
    return sweep.Analyze().groups.at(0).band->largest;
  };
  EXPECT_EQ(largest(), 0.4);
  sweep.SetState(5, v1::TRIAL_STATE_CANCELLED);
  EXPECT_EQ(largest(), 0.2);
}

}  // namespace
}  // namespace fathom::client
