// What people and programs do to the files of a ledger that is open: real
// files, and what the ledger says before it acknowledges anything more.
#include "server/store/files/file_watch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "server/store/files/file_facts.h"
#include "sqlite3.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

namespace fs = std::filesystem;

using test::NewLease;
using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

void Execute(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(db);
  sqlite3_close(db);
}

// A file of the same bytes under another name. Not by a descriptor of the
// ledger in this process, which SQLite's locks would not survive.
void Copy(const std::string& from, const std::string& to) {
  ASSERT_EQ(system(absl::StrCat("cp '", from, "' '", to, "'").c_str()), 0);
}

class FileWatchTest : public test::LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    wal_ = path_ + "-wal";
    shm_ = path_ + "-shm";
    ASSERT_OK(Commit({NewLease(next_++, 1, 0, 1)}));
    ASSERT_OK(ledger_->CheckFile());
  }

  // After `attack` nothing is taken any more.
  void ExpectStopped(const std::function<void()>& attack,
                     const std::string& said) {
    attack();
    const absl::Status look = ledger_->CheckFile();
    EXPECT_THAT(look, StatusIs(absl::StatusCode::kDataLoss));
    EXPECT_THAT(Message(look), HasSubstr(said));
    EXPECT_THAT(Message(look), HasSubstr("Nothing more is acknowledged"));
    const absl::Status commit = Commit({NewLease(next_++, 1, 1, 1)});
    EXPECT_THAT(commit, StatusIs(absl::StatusCode::kDataLoss));
  }

  std::string wal_, shm_;
  int64_t next_ = 1;
};

TEST_F(FileWatchTest, AMovedLedgerKeepsEverythingForWhoMovesItBack) {
  const std::string moved = directory_ + "/moved.db";
  ExpectStopped([&] { fs::rename(path_, moved); }, "removed or moved");
  ledger_.reset();
  fs::rename(moved, path_);
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM results"),
              ::testing::ElementsAre("1"));
  ledger_ = OpenLedger();
  EXPECT_OK(Commit({NewLease(next_++, 1, 1, 1)}));
}

TEST_F(FileWatchTest, AMovedFolder) {
  const std::string moved = directory_ + ".moved";
  ExpectStopped([&] { fs::rename(directory_, moved); }, "removed or moved");
  fs::rename(moved, directory_);
}

TEST_F(FileWatchTest, ARemovedLedger) {
  ExpectStopped([&] { fs::remove(path_); }, "removed or moved");
}

TEST_F(FileWatchTest, ALedgerThatAnotherFileReplaces) {
  ExpectStopped(
      [&] {
        Copy(path_, directory_ + "/copy");
        fs::rename(directory_ + "/copy", path_);
      },
      "replaced by another");
}

TEST_F(FileWatchTest, ALinkThatIsTurnedElsewhere) {
  const std::string link = directory_ + "/link.db";
  ledger_.reset();
  fs::create_symlink(path_, link);
  auto ledger = Ledger::Open(link);
  ASSERT_OK(ledger);
  ledger_ = *std::move(ledger);
  ASSERT_OK(Commit({NewLease(next_++, 1, 2, 1)}));
  ExpectStopped(
      [&] {
        Copy(path_, directory_ + "/copy.db");
        fs::remove(link);
        fs::create_symlink(directory_ + "/copy.db", link);
      },
      "replaced by another");
}

TEST_F(FileWatchTest, ASecondName) {
  ExpectStopped([&] { fs::create_hard_link(path_, directory_ + "/b.db"); },
                "second name");
  ledger_.reset();
  const absl::Status again = Ledger::Open(path_).status();
  EXPECT_THAT(again, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(again), HasSubstr("has 2 names"));
  EXPECT_THAT(Ledger::Open(directory_ + "/b.db"),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  fs::remove(directory_ + "/b.db");
  EXPECT_OK(Ledger::Open(path_));
}

TEST_F(FileWatchTest, ASecondNameOfTheLog) {
  ExpectStopped([&] { fs::create_hard_link(wal_, directory_ + "/b.db-wal"); },
                "-wal was given a second name");
}

// What was in a log that has lost its name is in the ledger afterwards.
TEST_F(FileWatchTest, ARemovedLogLosesNothing) {
  ExpectStopped([&] { fs::remove(wal_); }, "-wal: this file was removed");
  ledger_.reset();
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM results"),
              ::testing::ElementsAre("1"));
}

