// What becomes of a trial whose attempt ends without a result that counts.
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "server/limits.h"
#include "server/store/ledger.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using test::AddPoints;
using test::AddResult;
using test::NewLease;
using test::NewReport;
using test::NewResult;
using test::NewSession;
using test::SecondsIn;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

class AttemptsTest : public test::LedgerTest {
 protected:
  // Trial 0 is recorded on attempt 2 by s2, after s1 lost attempt 1 of it.
  void LoseAndRecord() {
    RecordReport report = NewReport(2, 1);
    AddResult(report, NewResult(0, 0.1, 2));
    ASSERT_OK(Commit({NewLease(1, 1, 0, 1),
                      ReturnTrial{1, 0, 1, true, SecondsIn(2)}, DeleteLease{1},
                      NewLease(2, 1, 0, 1, 2, "s2"), report, DeleteLease{2}}));
  }

  static RecordLateReport Late(int64_t trial, int32_t attempt,
                               const std::string& session) {
    RecordLateReport late{.session_id = session, .time = SecondsIn(9)};
    late.report.set_sweep_id(1);
    *late.report.add_results() = NewResult(trial, 0.5, attempt);
    return late;
  }
};

TEST_F(AttemptsTest, AnEqualSecondResultLeavesNoTraceAndAnotherOneAnAlarm) {
  LoseAndRecord();
  EXPECT_OK(Commit({CompareResult{1, NewResult(0, 0.1), "s1", SecondsIn(4)}}));
  EXPECT_THAT(Rows("SELECT * FROM events"), IsEmpty());

  const v1::TrialResult other = NewResult(0, 0.1 + 1e-17 * 4);
  EXPECT_OK(Commit({CompareResult{1, other, "s1", SecondsIn(4)}}));

  EXPECT_THAT(Rows("SELECT kind,sweep,trial,message FROM events"),
              ElementsAre(HasSubstr("result_mismatch|1|0|attempt 2 recorded")));
  EXPECT_THAT(Rows("SELECT final_loss FROM results WHERE trial=0"),
              ElementsAre("0.10000000000000001"));
}

// Each of what a result says of the trial, alone; how long it took is the
// machine's.
TEST_F(AttemptsTest, ASecondResultThatDiffersInOneThingAloneIsAnAlarm) {
  LoseAndRecord();
  std::vector<std::pair<std::string, v1::TrialResult>> others;
  const auto differing = [&](const std::string& in) -> v1::TrialResult& {
    return others.emplace_back(in, NewResult(0, 0.1)).second;
  };
  differing("outcome").set_outcome(v1::TRIAL_STATE_STOPPED);
  differing("steps").set_steps(99);
  differing("final_loss").set_final_loss(0.2);
  differing("no final_loss").clear_final_loss();
  differing("best_loss").set_best_loss(0.06);
  differing("no best_loss").clear_best_loss();
  differing("best_step").set_best_step(91);
  size_t alarms = 0;
  for (const auto& [in, other] : others) {
    ASSERT_OK(Commit({CompareResult{1, other, "s1", SecondsIn(4)}})) << in;
    EXPECT_THAT(Rows("SELECT * FROM events"), ::testing::SizeIs(++alarms))
        << in;
  }
  v1::TrialResult slower = NewResult(0, 0.1);
  slower.set_seconds(1000);
  ASSERT_OK(Commit({CompareResult{1, slower, "s1", SecondsIn(4)}}));
  EXPECT_THAT(Rows("SELECT * FROM events"), ::testing::SizeIs(alarms));
}

TEST_F(AttemptsTest, AnAlarmNamesBothWorkersAndThereAreOnlySoMany) {
  LoseAndRecord();
  CompareResult lie{1, NewResult(0, 0.2), "s1", SecondsIn(4)};
  const std::vector<Write> lies(kMaxMismatchesPerSweep - 1, lie);
  ASSERT_OK(Commit(lies));
  ledger_.reset();
  ledger_ = OpenLedger();
  ASSERT_OK(Commit({lie, lie, lie}));
  EXPECT_THAT(Rows("SELECT count(*) FROM events WHERE kind='result_mismatch'"),
              ElementsAre(std::to_string(kMaxMismatchesPerSweep)));
  EXPECT_THAT(Rows("SELECT message FROM events LIMIT 1"),
              ElementsAre(::testing::AllOf(HasSubstr("worker worker-of-s1"),
                                           HasSubstr("worker worker-of-s2"))));
}

