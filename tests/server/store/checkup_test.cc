#include "server/store/checkup.h"

#include <sys/stat.h>

#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "server/store/ledger.h"
#include "server/store/schema.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Minutes(5);

class CheckupTest : public test::LedgerTest {
 protected:
  Checkup Look() { return CheckUp(path_, kPatience); }
};

TEST_F(CheckupTest, ALedgerInUseIsSeenAsItIs) {
  const Checkup checkup = Look();
  EXPECT_OK(checkup.opens);
  EXPECT_OK(checkup.integrity);
  EXPECT_OK(checkup.place);
  EXPECT_EQ(checkup.schema_version, static_cast<int64_t>(Migrations().size()));
  EXPECT_EQ(checkup.schema_version, checkup.newest_schema_version);
  EXPECT_GT(checkup.page_bytes * checkup.pages, 0);
  EXPECT_GT(checkup.file_bytes, 0);
  EXPECT_GT(checkup.disk->free, 0);
  EXPECT_GT(checkup.reserve, 0);
  EXPECT_TRUE(checkup.is_own);
  EXPECT_TRUE(checkup.is_held);
  EXPECT_EQ(checkup.leftovers, 0);
  ledger_.reset();
  EXPECT_FALSE(Look().is_held);
}

TEST_F(CheckupTest, PlantedFaultsAreSeen) {
  ledger_.reset();
  chmod(path_.c_str(), 0604);
  std::ofstream(directory_ + "/fathom-backup-abcdef") << "x";
  std::ofstream(directory_ + "/fathom-backup-abcdef-journal") << "x";
  std::ofstream(directory_ + "/fathom-backup-monday") << "x";
  std::ofstream(directory_ + "/fathom-backup-") << "x";
  std::filesystem::create_hard_link(path_, directory_ + "/second.db");
  const Checkup checkup = Look();
  EXPECT_EQ(checkup.mode, 0604);
  EXPECT_EQ(checkup.leftovers, 2);
  EXPECT_THAT(checkup.place, StatusIs(absl::StatusCode::kFailedPrecondition));
  // It was only looked at.
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/fathom-backup-abcdef"));
}

TEST_F(CheckupTest, DamageIsFoundInTimeOrNotAtAll) {
  ledger_.reset();
  const int64_t size = Look().file_bytes;
  const int64_t page = Look().page_bytes;
  ASSERT_GT(size, 4 * page);
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    for (int64_t at = 2 * page; at + page <= size; at += page) {
      file.seekp(at);
      file << std::string(100, 'x');
    }
  }
  const Checkup damaged = Look();
  const absl::Status& found =
      damaged.opens.ok() ? damaged.integrity : damaged.opens;
  EXPECT_THAT(found, StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(CheckupTest, WhatIsNoLedgerIsSaid) {
  ledger_.reset();
  std::ofstream(path_) << "no ledger, but long enough to look like a file ...";
  EXPECT_THAT(Look().opens, StatusIs(absl::StatusCode::kDataLoss));
  std::filesystem::remove(path_);
  EXPECT_THAT(Look().opens, StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace fathom::server
