#include "client/view/progress.h"

#include <algorithm>
#include <sstream>

#include "client/view/format.h"
#include "client/view/progress_printer.h"
#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

v1::Sweep SweepWith(double fraction, int64_t succeeded, int64_t diverged = 0,
                    int64_t failed = 0) {
  v1::Sweep sweep;
  sweep.mutable_spec()->set_name("quickstart");
  sweep.set_state(v1::SWEEP_STATE_RUNNING);
  sweep.set_trial_count(54);
  sweep.mutable_progress()->set_fraction(fraction);
  sweep.mutable_progress()->set_succeeded(succeeded);
  sweep.mutable_progress()->set_diverged(diverged);
  sweep.mutable_progress()->set_failed(failed);
  return sweep;
}

ProgressReport Report() {
  return {SweepWith(0.43, 20, 2, 1), 2, 1.84, absl::Seconds(17)};
}

TEST(SweepStateTextTest, SaysWhetherAnythingHappens) {
  v1::Sweep sweep = SweepWith(0.5, 27);
  EXPECT_EQ(SweepStateText(sweep), "waiting");
  sweep.mutable_progress()->set_leased(2);
  EXPECT_EQ(SweepStateText(sweep), "running");
  EXPECT_THAT(ProgressText({.sweep = sweep}), Not(HasSubstr("paused")));
  sweep.set_paused(true);
  EXPECT_EQ(SweepStateText(sweep), "paused");
  EXPECT_THAT(ProgressText({.sweep = sweep}), EndsWith(", paused"));
  // Trials that were leased when their coordinator died do not change that.
  sweep.set_interrupted(true);
  EXPECT_EQ(SweepStateText(sweep), "paused");
  sweep.set_paused(false);
  EXPECT_EQ(SweepStateText(sweep), "interrupted");
  sweep.set_state(v1::SWEEP_STATE_COMPLETED);
  EXPECT_EQ(SweepStateText(sweep), "completed");
}

TEST(RateMeterTest, OneObservationTellsNoRate) {
  RateMeter meter;
  meter.Add(kStart, 0.5, 10);

  EXPECT_FALSE(meter.trials_per_second().has_value());
  EXPECT_FALSE(meter.remaining().has_value());
}

TEST(RateMeterTest, RemainingTimeFollowsTheFraction) {
  RateMeter meter;
  meter.Add(kStart, 0.2, 5);
  meter.Add(kStart + absl::Seconds(10), 0.4, 25);

  EXPECT_DOUBLE_EQ(*meter.trials_per_second(), 2);
  EXPECT_NEAR(absl::ToDoubleSeconds(*meter.remaining()), 30, 1e-6);
}

// A resumed sweep starts with much done, which is no speed of this run.
TEST(RateMeterTest, WhatWasDoneBeforeDoesNotCount) {
  RateMeter meter;
  meter.Add(kStart, 0.9, 900);
  meter.Add(kStart + absl::Seconds(1), 0.9, 900);

  EXPECT_FALSE(meter.trials_per_second().has_value());
  EXPECT_FALSE(meter.remaining().has_value());
}

TEST(RateMeterTest, OldObservationsAreForgotten) {
  RateMeter meter;
  for (int second = 0; second <= 100; ++second) {
    meter.Add(kStart + absl::Seconds(second), 0, 100 * second);
  }
  for (int second = 101; second <= 140; ++second) {
    meter.Add(kStart + absl::Seconds(second), 0, 10000 + second - 100);
  }

  EXPECT_DOUBLE_EQ(*meter.trials_per_second(), 1);
}

TEST(RateMeterTest, NothingRemainsOfACompleteSweep) {
  RateMeter meter;
  meter.Add(kStart, 0, 0);
  meter.Add(kStart + absl::Seconds(1), 1, 54);

  EXPECT_EQ(*meter.remaining(), absl::ZeroDuration());
}

TEST(ProgressTextTest, SaysEverythingInOneLine) {
  EXPECT_EQ(ProgressText(Report()),
            "quickstart: 43%, 23 of 54 trials, 1.8 trials/s, ETA 0:17, 1 "
            "failed, 2 diverged, 2 workers");
}

