// Datasets come into the ledger in pieces, and nobody sees half of one.
#include <sys/resource.h>

#include <csignal>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/protocol.h"
#include "server/limits.h"
#include "server/store/database.h"
#include "server/store/files/disk_space.h"
#include "tests/server/store/ledger_fixture.h"
#include "tests/testing/store_dataset.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kPiecesSql[] = "SELECT COUNT(*) FROM dataset_chunks";
constexpr char kDatasetsSql[] = "SELECT COUNT(*) FROM datasets";

// Of a little more than two pieces.
std::string Bytes(double first = 0.1) {
  Dataset dataset{.rows = 400, .columns = 700, .targets = 1};
  for (int i = 0; i < 400 * 700; ++i) dataset.x.push_back(i / 7.0);
  for (int i = 0; i < 400; ++i) dataset.y.push_back(i);
  dataset.x[0] = first;
  return EncodeDataset(dataset);
}

class LedgerDatasetTest : public test::LedgerTest {
 protected:
  absl::Status AddPieces(int64_t key, const std::string& bytes, int pieces) {
    for (int i = 0; i < pieces; ++i) {
      absl::Status status = ledger_->AddDatasetPiece(
          key, i,
          absl::string_view(bytes).substr(
              static_cast<size_t>(i * kDatasetChunkBytes),
              static_cast<size_t>(kDatasetChunkBytes)));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  void CleanUp() {
    const absl::Time now = test::SecondsIn(0);
    while (ledger_->HasCleaning(now)) {
      ASSERT_OK(ledger_->Clean(now, [](const std::string&) { return true; }));
    }
  }

  void ExpectAuditClean() {
    auto reader = LedgerReader::Open(path_);
    ASSERT_OK(reader);
    const auto audit = (*reader)->Audit();
    ASSERT_OK(audit);
    EXPECT_THAT(audit->problems(), IsEmpty());
  }
};

TEST_F(LedgerDatasetTest, NobodySeesADatasetBeforeItsLastPiece) {
  const std::string bytes = Bytes();
  const std::string digest = DatasetDigest(bytes);
  const auto key = ledger_->BeginDataset();
  ASSERT_OK(key);
  for (int piece = 0; piece < 3; ++piece) {
    auto reader = LedgerReader::Open(path_);
    ASSERT_OK(reader);
    EXPECT_THAT((*reader)->GetDatasetInfo(digest),
                StatusIs(absl::StatusCode::kNotFound));
    EXPECT_THAT((*reader)->ReadDatasetPiece(digest, 0),
                StatusIs(absl::StatusCode::kNotFound));
    EXPECT_THAT(Rows(kDatasetsSql), ElementsAre("0"));
    ExpectAuditClean();
    ASSERT_OK(ledger_->AddDatasetPiece(
        *key, piece,
        absl::string_view(bytes).substr(
            static_cast<size_t>(piece * kDatasetChunkBytes),
            static_cast<size_t>(kDatasetChunkBytes))));
  }
  EXPECT_OK(ledger_->FinishDataset(*key, test::Describe("x", bytes),
                                   test::SecondsIn(0)));
  EXPECT_THAT(test::ReadDataset(path_, digest), bytes);
  ExpectAuditClean();
}

TEST_F(LedgerDatasetTest, WhatNobodyFinishedIsGoneAfterTheNextStart) {
  ASSERT_OK(
      test::StoreDataset(*ledger_, "kept", Bytes(0.3), test::SecondsIn(0)));
  const auto key = ledger_->BeginDataset();
  ASSERT_OK(key);
  ASSERT_OK(AddPieces(*key, Bytes(), 2));
  EXPECT_THAT(Rows(kPiecesSql), ElementsAre("5"));
  ledger_.reset();  // As after a kill: nobody tidies up.
  ledger_ = OpenLedger();
  CleanUp();
  EXPECT_THAT(Rows(kPiecesSql), ElementsAre("3"));
  EXPECT_EQ(test::ReadDataset(path_, DatasetDigest(Bytes(0.3))), Bytes(0.3));
  ExpectAuditClean();
}

TEST_F(LedgerDatasetTest, PiecesAreDroppedInTurnsAndNeverThoseOfADataset) {
  const auto key = ledger_->BeginDataset();
  ASSERT_OK(key);
  for (int i = 0; i < 40; ++i) {
    ASSERT_OK(ledger_->AddDatasetPiece(*key, i, "piece"));
  }
  int turns = 0;
  absl::StatusOr<bool> more = true;
  for (; more.ok() && *more; ++turns) more = ledger_->DropDatasetPieces(*key);
  ASSERT_OK(more);
  EXPECT_EQ(turns, 3);
  EXPECT_THAT(Rows(kPiecesSql), ElementsAre("0"));
  ASSERT_OK(test::StoreDataset(*ledger_, "kept", Bytes()));
  for (int64_t any = 0; any < 10; ++any) {
    ASSERT_OK(ledger_->DropDatasetPieces(any));
  }
  EXPECT_THAT(Rows(kPiecesSql), ElementsAre("3"));
}

TEST_F(LedgerDatasetTest, TwoUploadsOfTheSameBytesMakeOneDataset) {
  const std::string bytes = Bytes();
  const auto first = ledger_->BeginDataset();
  const auto second = ledger_->BeginDataset();
  ASSERT_OK(first);
  ASSERT_OK(second);
  EXPECT_NE(*first, *second);
  ASSERT_OK(AddPieces(*first, bytes, 3));
  ASSERT_OK(AddPieces(*second, bytes, 3));
  ASSERT_OK(ledger_->FinishDataset(*second, test::Describe("b", bytes),
                                   test::SecondsIn(0)));
  const auto again = ledger_->FinishDataset(*first, test::Describe("a", bytes),
                                            test::SecondsIn(0));
  ASSERT_OK(again);
  EXPECT_EQ(again->title(), "b");
  EXPECT_THAT(Rows(kDatasetsSql), ElementsAre("1"));
  ASSERT_OK(ledger_->DropDatasetPieces(*first));
  EXPECT_THAT(Rows(kPiecesSql), ElementsAre("3"));
}

TEST_F(LedgerDatasetTest, ADatasetWithoutAllItsPiecesIsRefused) {
  const std::string bytes = Bytes();
  const auto key = ledger_->BeginDataset();
  ASSERT_OK(key);
  ASSERT_OK(AddPieces(*key, bytes, 2));
  EXPECT_THAT(ledger_->FinishDataset(*key, test::Describe("x", bytes),
                                     test::SecondsIn(0)),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("pieces of")));
  EXPECT_THAT(Rows(kDatasetsSql), ElementsAre("0"));
}

// The disk takes no more in the middle of a dataset: what is recorded goes on.
TEST_F(LedgerDatasetTest, AFullDiskLeavesNothingHalfVisible) {
  const std::string bytes = Bytes();
  const auto key = ledger_->BeginDataset();
  ASSERT_OK(key);
  ASSERT_OK(AddPieces(*key, bytes, 1));
  const auto size = [this](const char* suffix) {
    std::error_code none;
    const auto found = std::filesystem::file_size(path_ + suffix, none);
    return none ? 0 : static_cast<rlim_t>(found);
  };
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = std::max(size(""), size("-wal")) + (512 << 10);
  std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  absl::Status status;
  for (int piece = 1; piece < 10 && status.ok(); ++piece) {
    status = ledger_->AddDatasetPiece(*key, piece, std::string(1 << 20, 'x'));
  }
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Rows(kDatasetsSql), ElementsAre("0"));
  ExpectAuditClean();
  EXPECT_OK(Commit({test::NewSession("s3")}));
  ledger_.reset();
  ledger_ = OpenLedger();
  CleanUp();
  EXPECT_THAT(Rows(kPiecesSql), ElementsAre("0"));
  ExpectAuditClean();
}

