#include "worker/bench/bench.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "worker/bench/rate.h"

namespace fathom::worker {
namespace {

bool Always() { return true; }

v1::BenchRequest QuickRequest(int slots) {
  v1::BenchRequest request;
  request.set_slots(slots);
  request.set_quick(true);
  return request;
}

TEST(BenchTest, ForetellsFromTheTrialsThatLast) {
  v1::BenchRequest request = QuickRequest(1);
  v1::BenchSweep& sweep = *request.add_sweeps();
  sweep.set_name("some");
  for (v1::TrialSpec& trial :
       bench::RateTrials({2, 1}, 4, v1::PRECISION_DOUBLE, 4)) {
    *trial.mutable_data() = bench::StandardData(40, 5);
    *sweep.add_trials() = trial;
  }
  sweep.mutable_trials(3)->mutable_optimizer()->set_learning_rate(1e6);

  std::vector<double> done;
  const auto report = MeasureMachine(
      request, [&](absl::string_view, double part) { done.push_back(part); },
      Always);

  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->forecasts_size(), 1);
  const v1::BenchForecast& forecast = report->forecasts(0);
  EXPECT_EQ(forecast.trials(), 4);
  EXPECT_EQ(forecast.lasting_trials(), 3);
  const double steps = sweep.trials(0).steps();
  EXPECT_DOUBLE_EQ(forecast.seconds(), 3 * steps / forecast.rate());
  EXPECT_DOUBLE_EQ(forecast.trials_per_hour(), 4 * 3600 / forecast.seconds());
  // A trial takes longer than a lease should.
  EXPECT_EQ(forecast.lease_trials(), 16);
  // Progress starts at nothing, only grows and never passes the end.
  ASSERT_FALSE(done.empty());
  EXPECT_EQ(done.front(), 0);
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  EXPECT_LT(done.back(), 1);
  // One slot, one line.
  EXPECT_EQ(report->scalings_size(), 1);
  EXPECT_EQ(report->bandwidth_one(), report->bandwidth_all());
}

TEST(BenchTest, StopsWhenTold) {
  int parts = 0;
  const auto report = MeasureMachine(
      QuickRequest(2), [&](absl::string_view, double) { ++parts; },
      [&] { return parts < 3; });

  EXPECT_EQ(report.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(parts, 3);
}

TEST(BenchTest, WantsASlotAndGeneratedData) {
  const auto none = MeasureMachine(
      QuickRequest(0), [](absl::string_view, double) {}, Always);
  EXPECT_EQ(none.status().code(), absl::StatusCode::kInvalidArgument);

  v1::BenchRequest request = QuickRequest(1);
  request.add_sweeps()->set_name("empty");
  const auto empty = MeasureMachine(
      request, [](absl::string_view, double) {}, Always);
  EXPECT_EQ(empty.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(empty.status().message()).find("empty"),
            std::string::npos);
}

}  // namespace
}  // namespace fathom::worker
