// The audit finds every kind of damage, and its digest depends on results
// alone.
#include "server/store/audit/audit.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/store/ledger.h"
#include "sqlite3.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using test::AddPoints;
using test::AddResult;
using test::NewLease;
using test::NewReport;
using test::NewResult;
using test::NewSession;
using test::NewSweep;
using test::SecondsIn;
using test::SmallSpec;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AuditTest : public test::LedgerTest {
 protected:
  UpdateSweep Counters(int64_t pending, int64_t leased, int64_t succeeded) {
    UpdateSweep update{.sweep_id = 1, .next_index = 3};
    update.progress.set_pending(pending);
    update.progress.set_leased(leased);
    update.progress.set_succeeded(succeeded);
    return update;
  }

  // Trials 0 and 1 recorded, 2 leased, 3 to 11 not given out.
  void Fill() {
    RecordReport report = NewReport(1, 1);
    for (const int64_t trial : {0, 1}) {
      AddPoints(report, trial, 0, 0, {3.0, 2.0});
      AddPoints(report, trial, 1, 2, {1.0});
      AddResult(report, NewResult(trial, 0.25));
    }
    ASSERT_OK(Commit({NewLease(1, 1, 0, 3), report, Counters(9, 1, 2),
                      InsertSweepNumerics{1, "eigen/f64/v1", SecondsIn(2)}}));
    const v1::AuditResponse audit = Audit();
    ASSERT_THAT(audit.problems(), IsEmpty());
    EXPECT_EQ(audit.sweeps(0).expected(), 2);
    EXPECT_EQ(audit.sweeps(0).recorded(), 2);
  }

  v1::AuditResponse Audit() {
    auto reader = LedgerReader::Open(path_);
    EXPECT_OK(reader);
    auto audit = (*reader)->Audit();
    EXPECT_OK(audit);
    return audit.ok() ? *audit : v1::AuditResponse();
  }

  // Does what the product never does.
  void Damage(const std::string& sql) {
    ledger_.reset();
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    char* error = nullptr;
    sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error);
    EXPECT_EQ(error, nullptr) << error;
    sqlite3_close(db);
  }
};

TEST_F(AuditTest, AMissingRowIsAHole) {
  Fill();
  Damage("DELETE FROM trials WHERE trial_index=1");
  const v1::AuditResponse audit = Audit();
  EXPECT_EQ(audit.sweeps(0).holes(), 1);
  EXPECT_EQ(audit.sweeps(0).expected(), 2);
  EXPECT_EQ(audit.sweeps(0).recorded(), 1);
  EXPECT_THAT(audit.problems(), Contains(HasSubstr("trials 1 to 1")));
}

// Wherever it is: the first, in the middle, the last, and several together.
TEST_F(AuditTest, EveryRowThatWasGivenOutIsMissed) {
  for (const auto& [rows, holes, said] :
       {std::tuple("trial_index=0", 1, "trials 0 to 0"),
        std::tuple("trial_index=2", 1, "trials 2 to 2"),
        std::tuple("trial_index>=1", 2, "trials 1 to 2"),
        std::tuple("trial_index>=0", 3, "trials 0 to 2")}) {
    ledger_.reset();  // Another one each time.
    std::filesystem::remove(path_);
    SetUp();
    Fill();
    Damage(absl::StrCat("DELETE FROM metric_chunks WHERE ", rows,
                        ";DELETE FROM trials WHERE ", rows));
    const v1::AuditResponse audit = Audit();
    EXPECT_EQ(audit.sweeps(0).holes(), holes) << rows;
    EXPECT_THAT(audit.problems(), Contains(HasSubstr(said))) << rows;
  }
}

TEST_F(AuditTest, ARowThatWasNeverGivenOutIsAProblem) {
  Fill();
  Damage("UPDATE sweeps SET next_index=2");
  EXPECT_THAT(Audit().problems(),
              Contains(HasSubstr("trial 2 has a row and was never given out")));
}

