// A deleted sweep is gone at once, and its rows bit by bit, whatever happens
// meanwhile; what others need stays.
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "proto/dataset/dataset.h"
#include "server/limits.h"
#include "server/store/cleaner.h"
#include "server/store/database.h"
#include "tests/server/store/ledger_fixture.h"
#include "tests/testing/store_dataset.h"

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
using test::StatusIs;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// All tables with rows of sweeps.
constexpr const char* kTables[] = {
    "sweeps",        "sweep_specs",   "sweep_numerics", "leases",
    "trials",        "past_attempts", "metric_chunks",  "trial_checkpoints",
    "event_log",     "past_events",   "sweep_datasets", "sweep_sessions",
    "deleted_sweeps"};

class LedgerDeletionTest : public test::LedgerTest {
 protected:
  // Records 12 trials of sweep `id`, which is there, and ends it.
  void Fill(int64_t id, const std::string& session = "s1") {
    RecordReport report = NewReport(id, id);
    for (int64_t trial = 0; trial < 12; ++trial) {
      AddPoints(report, trial, 0, 0, {3.0, 2.0}, 2);
      AddPoints(report, trial, 1, 2, {1.0}, 2);
      AddResult(report, NewResult(trial, 0.25, 2));
    }
    UpdateSweep ended{.sweep_id = id,
                      .state = v1::SWEEP_STATE_COMPLETED,
                      .next_index = 12,
                      .end_time = SecondsIn(3)};
    ended.progress.set_succeeded(12);
    std::vector<Write> writes = {NewLease(1000 + id, id, 0, 12, 1, session)};
    for (int64_t trial = 0; trial < 12; ++trial) {
      writes.push_back(ReturnTrial{id, trial, 1, true, SecondsIn(1), 1});
    }
    writes.insert(writes.end(),
                  {DeleteLease{1000 + id}, NewLease(id, id, 0, 12, 2, session),
                   report, DeleteLease{id}, ended,
                   InsertSweepNumerics{id, "eigen/f64/v1", SecondsIn(2)},
                   InsertEvent{"sweep_completed", id, -1, "", SecondsIn(3)}});
    ASSERT_OK(Commit(writes));
  }

  // Takes a step as long as there are steps, up to `most`. Returns how many.
  int Clean(int most = 1'000'000, absl::Time now = SecondsIn(10)) {
    for (int steps = 0; steps < most; ++steps) {
      if (!ledger_->HasCleaning(now)) return steps;
      EXPECT_OK(ledger_->Clean(now, [this](const std::string& session) {
        return there_.contains(session);
      }));
    }
    return most;
  }

  void SmallSteps() {
    ledger_->cleaner().set_pace(
        {.rows = 1, .pages = 1, .spare_pages = 0, .dataset_grace = kGrace});
  }

  // Returns the tables that have rows of the sweep.
  std::vector<std::string> TablesWith(int64_t sweep_id) {
    std::vector<std::string> found;
    for (const std::string table : kTables) {
      if (Rows(absl::StrCat("SELECT COUNT(*)>0 FROM ", table,
                            " WHERE sweep_id=", sweep_id)) !=
          std::vector<std::string>{"0"}) {
        found.push_back(table);
      }
    }
    return found;
  }

  v1::AuditResponse Audit() {
    auto reader = LedgerReader::Open(path_);
    EXPECT_OK(reader);
    auto audit = (*reader)->Audit();
    EXPECT_OK(audit);
    EXPECT_THAT(audit->problems(), IsEmpty());
    return *audit;
  }

  static constexpr absl::Duration kGrace = absl::Hours(1);
  std::set<std::string> there_ = {"s1", "s2"};
};