TEST_F(AttemptsTest, WhatIsRecordedOfASessionStaysWhenAnotherComesWithItsId) {
  LoseAndRecord();
  InsertSession impostor = NewSession("s2");
  impostor.hello.set_numerics("other");
  ASSERT_OK(Commit({impostor}));
  EXPECT_THAT(Rows("SELECT numerics FROM results WHERE trial=0"),
              ElementsAre("eigen/f64/v1"));
  EXPECT_THAT(Rows("SELECT numerics FROM sessions WHERE session_id='s2'"),
              ElementsAre("other"));
  // It is not the one that recorded, as far as the ledger is concerned.
  ASSERT_OK(
      Commit({CompareResult{1, NewResult(0, 0.9, 2), "s2", SecondsIn(5)}}));
  EXPECT_THAT(Rows("SELECT * FROM events"), IsEmpty());
}

TEST_F(AttemptsTest, WhatCannotBeComparedRaisesNoAlarm) {
  LoseAndRecord();
  InsertSession other = NewSession("s3");
  other.hello.set_numerics("another kernel");
  ASSERT_OK(Commit({other, NewLease(3, 1, 1, 1, 1, "s3"),
                    ReturnTrial{1, 1, 1, true, SecondsIn(2)}, DeleteLease{3},
                    NewLease(4, 1, 1, 1, 2, "s2")}));
  RecordReport report = NewReport(4, 1);
  AddResult(report, NewResult(1, 0.1, 2));
  ASSERT_OK(Commit({report, DeleteLease{4}}));

  // Another engine of the same worker.
  v1::TrialResult of_net = NewResult(1, 0.7, 1);
  of_net.set_numerics("net/f32");
  EXPECT_OK(Commit({CompareResult{1, of_net, "s1", SecondsIn(4)}}));
  EXPECT_THAT(Rows("SELECT * FROM events"), IsEmpty());

  // Other numerics; an attempt that the session never had; a failure, which may
  // be the machine's; a trial without a result.
  EXPECT_OK(
      Commit({CompareResult{1, NewResult(1, 0.7, 1), "s3", SecondsIn(4)},
              CompareResult{1, NewResult(0, 0.7, 1), "s2", SecondsIn(4)},
              CompareResult{1, NewResult(0, 0.7, 1, v1::TRIAL_STATE_FAILED),
                            "s1", SecondsIn(4)},
              CompareResult{1, NewResult(5, 0.7, 1), "s1", SecondsIn(4)}}));

  EXPECT_THAT(Rows("SELECT * FROM events"), IsEmpty());
}

TEST_F(AttemptsTest,
       AReturnedTrialKeepsItsHistoryAndItsPointsWhileTheyMayCount) {
  RecordReport report = NewReport(1, 1);
  for (const int64_t trial : {0, 1, 2}) AddPoints(report, trial, 0, 0, {3.0});
  ASSERT_OK(Commit({NewLease(1, 1, 0, 3), report}));

  ASSERT_OK(Commit({ReturnTrial{1, 0, 1, true, SecondsIn(5), 2},
                    ReturnTrial{1, 2, 1, false, SecondsIn(6)}}));

  EXPECT_THAT(Rows("SELECT trial,state,attempt,lost_attempts FROM results"),
              ElementsAre("0|pending|1|1", "1|leased|1|0", "2|pending|1|0"));
  EXPECT_THAT(Rows("SELECT trial,attempt,outcome,session FROM attempts "
                   "ORDER BY trial,attempt"),
              ElementsAre("0|1|lost|s1", "1|1|leased|s1", "2|1|returned|s1"));
  EXPECT_THAT(Rows("SELECT DISTINCT trial FROM metric_points"),
              ElementsAre("0", "1"));
  ASSERT_OK(Commit({NewLease(2, 1, 0, 1, 2, "s2")}));
  EXPECT_THAT(Rows("SELECT DISTINCT trial FROM metric_points"),
              ElementsAre("1"));
  EXPECT_THAT(Commit({ReturnTrial{1, 0, 1, true, SecondsIn(7)}}),
              StatusIs(kFailedPrecondition));
}

