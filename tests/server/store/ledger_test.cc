#include "server/store/ledger.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/protocol.h"
#include "proto/sweep/message_json.h"
#include "sqlite3.h"
#include "tests/server/store/ledger_fixture.h"
#include "tests/testing/store_dataset.h"

namespace fathom::server {
namespace {

using test::AddPoints;
using test::AddResult;
using test::LedgerTest;
using test::NewLease;
using test::NewReport;
using test::NewResult;
using test::NewSession;
using test::NewSweep;
using test::SecondsIn;
using test::SmallSpec;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

RecordReport ReportOf(int64_t lease_id, int64_t trial, double loss,
                      int32_t attempt = 1) {
  RecordReport report = NewReport(lease_id, 1);
  AddResult(report, NewResult(trial, loss, attempt));
  return report;
}

UpdateSweep UpdateOf(int64_t sweep_id, v1::SweepState state, absl::Time end) {
  UpdateSweep update;
  update.sweep_id = sweep_id;
  update.state = state;
  update.end_time = end;
  return update;
}

TEST_F(LedgerTest, LeasedTrialsHaveRowsWithTheirParameters) {
  ASSERT_OK(Commit({NewLease(1, 1, 3, 3)}));

  EXPECT_THAT(
      Rows("SELECT trial,state,depth,lp,learning_rate,seed,hidden_width,"
           "attempt,worker,numerics,parameters FROM results"),
      ElementsAre("3|leased|1|4|0.01|0|1|1|worker-of-s1|eigen/f64/v1|"
                  "{\"depth\":1,\"learning_rate\":0.01}",
                  "4|leased|2|4|0.0001|0|1|1|worker-of-s1|eigen/f64/v1|"
                  "{\"depth\":2,\"learning_rate\":1e-4}",
                  "5|leased|2|4|0.000464158883361278|0|1|1|worker-of-s1|"
                  "eigen/f64/v1|"
                  "{\"depth\":2,\"learning_rate\":0.000464158883361278}"));
}

TEST_F(LedgerTest, ALongAxisHasTheSameColumnsAsAShortOne) {
  v1::SweepSpec spec = SmallSpec(4);
  v1::Axis& seed = *spec.add_axes()->add_axes();
  seed.set_field("seed");
  seed.mutable_range()->set_to(1'000'000);
  seed.mutable_range()->set_step(1);
  ASSERT_OK(
      Commit({NewSweep(2, spec, 12'000'000), NewLease(1, 2, 4'000'007, 1)}));

  EXPECT_THAT(Rows("SELECT depth,learning_rate,seed,parameters FROM results"),
              ElementsAre("2|0.0001|7|{\"depth\":2,\"learning_rate\":1e-4,"
                          "\"seed\":7}"));
}

TEST_F(LedgerTest, ATrialIsGivenOutForTheFirstTimeOnce) {
  ASSERT_OK(Commit({NewLease(1, 1, 0, 3)}));

  const absl::Status status = Commit({NewLease(2, 1, 2, 3)});

  EXPECT_THAT(status, StatusIs(kFailedPrecondition));
  EXPECT_THAT(std::string(status.message()), HasSubstr("sweep 1 trial 2"));
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM results"), ElementsAre("3"));
}

// What the ledger keeps in memory must not be ahead of what is on disk.
TEST_F(LedgerTest, NothingOfARefusedCommitIsRemembered) {
  const Write refused = NewLease(9, 1, 50, 1);
  ASSERT_THAT(Commit({NewSession("s3"), NewSweep(2, SmallSpec(2), 6), refused}),
              StatusIs(kFailedPrecondition));
  EXPECT_THAT(Commit({NewLease(1, 1, 0, 1, 1, "s3")}),
              StatusIs(kFailedPrecondition));
  EXPECT_THAT(Commit({NewLease(1, 2, 0, 1)}), StatusIs(kFailedPrecondition));

  ASSERT_OK(Commit({NewSession("s4"), NewSession("s3")}));
  ASSERT_OK(Commit({NewSweep(2, SmallSpec(4), 12),
                    NewLease(1, 1, 0, 1, 1, "s3"), NewLease(2, 2, 11, 1)}));
  EXPECT_THAT(Rows("SELECT sweep,trial,worker,learning_rate FROM results"),
              ElementsAre("1|0|worker-of-s3|0.0001", "2|11|worker-of-s1|0.01"));
}

TEST_F(LedgerTest, ATrialBeyondTheSweepIsRefused) {
  EXPECT_THAT(Commit({NewLease(1, 1, 10, 3)}), StatusIs(kFailedPrecondition));
  EXPECT_THAT(Commit({NewLease(1, 7, 0, 1)}), StatusIs(kFailedPrecondition));
  EXPECT_THAT(Commit({NewLease(1, 1, 0, 1, 1, "nobody")}),
              StatusIs(kFailedPrecondition));
}

TEST_F(LedgerTest, ALaterAttemptNeedsAReturnedTrialOnTheAttemptBefore) {
  ASSERT_OK(
      Commit({NewLease(1, 1, 0, 2), ReturnTrial{1, 0, 1, true, SecondsIn(3)}}));

  EXPECT_THAT(Commit({NewLease(2, 1, 0, 1, 3)}), StatusIs(kFailedPrecondition));
  EXPECT_THAT(Commit({NewLease(2, 1, 1, 1, 2)}), StatusIs(kFailedPrecondition));
  EXPECT_OK(Commit({NewLease(2, 1, 0, 1, 2, "s2")}));
  EXPECT_THAT(
      Rows("SELECT trial,attempt,state,worker FROM results"),
      ElementsAre("0|2|leased|worker-of-s2", "1|1|leased|worker-of-s1"));
}

TEST_F(LedgerTest, PointsAndResultsAreRecordedTogether) {
  RecordReport report = NewReport(1, 1);
  AddPoints(report, 2, 0, 0, {3.0, 1.5});
  AddResult(report, NewResult(2, 1.5));
  ASSERT_OK(Commit({NewLease(1, 1, 2, 1), report, DeleteLease{1}}));

  EXPECT_THAT(Rows("SELECT * FROM metric_points"),
              ElementsAre("1|2|loss|0|3", "1|2|loss|1|1.5",
                          "1|2|weight_norm|0|1", "1|2|weight_norm|1|0.5"));
  EXPECT_THAT(Rows("SELECT state,final_loss,best_loss,best_step,steps,seconds,"
                   "error,end_time FROM results"),
              ElementsAre("succeeded|1.5|0.75|90|100|0.25|NULL|"
                          "2023-11-14T22:13:22.000Z"));
}

TEST_F(LedgerTest, PointsThatAreNotNumbersAreNull) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  RecordReport report = NewReport(1, 1);
  AddPoints(report, 0, 0, 5,
            {kInf, std::numeric_limits<double>::quiet_NaN(), -0.0});
  v1::TrialResult result = NewResult(0, 0, 1, v1::TRIAL_STATE_DIVERGED);
  result.clear_final_loss();
  result.clear_best_loss();
  AddResult(report, result);
  ASSERT_OK(Commit({NewLease(1, 1, 0, 1), report}));