TEST_F(LedgerDeletionTest, NobodySeesADeletedSweepFromThatMomentOn) {
  Fill(1);
  ASSERT_OK(Commit({NewSweep(2, SmallSpec(4), 12)}));
  Fill(2);
  ASSERT_OK(Commit({DeleteSweep{1, SecondsIn(5)}}));
  ASSERT_THAT(TablesWith(1), Contains("trials"));

  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  EXPECT_THAT((*reader)->GetSweep(1), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ((*reader)->GetSweep("small")->sweep_id(), 2);
  EXPECT_EQ((*reader)->ListSweeps(0, 10)->size(), 1);
  for (const std::string view :
       {"sweep_overview", "results", "metric_points", "attempts"}) {
    EXPECT_THAT(Rows("SELECT DISTINCT sweep FROM " + view), ElementsAre("2"))
        << view;
  }
  for (const std::string view : {"events", "event_counts"}) {
    EXPECT_THAT(Rows("SELECT DISTINCT sweep FROM " + view), Not(Contains("1")))
        << view;
  }
}

// The ledger is that of the other sweep alone, after every step and every kill.
TEST_F(LedgerDeletionTest, TheAuditIsCleanAtEveryMomentUntilAllRowsAreGone) {
  ASSERT_OK(Commit({NewSweep(2, SmallSpec(4), 12)}));
  Fill(2, "s2");
  const std::string digest = Audit().sweeps(1).digest();
  Fill(1);
  ASSERT_OK(Commit({DeleteSweep{1, SecondsIn(5)}}));
  const std::string ledger_digest = Audit().digest();
  int steps = 0;
  for (SmallSteps(); Clean(1) > 0; ++steps) {
    const v1::AuditResponse audit = Audit();
    ASSERT_EQ(audit.sweeps_size(), 1) << steps;
    ASSERT_EQ(audit.sweeps(0).digest(), digest) << steps;
    ASSERT_EQ(audit.digest(), ledger_digest) << steps;
    if (steps % 7 != 3) continue;
    ledger_.reset();
    ledger_ = OpenLedger();
    SmallSteps();
  }
  EXPECT_GT(steps, 50);  // Of more than 60 rows.
  EXPECT_THAT(TablesWith(1), IsEmpty());
  EXPECT_THAT(TablesWith(2), Contains("metric_chunks"));
}

// What workers did is of no sweep, also when there is none any more.
TEST_F(LedgerDeletionTest, TheAuditIsCleanWhenTheLastSweepIsGone) {
  Fill(1);
  ASSERT_OK(Commit(
      {InsertEvent{"worker_connected", 0, -1, "w", SecondsIn(4)},
       DeleteSweep{1, SecondsIn(5)}}));
  Clean();
  EXPECT_EQ(Audit().sweeps_size(), 0);
}

TEST_F(LedgerDeletionTest, ARunningSweepIsNotDeleted) {
  EXPECT_THAT(
      Commit({DeleteSweep{1, SecondsIn(5)}}),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("is running")));
  EXPECT_THAT(Commit({DeleteSweep{7, SecondsIn(5)}}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("is not there")));
  Clean();
  EXPECT_THAT(TablesWith(1), Contains("sweep_specs"));
}

TEST_F(LedgerDeletionTest, TheNumberOfADeletedSweepIsNotUsedAgain) {
  ASSERT_OK(Commit({NewSweep(2, SmallSpec(4), 12)}));
  Fill(2);
  ASSERT_OK(Commit({DeleteSweep{2, SecondsIn(5)}}));
  for (const bool cleaned : {false, true}) {
    if (cleaned) Clean();
    ledger_.reset();
    ledger_ = OpenLedger();
    EXPECT_EQ(ledger_->Load()->next_sweep_id, 3) << cleaned;
  }
}

TEST_F(LedgerDeletionTest, AResultThatComesTooLateLeavesNoEvent) {
  Fill(1);
  ASSERT_OK(Commit({DeleteSweep{1, SecondsIn(5)}}));
  ASSERT_OK(
      Commit({CompareResult{1, NewResult(0, 0.5, 2), "s1", SecondsIn(6)}}));
  EXPECT_THAT(
      Rows("SELECT COUNT(*) FROM event_log WHERE kind='result_mismatch'"),
      ElementsAre("0"));
  Clean();
  EXPECT_THAT(TablesWith(1), IsEmpty());
}

class CleaningTest : public LedgerDeletionTest {
 protected:
  static std::string Bytes(double first) {
    const Dataset data{
        .rows = 2, .columns = 1, .targets = 1, .x = {first, 2}, .y = {3, 4}};
    return EncodeDataset(data);
  }
  // Stores a dataset at time 0, and returns its digest.
  std::string Upload(double first) {
    EXPECT_OK(test::StoreDataset(*ledger_, "x", Bytes(first), SecondsIn(0)));
    return DatasetDigest(Bytes(first));
  }
  static v1::SweepSpec SpecOn(const std::string& digest) {
    v1::SweepSpec spec = SmallSpec(4);
    v1::DataSpec& data = *spec.mutable_trial()->mutable_data();
    data.clear_synthetic();
    data.set_digest(digest);
    return spec;
  }
  bool Has(const std::string& digest) {
    return ledger_->FindDataset(digest).ok();
  }
  void Delete(int64_t sweep_id) {
    ASSERT_OK(Commit({DeleteSweep{sweep_id, SecondsIn(5)}}));
  }
  const absl::Time late_ = SecondsIn(0) + kGrace;
};