TEST_F(AttemptsTest, TheResultOfALostAttemptCountsUntilTheNextOneBegins) {
  RecordReport report = NewReport(1, 1);
  AddPoints(report, 0, 0, 0, {3.0, 2.0});
  ASSERT_OK(
      Commit({NewLease(1, 1, 0, 2), report,
              ReturnTrial{1, 0, 1, true, SecondsIn(5), 2},
              ReturnTrial{1, 1, 1, true, SecondsIn(5), 2}, DeleteLease{1}}));
  EXPECT_THAT(Commit({Late(0, 1, "s2")}), StatusIs(kFailedPrecondition));
  EXPECT_THAT(Commit({Late(0, 2, "s1")}), StatusIs(kFailedPrecondition));

  EXPECT_OK(Commit({Late(0, 1, "s1")}));

  EXPECT_THAT(Rows("SELECT trial,state,attempt,lost_attempts,final_loss FROM "
                   "results"),
              ElementsAre("0|succeeded|1|0|0.5", "1|pending|1|1|NULL"));
  EXPECT_THAT(Rows("SELECT trial,attempt,outcome FROM attempts ORDER BY 1"),
              ElementsAre("0|1|succeeded", "1|1|lost"));
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM metric_points WHERE trial=0"),
              ElementsAre("4"));
  // Once only, and not any more once somebody else has the trial.
  EXPECT_THAT(Commit({Late(0, 1, "s1")}), StatusIs(kFailedPrecondition));
  EXPECT_THAT(Commit({NewLease(2, 1, 1, 1, 2, "s2"), Late(1, 1, "s1")}),
              StatusIs(kFailedPrecondition));
}

TEST_F(AttemptsTest, AQuarantinedTrialFailsAndItsLastAttemptIsLost) {
  ASSERT_OK(Commit({NewLease(1, 1, 0, 1)}));

  ASSERT_OK(Commit({QuarantineTrial{1, 0, 1, "lost 3 workers", SecondsIn(3)}}));

  EXPECT_THAT(Rows("SELECT trial,state,lost_attempts,error FROM results"),
              ElementsAre("0|failed|1|lost 3 workers"));
  EXPECT_THAT(Rows("SELECT trial,attempt,outcome FROM attempts ORDER BY 1,2"),
              ElementsAre("0|1|lost"));
  EXPECT_THAT(Commit({QuarantineTrial{1, 0, 1, "again", SecondsIn(4)}}),
              StatusIs(kFailedPrecondition));
}

TEST_F(AttemptsTest, AFailedTrialMayBeTriedAgainWithItsLossesForgiven) {
  RecordReport report = NewReport(1, 1);
  v1::TrialResult failed = NewResult(1, 1, 1, v1::TRIAL_STATE_FAILED);
  failed.set_error("out of memory");
  AddPoints(report, 1, 0, 0, {3.0});
  AddResult(report, failed);
  ASSERT_OK(
      Commit({NewLease(1, 1, 0, 2), report,
              QuarantineTrial{1, 0, 1, "lost", SecondsIn(3)}, DeleteLease{1}}));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  auto recorded = (*reader)->GetFailedTrials(1, 0, 12);
  ASSERT_OK(recorded);
  ASSERT_EQ(recorded->open_trials.size(), 2);
  EXPECT_EQ(recorded->open_trials[0].bundle_limit, 1);  // Alone again.
  EXPECT_EQ(recorded->open_trials[1].bundle_limit, 0);

  ASSERT_OK(Commit({RetryTrial{1, 0, 1}, RetryTrial{1, 1, 1}}));

  EXPECT_THAT(
      Rows("SELECT trial,state,attempt,lost_attempts,error,final_loss "
           "FROM results"),
      ElementsAre("0|pending|1|1|NULL|NULL", "1|pending|1|0|NULL|NULL"));
  EXPECT_THAT(Rows("SELECT trial,attempt,outcome FROM attempts ORDER BY 1,2"),
              ElementsAre("0|1|lost", "1|1|failed"));
  EXPECT_THAT(Rows("SELECT * FROM metric_points"), IsEmpty());
  const auto state = ledger_->Load();
  ASSERT_OK(state);
  EXPECT_EQ(state->running_sweeps[0].open_trials[0].lost_alone, 0);
  EXPECT_EQ(state->running_sweeps[0].open_trials[0].bundle_limit, 1);
  EXPECT_OK(Commit({NewLease(2, 1, 0, 2, 2, "s2")}));
  EXPECT_THAT(Commit({RetryTrial{1, 1, 1}}), StatusIs(kFailedPrecondition));
}

}  // namespace
}  // namespace fathom::server
