// SQL of people who mean harm: nothing changes, nothing lasts, nothing grows.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/limits.h"
#include "sqlite3.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kNumbers[] =
    "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n";

class QueryTest : public test::LedgerTest {
 protected:
  // Runs `sql`, with a second of time; counts the rows.
  absl::Status Query(const std::string& sql, int64_t row_limit = 1000,
                     absl::Duration limit = absl::Seconds(1)) {
    auto reader = LedgerReader::Open(path_);
    EXPECT_OK(reader);
    v1::QueryRequest request;
    request.set_sql(sql);
    request.set_row_limit(row_limit);
    request.mutable_time_limit()->set_seconds(absl::ToInt64Seconds(limit));
    rows_ = 0;
    return (*reader)->Query(request, [&](const v1::QueryResponse& response) {
      rows_ += response.rows_size();
      return absl::OkStatus();
    });
  }

  std::string Content() {
    std::ifstream file(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  std::vector<std::string> Files() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      files.push_back(entry.path().filename());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  int64_t rows_ = 0;
};

TEST_F(QueryTest, NothingThatWritesLoadsOrAttachesIsAllowed) {
  const std::string before = Content();
  const std::vector<std::string> files = Files();
  const std::string out = directory_ + "/out.db";
  const std::vector<std::string> attacks = {
      "DELETE FROM trials",
      "UPDATE sweeps SET state=3",
      "INSERT INTO events DEFAULT VALUES",
      "REPLACE INTO sweeps(sweep_id) VALUES(1)",
      "WITH a AS (SELECT 1) DELETE FROM trials RETURNING *",
      "CREATE TABLE x(a)",
      "CREATE TEMP TABLE x(a)",
      "CREATE VIEW x AS SELECT 1",
      "CREATE TEMP VIEW results AS SELECT 1",
      "CREATE TRIGGER x AFTER INSERT ON trials BEGIN SELECT 1; END",
      "CREATE VIRTUAL TABLE x USING fts5(a)",
      "DROP TABLE trials",
      "ALTER TABLE trials RENAME TO x",
      "REINDEX",
      "ANALYZE",
      "VACUUM",
      "VACUUM INTO '" + out + "'",
      "ATTACH '" + out + "' AS x",
      "ATTACH ':memory:' AS x",
      "DETACH main",
      "BEGIN IMMEDIATE",
      "COMMIT",
      "ROLLBACK",
      "SAVEPOINT x",
      "PRAGMA journal_mode=DELETE",
      "PRAGMA query_only=OFF",
      "PRAGMA writable_schema=ON",
      "PRAGMA wal_checkpoint(TRUNCATE)",
      "PRAGMA temp_store_directory='/'",
      "PRAGMA temp_store=FILE",
      "PRAGMA hard_heap_limit=1",
      "PRAGMA soft_heap_limit=1",
      "PRAGMA mmap_size=1000000",
      "PRAGMA locking_mode=EXCLUSIVE",
      "PRAGMA user_version=7",
      "PRAGMA incremental_vacuum",
      "PRAGMA optimize",
      "SELECT * FROM pragma_journal_mode('delete')",
      "SELECT * FROM pragma_user_version(9)",
      "SELECT load_extension('x')",
      "SELECT fts3_tokenizer('simple')",
      "SELECT sqlite_log(1, 'x')",
      "SELECT rtreecheck('trials')",
      "SELECT readfile('/etc/passwd')",
      "SELECT writefile('" + out + "', 'x')",
      "SELECT edit('x')",
      "SELECT 1; DELETE FROM trials",
      "SELECT 1; SELECT 2",
      "EXPLAIN DELETE FROM trials",
  };
  for (const std::string& sql : attacks) {
    EXPECT_THAT(Query(sql), StatusIs(absl::StatusCode::kInvalidArgument))
        << sql;
  }
  EXPECT_EQ(Content(), before);
  EXPECT_EQ(Files(), files);
}

TEST_F(QueryTest, WhatReadsIsAllowed) {
  for (const char* sql :
       {"SELECT * FROM sweep_overview", "SELECT * FROM results",
        "SELECT * FROM metric_points", "SELECT * FROM attempts",
        "SELECT * FROM events", "SELECT * FROM sqlite_master",
        "WITH a AS (SELECT 1 AS b) SELECT b FROM a", "VALUES(1)",
        "EXPLAIN QUERY PLAN SELECT * FROM results", "PRAGMA table_info(trials)",
        "PRAGMA user_version",
        "SELECT name FROM sweep_overview WHERE name LIKE 'sm%' ORDER BY 1",
        "SELECT row_number() OVER (PARTITION BY trial ORDER BY attempt) "
        "FROM attempts",
        "SELECT json_extract(spec, '$.name') FROM sweep_overview",
        "SELECT strftime('%Y', create_time) FROM sweep_overview"}) {
    EXPECT_OK(Query(sql)) << sql;
  }
}

TEST_F(QueryTest, WhatWouldRunForEverEndsInTime) {
  const std::string a = "replace(hex(zeroblob(500000)),'0','a')";
  const std::vector<std::string> bombs = {
      absl::StrCat(kNumbers, ") SELECT count(*) FROM n"),
      absl::StrCat(kNumbers, ") SELECT i FROM n WHERE i<0"),
      absl::StrCat(kNumbers,
                   " LIMIT 100000) SELECT count(*) FROM n a, n b, n c"),
      absl::StrCat(kNumbers, ") SELECT sum(instr(", a, ",", a,
                   "||'b')) FROM n"),
      absl::StrCat("SELECT count(*) FROM json_each(json_array(1,2,3)) a, (",
                   kNumbers, ") SELECT * FROM n)"),
  };
  for (const std::string& sql : bombs) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(Query(sql), StatusIs(absl::StatusCode::kDeadlineExceeded))
        << sql;
    // With room for a machine that is busy with other tests.
    EXPECT_LT(std::chrono::steady_clock::now() - start,
              std::chrono::seconds(20))
        << sql;
  }
}

TEST_F(QueryTest, WhatTakesTooMuchMemoryFailsAloneAndAtOnce) {
  const std::vector<std::string> hogs = {
      absl::StrCat(kNumbers, ") SELECT * FROM n ORDER BY i DESC"),
      absl::StrCat(kNumbers,
                   ") SELECT count(DISTINCT hex(randomblob(1000))) FROM n"),
      absl::StrCat("WITH RECURSIVE n(b) AS (SELECT randomblob(1000000) UNION "
                   "ALL SELECT randomblob(1000000) FROM n) "
                   "SELECT b FROM n ORDER BY b"),
      absl::StrCat("SELECT ",
                   absl::StrReplaceAll(std::string(100, 'x'),
                                       {{"x", "randomblob(8000000),"}}),
                   "1"),
  };
  for (const std::string& sql : hogs) {
    EXPECT_THAT(Query(sql, 1000, absl::Seconds(60)),
                StatusIs(absl::StatusCode::kResourceExhausted))
        << sql;
    EXPECT_LT(sqlite3_memory_used(), 64 << 20) << sql;
  }
  // A quarter of it is no more than a query may have.
  EXPECT_OK(
      Query(absl::StrCat(kNumbers, " LIMIT ", kMaxQueryMemory / 4 / 1'000'000,
                         ") SELECT length(b) FROM (SELECT "
                         "randomblob(1000000) AS b FROM n) ORDER BY b"),
            1000, absl::Seconds(60)));
  // Neither the writer nor the next reader has felt it.
  EXPECT_OK(Commit({test::NewLease(1, 1, 0, 1)}));
  EXPECT_OK(Query("SELECT * FROM results"));
  EXPECT_EQ(rows_, 1);
}

TEST_F(QueryTest, WhatIsTooLargeIsRefused) {
  EXPECT_FALSE(Query("SELECT '" + std::string(70'000, 'x') + "'").ok());
  EXPECT_FALSE(Query("SELECT zeroblob(9000000)").ok());
  EXPECT_FALSE(Query("SELECT 'x' LIKE hex(zeroblob(600))").ok());
  std::string nested = "1";
  for (int i = 0; i < 300; ++i) nested = "(" + nested + "+1)";
  EXPECT_FALSE(Query("SELECT " + nested).ok());
  EXPECT_OK(Query(absl::StrCat(kNumbers, ") SELECT i FROM n"), 10));
  EXPECT_EQ(rows_, 10);
}

// Columns that are copies of one value cost SQLite nothing, and the answer
// everything.
TEST_F(QueryTest, ARowLargerThanItsBoundIsRefusedBeforeItIsBuilt) {
  const auto row_of = [](int columns, absl::string_view cell,
                         absl::string_view from) {
    std::string sql = "SELECT ";
    for (int i = 1; i < columns; ++i) absl::StrAppend(&sql, cell, ",");
    return absl::StrCat(sql, cell, from);
  };
  constexpr char kShared[] = " FROM (SELECT randomblob(8000000) x)";
  for (const std::string& sql :
       {row_of(3, "max(x)", kShared), row_of(40, "ifnull(max(x),0)", kShared),
        row_of(40, "ifnull(max(hex(x)),0)",
               " FROM (SELECT randomblob(4000000) x)"),
        row_of(3, "zeroblob(8000000)", "")}) {
    EXPECT_THAT(Query(sql, 1000, absl::Seconds(60)),
                StatusIs(absl::StatusCode::kResourceExhausted))
        << sql;
    EXPECT_EQ(rows_, 0);
  }
  EXPECT_OK(Query(row_of(2, "max(x)", kShared), /*row_limit=*/1000,
                  absl::Seconds(60)));
  EXPECT_EQ(rows_, 1);
}

// However the rows fall into messages, none is larger than a row and what was
// waiting before it.
TEST_F(QueryTest, NoMessageIsMuchLargerThanARow) {
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  v1::QueryRequest request;
  request.set_sql(
      "SELECT randomblob(1000000) UNION ALL SELECT randomblob(8000000) "
      "UNION ALL SELECT randomblob(8000000)");
  size_t largest = 0;
  EXPECT_OK((*reader)->Query(request, [&](const v1::QueryResponse& response) {
    largest = std::max(largest, response.ByteSizeLong());
    return absl::OkStatus();
  }));
  EXPECT_GT(largest, 8'000'000u);
  EXPECT_LT(largest, size_t{kMaxRowBytes} + (1 << 20));
}

TEST_F(QueryTest, NobodyToReadTheAnswerEndsTheQuery) {
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  v1::QueryRequest request;
  request.set_sql(absl::StrCat(kNumbers, ") SELECT count(*) FROM n"));
  int asked = 0;
  EXPECT_FALSE(
      (*reader)
          ->Query(
              request,
              [](const v1::QueryResponse&) { return absl::OkStatus(); },
              [&] { return ++asked > 5; })
          .ok());
  EXPECT_GT(asked, 5);
}

// Random statements from the words of SQL: most are refused, none does harm.
TEST_F(QueryTest, RandomStatementsLeaveTheLedgerAsItIs) {
  static const std::vector<std::string> kWords = {"SELECT",
                                                  "*",
                                                  "FROM",
                                                  "trials",
                                                  "sweeps",
                                                  "WHERE",
                                                  "1",
                                                  "=",
                                                  "DELETE",
                                                  "INSERT",
                                                  "INTO",
                                                  "UPDATE",
                                                  "SET",
                                                  "state",
                                                  "VALUES",
                                                  "(",
                                                  ")",
                                                  ",",
                                                  ";",
                                                  "ATTACH",
                                                  "'x'",
                                                  "AS",
                                                  "x",
                                                  "DROP",
                                                  "TABLE",
                                                  "PRAGMA",
                                                  "user_version",
                                                  "journal_mode",
                                                  "CREATE",
                                                  "TEMP",
                                                  "VIEW",
                                                  "WITH",
                                                  "RECURSIVE",
                                                  "UNION",
                                                  "ALL",
                                                  "ORDER",
                                                  "BY",
                                                  "LIMIT",
                                                  "RETURNING",
                                                  "EXPLAIN",
                                                  "VACUUM",
                                                  "REPLACE",
                                                  "OR",
                                                  "results",
                                                  "json_each",
                                                  "'[1]'",
                                                  "--",
                                                  "/*",
                                                  "*/",
                                                  "NULL",
                                                  "DEFAULT"};
  const std::string before = Content();
  const std::vector<std::string> files = Files();
  std::mt19937_64 random(1);
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  for (int round = 0; round < 3000; ++round) {
    std::string sql;
    for (size_t i = 1 + random() % 12; i > 0; --i) {
      absl::StrAppend(&sql, kWords[random() % kWords.size()], " ");
    }
    v1::QueryRequest request;
    request.set_sql(sql);
    request.set_row_limit(1000);
    request.mutable_time_limit()->set_seconds(1);
    // In this process: thousands of others would take a while.
    (*reader)
        ->QueryHere(request,
                    [](const v1::QueryResponse&) { return absl::OkStatus(); })
        .IgnoreError();
  }
  EXPECT_EQ(Content(), before);
  EXPECT_EQ(Files(), files);
}

// What SQLite takes for text need not be text.
TEST_F(QueryTest, TextThatIsNoUtf8ComesAsBytes) {
  EXPECT_THAT(Rows("SELECT CAST(x'ff' AS TEXT), 'é', char(0xD800), "
                   "CAST(x'c3' AS TEXT), CAST(x'c3a9' AS TEXT)"),
              ElementsAre("blob of 1|é|blob of 3|blob of 1|é"));
}

// How long it is bounded in the one place where a query enters.
TEST_F(QueryTest, AStatementOfTheBoundIsTakenAndNoLongerOne) {
  const auto of_size = [](size_t size) {
    const std::string begin = "SELECT 1 /*";
    return begin + std::string(size - begin.size() - 2, 'x') + "*/";
  };
  EXPECT_OK(Query(of_size(kMaxSqlBytes)));
  EXPECT_THAT(Query(of_size(kMaxSqlBytes + 1)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// The children of this process, by what the system tells.
std::vector<pid_t> Children() {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    std::string line;
    int parent = 0;
    char state = 0;
    std::getline(file, line);
    const size_t end = line.rfind(')');
    if (end == std::string::npos) continue;
    if (std::sscanf(line.c_str() + end + 1, " %c %d", &state, &parent) == 2 &&
        parent == getpid()) {
      children.push_back(std::atoi(entry.path().filename().c_str()));
    }
  }
  return children;
}

std::string StatusLine(pid_t pid, const std::string& key) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) == 0) return line;
  }
  return "";
}

// A query that is asleep in its first row: its reader does not come back.
class RunningQueryTest : public QueryTest {
 protected:
  // Calls `look` with its process once the first rows are here.
  absl::Status WhileRunning(const std::function<absl::Status(pid_t)>& look) {
    auto reader = LedgerReader::Open(path_);
    EXPECT_OK(reader);
    v1::QueryRequest request;
    request.set_sql(absl::StrCat(kNumbers, ") SELECT i FROM n"));
    request.set_row_limit(int64_t{1} << 40);
    return (*reader)->Query(request, [&](const v1::QueryResponse&) {
      const std::vector<pid_t> children = Children();
      EXPECT_EQ(children.size(), 1u);
      return children.empty() ? absl::InternalError("no process")
                              : look(children[0]);
    });
  }
};

TEST_F(RunningQueryTest, ItHasNothingOfUsAndEndsWithUs) {
  const int secret = open("/dev/null", O_RDONLY);  // Without O_CLOEXEC.
  EXPECT_THAT(WhileRunning([&](pid_t child) -> absl::Status {
                for (const auto& entry : std::filesystem::directory_iterator(
                         absl::StrCat("/proc/", child, "/fd"))) {
                  const std::string name = entry.path().filename();
                  const std::string target =
                      std::filesystem::read_symlink(entry.path());
                  EXPECT_TRUE(name == "0" || name == "1" || name == "2" ||
                              target.find("ledger.db") != std::string::npos)
                      << name << " -> " << target;
                }
                std::ifstream limits(absl::StrCat("/proc/", child, "/limits"));
                const std::string text(std::istreambuf_iterator<char>(limits),
                                       {});
                EXPECT_THAT(text, ContainsRegex("Max file size +0 +0 "));
                EXPECT_THAT(text, ContainsRegex("Max cpu time +32 +32 "));
                EXPECT_THAT(text, ContainsRegex("Max core file size +0 +0 "));
                EXPECT_EQ(StatusLine(child, "NoNewPrivs"), "NoNewPrivs:\t1");
                return absl::CancelledError("seen enough");
              }),
              StatusIs(absl::StatusCode::kCancelled));
  close(secret);
  EXPECT_THAT(Children(), IsEmpty());
}

TEST_F(RunningQueryTest, OneThatIsKilledIsAnErrorOfItsOwn) {
  EXPECT_THAT(WhileRunning([](pid_t child) {
                kill(child, SIGSEGV);
                return absl::OkStatus();
              }),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(WhileRunning([](pid_t child) {
                kill(child, SIGKILL);  // As the system does without memory.
                return absl::OkStatus();
              }),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Children(), IsEmpty());
  EXPECT_OK(Query("SELECT 1"));
}

// Between two instructions nobody can ask whether the time is over.
TEST_F(QueryTest, OneInstructionThatRunsForHoursIsKilled) {
  const std::string text = "hex(zeroblob(3000000))";
  const std::string wanted = "(hex(zeroblob(1500000))||'1')";
  for (const std::string& sql :
       {absl::StrCat("SELECT instr(", text, ",", wanted, ")"),
        absl::StrCat("SELECT replace(", text, ",", wanted, ",'x')")}) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(Query(sql), StatusIs(absl::StatusCode::kDeadlineExceeded))
        << sql;
    EXPECT_LT(std::chrono::steady_clock::now() - start,
              std::chrono::seconds(20))
        << sql;
  }
  EXPECT_THAT(Children(), IsEmpty());
}

}  // namespace
}  // namespace fathom::server
