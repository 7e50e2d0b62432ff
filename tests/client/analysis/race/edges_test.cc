#include "client/analysis/race/edges.h"

#include "gmock/gmock.h"
#include "tests/client/analysis/fake_sweep.h"

namespace fathom::client {
namespace {

using test::AddAxis;
using test::BaseSpec;
using test::FakeSweep;

// A sweep over the rates 0.1, 0.3 and 1.5, of which number `best` is best.
FakeSweep SweepWithBest(int64_t best) {
  v1::SweepSpec spec = BaseSpec();
  AddAxis("optimizer.learning_rate", {0.1, 0.3, 1.5}, &spec);
  FakeSweep sweep(spec);
  sweep.RecordAll([=](int64_t trial, double) {
    return 1.0 + static_cast<double>(std::abs(trial - best));
  });
  return sweep;
}

AxisEdge EdgeOf(const FakeSweep& sweep) {
  return sweep.Analyze().groups.at(0).edges.at(0);
}

TEST(EdgesTest, SayWhereTheBestLiesAndHowFarItsNeighboursAre) {
  const AxisEdge inside = EdgeOf(SweepWithBest(1));
  EXPECT_EQ(inside.axis, "learning_rate");
  EXPECT_EQ(inside.kind, AxisEdge::Kind::kInside);
  EXPECT_EQ(inside.below, 0.1);
  EXPECT_EQ(inside.above, 1.5);
  EXPECT_NEAR(*inside.ratio, 5, 1e-12);
  EXPECT_EQ(EdgeOf(SweepWithBest(0)).kind, AxisEdge::Kind::kSmallest);
  EXPECT_EQ(EdgeOf(SweepWithBest(2)).kind, AxisEdge::Kind::kLargest);
}

TEST(EdgesTest, ANeighbourThatDivergedIsNamed) {
  FakeSweep sweep = SweepWithBest(1);
  sweep.SetState(2, v1::TRIAL_STATE_DIVERGED);
  EXPECT_TRUE(EdgeOf(sweep).above_diverged);
  EXPECT_FALSE(EdgeOf(sweep).below_diverged);
}

TEST(EdgesTest, OnWhicheverSideItIs) {
  for (const bool below : {true, false}) {
    FakeSweep sweep = SweepWithBest(1);
    sweep.SetState(below ? 0 : 2, v1::TRIAL_STATE_DIVERGED);
    EXPECT_EQ(EdgeOf(sweep).below_diverged, below);
    EXPECT_EQ(EdgeOf(sweep).above_diverged, !below);
  }
}

TEST(EdgesTest, OtherChosenAxesStayAsTheyAre) {
  v1::SweepSpec spec = BaseSpec();
  spec.mutable_trial()->mutable_optimizer()->set_name(
      v1::OPTIMIZER_NAME_MOMENTUM);
  AddAxis("optimizer.momentum", {0.5, 0.9}, &spec);
  AddAxis("optimizer.learning_rate", {0.1, 0.2}, &spec);
  FakeSweep sweep(spec);
  const double values[] = {4, 3, 1, 2};
  sweep.RecordAll([&](int64_t trial, double) { return values[trial]; });
  // The neighbour of the best setting in the rate is trial 3, and the one in
  // the momentum is trial 0.
  sweep.SetState(1, v1::TRIAL_STATE_DIVERGED);
  const std::vector<AxisEdge> edges = sweep.Analyze().groups[0].edges;
  ASSERT_EQ(edges.size(), 2u);
  EXPECT_EQ(edges[0].kind, AxisEdge::Kind::kLargest);
  EXPECT_EQ(edges[1].kind, AxisEdge::Kind::kSmallest);
  EXPECT_FALSE(edges[0].below_diverged);
  EXPECT_FALSE(edges[1].above_diverged);
}

// Returns the edge of three rates whose losses start at 1 and end at `ends`.
AxisEdge EdgeOfEnds(const std::vector<double>& ends) {
  v1::SweepSpec spec = BaseSpec();
  AddAxis("optimizer.learning_rate", {0.1, 0.3, 1.5}, &spec);
  FakeSweep sweep(spec);
  sweep.RecordAll([&](int64_t trial, double step) {
    return step == 0 ? 1.0 : ends[trial];
  });
  return EdgeOf(sweep);
}

TEST(EdgesTest, WhatRoundingAloneTellsApartIsTied) {
  // The floor of the square of a residual is (64 * 2^-53)^2 = 5e-29.
  const AxisEdge below = EdgeOfEnds({1e-40, 3e-33, 1e-3});
  EXPECT_EQ(below.kind, AxisEdge::Kind::kSmallest);
  EXPECT_EQ(below.tied_least, 0.1);
  EXPECT_EQ(below.tied_most, 0.3);
  EXPECT_FALSE(EdgeOfEnds({1e-40, 1e-27, 1e-3}).is_tied());

  const AxisEdge rounded = EdgeOfEnds({0.7, 0.5, 0.5 + 1e-15});
  EXPECT_EQ(rounded.value, 0.3);
  EXPECT_EQ(rounded.tied_least, 0.3);
  EXPECT_EQ(rounded.tied_most, 1.5);
  EXPECT_FALSE(EdgeOfEnds({0.7, 0.5, 0.5 + 1e-12}).is_tied());
}

}  // namespace
}  // namespace fathom::client
