// A copy of a ledger that is being written is a ledger.
#include "server/store/backup.h"

#include <atomic>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "proto/shared/sha256.h"
#include "server/store/files/temporary_file.h"
#include "server/store/ledger.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using test::AddPoints;
using test::AddResult;
using test::NewLease;
using test::NewReport;
using test::NewResult;
using test::StatusIs;
using ::testing::IsEmpty;

class BackupTest : public test::LedgerTest {
 protected:
  // Records trial `index` and moves the counters along.
  absl::Status Record(int64_t index) {
    RecordReport report = NewReport(index + 1, 1);
    AddPoints(report, index, 0, 0, std::vector<double>(2000, 0.1));
    AddResult(report, NewResult(index, 0.25));
    UpdateSweep update{.sweep_id = 1, .next_index = index + 1};
    update.progress.set_succeeded(index + 1);
    update.progress.set_pending(11 - index);
    return Commit({NewLease(index + 1, 1, index, 1), report,
                   DeleteLease{index + 1}, update,
                   InsertSweepNumerics{1, "eigen/f64/v1", report.time}});
  }

  std::vector<std::string> Files() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
};

// Where a reader may put no files beside it: SQLite's own program could not
// read one that asks for a write-ahead log.
TEST_F(BackupTest, ACopyNeedsNoWriteAheadLog) {
  ASSERT_OK(Record(0));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  std::string bytes;
  ASSERT_OK((*reader)->Backup([&](absl::string_view piece) {
    bytes.append(piece.data(), piece.size());
    return absl::OkStatus();
  }));
  // The versions for writing and for reading in the header; 2 is the log.
  EXPECT_EQ(bytes.substr(18, 2), "\1\1");
  EXPECT_EQ((*reader)->GetSweep(1)->progress().succeeded(), 1);
}

TEST_F(BackupTest, ACopyTakenWhileWritingIsOneConsistentLedger) {
  ASSERT_OK(Record(0));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  std::string bytes;
  int64_t written = 1;
  // Commits between the pieces, of which the copy has many.
  const auto digest =
      (*reader)->Backup([&](absl::string_view piece) -> absl::Status {
        bytes.append(piece.data(), piece.size());
        return written < 12 ? Record(written++) : absl::OkStatus();
      });
  ASSERT_OK(digest);
  EXPECT_GT(written, 1);
  Sha256 hash;
  hash.Update(bytes);
  EXPECT_EQ(*digest, hash.HexDigest());

  // Restoring is copying it to its place.
  const std::string restored = directory_ + "/restored.db";
  std::ofstream(restored, std::ios::binary) << bytes;
  auto copy = LedgerReader::Open(restored);
  ASSERT_OK(copy);
  const auto audit = (*copy)->Audit();
  ASSERT_OK(audit);
  EXPECT_THAT(audit->problems(), IsEmpty());
  EXPECT_EQ(audit->sweeps(0).recorded(), 1);
  auto ledger = Ledger::Open(restored);
  ASSERT_OK(ledger);
  EXPECT_EQ((*ledger)->Load()->running_sweeps[0].next_index, 1);
}

TEST_F(BackupTest, WritersAreNotHeldUpAndEveryCopyIsWhole) {
  ASSERT_OK(Record(0));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  std::thread writer([&] {
    for (int64_t trial = 1; trial < 12; ++trial) EXPECT_OK(Record(trial));
  });
  for (int copy = 0; copy < 4; ++copy) {
    std::string bytes;
    EXPECT_OK((*reader)->Backup([&](absl::string_view piece) {
      bytes.append(piece.data(), piece.size());
      return absl::OkStatus();
    }));
    const std::string path = directory_ + "/copy.db";
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << bytes;
    auto opened = LedgerReader::Open(path);
    ASSERT_OK(opened);
    EXPECT_THAT((*opened)->Audit()->problems(), IsEmpty());
  }
  writer.join();
}