  EXPECT_THAT(Rows("SELECT step,value FROM metric_points WHERE metric='loss'"),
              ElementsAre("5|NULL", "6|NULL", "7|-0"));
  EXPECT_THAT(Rows("SELECT state,final_loss,best_loss FROM results"),
              ElementsAre("diverged|NULL|NULL"));
}

TEST_F(LedgerTest, ARepeatedChunkChangesNothing) {
  RecordReport first = NewReport(1, 1);
  AddPoints(first, 0, 0, 0, {3.0});
  RecordReport again = NewReport(1, 1);
  AddPoints(again, 0, 0, 0, {7.0});
  AddPoints(again, 0, 1, 1, {2.0});
  ASSERT_OK(Commit({NewLease(1, 1, 0, 1), first}));

  ASSERT_OK(Commit({again}));

  EXPECT_THAT(Rows("SELECT step,value FROM metric_points WHERE metric='loss'"),
              ElementsAre("0|3", "1|2"));
}

TEST_F(LedgerTest, AStaleAttemptOrLeaseChangesNothing) {
  RecordReport stale_points = NewReport(1, 1);
  AddPoints(stale_points, 0, 0, 0, {3.0});
  RecordReport other_lease = NewReport(9, 1);
  AddPoints(other_lease, 0, 0, 0, {3.0}, 2);
  ASSERT_OK(
      Commit({NewLease(1, 1, 0, 1), ReturnTrial{1, 0, 1, true, SecondsIn(3)},
              NewLease(2, 1, 0, 1, 2)}));

  EXPECT_THAT(Commit({stale_points}), StatusIs(kFailedPrecondition));
  EXPECT_THAT(Commit({other_lease}), StatusIs(kFailedPrecondition));
  EXPECT_THAT(Commit({ReportOf(1, 0, 1.0, 1)}), StatusIs(kFailedPrecondition));
  EXPECT_THAT(Commit({ReportOf(1, 0, 1.0, 2)}), StatusIs(kFailedPrecondition));
  EXPECT_THAT(Rows("SELECT * FROM metric_points"), IsEmpty());
  EXPECT_OK(Commit({ReportOf(2, 0, 1.0, 2)}));
  EXPECT_THAT(Commit({ReportOf(2, 0, 0.5, 2)}), StatusIs(kFailedPrecondition));
  EXPECT_THAT(Rows("SELECT final_loss FROM results"), ElementsAre("1"));
}

TEST_F(LedgerTest, AFailedWriteRollsTheWholeTransactionBack) {
  ASSERT_OK(Commit({NewLease(1, 1, 0, 2)}));

  EXPECT_THAT(Commit({NewSession("s3"), ReportOf(1, 0, 1.0),
                      NewLease(2, 1, 5, 1, 1, "s3"), ReportOf(1, 7, 1.0)}),
              StatusIs(kFailedPrecondition));

  EXPECT_THAT(Rows("SELECT trial,state FROM results"),
              ElementsAre("0|leased", "1|leased"));
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM sessions"), ElementsAre("2"));
  // What was cached on the way is forgotten, too.
  EXPECT_THAT(Commit({NewLease(2, 1, 5, 1, 1, "s3")}),
              StatusIs(kFailedPrecondition));
}

TEST_F(LedgerTest, MalformedReportsAreRefused) {
  ASSERT_OK(Commit({NewLease(1, 1, 0, 1)}));
  RecordReport short_of_values = NewReport(1, 1);
  AddPoints(short_of_values, 0, 0, 0, {1.0});
  short_of_values.report.mutable_points(0)->mutable_values()->RemoveLast();
  RecordReport not_an_outcome = NewReport(1, 1);
  AddResult(not_an_outcome, NewResult(0, 1.0, 1, v1::TRIAL_STATE_LEASED));

  EXPECT_THAT(Commit({short_of_values}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Commit({not_an_outcome}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(LedgerTest, CancellingEndsOpenTrialsAndKeepsFinishedOnes) {
  ASSERT_OK(Commit({NewSweep(2, SmallSpec(4), 12), NewLease(1, 1, 0, 3),
                    NewLease(2, 2, 0, 1), ReportOf(1, 0, 1.0),
                    ReturnTrial{1, 1, 1, false, SecondsIn(3)}}));

  ASSERT_OK(Commit({CancelTrials{1, SecondsIn(4)}, DeleteLease{1}}));

  EXPECT_THAT(Rows("SELECT sweep,trial,state FROM results"),
              ElementsAre("1|0|succeeded", "1|1|cancelled", "1|2|cancelled",
                          "2|0|leased"));
  EXPECT_THAT(Rows("SELECT lease_id FROM leases"), ElementsAre("2"));
}

TEST_F(LedgerTest, ALeaseWithOpenTrialsCannotBeDeleted) {
  ASSERT_OK(Commit({NewLease(1, 1, 0, 2), ReportOf(1, 0, 1.0)}));

  EXPECT_THAT(Commit({DeleteLease{1}}), StatusIs(kFailedPrecondition));
  EXPECT_OK(Commit({ReportOf(1, 1, 1.0), DeleteLease{1}}));
  EXPECT_OK(Commit({DeleteLease{1}}));
}

TEST_F(LedgerTest, ASweepIsUpdatedAndShown) {
  UpdateSweep update = UpdateOf(1, v1::SWEEP_STATE_COMPLETED, SecondsIn(9));
  update.next_index = 12;
  update.progress.set_succeeded(11);
  update.progress.set_failed(1);
  update.progress.set_fraction(1.0);
  ASSERT_OK(Commit({update}));

  EXPECT_THAT(
      Rows("SELECT sweep,name,state,trials,pending,succeeded,failed,fraction,"
           "create_time,end_time,spec->>'$.trial.loss.lp' FROM sweep_overview"),
      ElementsAre("1|small|completed|12|0|11|1|1|2023-11-14T22:13:20.000Z|"
                  "2023-11-14T22:13:29.000Z|4"));
  update.sweep_id = 5;
  EXPECT_THAT(Commit({update}), StatusIs(kFailedPrecondition));
}

// As in JSON from commands: names and numbers, not those of the proto.
TEST_F(LedgerTest, TheSpecInSqlIsThatOfJson) {
  EXPECT_THAT(
      Rows("SELECT spec->>'$.trial.loss.factor',"
           "spec->>'$.trial.record.metrics[0]',spec->>'$.trial.optimizer.name',"
           "typeof(spec->>'$.trial.steps'),spec->>'$.trial.steps',"
           "spec->>'$.trial.seed',spec->>'$.axes[0].axes[0].list.values[2]' "
           "FROM sweep_overview"),
      ElementsAre("one_over_p|loss|gd|integer|100|0|3"));
  EXPECT_THAT(Rows("SELECT spec FROM sweep_overview"),
              ElementsAre(ToJson(SmallSpec(4)).dump()));
}

TEST_F(LedgerTest, ASweepKeepsItsNumericsAscendingAndOnce) {
  const std::vector<Write> writes = {
      InsertSweepNumerics{1, "k2", SecondsIn(1)},
      InsertSweepNumerics{1, "k1", SecondsIn(2)},
      InsertSweepNumerics{1, "k2", SecondsIn(3)}};
  ASSERT_OK(Commit(writes));

  EXPECT_THAT(Rows("SELECT numerics FROM sweep_overview"),
              ElementsAre("k1, k2"));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  EXPECT_THAT((*reader)->GetSweep("1")->numerics(), ElementsAre("k1", "k2"));
  EXPECT_THAT(ledger_->Load()->running_sweeps[0].sweep.numerics(),
              ElementsAre("k1", "k2"));
}

// Of a worker with several engines, the session is known by one of them.
TEST_F(LedgerTest, AResultMaySayItsOwnNumericsAndItsWeights) {
  RecordReport report = NewReport(1, 1);
  v1::TrialResult own = NewResult(0, 0.5, 1);
  own.set_numerics("net/f32");
  own.set_weights(1'663'370);
  AddResult(report, own);
  AddResult(report, NewResult(1, 0.25, 1));
  ASSERT_OK(Commit({NewLease(1, 1, 0, 3), report}));
  EXPECT_THAT(Rows("SELECT trial,numerics,weights FROM results ORDER BY trial"),
              ElementsAre("0|net/f32|1663370", "1|eigen/f64/v1|NULL",
                          "2|eigen/f64/v1|NULL"));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  EXPECT_EQ((*reader)->GetTrial(1, 0)->numerics(), "net/f32");
  EXPECT_EQ((*reader)->GetTrial(1, 0)->result().weights(), 1'663'370);
  EXPECT_EQ((*reader)->GetTrial(1, 1)->numerics(), "eigen/f64/v1");
}

// What older versions have recorded is found out once.
TEST_F(LedgerTest, TheMigrationFindsTheNumericsOfOldResults) {
  InsertSession other = NewSession("s3");
  other.hello.set_numerics("k1");
  ASSERT_OK(
      Commit({NewLease(1, 1, 0, 2), other, NewLease(2, 1, 2, 2, 1, "s3"),
              ReportOf(1, 0, 1.0), ReportOf(1, 1, 1.0), ReportOf(2, 2, 1.0)}));
  ledger_.reset();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db,
                         "DROP VIEW sweep_overview; DROP TABLE sweep_numerics; "
                         "DROP VIEW results; DROP VIEW checkpoints; "
                         "DROP VIEW attempts; DROP VIEW metric_points; "
                         "DROP VIEW momentum_weights; DROP VIEW events; "
                         "DROP VIEW event_counts; DROP VIEW optima; "
                         "DROP TABLE deleted_sweeps; "
                         "DROP TABLE sweep_datasets; "
                         "DROP TABLE sweep_sessions; DROP TABLE past_events; "
                         "DROP INDEX optimum_by_session; "
                         "DROP INDEX events_by_sweep; "
                         "ALTER TABLE datasets DROP COLUMN upload_time; "
                         "DROP TABLE trial_checkpoints; "
                         "ALTER TABLE trials DROP COLUMN numerics; "
                         "ALTER TABLE trials DROP COLUMN weights; "
                         "ALTER TABLE sweeps DROP COLUMN owner; "
                         "ALTER TABLE sweeps DROP COLUMN traceparent; "
                         "ALTER TABLE sweep_specs DROP COLUMN revision; "
                         "PRAGMA user_version=4",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(db);

  ledger_ = OpenLedger();

  EXPECT_THAT(Rows("SELECT numerics FROM sweep_overview"),
              ElementsAre("eigen/f64/v1, k1"));
}

TEST_F(LedgerTest, EventsAreKeptInOrder) {
  ASSERT_OK(Commit(
      {InsertEvent{
           .kind = "worker_connected", .message = "hi", .time = SecondsIn(1)},
       InsertEvent{.kind = "x",
                   .sweep_id = 1,
                   .trial_index = 0,
                   .message = "",
                   .time = SecondsIn(1.5)}}));
  EXPECT_THAT(
      Rows("SELECT * FROM events"),
      ElementsAre("1|2023-11-14T22:13:21.000Z|worker_connected|NULL|NULL|hi",
                  "2|2023-11-14T22:13:21.500Z|x|1|0|"));
}

TEST_F(LedgerTest, ReopeningFindsTheSameState) {
  UpdateSweep update =
      UpdateOf(1, v1::SWEEP_STATE_RUNNING, absl::InfiniteFuture());
  update.next_index = 6;
  update.progress.set_leased(2);
  ASSERT_OK(Commit({NewLease(5, 1, 0, 4), NewLease(7, 1, 4, 2, 1, "s2"),
                    ReportOf(5, 1, 1.0), ReportOf(5, 3, 1.0),
                    ReturnTrial{1, 2, 1, true, SecondsIn(2), 3}, update,
                    NewSweep(2, SmallSpec(4), 12),
                    UpdateOf(2, v1::SWEEP_STATE_CANCELLED, SecondsIn(3))}));
  ledger_.reset();
  ledger_ = OpenLedger();

  auto state = ledger_->Load();

  ASSERT_OK(state);
  EXPECT_EQ(state->next_sweep_id, 3);
  EXPECT_EQ(state->next_lease_id, 8);
  ASSERT_EQ(state->running_sweeps.size(), 1);
  const LedgerState::OpenSweep& open = state->running_sweeps[0];
  EXPECT_EQ(open.next_index, 6);
  EXPECT_EQ(open.sweep.progress().leased(), 2);
  EXPECT_EQ(open.sweep.spec().SerializeAsString(),
            SmallSpec(4).SerializeAsString());
  std::vector<std::string> trials;
  for (const auto& t : open.open_trials) {
    trials.push_back(absl::StrCat(t.trial_index, " ", t.attempt, " ",
                                  t.lost_alone, " ", t.bundle_limit, " ",
                                  t.lost_session, " ", t.lease_id));
  }
  EXPECT_THAT(trials, ElementsAre("0 1 0 0  5", "2 1 0 2 s1 0", "4 1 0 0  7",
                                  "5 1 0 0  7"));
  ASSERT_EQ(state->leases.size(), 2);
  EXPECT_EQ(state->leases[1].session_id, "s2");
  EXPECT_EQ(state->leases[1].worker, "worker-of-s2");
  // The ledger goes on where it stopped.
  EXPECT_OK(Commit({ReportOf(7, 4, 1.0), ReportOf(7, 5, 1.0), DeleteLease{7}}));
  EXPECT_EQ(ledger_->Load()->next_lease_id, 8);
}

TEST_F(LedgerTest, ASessionMaySayHelloAgain) {
  InsertSession again = NewSession("s1");
  again.hello.set_slots(16);
  ASSERT_OK(Commit({NewLease(1, 1, 0, 1), again}));
  EXPECT_THAT(Rows("SELECT session_id,slots FROM sessions ORDER BY session_id"),
              ElementsAre("s1|16", "s2|2"));
}

TEST_F(LedgerTest, ADatasetIsStoredOnceAndReadBackInPieces) {
  Dataset dataset{.rows = 400, .columns = 700, .targets = 1};
  for (int i = 0; i < 400 * 700; ++i) dataset.x.push_back(i / 7.0);
  for (int i = 0; i < 400; ++i) dataset.y.push_back(i);
  const std::string bytes = EncodeDataset(dataset);

  auto stored = test::StoreDataset(*ledger_, "x.csv", bytes);
  auto again = test::StoreDataset(*ledger_, "y.csv", bytes);

  ASSERT_OK(stored);
  ASSERT_OK(again);
  EXPECT_EQ(again->title(), "x.csv");
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  auto info = (*reader)->GetDatasetInfo(DatasetDigest(bytes));
  ASSERT_OK(info);
  EXPECT_EQ(info->rows(), 400);
  EXPECT_EQ(info->columns(), 700);
  EXPECT_EQ(info->size_bytes(), static_cast<int64_t>(bytes.size()));
  auto piece = (*reader)->ReadDatasetPiece(info->digest(), 1);
  ASSERT_OK(piece);
  EXPECT_TRUE(*piece == bytes.substr(kDatasetChunkBytes, kDatasetChunkBytes));
  EXPECT_TRUE(test::ReadDataset(path_, info->digest()) == bytes);
  EXPECT_THAT((*reader)->ReadDatasetPiece(info->digest(), 3),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT((*reader)->GetDatasetInfo("sha256:0"),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT((*reader)->ReadDatasetPiece("sha256:0", 0),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace fathom::server
