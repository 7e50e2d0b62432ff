#include "server/store/reader.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "server/store/database.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using google::protobuf::util::TimeUtil;
using test::AddPoints;
using test::AddResult;
using test::LedgerTest;
using test::NewLease;
using test::NewReport;
using test::NewResult;
using test::NewSweep;
using test::SecondsIn;
using test::SmallSpec;
using test::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;

class ReaderTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    auto reader = LedgerReader::Open(path_);
    ASSERT_OK(reader);
    reader_ = *std::move(reader);
  }

  absl::Status Query(const v1::QueryRequest& request) {
    responses_.clear();
    return reader_->Query(request, [&](v1::QueryResponse response) {
      responses_.push_back(std::move(response));
      return absl::OkStatus();
    });
  }
  absl::Status Query(const std::string& sql) {
    v1::QueryRequest request;
    request.set_sql(sql);
    return Query(request);
  }

  std::unique_ptr<LedgerReader> reader_;
  std::vector<v1::QueryResponse> responses_;
};

// So many rows that counting them never ends in a test.
constexpr char kEndlessSql[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) ";

TEST_F(ReaderTest, PagesInMemoryAreCountedOfAllConnections) {
  constexpr int64_t kRead = 1 << 20;
  constexpr int64_t kSlack = 1 << 18;
  const std::optional<int64_t> before = reader_->GetSizes().page_cache;
  ASSERT_TRUE(before.has_value());
  {
    const std::string path = absl::StrCat(path_, ".other");
    { std::ofstream made(path); }
    auto other = sqlite::Database::Open(path, sqlite::Access::kReadWrite);
    ASSERT_OK(other);
    ASSERT_OK((*other)->ExecuteScript(absl::StrCat(
        "CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(", kRead, "))")));
    EXPECT_NEAR(*reader_->GetSizes().page_cache, *before + kRead, kSlack);
  }
  EXPECT_NEAR(*reader_->GetSizes().page_cache, *before, kSlack);
}