TEST_F(LedgerDatasetTest, TheAuditMissesAPieceOfADataset) {
  ASSERT_OK(test::StoreDataset(*ledger_, "x", Bytes()));
  ledger_.reset();
  {
    auto db = sqlite::Database::Open(path_, sqlite::Access::kReadWrite);
    ASSERT_OK(db);
    ASSERT_OK((*db)->ExecuteScript("DELETE FROM dataset_chunks WHERE chunk=1"));
  }
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  const auto audit = (*reader)->Audit();
  ASSERT_OK(audit);
  EXPECT_THAT(audit->problems(), ElementsAre(HasSubstr("and pieces of")));
}

// What anybody who connects can make is forgotten in time; what tells of sweeps
// is not.
TEST_F(LedgerDatasetTest, EventsOfWorkersThatCameAndWentAreBounded) {
  ledger_.reset();
  {
    auto db = sqlite::Database::Open(path_, sqlite::Access::kReadWrite);
    ASSERT_OK(db);
    ASSERT_OK((*db)->ExecuteScript(absl::StrCat(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE "
        "i<",
        kKeptEvents,
        ") INSERT INTO event_log(time,kind,message) "
        "SELECT i,CASE WHEN i%100=0 THEN 'result_mismatch' ELSE "
        "'worker_connected' END,'' FROM n")));
  }
  ledger_ = OpenLedger();
  ASSERT_NE(ledger_, nullptr);
  const std::vector<Write> some(
      2048, InsertEvent{.kind = "worker_connected", .message = "w"});
  for (int i = 0; i < 4; ++i) ASSERT_OK(Commit(some));
  EXPECT_THAT(
      Rows(absl::StrCat("SELECT COUNT(*)<=", kKeptEvents + 1024 + 100,
                        " FROM event_log WHERE kind='worker_connected'")),
      ElementsAre("1"));
  EXPECT_THAT(Rows("SELECT COUNT(*) FROM event_log WHERE "
                   "kind='result_mismatch'"),
              ElementsAre(absl::StrCat(kKeptEvents / 100)));
  EXPECT_THAT(Rows("SELECT MIN(event_id)<=100 FROM event_log"),
              ElementsAre("1"));
  EXPECT_THAT(Rows("SELECT SUM(count) FROM event_counts"),
              ElementsAre(absl::StrCat(kKeptEvents + 4 * 2048)));
}

TEST(DiskSpace, AReserveStaysFree) {
  constexpr int64_t kMiB = 1 << 20;
  const DiskSpace large{.free = 1000 * kMiB, .total = 1'000'000 * kMiB};
  const int64_t room = large.free - kDiskReserveBytes;
  EXPECT_OK(CheckReserve(large, room, "x.db", "this copy"));
  EXPECT_THAT(CheckReserve(large, room + 1, "x.db", "this copy"),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("1000 MiB free; this copy takes 745 MiB, and "
                                 "256 MiB are kept")));
  // A twentieth of a small one.
  const DiskSpace small{.free = 10 * kMiB, .total = 20 * kMiB};
  EXPECT_OK(CheckReserve(small, 9 * kMiB, "x.db", "this copy"));
  EXPECT_FALSE(CheckReserve(small, 9 * kMiB + 1, "x.db", "this copy").ok());
}

}  // namespace
}  // namespace fathom::server