TEST_F(AuditTest, AMissingChunkIsAHole) {
  Fill();
  Damage("DELETE FROM metric_chunks WHERE trial_index=1 AND chunk=0");
  EXPECT_EQ(Audit().sweeps(0).holes(), 1);
}

TEST_F(AuditTest, PointsOfAnotherAttemptAreAStaleWrite) {
  Fill();
  Damage("UPDATE metric_chunks SET attempt=2 WHERE trial_index=1 AND chunk=1");
  EXPECT_EQ(Audit().sweeps(0).stale_writes(), 1);
}

TEST_F(AuditTest, AResultOfAnAttemptThatWasLostIsAStaleWrite) {
  Fill();
  Damage(
      "INSERT INTO past_attempts SELECT sweep_id,trial_index,1,1,session,"
      "lease_time,lease_time,1 FROM trials WHERE trial_index=0;"
      "UPDATE trials SET lost_attempts=1 WHERE trial_index=0");
  const v1::AuditResponse audit = Audit();
  EXPECT_EQ(audit.sweeps(0).stale_writes(), 1);
  EXPECT_EQ(audit.problem_count(), 1);
}

TEST_F(AuditTest, AMissingAttemptIsAHole) {
  Fill();
  Damage("UPDATE trials SET attempt=2 WHERE trial_index=2");
  EXPECT_EQ(Audit().sweeps(0).holes(), 1);
}

TEST_F(AuditTest, CountersMustTellWhatRowsDo) {
  Fill();
  ASSERT_OK(Commit({Counters(9, 1, 3)}));
  EXPECT_THAT(Audit().problems(), Contains(HasSubstr("counts 3 succeeded")));
}

TEST_F(AuditTest, ALeaseAndItsTrialsNeedEachOther) {
  Fill();
  Damage("DELETE FROM leases");
  EXPECT_THAT(Audit().problems(), Contains(HasSubstr("leases hold 0")));
}

TEST_F(AuditTest, AnOpenTrialInAnEndedSweepIsAProblem) {
  Fill();
  UpdateSweep ended = Counters(9, 1, 2);
  ended.state = v1::SWEEP_STATE_COMPLETED;
  ended.end_time = SecondsIn(9);
  ASSERT_OK(Commit({ended}));
  const v1::AuditResponse audit = Audit();
  EXPECT_EQ(audit.sweeps(0).expected(), 12);
  EXPECT_THAT(audit.problems(),
              Contains(HasSubstr("open in a sweep that has")));
}

TEST_F(AuditTest, TheNumericsOfASweepAreThoseOfItsResults) {
  Fill();
  Damage("UPDATE sessions SET numerics='other' WHERE session_id='s1'");
  EXPECT_THAT(Audit().problems(),
              Contains(HasSubstr("results of the numerics [other] and says "
                                 "[eigen/f64/v1]")));
}

TEST_F(AuditTest, AnAlarmIsCountedAndNoProblemOfTheLedger) {
  Fill();
  ASSERT_OK(Commit({CompareResult{1, NewResult(0, 0.5), "s1", SecondsIn(3)}}));
  const v1::AuditResponse audit = Audit();
  EXPECT_EQ(audit.sweeps(0).alarms(), 1);
  EXPECT_EQ(audit.problem_count(), 0);
}

TEST_F(AuditTest, DamageBelowTheTablesIsFound) {
  Fill();
  ledger_.reset();  // Checkpoints: the file has everything.
  const int64_t page = std::stoll(Rows(
      "SELECT rootpage FROM sqlite_schema WHERE name='sweeps_by_name'")[0]);
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((page - 1) * 16384 + 3);  // How many entries the index has.
  file.write("\0\0", 2);
  file.close();
  EXPECT_THAT(Audit().problems(), Contains(HasSubstr("integrity check")));
}

