// When Newton's method stops.
#include "worker/kernel/optimum/newton.h"

#include <cmath>
#include <functional>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "worker/kernel/optimum/sample_loss.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker::kernel {
namespace {

constexpr int64_t kRows = 40;
constexpr int64_t kColumns = 5;

// Samples, and targets in a unit of their own.
class NewtonTest : public ::testing::Test {
 protected:
  NewtonTest() {
    RandomStream random(1, Purpose::kFactor);
    for (int64_t i = 0; i < kRows * kColumns; ++i)
      x_.push_back(random.Normal());
    for (int64_t i = 0; i < kRows; ++i) offset_.push_back(random.Normal());
  }

  Newton::Outcome Minimize(const SampleLoss& loss, double unit,
                           const Newton::Goal& goal) const {
    const std::function<bool()> keep_going = [] { return true; };
    Newton newton({x_.data(), kRows, kColumns, kColumns}, 1, keep_going);
    std::vector<double> offset = offset_;
    for (double& entry : offset) entry *= unit;
    const auto outcome = newton.Minimize(loss, offset, goal);
    EXPECT_OK(outcome);
    return outcome.ok() ? *outcome : Newton::Outcome();
  }

  std::vector<double> x_;
  std::vector<double> offset_;
};

TEST_F(NewtonTest, AGoalThatTheStartMeetsTakesNoStep) {
  // The gap is never more than the value.
  const Newton::Outcome relative = Minimize(LpLoss(4, 0), 1, {.relative = 1});
  EXPECT_EQ(relative.steps, 0);
  EXPECT_GT(relative.value, 0);
  EXPECT_EQ(relative.gap, relative.value);
  const Newton::Outcome absolute =
      Minimize(LpLoss(4, 0), 1, {.absolute = relative.value});
  EXPECT_EQ(absolute.steps, 0);
  EXPECT_EQ(absolute.value, relative.value);
  // Half of it from each.
  const Newton::Outcome both = Minimize(
      LpLoss(4, 0), 1, {.relative = 0.5, .absolute = 0.5 * relative.value});
  EXPECT_EQ(both.steps, 0);
}

TEST_F(NewtonTest, AHigherGoalTakesMoreStepsAndIsMet) {
  for (const double p : {3.0, 4.0, 8.0}) {
    int last = 0;
    double value = HUGE_VAL;
    for (const double relative : {1.0, 1e-1, 1e-3, 1e-9}) {
      const Newton::Outcome outcome =
          Minimize(LpLoss(p, 0), 1, {.relative = relative});
      EXPECT_LE(outcome.gap, relative * outcome.value) << p;
      EXPECT_GE(outcome.steps, last) << p;
      EXPECT_LE(outcome.value, value) << p;
      last = outcome.steps;
      value = outcome.value;
    }
    EXPECT_GT(last, 1) << p;
  }
}

TEST_F(NewtonTest, ARelativeGoalDoesNotDependOnTheUnit) {
  // Powers of two: every number is the same but for its exponent.
  for (const double relative : {1e-1, 1e-4, 1e-8}) {
    const Newton::Outcome one =
        Minimize(LpLoss(4, 0), 1, {.relative = relative});
    for (const double unit : {0x1p-10, 0x1p10}) {
      const Newton::Outcome other =
          Minimize(LpLoss(4, 0), unit, {.relative = relative});
      EXPECT_EQ(other.steps, one.steps) << relative;
      EXPECT_NEAR(other.value / (unit * unit * unit * unit), one.value,
                  1e-12 * one.value)
          << relative;
    }
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
