// What can happen to the file of a ledger: other programs, other versions, full
// disks and sudden death.

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/store/ledger.h"
#include "server/store/schema.h"
#include "tests/server/store/ledger_fixture.h"

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
using test::SmallSpec;
using test::StatusIs;
using test::StoreTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Executes SQL with a connection that knows nothing of ledgers.
void Execute(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(db);
  sqlite3_close(db);
}

// Runs `body` in a child process, which ends with its return value.
pid_t Fork(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  return child;
}

int ExitStatus(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class LedgerFileTest : public StoreTest {
 protected:
  absl::Status OpenStatus() { return Ledger::Open(path_).status(); }
  absl::Status ReaderStatus() { return LedgerReader::Open(path_).status(); }
};

TEST_F(LedgerFileTest, AnEmptyFileBecomesALedger) {
  WriteFile(path_, "");
  EXPECT_THAT(ReaderStatus(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_OK(OpenStatus());
  EXPECT_OK(ReaderStatus());
}

TEST_F(LedgerFileTest, AMissingFileIsCreatedByTheLedgerAlone) {
  EXPECT_THAT(ReaderStatus(), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_OK(OpenStatus());
  EXPECT_OK(ReaderStatus());
}

TEST_F(LedgerFileTest, AMissingDirectoryIsNamed) {
  const absl::Status status = Ledger::Open(directory_ + "/no/x.db").status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(std::string(status.message()), HasSubstr("/no/x.db"));
}

TEST_F(LedgerFileTest, AFileThatIsNoDatabaseIsLeftAlone) {
  for (const std::string& content :
       {std::string("depth,loss\n1,2\n"), std::string(100'000, 'x')}) {
    WriteFile(path_, content);
    EXPECT_THAT(OpenStatus(), StatusIs(absl::StatusCode::kDataLoss));
    EXPECT_THAT(ReaderStatus(), StatusIs(absl::StatusCode::kDataLoss));
    EXPECT_THAT(std::string(ReaderStatus().message()),
                HasSubstr("is not a fathom ledger"));
    EXPECT_EQ(ReadFile(path_), content);
  }
}

TEST_F(LedgerFileTest, ADirectoryIsNoLedger) {
  std::filesystem::create_directory(path_);
  EXPECT_FALSE(OpenStatus().ok());
  EXPECT_THAT(ReaderStatus(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(LedgerFileTest, ADatabaseOfAnotherApplicationIsLeftAlone) {
  Execute(path_, "CREATE TABLE t(x); INSERT INTO t VALUES(1)");
  const std::string content = ReadFile(path_);
  EXPECT_THAT(OpenStatus(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(ReaderStatus(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(ReadFile(path_), content);
}

TEST_F(LedgerFileTest, ANewerLedgerIsRefusedWithBothVersions) {
  ASSERT_OK(OpenStatus());
  Execute(path_, "PRAGMA user_version=1234");
  const std::string known = absl::StrCat("up to ", Migrations().size());
  for (const absl::Status& status : {OpenStatus(), ReaderStatus()}) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(std::string(status.message()), HasSubstr("version 1234"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(known));
  }
}

// Neither is an answer about who calls or about a coordinator.
TEST_F(LedgerFileTest, ALedgerThatAnotherProgramHoldsLockedIsAborted) {
  ASSERT_OK(OpenStatus());
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(other, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE",
                   nullptr, nullptr, nullptr),
      SQLITE_OK);

  // It has written nothing yet, and reading takes no lock then.
  EXPECT_OK(ReaderStatus());
  ASSERT_EQ(sqlite3_exec(other, "CREATE TABLE t(x); COMMIT; BEGIN EXCLUSIVE",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  // Each waits for some seconds before it gives up.
  absl::Status reader;
  std::thread reading([&] { reader = ReaderStatus(); });
  const absl::Status ledger = OpenStatus();
  reading.join();
  for (const absl::Status& status : {ledger, reader}) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted));
    EXPECT_THAT(std::string(status.message()), HasSubstr("another program"));
  }
  sqlite3_close(other);
}

TEST_F(LedgerFileTest, ALedgerThatMayNotBeWrittenIsAnInternalError) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become someone else";
  ASSERT_OK(OpenStatus());
  chmod(directory_.c_str(), 0755);
  const pid_t child = Fork([&] {
    if (setegid(65534) != 0 || seteuid(65534) != 0) return 100;
    return static_cast<int>(OpenStatus().code());
  });
  EXPECT_EQ(ExitStatus(child), static_cast<int>(absl::StatusCode::kInternal));
}

TEST_F(LedgerFileTest, ADamagedFileIsReportedAsSuch) {
  {
    auto ledger = OpenLedger();
    ASSERT_OK(
        ledger->Commit(std::vector<Write>{NewSweep(1, SmallSpec(4), 12)}));
  }
  std::string content = ReadFile(path_);
  std::fill(content.begin() + 16384, content.end(), 'x');
  WriteFile(path_, content);
  auto ledger = Ledger::Open(path_);
  const absl::Status status =
      ledger.ok() ? (*ledger)->Load().status() : ledger.status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(LedgerTest, ASecondLedgerOnTheSameFileIsKeptOut) {
  const absl::Status here = Ledger::Open(path_).status();
  EXPECT_THAT(here, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(std::string(here.message()), HasSubstr(path_));
  // The same file under another name.
  std::filesystem::create_symlink(path_, directory_ + "/link.db");
  EXPECT_THAT(Ledger::Open(directory_ + "/link.db"),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_OK(Commit({NewLease(1, 1, 0, 1)}));

  ledger_.reset();
  ledger_ = OpenLedger();
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM results"), ElementsAre("1"));
}

// SQLite's own locks must survive the attempt: they are what keeps the log in
// place while other programs open and close the file.
TEST_F(LedgerTest, AnotherProcessIsKeptOutAndReadersAreNot) {
  std::array<int, 2> ready;
  ASSERT_EQ(pipe(ready.data()), 0);
  ledger_.reset();
  const pid_t owner = Fork([&] {
    auto ledger = Ledger::Open(path_);
    if (!ledger.ok()) return 1;
    auto refused = Ledger::Open(path_);
    if (!absl::IsAlreadyExists(refused.status())) return 2;
    char byte = 'x';
    if (write(ready[1], &byte, 1) != 1) return 3;
    pause();
    return 4;
  });
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);

  EXPECT_THAT(Ledger::Open(path_), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(Rows("SELECT name FROM sweep_overview"), ElementsAre("small"));
  Execute(path_, "SELECT COUNT(*) FROM results");
  EXPECT_TRUE(std::filesystem::exists(path_ + "-wal"));

  kill(owner, SIGKILL);
  ExitStatus(owner);
  EXPECT_OK(Ledger::Open(path_));
  close(ready[0]);
  close(ready[1]);
}

// Every trial whose number came through the pipe was committed before.
TEST_F(LedgerTest, NothingAcknowledgedIsLostWhenTheProcessIsKilled) {
  v1::SweepSpec spec = SmallSpec(50'000);
  ASSERT_OK(Commit({NewSweep(2, spec, 150'000)}));
  ledger_.reset();
  std::array<int, 2> acks;
  ASSERT_EQ(pipe(acks.data()), 0);
  const pid_t writer = Fork([&] {
    close(acks[0]);
    auto ledger = Ledger::Open(path_);
    if (!ledger.ok()) return 1;
    for (int64_t trial = 0;; ++trial) {
      RecordReport report = NewReport(trial + 1, 2);
      AddPoints(report, trial, 0, 0, {1.0, 2.0});
      AddResult(report, NewResult(trial, static_cast<double>(trial)));
      if (!(*ledger)
               ->Commit(std::vector<Write>{NewLease(trial + 1, 2, trial, 1),
                                           report, DeleteLease{trial + 1}})
               .ok()) {
        return 2;
      }
      if (write(acks[1], &trial, sizeof(trial)) != sizeof(trial)) return 3;
    }
  });
  close(acks[1]);
  int64_t acknowledged = -1;
  while (acknowledged < 200) {
    ASSERT_EQ(read(acks[0], &acknowledged, sizeof(acknowledged)),
              ssize_t{sizeof(acknowledged)});
  }
  kill(writer, SIGKILL);
  EXPECT_EQ(ExitStatus(writer), 128 + SIGKILL);
  int64_t last = 0;
  while (read(acks[0], &last, sizeof(last)) == ssize_t{sizeof(last)}) {
    acknowledged = last;
  }
  close(acks[0]);

  // First a reader, while the log still holds everything.
  const std::string all = absl::StrCat(acknowledged + 1);
  EXPECT_THAT(Rows(absl::StrCat("SELECT COUNT(*) FROM results WHERE sweep=2 "
                                "AND state='succeeded' AND final_loss=trial "
                                "AND trial<=",
                                acknowledged)),
              ElementsAre(all));
  ledger_ = OpenLedger();
  EXPECT_THAT(Rows(absl::StrCat("SELECT COUNT(DISTINCT trial) FROM "
                                "metric_points WHERE sweep=2 AND trial<=",
                                acknowledged)),
              ElementsAre(all));
  EXPECT_THAT(Rows("PRAGMA integrity_check"), ElementsAre("ok"));
}

// A limit on the size of files stands in for a full disk: it works everywhere.
TEST_F(LedgerTest, AFullDiskStopsTheLedgerAndLeavesItWhole) {
  ledger_.reset();
  const pid_t writer = Fork([&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 20, 1 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    auto ledger = Ledger::Open(path_);
    if (!ledger.ok()) return 1;
    RecordReport report = NewReport(1, 1);
    AddPoints(report, 0, 0, 0, std::vector<double>(1000, 1.0 / 3));
    if (!(*ledger)->Commit(std::vector<Write>{NewLease(1, 1, 0, 1)}).ok()) {
      return 2;
    }
    for (int32_t chunk = 0; chunk < 1000; ++chunk) {
      report.report.mutable_points(0)->set_chunk(chunk);
      const absl::Status status = (*ledger)->Commit(std::vector<Write>{report});
      if (status.ok()) continue;
      const std::string message(status.message());
      const bool clear = message.find(path_) != std::string::npos &&
                         message.find("Free some space") != std::string::npos;
      // And again: it goes on failing in the same way.
      const absl::Status next = (*ledger)->Commit(std::vector<Write>{report});
      if (!absl::IsResourceExhausted(status) || !clear) {
        std::fprintf(stderr, "%s\n", status.ToString().c_str());
        return 3;
      }
      return absl::IsResourceExhausted(next) && chunk > 5 ? 0 : 4;
    }
    return 5;
  });
  EXPECT_EQ(ExitStatus(writer), 0);

  ledger_ = OpenLedger();
  EXPECT_THAT(Rows("PRAGMA integrity_check"), ElementsAre("ok"));
  EXPECT_THAT(
      Rows("SELECT COUNT(*)>5000 AND COUNT(*)%1000=0 FROM metric_points "
           "WHERE sweep=1 AND trial=0 AND metric='loss'"),
      ElementsAre("1"));
  RecordReport report = NewReport(1, 1);
  AddResult(report, NewResult(0, 1.0));
  EXPECT_OK(Commit({report}));
}

// People look at a running sweep with the tools they have.
TEST_F(LedgerTest, TheStockSqliteProgramReadsCurvesWhileTheLedgerIsOpen) {
  if (system("command -v sqlite3 >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "sqlite3 is not installed";
  }
  RecordReport report = NewReport(1, 1);
  AddPoints(report, 0, 0, 0, {3.0, 1.5});
  ASSERT_OK(Commit({NewLease(1, 1, 0, 1), report}));
  const std::string command = absl::StrCat(
      "sqlite3 -readonly '", path_,
      "' \"SELECT trial,metric,step,value FROM metric_points WHERE sweep=1 AND "
      "trial=0 AND metric='loss'\" >'",
      directory_, "/out' 2>&1");

  EXPECT_EQ(system(command.c_str()), 0);

  EXPECT_EQ(ReadFile(directory_ + "/out"), "0|loss|0|3.0\n0|loss|1|1.5\n");
  EXPECT_OK(Commit({NewLease(2, 1, 1, 1)}));
}

// A ledger on a read-only medium, or in someone else's directory.
TEST_F(LedgerTest, AReaderWithoutWriteAccessReadsAClosedLedger) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become someone else";
  RecordReport report = NewReport(1, 1);
  AddResult(report, NewResult(0, 1.5));
  ASSERT_OK(Commit({NewLease(1, 1, 0, 1), report}));
  chmod(directory_.c_str(), 0755);
  const auto read_as_nobody = [&] {
    return ExitStatus(Fork([&] {
      if (setegid(65534) != 0 || seteuid(65534) != 0) return 1;
      const std::vector<std::string> rows = Rows("SELECT state FROM results");
      if (rows == std::vector<std::string>{"succeeded"}) return 0;
      return rows.size() == 1 &&
                     rows[0].find("write access") != std::string::npos
                 ? 2
                 : 3;
    }));
  };
  // The log is readable to all, and the shared memory exists.
  EXPECT_EQ(read_as_nobody(), 0);

  std::filesystem::copy_file(path_ + "-wal", directory_ + "/wal");
  ledger_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  EXPECT_EQ(read_as_nobody(), 0);

  // With a log that was left behind, the file alone is not the whole truth.
  std::filesystem::rename(directory_ + "/wal", path_ + "-wal");
  EXPECT_EQ(read_as_nobody(), 2);
}

}  // namespace
}  // namespace fathom::server