TEST_F(CleaningTest, ADatasetGoesWithTheLastSweepThatNamesIt) {
  SmallSteps();
  const std::string shared = Upload(1);
  ASSERT_OK(Commit(
      {NewSweep(2, SpecOn(shared), 12), NewSweep(3, SpecOn(shared), 12)}));
  Fill(2);
  Fill(3);
  Delete(2);
  Clean(1'000'000, late_);
  EXPECT_TRUE(Has(shared));
  Delete(3);
  Clean(1'000'000, late_);
  EXPECT_FALSE(Has(shared));
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM dataset_chunks"), ElementsAre("0"));
  Audit();
}

TEST_F(CleaningTest, AnUnusedDatasetIsKeptForAWhileAfterItsLastUpload) {
  SmallSteps();
  const std::string once = Upload(1);
  const std::string twice = Upload(2);
  Clean(1'000'000, late_ - absl::Seconds(1));
  EXPECT_TRUE(Has(once));
  ASSERT_OK(ledger_->UploadAgain(twice, SecondsIn(60)));
  ledger_->cleaner().Wake();
  Clean(1'000'000, late_);
  EXPECT_FALSE(Has(once));
  EXPECT_TRUE(Has(twice));
}

// A kill between the row of a dataset and its pieces.
TEST_F(CleaningTest, PiecesThatAreLeftGoAfterTheNextStart) {
  const std::string digest = Upload(1);
  SmallSteps();
  while (Has(digest)) ASSERT_EQ(Clean(1, late_), 1);
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM dataset_chunks"), ElementsAre("1"));
  ledger_.reset();
  ledger_ = OpenLedger();
  const auto key = ledger_->BeginDataset();  // An upload goes on meanwhile.
  ASSERT_OK(key);
  ASSERT_OK(ledger_->AddDatasetPiece(*key, 0, Bytes(3)));
  Clean();
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM dataset_chunks"), ElementsAre("1"));
  EXPECT_OK(ledger_->FinishDataset(*key, test::Describe("y", Bytes(3)),
                                   SecondsIn(1)));
}

TEST_F(CleaningTest, SessionsStayForWhatTheyDidAndWhileTheyAreThere) {
  RecordOptimum optimum;
  *optimum.optimum.mutable_data() = SmallSpec(4).trial().data();
  *optimum.optimum.mutable_loss() = SmallSpec(4).trial().loss();
  optimum.optimum.set_value(1);
  optimum.session_id = "found";
  optimum.numerics = "eigen/f64/v1";
  std::vector<Write> writes = {NewSession("found"), NewSession("trained"),
                               optimum, NewSweep(2, SmallSpec(4), 12)};
  for (int i = 0; i < 300; ++i) {
    writes.push_back(NewSession(absl::StrCat("idle", i)));
  }
  ASSERT_OK(Commit(writes));
  Fill(2, "trained");
  there_ = {"s1"};
  constexpr char kSessionsSql[] = "SELECT session_id FROM sessions ORDER BY 1";
  Clean();
  EXPECT_THAT(Rows(kSessionsSql), ElementsAre("found", "s1", "trained"));
  // One that was forgotten may come back.
  ASSERT_OK(Commit({NewSession("s2"), NewLease(9, 1, 0, 1, 1, "s2")}));
  there_.clear();
  Delete(2);
  Clean();
  EXPECT_THAT(Rows(kSessionsSql), ElementsAre("found", "s2"));
  EXPECT_THAT(Rows("SELECT worker FROM optima"),
              ElementsAre("worker-of-found"));
}

TEST_F(CleaningTest, TheFileGivesItsPagesBack) {
  const auto pages = [this] {
    const std::string count = Rows("PRAGMA page_count").front();
    return std::stoll(count);
  };
  const int64_t before = pages();
  RecordReport report = NewReport(1, 1);
  for (int32_t chunk = 0; chunk < 40; ++chunk) {
    AddPoints(report, 0, chunk, chunk * 1000,
              std::vector<double>(1000, 1.0 / 3), 1);
  }
  AddResult(report, NewResult(0, 0.25, 1));
  UpdateSweep ended{.sweep_id = 1,
                    .state = v1::SWEEP_STATE_COMPLETED,
                    .next_index = 1,
                    .end_time = SecondsIn(3)};
  ASSERT_OK(Commit({NewLease(1, 1, 0, 1), report, DeleteLease{1}, ended}));
  const int64_t full = pages();
  ASSERT_GT(full, before + 80);
  Delete(1);
  // Steps that free many pages end early.
  ledger_->cleaner().set_pace(
      {.rows = 256, .pages = 8, .spare_pages = 20, .dataset_grace = kGrace});
  EXPECT_GT(Clean(), 8);
  EXPECT_LE(pages(), before + 30);
  EXPECT_GE(std::stoll(Rows("PRAGMA freelist_count").front()), 15);
  Audit();
}