TEST_F(AuditTest, TheDigestDependsOnTheResultsAlone) {
  Fill();
  const v1::AuditResponse first = Audit();
  ledger_.reset();
  path_ = directory_ + "/other.db";
  ledger_ = OpenLedger();
  // Another sweep comes first and goes without a result; the trials come in
  // another order, one of them on its second attempt, in other chunks.
  RecordReport late = NewReport(2, 1);
  AddPoints(late, 1, 0, 0, {3.0});
  AddPoints(late, 1, 1, 1, {2.0, 1.0});
  AddResult(late, NewResult(1, 0.25));
  RecordReport early = NewReport(3, 1);
  AddPoints(early, 0, 0, 0, {3.0, 2.0, 1.0}, 2);
  AddResult(early, NewResult(0, 0.25, 2));
  ASSERT_OK(Commit({NewSweep(1, SmallSpec(4), 12), NewSession("s2"),
                    NewSession("s1"), NewLease(1, 1, 0, 1, 1, "s2"),
                    ReturnTrial{1, 0, 1, true, SecondsIn(1)}, DeleteLease{1},
                    NewLease(2, 1, 1, 2), late, NewLease(3, 1, 0, 1, 2, "s2"),
                    early, DeleteLease{3}, Counters(9, 1, 2),
                    InsertSweepNumerics{1, "eigen/f64/v1", SecondsIn(2)}}));
  const v1::AuditResponse second = Audit();
  EXPECT_THAT(second.problems(), IsEmpty());
  EXPECT_EQ(first.sweeps(0).digest(), second.sweeps(0).digest());
  EXPECT_EQ(first.digest(), second.digest());

  // The last bit of one loss.
  Damage(
      "UPDATE trials SET final_loss=0.25000000000000006 WHERE trial_index=0");
  EXPECT_NE(Audit().digest(), first.digest());
}

// Points of two kinds, of which either may be reported before the other.
TEST_F(AuditTest, TheDigestDoesNotSeeInWhichTurnTheKindsOfPointsCame) {
  const auto digest_of = [&](const std::vector<int>& cuts, double last) {
    ledger_.reset();
    path_ = absl::StrCat(directory_, "/", cuts.size(), last, ".db");
    ledger_ = OpenLedger();
    RecordReport report = NewReport(1, 1);
    int32_t chunk = 0;
    int from = 0;
    for (const int end : cuts) {
      std::vector<double> values;
      for (int step = from; step < end; ++step) values.push_back(9.0 - step);
      AddPoints(report, 0, chunk++, from, values);
      v1::TrialPoints& evaluated = *report.report.add_points();
      evaluated.set_attempt(1);
      evaluated.set_chunk(chunk++);
      evaluated.add_metrics(v1::METRIC_TEST_LOSS);
      for (int step = from; step < end; ++step) {
        evaluated.add_steps(step);
        evaluated.add_values(step == 5 ? last : 2.0 + step);
      }
      from = end;
    }
    AddResult(report, NewResult(0, 0.25));
    EXPECT_OK(Commit({NewSweep(1, SmallSpec(4), 12), NewSession("s1"),
                      NewLease(1, 1, 0, 3), report, Counters(9, 2, 1),
                      InsertSweepNumerics{1, "eigen/f64/v1", SecondsIn(2)}}));
    const v1::AuditResponse audit = Audit();
    EXPECT_THAT(audit.problems(), IsEmpty());
    return audit.sweeps(0).digest();
  };
  const std::string whole = digest_of({6}, 0.5);
  EXPECT_EQ(digest_of({2, 6}, 0.5), whole);
  EXPECT_EQ(digest_of({1, 2, 5, 6}, 0.5), whole);
  EXPECT_NE(digest_of({6}, 0.25), whole);
}

TEST_F(AuditTest, TheDigestSeesEveryPoint) {
  Fill();
  const std::string before = Audit().digest();
  Damage(
      "UPDATE metric_chunks SET points=replace(points,'2','7') "
      "WHERE trial_index=1 AND chunk=0");
  EXPECT_NE(Audit().digest(), before);
}

}  // namespace
}  // namespace fathom::server
