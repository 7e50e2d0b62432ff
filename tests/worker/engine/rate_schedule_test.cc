#include "worker/engine/rate_schedule.h"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "gtest/gtest.h"

namespace fathom::worker {
namespace {

// Half a unit in the last place of a few operations.
constexpr double kRounding = 1e-14;

v1::OptimizerSpec Optimizer(v1::ScheduleName name, int64_t batch_size,
                            v1::ScheduleUnit unit, int64_t warm_up) {
  v1::OptimizerSpec optimizer;
  optimizer.set_learning_rate(0.25);
  optimizer.set_batch_size(batch_size);
  v1::ScheduleSpec& schedule = *optimizer.mutable_schedule();
  schedule.set_name(name);
  schedule.set_unit(unit);
  schedule.set_warm_up(warm_up);
  return optimizer;
}

// What ScheduleSpec says, in long double.
long double Expected(const v1::OptimizerSpec& optimizer, int64_t step,
                     int64_t steps, int64_t rows) {
  const v1::ScheduleSpec& s = optimizer.schedule();
  const bool epochs = s.unit() != v1::SCHEDULE_UNIT_STEPS;
  const int64_t batch =
      optimizer.batch_size() == 0 ? rows : optimizer.batch_size();
  const auto time = [&](int64_t t) {
    return epochs ? static_cast<long double>(t) * batch / rows
                  : static_cast<long double>(t);
  };
  const long double w = s.warm_up();
  const long double eta = optimizer.learning_rate();
  if (time(step + 1) < w) return eta * time(step + 1) / w;
  const long double u = std::fmax(0.0L, time(step) - w);
  const long double v = s.has_every() ? s.every() : 1;
  switch (s.name()) {
    case v1::SCHEDULE_NAME_EXPONENTIAL:
      return eta * std::pow(static_cast<long double>(s.decay()), u / v);
    case v1::SCHEDULE_NAME_STEP:
      return eta *
             std::pow(static_cast<long double>(s.decay()), std::floor(u / v));
    case v1::SCHEDULE_NAME_COSINE:
      return eta *
             (s.floor() + (1 - s.floor()) *
                              (1 + std::cos(std::numbers::pi_v<long double> *
                                            u / (time(steps) - w))) /
                              2);
    default:
      return eta;
  }
}

TEST(RateScheduleTest, IsWhatTheSpecSays) {
  constexpr int64_t kSteps = 200;
  constexpr int64_t kRows = 48;
  int cases = 0;
  for (const v1::ScheduleName name :
       {v1::SCHEDULE_NAME_UNSPECIFIED, v1::SCHEDULE_NAME_CONSTANT,
        v1::SCHEDULE_NAME_EXPONENTIAL, v1::SCHEDULE_NAME_STEP,
        v1::SCHEDULE_NAME_COSINE}) {
    for (const v1::ScheduleUnit unit :
         {v1::SCHEDULE_UNIT_UNSPECIFIED, v1::SCHEDULE_UNIT_EPOCHS,
          v1::SCHEDULE_UNIT_STEPS}) {
      for (const int64_t batch : {0, 5, 16, 48}) {
        for (const int64_t warm_up : {0, 1, 7}) {
          v1::OptimizerSpec optimizer = Optimizer(name, batch, unit, warm_up);
          optimizer.mutable_schedule()->set_decay(0.9);
          optimizer.mutable_schedule()->set_floor(0.125);
          if (cases++ % 2 == 0) optimizer.mutable_schedule()->set_every(3);
          const RateSchedule schedule(optimizer, kSteps, kRows);
          for (int64_t step = 0; step < kSteps; ++step) {
            const long double expected =
                Expected(optimizer, step, kSteps, kRows);
            ASSERT_NEAR(schedule.At(step) / expected, 1, kRounding)
                << optimizer.ShortDebugString() << " step " << step;
          }
        }
      }
    }
  }
}

TEST(RateScheduleTest, AConstantOneIsTheLearningRateItself) {
  v1::OptimizerSpec optimizer;
  optimizer.set_learning_rate(0.1);
  EXPECT_TRUE(RateSchedule(optimizer, 10, 5).constant());
  EXPECT_EQ(RateSchedule(optimizer, 10, 5).At(9), 0.1);
  optimizer.mutable_schedule()->set_warm_up(1);
  EXPECT_FALSE(RateSchedule(optimizer, 10, 5).constant());
}

// The tutorial that the convolutional experiment is about: 0.95 per epoch, as a
// staircase of batch * 64 over 55,000 images.
TEST(RateScheduleTest, AStaircaseFallsWhenAnEpochIsOver) {
  v1::OptimizerSpec optimizer =
      Optimizer(v1::SCHEDULE_NAME_STEP, 64, v1::SCHEDULE_UNIT_EPOCHS, 0);
  optimizer.mutable_schedule()->set_decay(0.95);
  const RateSchedule schedule(optimizer, 8593, 55000);
  // 859 * 64 = 54,976 and 860 * 64 = 55,040.
  EXPECT_EQ(schedule.At(859), 0.25);
  EXPECT_EQ(schedule.At(860), 0.25 * 0.95);
  EXPECT_NEAR(schedule.At(8592), 0.25 * std::pow(0.95, 9), 1e-15);
}

TEST(RateScheduleTest, WarmUpRisesEvenlyAndThenTheShapeBegins) {
  v1::OptimizerSpec optimizer =
      Optimizer(v1::SCHEDULE_NAME_COSINE, 0, v1::SCHEDULE_UNIT_STEPS, 4);
  const RateSchedule schedule(optimizer, 100, 10);
  const std::vector<double> rising = {0.0625, 0.125, 0.1875, 0.25, 0.25};
  for (size_t i = 0; i < rising.size(); ++i) {
    EXPECT_EQ(schedule.At(static_cast<int64_t>(i)), rising[i]) << i;
  }
  for (int64_t step = 5; step < 100; ++step) {
    EXPECT_LT(schedule.At(step), schedule.At(step - 1));
    EXPECT_GT(schedule.At(step), 0);
  }
}

// The largest numbers that a spec may have, and a warm-up that does not end.
TEST(RateScheduleTest, LargeNumbersDoNotOverflow) {
  constexpr int64_t kMost = 1'000'000'000'000;
  v1::OptimizerSpec optimizer = Optimizer(v1::SCHEDULE_NAME_COSINE, 9'999'999,
                                          v1::SCHEDULE_UNIT_EPOCHS, kMost);
  EXPECT_NEAR(RateSchedule(optimizer, kMost, 10'000'000).At(kMost - 1),
              0.25 * 0.9999999, 1e-12);
  optimizer.mutable_schedule()->set_warm_up(0);
  EXPECT_NEAR(RateSchedule(optimizer, kMost, 10'000'000).At(kMost / 2), 0.125,
              1e-12);
  optimizer.mutable_schedule()->set_name(v1::SCHEDULE_NAME_STEP);
  optimizer.mutable_schedule()->set_decay(0.5);
  EXPECT_EQ(RateSchedule(optimizer, kMost, 10'000'000).At(kMost - 1), 0);
}

}  // namespace
}  // namespace fathom::worker
