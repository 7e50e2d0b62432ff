// What of the effects of a transaction is counted, and as what.
#include "server/core_stats.h"

#include "gmock/gmock.h"

namespace fathom::server {
namespace {

int64_t Events(const CoreStats& stats, absl::string_view kind) {
  for (size_t i = 0; i < kEventKinds.size(); ++i) {
    if (kEventKinds[i] == kind) return stats.events[i].value();
  }
  ADD_FAILURE() << "no such kind: " << kind;
  return -1;
}

v1::Report TwoTrials() {
  v1::Report report;
  v1::TrialPoints& points = *report.add_points();
  points.add_metrics(v1::METRIC_LOSS);
  points.add_metrics(v1::METRIC_LP_ERROR);
  for (const int64_t step : {0, 5, 9}) {
    points.add_steps(step);
    points.add_values(1);
    points.add_values(2);
  }
  report.add_results()->set_outcome(v1::TRIAL_STATE_SUCCEEDED);
  report.add_results()->set_outcome(v1::TRIAL_STATE_DIVERGED);
  report.add_checkpoints();  // Announced, and not there yet.
  report.add_checkpoints()->set_digest("sha256:0");
  return report;
}

TEST(CoreStatsTest, ReportsInTimeAndLateOnesCountAlike) {
  CoreStats stats;
  Effects effects;
  effects.writes.push_back(RecordReport{TwoTrials()});
  stats.NoteCommitted(effects);
  EXPECT_EQ(stats.points.value(), 3);  // Steps, whatever was measured there.
  EXPECT_EQ(stats.finished[v1::TRIAL_STATE_SUCCEEDED].value(), 1);
  EXPECT_EQ(stats.finished[v1::TRIAL_STATE_DIVERGED].value(), 1);
  EXPECT_EQ(stats.checkpoints.value(), 1);
  effects.writes = {RecordLateReport{TwoTrials(), "s"}};
  stats.NoteCommitted(effects);
  EXPECT_EQ(stats.points.value(), 6);
  EXPECT_EQ(stats.finished[v1::TRIAL_STATE_DIVERGED].value(), 2);
}

TEST(CoreStatsTest, WhatBecomesOfAttempts) {
  CoreStats stats;
  Effects effects;
  InsertLease lease;
  lease.lease.add_trials()->set_count(3);
  lease.lease.add_trials()->set_count(4);
  effects.writes = {lease,         ReturnTrial{.lost = true}, ReturnTrial{},
                    ReturnTrial{}, QuarantineTrial{},         CompareResult{},
                    DeleteLease{}};
  stats.NoteCommitted(effects);
  EXPECT_EQ(stats.leases_granted.value(), 1);
  EXPECT_EQ(stats.trials_given.value(), 7);
  EXPECT_EQ(stats.attempts_lost.value(), 1);
  EXPECT_EQ(stats.attempts_returned.value(), 2);
  EXPECT_EQ(stats.finished[v1::TRIAL_STATE_FAILED].value(), 1);
}

TEST(CoreStatsTest, EventsOfUnknownKindsAreOneKind) {
  CoreStats stats;
  Effects effects;
  effects.Event("sweep_created", "", absl::UnixEpoch());
  effects.Event("of tomorrow", "", absl::UnixEpoch());
  effects.Event("other", "", absl::UnixEpoch());
  stats.NoteCommitted(effects);
  EXPECT_EQ(Events(stats, "sweep_created"), 1);
  EXPECT_EQ(Events(stats, "other"), 2);
  EXPECT_EQ(Events(stats, "sweep_paused"), 0);
}

// A worker that only moved to another connection has not been refused.
TEST(CoreStatsTest, OnlyStreamsThatSaidSomethingWrongAreRefused) {
  CoreStats stats;
  Effects effects;
  effects.Close(1, absl::InvalidArgumentError("bad"));
  effects.Close(2, absl::AbortedError("a newer connection"));
  effects.Close(3, absl::DeadlineExceededError("silent"));
  effects.Close(4, absl::ResourceExhaustedError("too many"));
  effects.refused_telemetry = 5;
  stats.NoteCommitted(effects);
  EXPECT_EQ(stats.streams_refused.value(), 2);
  EXPECT_EQ(stats.telemetry_refused.value(), 5);
}

}  // namespace
}  // namespace fathom::server
