// What reads a whole ledger ends when it must.
#include "server/store/long_read.h"

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

// Would run for hours.
constexpr char kEndlessSql[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
    "WHERE i<1000000000000) SELECT COUNT(*) FROM n";

class LongReadTest : public test::LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    auto db = sqlite::Database::Open(path_, sqlite::Access::kReadOnly);
    ASSERT_OK(db);
    db_ = *std::move(db);
  }

  // The error that ends an endless statement.
  absl::Status Endless(const LongRead::Limits& limits) {
    const LongRead read(limits, path_, "the audit");
    const LongRead::Watch watch(read, *db_);
    return read.Explain(db_->Find(kEndlessSql).status());
  }

  std::unique_ptr<sqlite::Database> db_;
};

TEST_F(LongReadTest, EndsWhenNobodyWaits) {
  EXPECT_THAT(Endless({.is_cancelled = [] { return true; }}),
              StatusIs(absl::StatusCode::kCancelled,
                       HasSubstr("the audit was ended: nobody waits")));
}

TEST_F(LongReadTest, EndsWhenItsTimeIsOver) {
  EXPECT_THAT(Endless({.time = absl::Milliseconds(1)}),
              StatusIs(absl::StatusCode::kDeadlineExceeded,
                       HasSubstr("the audit was ended after 1ms")));
}

TEST_F(LongReadTest, EndsWhenTheDiskIsGettingFull) {
  EXPECT_THAT(
      Endless({.check_disk =
                   [] { return absl::ResourceExhaustedError("no room"); }}),
      StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("no room")));
}

// The next statement must not be taken for the one that was interrupted.
TEST_F(LongReadTest, LeavesTheConnectionAsItWas) {
  EXPECT_FALSE(Endless({.time = absl::ZeroDuration()}).ok());
  EXPECT_OK(db_->ExecuteScript("SELECT COUNT(*) FROM sweeps"));
}

TEST_F(LongReadTest, AReasonStaysOne) {
  bool cancelled = true;
  const LongRead read({.is_cancelled = [&] { return cancelled; }}, path_, "x");
  EXPECT_FALSE(read.Check().ok());
  cancelled = false;
  EXPECT_FALSE(read.Check().ok());
}

TEST_F(LongReadTest, AuditAndBackupHaveTheseBounds) {
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  const LongRead::Limits nobody = {.is_cancelled = [] { return true; }};
  EXPECT_THAT((*reader)->Audit(nobody), StatusIs(absl::StatusCode::kCancelled));
  bool handed_over = false;
  const auto consume = [&](absl::string_view) {
    handed_over = true;
    return absl::OkStatus();
  };
  EXPECT_THAT((*reader)->Backup(consume, nobody),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_FALSE(handed_over);
  EXPECT_OK((*reader)->Audit());
  EXPECT_OK((*reader)->Backup(consume));
}

}  // namespace
}  // namespace fathom::server
