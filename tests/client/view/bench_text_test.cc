#include "client/view/bench_text.h"

#include <algorithm>
#include <string>

#include "client/view/format.h"
#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::BenchReport SomeReport() {
  v1::BenchReport report;
  report.set_processor("Abacus\x1b[31m");
  report.set_isa("avx2");
  report.set_slots(2);
  v1::BenchPeak& peak = *report.add_peaks();
  peak.set_isa("avx2");
  peak.set_flops(50e9);
  report.set_bandwidth_one(9.6e9);
  report.set_bandwidth_all(17.2e9);
  v1::BenchPass& pass = *report.add_passes();
  pass.set_rows(2565);
  pass.set_columns(128);
  pass.set_flops(40e9);
  pass.set_share_of_peak(0.8);
  v1::BenchTraining& training = *report.add_trainings();
  training.set_depth(3);
  training.set_width(128);
  training.set_p(4);
  training.set_rate(26449.2);
  for (const int slots : {1, 2}) {
    v1::BenchScaling& scaling = *report.add_scalings();
    scaling.set_slots(slots);
    scaling.set_rate(1000 * slots);
    scaling.set_speedup(slots);
  }
  v1::BenchForecast& forecast = *report.add_forecasts();
  forecast.set_name("paper/l4-depth");
  forecast.set_scale("paper");
  forecast.set_trials(30);
  forecast.set_steps(1000000);
  forecast.set_seconds(600);
  forecast.set_trials_per_hour(180);
  forecast.set_lease_trials(1234);
  return report;
}

TEST(BenchTextTest, ShowsEveryMeasurementInItsUnit) {
  const std::string text = BenchText(SomeReport(), false, 0);

  EXPECT_THAT(text, HasSubstr("avx2 50.0 GF/s"));
  EXPECT_THAT(text, HasSubstr("9.6 GB/s for one slot, 17.2 GB/s for 2"));
  EXPECT_THAT(text, HasSubstr("40.0      80%  [################----]"));
  EXPECT_THAT(text, HasSubstr("p = 4, depth 3, width 128"));
  EXPECT_THAT(text, HasSubstr("26,400"));
  EXPECT_THAT(text, HasSubstr("2.00x"));
  EXPECT_THAT(text, HasSubstr("10:00"));
  EXPECT_THAT(text, HasSubstr("1,234"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(BenchTextTest, OneSlotNeedsNoScaling) {
  v1::BenchReport report = SomeReport();
  report.set_slots(1);
  report.mutable_scalings()->DeleteSubrange(1, 1);

  const std::string text = BenchText(report, false, 0);

  EXPECT_THAT(text, Not(HasSubstr("speedup")));
  EXPECT_THAT(text, Not(HasSubstr("17.2")));
}

TEST(BenchTextTest, ProgressFitsTheWindow) {
  for (int width = 1; width < 100; ++width) {
    for (const bool unicode : {false, true}) {
      EXPECT_LT(DisplayWidth(BenchProgressText("pass over 2565 x 128", 0.5,
                                               width, unicode)),
                std::max(width, 1));
    }
  }
  EXPECT_THAT(BenchProgressText("memory", 0.5, 80, false),
              HasSubstr("[##########----------]  measuring: memory"));
}

}  // namespace
}  // namespace fathom::client