// Made before files could give pages back: the pages are used again.
TEST_F(CleaningTest, AnOlderFileKeepsItsPages) {
  ledger_.reset();
  {
    auto db = sqlite::Database::Open(path_, sqlite::Access::kReadWrite);
    ASSERT_OK(db);
    ASSERT_OK((*db)->ExecuteScript(
        "PRAGMA journal_mode=DELETE;PRAGMA auto_vacuum=NONE;VACUUM"));
    EXPECT_EQ(*(*db)->Find("PRAGMA auto_vacuum"), 0);
  }
  ledger_ = OpenLedger();
  SmallSteps();
  Fill(1);
  Delete(1);
  Clean();
  EXPECT_THAT(TablesWith(1), IsEmpty());
  EXPECT_EQ(Clean(), 0);
  Audit();
}

TEST_F(CleaningTest, ThereIsARoundAnHour) {
  EXPECT_GT(Clean(), 0);
  EXPECT_FALSE(ledger_->HasCleaning(SecondsIn(11)));
  EXPECT_TRUE(ledger_->HasCleaning(SecondsIn(10) + absl::Hours(1)));
  // A clock that was set back must not stop it.
  EXPECT_TRUE(ledger_->HasCleaning(SecondsIn(10) - absl::Hours(2)));
}

class EventBoundsTest : public LedgerDeletionTest {
 protected:
  // Adds `count` events, of sweep 1 or none, past the ledger.
  void AddEvents(int64_t count, const std::string& sweep) {
    ledger_.reset();
    {
      auto db = sqlite::Database::Open(path_, sqlite::Access::kReadWrite);
      ASSERT_OK(db);
      ASSERT_OK((*db)->ExecuteScript(absl::StrCat(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE "
          "i<",
          count, ") INSERT INTO event_log(time,kind,sweep_id,message) SELECT ",
          "i,CASE WHEN i%100=0 THEN 'sweep_paused' ELSE 'sweep_resumed' END,",
          sweep, ",'' FROM n")));
    }
    ledger_ = OpenLedger();
  }
};

TEST_F(EventBoundsTest, ASweepKeepsItsNewestEventsAndTheCountsOfAll) {
  AddEvents(kMaxEventsPerSweep, "1");
  constexpr char kEventsSql[] =
      "SELECT COUNT(*) FROM event_log WHERE sweep_id=1";
  EXPECT_THAT(Rows(kEventsSql), ElementsAre(absl::StrCat(kMaxEventsPerSweep)));
  for (int i = 0; i < 10; ++i) {
    std::vector<Write> writes;
    for (int j = 0; j < 100; ++j) {
      writes.push_back(InsertEvent{"sweep_paused", 1, -1, "new", SecondsIn(i)});
      writes.push_back(
          InsertEvent{"worker_connected", 0, -1, "", SecondsIn(i)});
    }
    ASSERT_OK(Commit(writes));
    EXPECT_THAT(Rows(absl::StrCat("SELECT COUNT(*)<=", kMaxEventsPerSweep,
                                  " FROM event_log WHERE sweep_id=1")),
                ElementsAre("1"));
  }
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM events WHERE message='new'"),
              ElementsAre("1000"));
  EXPECT_THAT(
      Rows("SELECT kind,count FROM event_counts WHERE sweep=1"),
      ElementsAre(
          absl::StrCat("sweep_paused|", 1000 + kMaxEventsPerSweep / 100),
          absl::StrCat("sweep_resumed|", kMaxEventsPerSweep / 100 * 99)));
  Audit();
}

TEST_F(EventBoundsTest, ALedgerKeepsItsNewestEventsAndTheCountsOfAll) {
  AddEvents(kMaxEvents, "NULL");
  const std::vector<Write> some(
      1024, InsertEvent{.kind = "optimum_mismatch", .message = "w"});
  for (int i = 0; i < 5; ++i) ASSERT_OK(Commit(some));
  EXPECT_THAT(Rows(absl::StrCat("SELECT COUNT(*)<=", kMaxEvents + 1024,
                                " FROM event_log")),
              ElementsAre("1"));
  EXPECT_THAT(Rows("SELECT sum(count) FROM event_counts WHERE sweep IS NULL"),
              ElementsAre(absl::StrCat(kMaxEvents + 5 * 1024)));
}

}  // namespace
}  // namespace fathom::server