TEST_F(FileWatchTest, ARemovedIndex) {
  ExpectStopped([&] { fs::remove(shm_); }, "-shm: this file was removed");
}

TEST_F(FileWatchTest, AReplacedLog) {
  ExpectStopped(
      [&] {
        fs::rename(wal_, directory_ + "/kept");
        std::ofstream(wal_) << "x";
      },
      "-wal: this file was replaced");
}

TEST_F(FileWatchTest, ALogThatIsCutToNothing) {
  Execute(path_, "PRAGMA wal_checkpoint(PASSIVE)");
  ASSERT_OK(Commit({NewLease(next_++, 1, 2, 1)}));
  ExpectStopped([&] { ASSERT_EQ(truncate(wal_.c_str(), 0), 0); },
                "-wal: this file was cut to 0 of");
  // What is left is whole.
  ledger_.reset();
  EXPECT_THAT(Rows("PRAGMA integrity_check"), ::testing::ElementsAre("ok"));
}

TEST_F(FileWatchTest, ALogThatIsCutByOneByte) {
  const auto size = static_cast<off_t>(fs::file_size(wal_));
  // From its first round on all of it is in use.
  ExpectStopped([&] { ASSERT_EQ(truncate(wal_.c_str(), size - 1), 0); },
                "-wal: this file was cut to");
}

TEST_F(FileWatchTest, ALogThatIsWrittenOver) {
  ExpectStopped(
      [&] {
        const int fd = open(wal_.c_str(), O_WRONLY);
        const char junk[32] = "junk";
        ASSERT_EQ(pwrite(fd, junk, sizeof(junk), 0), ssize_t{sizeof(junk)});
        close(fd);
      },
      "-wal: this file was written over");
}

// `cp backup.db ledger.db` while the coordinator runs. A child's `cp`, so that
// no descriptor of this process is closed.
TEST_F(FileWatchTest, ABackupThatIsCopiedOverTheLedger) {
  ledger_.reset();
  const std::string backup = directory_ + "/backup.db";
  Copy(path_, backup);
  Execute(backup, "PRAGMA journal_mode=DELETE");
  ledger_ = OpenLedger();
  ASSERT_OK(Commit({NewLease(next_++, 1, 2, 1)}));
  ExpectStopped([&] { Copy(backup, path_); }, "written over or cut");
}

TEST_F(FileWatchTest, ALedgerThatIsEmptied) {
  ExpectStopped(
      [&] { ASSERT_EQ(system(absl::StrCat(": >'", path_, "'").c_str()), 0); },
      "written over or cut");
}

// Nothing of that is an attack.
TEST_F(FileWatchTest, WhatOthersMayDoStopsNothing) {
  const auto still_fine = [&] {
    EXPECT_OK(ledger_->CheckFile());
    EXPECT_OK(Commit({NewLease(next_, 1, next_, 1)}));
    ++next_;
  };
  Execute(path_, "PRAGMA wal_checkpoint(PASSIVE)");
  still_fine();
  Execute(path_, "PRAGMA wal_checkpoint(TRUNCATE)");
  still_fine();
  Execute(path_, "PRAGMA wal_checkpoint(RESTART)");
  still_fine();
  chmod(path_.c_str(), 0600);
  still_fine();
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM results"),
              ::testing::ElementsAre("5"));
  still_fine();
  Execute(path_, "VACUUM");
  still_fine();
  for (int i = 0; i < 3; ++i) still_fine();
}

TEST_F(FileWatchTest, AFileThatIsMountedOnItsOwnIsRefused) {
  ledger_.reset();
  const std::string folder = directory_ + "/volume";
  fs::create_directory(folder);
  const std::string mounted = folder + "/ledger.db";
  std::ofstream(mounted) << "";
  if (mount(path_.c_str(), mounted.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    GTEST_SKIP() << "needs the right to mount";
  }
  const absl::Status status = Ledger::Open(mounted).status();
  EXPECT_EQ(umount(mounted.c_str()), 0);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(status), HasSubstr("Mount the folder"));
  EXPECT_FALSE(fs::exists(mounted + "-wal"));
  EXPECT_OK(Ledger::Open(path_));
}