TEST(ProgressTextTest, CountsWhatThereIs) {
  ProgressReport report = Report();
  report.noun = "training";
  EXPECT_THAT(ProgressText(report),
              HasSubstr("23 of 54 trainings, 1.8 trainings/s"));
  EXPECT_THAT(ProgressLine(report, 110, false), HasSubstr("23/54 trainings"));
}

TEST(ProgressTextTest, SaysWhenNobodyWorks) {
  ProgressReport report = Report();
  report.workers = 0;

  EXPECT_THAT(ProgressText(report), EndsWith("no worker connected"));
}

TEST(ProgressLineTest, FillsTheWidthButTheLastColumn) {
  const std::string line = ProgressLine(Report(), 110, false);

  EXPECT_LT(DisplayWidth(line), 110);
  EXPECT_THAT(line, StartsWith("[###"));
  EXPECT_THAT(line, EndsWith("2 workers"));
}

TEST(ProgressLineTest, NeverWrapsHoweverNarrow) {
  for (int width = 1; width < 200; ++width) {
    for (const bool unicode : {false, true}) {
      const std::string line = ProgressLine(Report(), width, unicode);
      EXPECT_LT(DisplayWidth(line), std::max(width, 20)) << line;
      EXPECT_THAT(line, HasSubstr("43%"));
    }
  }
}

TEST(ProgressLineTest, BarGrowsWithTheFraction) {
  ProgressReport report = Report();
  report.sweep.mutable_progress()->set_fraction(0);
  EXPECT_THAT(ProgressLine(report, 80, false), StartsWith("[---"));
  report.sweep.mutable_progress()->set_fraction(1);
  EXPECT_THAT(ProgressLine(report, 80, false), Not(HasSubstr("-]")));
  // A share just below 1 is not shown as 100%.
  report.sweep.mutable_progress()->set_fraction(0.9999);
  EXPECT_THAT(ProgressLine(report, 80, false), HasSubstr(" 99%"));
}

TEST(ProgressPrinterTest, LinesComeAtTheirPeriodAndAtTheEnds) {
  std::ostringstream out;
  v1::Sweep sweep = SweepWith(0, 0);
  {
    ProgressPrinter printer({.style = ProgressStyle::kLines}, &out);
    for (int second = 0; second < 9; ++second) {
      printer.Show(sweep, 1, kStart + absl::Seconds(second));
    }
    sweep.set_state(v1::SWEEP_STATE_COMPLETED);
    printer.Show(sweep, 1, kStart + absl::Seconds(9));
  }

  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST(ProgressPrinterTest, QuietWritesNothing) {
  std::ostringstream out;
  {
    ProgressPrinter printer({.style = ProgressStyle::kNone}, &out);
    printer.Show(SweepWith(0, 0), 1, kStart);
    printer.Note("hello");
  }

  EXPECT_EQ(out.str(), "");
}

TEST(ProgressPrinterTest, RedrawnLineIsEndedOnce) {
  std::ostringstream out;
  {
    ProgressPrinter printer({.style = ProgressStyle::kRedraw}, &out);
    printer.Show(SweepWith(0.1, 5), 1, kStart);
    printer.Show(SweepWith(0.1, 5), 1, kStart + absl::Seconds(1));
  }

  const std::string text = out.str();
  EXPECT_THAT(text, StartsWith("\r["));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 1);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(ProgressPrinterTest, WithoutStepsInTrialsThereIsNoTimeLeft) {
  for (const bool has_steps : {true, false}) {
    std::ostringstream out;
    ProgressPrinter::Options options;
    options.has_steps = has_steps;
    ProgressPrinter printer(options, &out);
    printer.Show(SweepWith(0.2, 10), std::nullopt, kStart);
    printer.Show(SweepWith(0.4, 20), std::nullopt, kStart + absl::Seconds(10));

    EXPECT_EQ(out.str().find("ETA") != std::string::npos, has_steps);
  }
}

TEST(ProgressTextTest, CancelledTrialsAreNotFinished) {
  v1::Sweep sweep = SweepWith(1, 20);
  sweep.mutable_progress()->set_cancelled(34);

  EXPECT_EQ(FinishedTrials(sweep.progress()), 20);
}

}  // namespace
}  // namespace fathom::client