TEST_F(BackupTest, NothingIsLeftBehind) {
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  const std::vector<std::string> before = Files();
  EXPECT_THAT((*reader)->Backup([](absl::string_view) {
    return absl::CancelledError("enough");
  }),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(Files(), ::testing::UnorderedElementsAreArray(before));
}

// Others fill the disk while the copy is made, or while it is handed over.
TEST_F(BackupTest, ADiskThatGetsFullEndsItAndTheCopyGoes) {
  ASSERT_OK(Record(0));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  const std::vector<std::string> before = Files();
  int64_t looks_of_a_whole_copy = 0;
  for (int64_t full_after = 0;; ++full_after) {
    std::atomic<int64_t> looks = 0;  // A thread of its own looks, too.
    LongRead::Limits limits;
    limits.check_disk = [&] {
      return ++looks > full_after ? absl::ResourceExhaustedError("full")
                                  : absl::OkStatus();
    };
    const auto digest = (*reader)->Backup(
        [](absl::string_view) { return absl::OkStatus(); }, limits);
    EXPECT_THAT(Files(), ::testing::UnorderedElementsAreArray(before));
    if (digest.ok()) {
      looks_of_a_whole_copy = full_after;
      break;
    }
    ASSERT_THAT(digest, StatusIs(absl::StatusCode::kResourceExhausted))
        << full_after;
  }
  // Once at least while it is made, and once for a piece of it.
  EXPECT_GE(looks_of_a_whole_copy, 2);
}

// Nobody holds a lock on what a killed process left, and nothing else goes.
TEST_F(BackupTest, WhatAKilledBackupLeftGoesAndWhatIsInUseStays) {
  auto running = TemporaryFile::Create(directory_);
  ASSERT_OK(running);
  std::ofstream((*running)->path() + "-journal") << "x";
  std::vector<std::string> expected = Files();
  for (const char* name :
       {"fathom-backup-abcdef", "fathom-backup-abcdef-journal",
        "fathom-backup-ABC123-wal"}) {
    std::ofstream(directory_ + "/" + name) << "x";
  }
  for (const char* name :
       {"fathom-backup-monday", "fathom-backup-monday.db", "fathom-backup-"}) {
    std::ofstream(directory_ + "/" + name) << "x";
    expected.push_back(name);
  }
  std::filesystem::create_directory(directory_ + "/fathom-backup-folder");
  expected.push_back("fathom-backup-folder");
  // Six letters, like ours: told apart by its second name.
  std::filesystem::create_hard_link(directory_ + "/fathom-backup-monday",
                                    directory_ + "/second");
  expected.push_back("second");
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  EXPECT_EQ((*reader)->RemoveBackupLeftovers(), 1);
  EXPECT_THAT(Files(), ::testing::UnorderedElementsAreArray(expected));
}

// The log can be cut while the copy goes over the network.
TEST_F(BackupTest, NoSnapshotIsHeldWhileACopyIsHandedOver) {
  ASSERT_OK(Record(0));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  int64_t blocked = -1;
  ASSERT_OK((*reader)->Backup([&](absl::string_view) {
    auto db = sqlite::Database::Open(path_, sqlite::Access::kReadWrite);
    // Its first column: whether somebody was in the way.
    if (db.ok()) {
      blocked = (*db)->Find("PRAGMA wal_checkpoint(TRUNCATE)")->value_or(-1);
    }
    return db.status();
  }));
  EXPECT_EQ(blocked, 0);
}

TEST_F(BackupTest, ADamagedLedgerIsNotPassedOn) {
  for (int64_t trial = 0; trial < 12; ++trial) ASSERT_OK(Record(trial));
  ledger_.reset();  // Checkpoints: the file has everything.
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(16384 * 9);
    file << std::string(16384 * 3, 'x');
  }
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  bool passed_on = false;
  EXPECT_THAT((*reader)->Backup([&](absl::string_view) {
    passed_on = true;
    return absl::OkStatus();
  }),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_FALSE(passed_on);
}

}  // namespace
}  // namespace fathom::server