mode_t ModeOf(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

using FileFactsTest = test::StoreTest;

TEST_F(FileFactsTest, APrivateLedgerAndWhatIsBesideItAreTheOwners) {
  for (const auto& [mask, mode] : {std::pair<mode_t, mode_t>{022, 0600},
                                   {002, 0600},
                                   {0, 0600},
                                   {027, 0640},
                                   {077, 0600}}) {
    const mode_t before = umask(mask);
    EXPECT_OK(MakePrivate(path_));
    umask(before);
    {
      const auto ledger = OpenLedger();
      for (const char* end : {"", "-wal", "-shm"}) {
        EXPECT_EQ(ModeOf(path_ + end), mode) << end << " " << mask;
      }
    }
    fs::remove(path_);
  }
}

// As in a 1777 folder, where somebody else has read it.
TEST_F(FileFactsTest, WhatThisUserMayNotWriteIsNamedWithWhatToDo) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become someone else";
  { const auto ledger = OpenLedger(); }
  EXPECT_EQ(ForeignCompanions(path_), "");
  for (const char* end : {"-wal", "-shm"}) {
    std::ofstream(path_ + end) << "";
    chmod((path_ + end).c_str(), 0644);
  }
  chmod(directory_.c_str(), 01777);
  ASSERT_EQ(chown(path_.c_str(), 65534, 65534), 0);
  std::array<int, 2> said;
  ASSERT_EQ(pipe(said.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (setegid(65534) != 0 || seteuid(65534) != 0) _exit(1);
    const std::string message = Message(Ledger::Open(path_).status());
    _exit(write(said[1], message.data(), message.size()) < 0);
  }
  close(said[1]);
  std::string message(4096, '\0');
  message.resize(std::max<ssize_t>(read(said[0], message.data(), 4096), 0));
  close(said[0]);
  waitpid(child, nullptr, 0);
  EXPECT_THAT(message, HasSubstr(absl::StrCat(RealPath(path_), "-wal and ",
                                              RealPath(path_), "-shm")));
  EXPECT_THAT(message, HasSubstr("belong to user root"));
  EXPECT_THAT(message, HasSubstr("`chown 65534:65534 "));
}

TEST_F(FileFactsTest, WhatAllCouldReadBecomesTheOwnersAndAGroupStays) {
  for (const auto& [before, after] : {std::pair<mode_t, mode_t>{0644, 0600},
                                      {0666, 0600},
                                      {0640, 0640},
                                      {0660, 0660},
                                      {0600, 0600},
                                      {0604, 0600}}) {
    for (const char* end : {"", "-wal", "-shm"}) {
      std::ofstream(path_ + end) << "";
      chmod((path_ + end).c_str(), before);
    }
    EXPECT_OK(MakePrivate(path_));
    for (const char* end : {"", "-wal", "-shm"}) {
      EXPECT_EQ(ModeOf(path_ + end), after) << end;
    }
  }
}

TEST_F(FileFactsTest, WhoHoldsAFileIsNamed) {
  { const auto ledger = OpenLedger(); }
  EXPECT_EQ(LockHolders(path_), "");
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto ledger = Ledger::Open(path_);
    const char byte = ledger.ok() ? 'y' : 'n';
    if (write(ready[1], &byte, 1) != 1) _exit(1);
    pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  const std::string holders = LockHolders(path_);
  const std::string refused = Message(Ledger::Open(path_).status());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  if (access("/proc/locks", R_OK) != 0 || holders.empty()) {
    GTEST_SKIP() << "this system does not tell who holds locks";
  }
  EXPECT_THAT(holders, HasSubstr(absl::StrCat("process ", child, " (")));
  EXPECT_THAT(holders, Not(HasSubstr(",")));
  EXPECT_THAT(refused, HasSubstr(holders));
}

}  // namespace
}  // namespace fathom::server