TEST_F(ReaderTest, ASweepIsFoundByNumberAndByName) {
  v1::SweepSpec number_name = SmallSpec(2);
  number_name.set_name("2024");
  ASSERT_OK(
      Commit({NewSweep(2, SmallSpec(4), 12), NewSweep(3, number_name, 6)}));

  EXPECT_EQ(reader_->GetSweep("1")->sweep_id(), 1);
  EXPECT_EQ(reader_->GetSweep("small")->sweep_id(), 2);
  EXPECT_EQ(reader_->GetSweep("2024")->sweep_id(), 3);
  EXPECT_EQ(reader_->GetSweep("1")->spec().SerializeAsString(),
            SmallSpec(4).SerializeAsString());
  EXPECT_THAT(reader_->GetSweep("9"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(reader_->GetSweep("x' OR 1"),
              StatusIs(absl::StatusCode::kNotFound));
}

// Older programs took such names.
TEST_F(ReaderTest, ANameThatIsAlsoANumberIsNotGuessedAt) {
  v1::SweepSpec number_name = SmallSpec(2);
  number_name.set_name("3");
  ASSERT_OK(Commit({NewSweep(2, number_name, 6)}));
  EXPECT_EQ(reader_->GetSweep("3")->sweep_id(), 2);
  EXPECT_THAT(reader_->GetSweep("+3"), StatusIs(absl::StatusCode::kNotFound));

  ASSERT_OK(Commit({NewSweep(3, SmallSpec(4), 12)}));
  const auto both = reader_->GetSweep("3");
  EXPECT_THAT(both, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(both.status().message(),
            "found sweep \"3\", which is the number of the sweep small and the "
            "name of sweep 2; expected +3 for the former or +2 for the latter");
  EXPECT_EQ(reader_->GetSweep("+3")->sweep_id(), 3);
  EXPECT_EQ(reader_->GetSweep("+2")->sweep_id(), 2);
  EXPECT_EQ(reader_->GetSweep("2")->sweep_id(), 2);
  EXPECT_EQ(reader_->GetSweep(3)->sweep_id(), 3);

  // One that has its own number as its name is no other sweep.
  number_name.set_name("4");
  ASSERT_OK(Commit({NewSweep(4, number_name, 6)}));
  EXPECT_EQ(reader_->GetSweep("4")->sweep_id(), 4);
}

TEST_F(ReaderTest, TheNewestSweepOfAFingerprintThatIsNotCancelledIsFound) {
  ASSERT_OK(Commit({NewSweep(2, SmallSpec(4), 12)}));
  const std::string fingerprint = reader_->GetSweep("1")->fingerprint();
  EXPECT_EQ(reader_->FindSweep({fingerprint})->sweep_id(), 2);
  UpdateSweep cancel;
  cancel.sweep_id = 2;
  cancel.state = v1::SWEEP_STATE_CANCELLED;
  cancel.end_time = SecondsIn(3);
  ASSERT_OK(Commit({cancel}));

  EXPECT_EQ(reader_->FindSweep({fingerprint})->sweep_id(), 1);
  EXPECT_TRUE(reader_->GetSweep("2")->has_end_time());
  EXPECT_FALSE(reader_->GetSweep("1")->has_end_time());
  EXPECT_THAT(reader_->FindSweep({"0"}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(ReaderTest, SweepsAreListedNewestFirstInPages) {
  ASSERT_OK(
      Commit({NewSweep(2, SmallSpec(4), 12), NewSweep(3, SmallSpec(4), 12)}));
  auto first = reader_->ListSweeps(0, 2);
  auto second = reader_->ListSweeps(2, 2);
  ASSERT_OK(first);
  ASSERT_THAT(*first, SizeIs(2));
  EXPECT_EQ((*first)[0].sweep_id(), 3);
  EXPECT_EQ((*first)[0].spec().name(), "small");
  EXPECT_FALSE((*first)[0].spec().has_trial());
  ASSERT_THAT(*second, SizeIs(1));
  EXPECT_EQ((*second)[0].sweep_id(), 1);
}

TEST_F(ReaderTest, ATrialTellsHowFarItHasCome) {
  EXPECT_EQ(reader_->GetTrial(1, 4)->state(), v1::TRIAL_STATE_PENDING);
  RecordReport report = NewReport(1, 1);
  AddResult(report, NewResult(4, 0.1));
  ASSERT_OK(Commit({NewLease(1, 1, 4, 2), report}));

  auto leased = reader_->GetTrial(1, 5);
  auto done = reader_->GetTrial(1, 4);

  ASSERT_OK(leased);
  EXPECT_EQ(leased->state(), v1::TRIAL_STATE_LEASED);
  EXPECT_FALSE(leased->has_result());
  EXPECT_FALSE(leased->has_end_time());
  ASSERT_OK(done);
  EXPECT_EQ(done->worker(), "worker-of-s1");
  EXPECT_EQ(done->numerics(), "eigen/f64/v1");
  EXPECT_EQ(done->lease_time().seconds(), 1'700'000'001);
  EXPECT_EQ(done->end_time().seconds(), 1'700'000'002);
  EXPECT_EQ(done->result().SerializeAsString(),
            NewResult(4, 0.1).SerializeAsString());
}

TEST_F(ReaderTest, AQueryKeepsTheTypesOfCells) {
  ASSERT_OK(
      Query("SELECT 7 AS a, 0.5, 'x', x'0001', NULL, 'a' || char(0); -- ."));
  ASSERT_THAT(responses_, SizeIs(1));
  EXPECT_THAT(responses_[0].columns(), ElementsAre("a", "0.5", "'x'", "x'0001'",
                                                   "NULL", "'a' || char(0)"));
  const v1::QueryRow& row = responses_[0].rows(0);
  EXPECT_EQ(row.cells(0).integer(), 7);
  EXPECT_EQ(row.cells(1).real(), 0.5);
  EXPECT_EQ(row.cells(2).text(), "x");
  EXPECT_EQ(row.cells(3).blob(), std::string("\0\1", 2));
  EXPECT_EQ(row.cells(4).kind_case(), v1::QueryCell::KIND_NOT_SET);
  EXPECT_EQ(row.cells(5).text(), std::string("a\0", 2));
  EXPECT_FALSE(responses_[0].truncated());
}

TEST_F(ReaderTest, ManyRowsComeInSeveralMessages) {
  v1::QueryRequest request;
  request.set_sql(absl::StrCat(kEndlessSql, "SELECT i FROM n"));
  request.set_row_limit(2500);
  ASSERT_OK(Query(request));
  ASSERT_THAT(responses_, SizeIs(3));
  EXPECT_EQ(responses_[0].columns_size(), 1);
  EXPECT_EQ(responses_[1].columns_size(), 0);
  EXPECT_FALSE(responses_[1].truncated());
  EXPECT_TRUE(responses_[2].truncated());
  EXPECT_EQ(responses_[2].rows(499).cells(0).integer(), 2500);
}

TEST_F(ReaderTest, ExactlyAsManyRowsAsTheLimitAreNotTruncated) {
  v1::QueryRequest request;
  request.set_sql("VALUES (1),(2)");
  request.set_row_limit(2);
  ASSERT_OK(Query(request));
  EXPECT_FALSE(responses_.back().truncated());
}

TEST_F(ReaderTest, AQueryWithoutRowsStillHasColumns) {
  ASSERT_OK(Query("SELECT trial, state FROM results"));
  ASSERT_THAT(responses_, SizeIs(1));
  EXPECT_THAT(responses_[0].columns(), ElementsAre("trial", "state"));
}

TEST_F(ReaderTest, AQueryThatTakesTooLongEnds) {
  v1::QueryRequest request;
  request.set_sql(absl::StrCat(kEndlessSql, "SELECT COUNT(*) FROM n"));
  *request.mutable_time_limit() = TimeUtil::MillisecondsToDuration(20);
  EXPECT_THAT(Query(request), StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(ReaderTest, StatementsThatDoMoreThanReadAreRefused) {
  for (const std::string sql : {"DELETE FROM trials",
                                "UPDATE sweeps SET name='x'",
                                "INSERT INTO event_log VALUES(9,0,'x',0,0,'')",
                                "CREATE TABLE t(x)",
                                "UPDATE sqlite_master SET sql=''",
                                "CREATE TEMP TABLE t(x)",
                                "DROP VIEW results",
                                "ATTACH '/etc/passwd' AS x",
                                "DETACH main",
                                "VACUUM",
                                "VACUUM INTO '/tmp/x'",
                                "REINDEX",
                                "ANALYZE",
                                "BEGIN",
                                "BEGIN IMMEDIATE",
                                "SAVEPOINT s",
                                "PRAGMA user_version=9",
                                "PRAGMA journal_mode=DELETE",
                                "PRAGMA query_only=0",
                                "PRAGMA wal_checkpoint",
                                "PRAGMA writable_schema=1",
                                "SELECT load_extension('x')",
                                "SELECT 1; SELECT 2",
                                "SELECT 1; DELETE FROM trials",
                                "WITH x AS (SELECT 1) DELETE FROM trials",
                                "EXPLAIN DELETE FROM trials",
                                "SELECT * FROM pragma_user_version(9)",
                                "",
                                " -- nothing"}) {
    EXPECT_THAT(Query(sql), StatusIs(kInvalidArgument)) << sql;
  }
  EXPECT_THAT(Rows("SELECT name FROM sweeps"), ElementsAre("small"));
}

TEST_F(ReaderTest, StatementsThatTellAreAllowed) {
  for (const std::string sql :
       {"EXPLAIN SELECT 1", "EXPLAIN QUERY PLAN SELECT * FROM results",
        "PRAGMA table_info(trials)", "PRAGMA user_version",
        "SELECT name FROM pragma_table_info('results')",
        "SELECT sql FROM sqlite_schema", "VALUES (1)",
        "/* c */ SELECT 1 /* d */ ; ; -- e"}) {
    EXPECT_OK(Query(sql)) << sql;
  }
}

TEST_F(ReaderTest, AMisspelledSweepIsGuessed) {
  const auto error = [&](absl::string_view name) {
    return std::string(reader_->GetSweep(name).status().message());
  };
  EXPECT_EQ(error("smal"),
            "there is no sweep \"smal\"; did you mean small? `fathom list` "
            "shows all");
  EXPECT_EQ(error("elsewhere"),
            "there is no sweep \"elsewhere\"; `fathom list` shows all");
  EXPECT_EQ(error("77"), "there is no sweep \"77\"; `fathom list` shows all");
}

TEST_F(ReaderTest, AnSqlErrorPointsAtItsPlace) {
  const absl::Status status = Query("SELECT trial,\n  stat FROM results");
  EXPECT_THAT(status, StatusIs(kInvalidArgument));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("no such column: stat at character 17"),
                    HasSubstr("\n    stat FROM results\n    ^")));
  EXPECT_THAT(Query("SELEC 1"), StatusIs(kInvalidArgument));
  EXPECT_THAT(Query("SELECT json('{')"), StatusIs(kInvalidArgument));
  EXPECT_THAT(Query("SELECT zeroblob(100000000)"), StatusIs(kInvalidArgument));
}

TEST_F(ReaderTest, TheReceiverMayStopAQuery) {
  v1::QueryRequest request;
  request.set_sql(absl::StrCat(kEndlessSql, "SELECT i FROM n"));
  request.set_row_limit(5000);
  int messages = 0;
  EXPECT_THAT(reader_->Query(request,
                             [&](const v1::QueryResponse&) {
                               ++messages;
                               return absl::CancelledError("enough");
                             }),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(messages, 1);
}

TEST_F(ReaderTest, AReaderSeesEveryCommitAtOnce) {
  for (int64_t i = 0; i < 3; ++i) {
    ASSERT_OK(Commit({NewLease(i + 1, 1, i, 1)}));
    EXPECT_THAT(Rows("SELECT COUNT(*) FROM results"),
                ElementsAre(absl::StrCat(i + 1)));
  }
}

// Not NOT_FOUND, which would be about the sweep.
TEST_F(ReaderTest, ALedgerThatIsGoneIsNotASweepThatIsMissing) {
  ledger_.reset();
  std::filesystem::rename(path_, path_ + ".gone");
  EXPECT_THAT(reader_->GetSweep("small"),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Query("SELECT 1"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(LedgerReader::Open(path_), StatusIs(absl::StatusCode::kNotFound));
}

// A curve is found through the keys, whatever else the ledger holds.
TEST_F(ReaderTest, TheViewsAreSearchedByTheirKeys) {
  for (const std::string sql :
       {"SELECT * FROM metric_points WHERE sweep=1 AND trial=2",
        "SELECT value FROM metric_points WHERE trial=2 AND metric='loss' "
        "AND sweep=1 ORDER BY step",
        "SELECT * FROM results WHERE sweep=1 AND trial=2",
        "SELECT * FROM attempts WHERE sweep=1 AND trial=2",
        "SELECT p.value FROM results AS r JOIN metric_points AS p "
        "ON p.sweep=r.sweep AND p.trial=r.trial WHERE r.sweep=1"}) {
    const std::string plan =
        absl::StrJoin(Rows("EXPLAIN QUERY PLAN " + sql), "\n");
    for (const std::string table : {"trials", "s", "c", "past_attempts"}) {
      EXPECT_THAT(plan, Not(HasSubstr(absl::StrCat("SCAN ", table, "\n"))))
          << sql << "\n"
          << plan;
    }
    EXPECT_THAT(plan, HasSubstr("SEARCH")) << sql;
  }
}

// A ledger that nobody has open, in a folder where everybody may write, as
// /tmp.
class ReadingByOthersTest : public LedgerTest {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to become someone else";
    LedgerTest::SetUp();
    ledger_.reset();
    chmod(directory_.c_str(), 01777);
    ASSERT_EQ(chown(path_.c_str(), kOwner, kOwner), 0);
  }

  // Runs `body` as the user of this number; returns what it returns.
  static int As(uid_t user, const std::function<int()>& body) {
    const pid_t child = fork();
    if (child == 0) {
      if (setegid(user) != 0 || seteuid(user) != 0) _exit(100);
      _exit(body());
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 101;
  }
  int Read() {
    auto reader = LedgerReader::Open(path_);
    if (!reader.ok()) return static_cast<int>(reader.status().code());
    auto sweep = (*reader)->GetSweep("small");
    if (!sweep.ok()) return static_cast<int>(sweep.status().code());
    return static_cast<int>((*reader)->Audit().status().code());
  }
  std::vector<std::string> FilesBeside() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      const std::string name = entry.path().filename();
      if (name != "ledger.db") files.push_back(name);
    }
    return files;
  }

  static constexpr uid_t kOwner = 65533, kOther = 65534;
};

TEST_F(ReadingByOthersTest, LeavesNothingBehindAndLocksNobodyOut) {
  for (const uid_t user : {kOther, kOwner, uid_t{0}}) {
    EXPECT_EQ(As(user, [this] { return Read(); }), 0) << user;
    EXPECT_THAT(FilesBeside(), IsEmpty()) << user;
  }
  EXPECT_EQ(As(kOwner,
               [this] {
                 auto ledger = Ledger::Open(path_);
                 return ledger.ok() ? 0 : 1;
               }),
            0);
}

TEST_F(ReadingByOthersTest, ALogWithoutItsIndexIsReadByTheOwnerAlone) {
  EXPECT_EQ(As(kOwner,
               [this] {
                 auto ledger = Ledger::Open(path_);
                 if (!ledger.ok() ||
                     !(*ledger)
                          ->Commit(std::vector<Write>{NewLease(1, 1, 0, 1)})
                          .ok()) {
                   return 1;
                 }
                 _exit(0);  // As if it were killed.
               }),
            0);
  EXPECT_EQ(As(kOther, [this] { return Read(); }), 0);
  std::filesystem::remove(path_ + "-shm");
  EXPECT_EQ(As(kOther, [this] { return Read(); }),
            static_cast<int>(absl::StatusCode::kInternal));
  EXPECT_THAT(FilesBeside(), ElementsAre("ledger.db-wal"));
  EXPECT_EQ(As(kOwner, [this] { return Read(); }), 0);
}

// A reader that takes no locks must notice a writer.
TEST_F(ReaderTest, WhatIsWrittenWhileItIsReadWithoutLocksIsNoAnswer) {
  ledger_.reset();
  auto reading = sqlite::Database::Open(path_, sqlite::Access::kImmutable);
  ASSERT_OK(reading);
  static constexpr char kSql[] = "SELECT name FROM sweeps";
  const auto read = [&]() -> absl::Status {
    sqlite::Query query(**reading, kSql);
    while (query.Next()) {
    }
    return query.status();
  };
  EXPECT_OK(read());
  EXPECT_OK((*reading)->Find("SELECT 1"));
  ledger_ = OpenLedger();
  ASSERT_OK(Commit({NewLease(1, 1, 0, 1)}));
  EXPECT_OK(read());  // All of that is in the log.
  ledger_.reset();
  EXPECT_THAT(read(), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT((*reading)->Find("SELECT 1"),
              StatusIs(absl::StatusCode::kAborted));
}

}  // namespace
}  // namespace fathom::server
