#include "server/store/files/file_lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "server/store/ledger.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using test::StoreTest;

// A child process that runs `body`, then waits to be killed, or ends at once
// when `body` returns false.
class Child {
 public:
  explicit Child(const std::function<bool()>& body) {
    int ready[2];
    if (pipe(ready) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      const char good = body() ? 1 : 0;
      if (write(ready[1], &good, 1) != 1 || good == 0) _exit(1);
      while (true) pause();
    }
    char good = 0;
    ready_ = read(ready[0], &good, 1) == 1 && good == 1;
    close(ready[0]);
    close(ready[1]);
  }
  ~Child() { Kill(); }

  bool ready() const { return ready_; }
  void Kill() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  bool ready_ = false;
};

using FileLockTest = StoreTest;

TEST_F(FileLockTest, IsHeldForAsLongAsALedgerIsOpen) {
  { const auto created = OpenLedger(); }
  EXPECT_FALSE(FileLock::IsHeld(path_));
  {
    const auto ledger = OpenLedger();
    EXPECT_TRUE(FileLock::IsHeld(path_));
  }
  EXPECT_FALSE(FileLock::IsHeld(path_));
  EXPECT_TRUE(FileLock::IsHeld(path_ + "-no-such-file"));  // Cannot be told.
}

TEST_F(FileLockTest, IsHeldByAnotherProcessUntilThatIsKilled) {
  { const auto created = OpenLedger(); }
  std::unique_ptr<FileLock> lock;
  Child other([&] {
    auto acquired = FileLock::Acquire(path_);
    if (acquired.ok()) lock = *std::move(acquired);
    return lock != nullptr;
  });
  ASSERT_TRUE(other.ready());
  EXPECT_TRUE(FileLock::IsHeld(path_));
  EXPECT_THAT(FileLock::Acquire(path_),
              StatusIs(absl::StatusCode::kAlreadyExists));

  other.Kill();
  EXPECT_FALSE(FileLock::IsHeld(path_));
  EXPECT_OK(FileLock::Acquire(path_));
}

// They look without a pause, so that the lock is mostly taken.
TEST_F(FileLockTest, WhoLooksKeepsNobodyOut) {
  { const auto created = OpenLedger(); }
  Child looking([&] {
    FileLock::IsHeld(path_);
    std::thread([this] {
      while (true) FileLock::IsHeld(path_);
    }).detach();
    return true;
  });
  ASSERT_TRUE(looking.ready());
  for (int i = 0; i < 5000; ++i) ASSERT_OK(FileLock::Acquire(path_)) << i;
}

// Closing any descriptor of the file would give up the locks of SQLite.
TEST_F(FileLockTest, WhoLooksKeepsTheLocksOfSqlite) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db,
                         "CREATE TABLE t(x); INSERT INTO t VALUES(1);"
                         "BEGIN; SELECT * FROM t",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);

  EXPECT_FALSE(FileLock::IsHeld(path_));
  EXPECT_FALSE(FileLock::IsHeld(path_));

  // SQLite itself would go by what it remembers from before the fork. The bytes
  // are those of its shared locks: see "File Locking" in its documentation.
  Child writer([&] {
    const int fd = open(path_.c_str(), O_RDWR);
    struct flock shared = {};
    shared.l_type = F_WRLCK;
    shared.l_whence = SEEK_SET;
    shared.l_start = 0x40000002;
    shared.l_len = 510;
    return fcntl(fd, F_SETLK, &shared) == 0;
  });
  EXPECT_FALSE(writer.ready()) << "the lock of the reader is gone";
  sqlite3_close(db);
}

}  // namespace
}  // namespace fathom::server
