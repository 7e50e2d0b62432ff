// Several ledgers are read as one: what is asked of all is what each says.
#include "server/store/queries/many_ledgers.h"

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/store/queries/query_process.h"
#include "server/store/views.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using test::AddResult;
using test::NewLease;
using test::NewReport;
using test::NewResult;
using test::NewSession;
using test::NewSweep;
using test::SmallSpec;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Some ledgers with a trial that has ended, and points of it.
class ManyLedgersTest : public test::StoreTest {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) paths_.push_back(Make(i));
  }

  std::string Make(int number) {
    path_ = absl::StrCat(directory_, "/lab's ", number, ".db");
    const auto ledger = OpenLedger();
    RecordReport report = NewReport(1, 1);
    AddResult(report, NewResult(0, 0.5 + number));
    EXPECT_OK(ledger->Commit({NewSweep(1, SmallSpec(2), 2), NewSession("s1"),
                              NewLease(1, 1, 0, 1), report}));
    return path_;
  }

  static std::string Text(const v1::QueryCell& cell) {
    switch (cell.kind_case()) {
      case v1::QueryCell::kInteger:
        return absl::StrCat(cell.integer());
      case v1::QueryCell::kReal:
        return absl::StrCat(cell.real());
      case v1::QueryCell::kText:
        return cell.text();
      default:
        return "NULL";
    }
  }
  // The rows, their cells joined.
  absl::StatusOr<std::vector<std::string>> Ask(
      const std::vector<std::string>& paths, const std::string& sql) {
    v1::QueryRequest request;
    request.set_sql(sql);
    std::vector<std::string> rows;
    const absl::Status status = RunQueryProcess(
        paths, request,
        [&](const v1::QueryResponse& response) {
          for (const v1::QueryRow& row : response.rows()) {
            std::string text;
            for (const v1::QueryCell& cell : row.cells()) {
              absl::StrAppend(&text, Text(cell), "|");
            }
            rows.push_back(std::move(text));
          }
          return absl::OkStatus();
        },
        [] { return false; });
    if (!status.ok()) return status;
    return rows;
  }
  static void Execute(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  static std::string Content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  // What every view shows of all is what it shows of each, one below the other.
  void ExpectEachView() {
    for (const View& view : StableViews()) {
      const std::string sql = absl::StrCat("SELECT * FROM ", view.name);
      std::vector<std::string> expected;
      for (const std::string& path : paths_) {
        const auto rows = Ask({path}, sql);
        ASSERT_OK(rows) << view.name;
        for (const std::string& row : *rows) {
          expected.push_back(absl::StrCat(row, path, "|"));
        }
      }
      const auto rows = Ask(paths_, sql);
      ASSERT_OK(rows) << view.name;
      EXPECT_EQ(*rows, expected) << view.name;
    }
  }

  std::vector<std::string> paths_;
};

TEST_F(ManyLedgersTest, EveryViewHasTheRowsOfAllWithTheirLedger) {
  ExpectEachView();
  EXPECT_THAT(*Ask(paths_,
                   "SELECT sum(final_loss),count(DISTINCT ledger) "
                   "FROM results WHERE state='succeeded'"),
              ElementsAre("4.5|3|"));
}

TEST_F(ManyLedgersTest, OlderOnesAreShownAsTodaysAndStayAsTheyAre) {
  Execute(paths_[1],
          "DROP VIEW sweep_overview; DROP VIEW results; DROP VIEW checkpoints;"
          "DROP TABLE trial_checkpoints;"
          "ALTER TABLE trials DROP COLUMN numerics;"
          "ALTER TABLE trials DROP COLUMN weights;"
          "ALTER TABLE sweeps DROP COLUMN owner;"
          "ALTER TABLE sweeps DROP COLUMN traceparent;"
          "ALTER TABLE sweep_specs DROP COLUMN revision;"
          "UPDATE trials SET parameters=replace(parameters,'\"optimizer\":',"
          "'\"name\":'); PRAGMA user_version=5");
  const std::string before = Content(paths_[1]);
  ExpectEachView();
  EXPECT_EQ(Content(paths_[1]), before);
}

TEST_F(ManyLedgersTest, OneThatIsBeingWrittenIsReadAsItIs) {
  path_ = paths_[1];
  const auto ledger = OpenLedger();
  const std::string sql = "SELECT count(*) FROM results WHERE state='leased'";
  EXPECT_THAT(*Ask(paths_, sql), ElementsAre("0|"));
  ASSERT_OK(ledger->Commit({NewLease(2, 1, 1, 1)}));
  EXPECT_THAT(*Ask(paths_, sql), ElementsAre("1|"));
}

TEST_F(ManyLedgersTest, TenAreReadAndElevenRefused) {
  for (int i = 3; i < 10; ++i) paths_.push_back(Make(i));
  ASSERT_THAT(paths_, SizeIs(kMostLedgers));
  EXPECT_THAT(*Ask(paths_,
                   "SELECT count(*),count(DISTINCT ledger),"
                   "(SELECT count(*) FROM metric_points) FROM results"),
              ElementsAre("10|10|0|"));
  paths_.push_back(Make(10));
  EXPECT_THAT(Ask(paths_, "SELECT 1"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("found 11 ledgers, expected at most 10")));
}

TEST_F(ManyLedgersTest, WhatIsNoLedgerOrNamedTwiceIsRefused) {
  EXPECT_THAT(Ask({paths_[0], directory_ + "/none.db"}, "SELECT 1"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.db")));
  std::ofstream(directory_ + "/text.db") << std::string(5000, 'x');
  EXPECT_THAT(Ask({paths_[0], directory_ + "/text.db"}, "SELECT 1"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("text.db")));
  const std::string link = directory_ + "/link.db";
  std::filesystem::create_symlink(paths_[1], link);
  EXPECT_THAT(
      Ask({paths_[1], link}, "SELECT 1"),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("link.db twice")));
}

TEST_F(ManyLedgersTest, NothingIsWrittenToAnyAndNoOtherIsRead) {
  std::vector<std::string> before;
  for (const std::string& path : paths_) before.push_back(Content(path));
  for (const std::string& sql :
       {absl::StrCat("ATTACH '", paths_[0], "' AS x"),
        std::string("DELETE FROM ledger1.trials"),
        std::string("INSERT INTO main.t VALUES(1)"),
        std::string("CREATE TABLE main.t(x)"), std::string("DETACH ledger1"),
        std::string("DROP VIEW results"),
        std::string("PRAGMA ledger1.user_version=3")}) {
    EXPECT_THAT(Ask(paths_, sql), StatusIs(absl::StatusCode::kInvalidArgument))
        << sql;
  }
  for (size_t i = 0; i < paths_.size(); ++i) {
    EXPECT_EQ(Content(paths_[i]), before[i]);
  }
}

}  // namespace
}  // namespace fathom::server
