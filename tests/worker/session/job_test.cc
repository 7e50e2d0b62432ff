#include "worker/session/job.h"

#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace fathom::worker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Job JobOf(const std::map<std::string, std::string>& variables) {
  return JobOfEnvironment([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(JobTest, IsWhatSlurmSays) {
  EXPECT_EQ(JobOf({}).id, "");
  EXPECT_EQ(JobOf({}).end, absl::InfiniteFuture());
  EXPECT_EQ(JobOf({{"SLURM_JOB_ID", "12"}}).id, "slurm:12");
  const Job task = JobOf({{"SLURM_JOB_ID", "15"},
                          {"SLURM_ARRAY_JOB_ID", "12"},
                          {"SLURM_ARRAY_TASK_ID", "3"},
                          {"SLURM_RESTART_COUNT", "2"},
                          {"SLURM_JOB_END_TIME", "1800000000"}});
  EXPECT_EQ(task.id, "slurm:12_3");
  EXPECT_EQ(task.restarts, 2);
  EXPECT_EQ(task.end, absl::FromUnixSeconds(1'800'000'000));
}

TEST(JobTest, WhatMakesNoSenseIsLeftOut) {
  EXPECT_EQ(JobOf({{"SLURM_JOB_ID", "12; rm"}}).id, "");
  EXPECT_EQ(JobOf({{"SLURM_JOB_ID", ""}}).id, "");
  EXPECT_EQ(JobOf({{"SLURM_RESTART_COUNT", "2"}}).restarts, 0);  // No job.
  const Job job = JobOf({{"SLURM_JOB_ID", "12"},
                         {"SLURM_RESTART_COUNT", "99999999999"},
                         {"SLURM_ARRAY_JOB_ID", "7"},
                         {"SLURM_JOB_END_TIME", "60"}});
  EXPECT_EQ(job.id, "slurm:12");
  EXPECT_EQ(job.restarts, 0);
  EXPECT_EQ(job.end, absl::InfiniteFuture());
}

TEST(DeadlineTest, ReadsMomentsAsPeopleAndProgramsWriteThem) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  absl::TimeZone zone = absl::FixedTimeZone(3600);
  const auto read = [&](const char* text) {
    return ReadDeadline(text, now, zone);
  };
  EXPECT_EQ(*read("+90m"), now + absl::Minutes(90));
  EXPECT_EQ(*read("+1h30m"), now + absl::Minutes(90));
  EXPECT_EQ(*read("1800000060"), now + absl::Minutes(1));
  EXPECT_EQ(*read("2027-01-15T09:00:00"), now);
  EXPECT_EQ(*read("2027-01-15T08:00:00Z"), now);
  EXPECT_EQ(*read("2027-01-15T08:00:00+00:00"), now);
  for (const char* bad : {"", "+", "+0s", "+-5m", "90", "90m", "N/A", "Unknown",
                          "NONE", "2027-13-01T00:00:00", "inf", "+inf",
                          "99999999999999999999", "tomorrow"}) {
    EXPECT_THAT(std::string(read(bad).status().message()),
                HasSubstr("expected a moment"))
        << bad;
  }
}

TEST(StaggerTest, SpreadsWorkersOverATwentiethAndAtMostHalfAMinute) {
  std::set<absl::Duration> seen;
  absl::Duration least = absl::InfiniteDuration(), most = absl::ZeroDuration();
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration part =
        Stagger(absl::StrCat("slurm:12_", i), absl::Hours(1));
    seen.insert(part);
    least = std::min(least, part);
    most = std::max(most, part);
  }
  EXPECT_GT(seen.size(), 990);
  EXPECT_GE(least, absl::ZeroDuration());
  EXPECT_LT(least, absl::Seconds(1));
  EXPECT_GT(most, absl::Seconds(29));
  EXPECT_LT(most, absl::Seconds(30));
  EXPECT_LE(Stagger("slurm:1", absl::Seconds(100)), absl::Seconds(5));
  EXPECT_EQ(Stagger("slurm:1", absl::Seconds(-5)), absl::ZeroDuration());
}

}  // namespace
}  // namespace fathom::worker
