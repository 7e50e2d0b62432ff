// The views belong to the program: a ledger shows those of the program that
// opens it, whatever wrote it.
#include "server/store/views.h"

#include <sqlite3.h>

#include <fstream>
#include <string>
#include <vector>

#include "server/store/ledger.h"
#include "server/store/schema.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using test::LedgerTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kTextsSql[] =
    "SELECT name,sql FROM main.sqlite_schema WHERE type='view' ORDER BY name";

class ViewsTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    ASSERT_OK(Commit({test::NewLease(1, 1, 0, 1)}));
    ledger_.reset();
    today_ = Rows(kTextsSql);
    ASSERT_EQ(today_.size(), StableViews().size());
  }

  void Execute(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  // What a program of the same version of the tables left behind that had
  // another view `results`, and no view `optima`.
  void MakeOlder() {
    Execute(
        "DROP VIEW results; DROP VIEW optima; CREATE VIEW results AS SELECT "
        "sweep_id AS sweep,'of old' AS state FROM trials;"
        "CREATE VIEW mine AS SELECT 1 AS one");
  }

  std::vector<std::string> today_;
};

TEST_F(ViewsTest, AWriterRenewsThemWithoutANewVersion) {
  MakeOlder();
  ledger_ = OpenLedger();
  ledger_.reset();
  std::vector<std::string> expected = today_;
  expected.insert(expected.begin() + 3,
                  "mine|CREATE VIEW mine AS SELECT 1 AS one");
  EXPECT_THAT(Rows(kTextsSql), ::testing::UnorderedElementsAreArray(expected));
  EXPECT_THAT(Rows("SELECT state,depth FROM main.results"),
              ElementsAre("leased|1"));
  EXPECT_THAT(Rows("PRAGMA user_version"),
              ElementsAre(absl::StrCat(Migrations().size())));
}

TEST_F(ViewsTest, AReaderShowsThemAndWritesNothing) {
  MakeOlder();
  const auto content = [this] {
    std::ifstream in(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string before = content();
  EXPECT_THAT(Rows("SELECT state,depth FROM results"), ElementsAre("leased|1"));
  EXPECT_THAT(Rows("SELECT state FROM main.results"), ElementsAre("of old"));
  EXPECT_THAT(Rows("SELECT * FROM optima"), IsEmpty());
  EXPECT_THAT(Rows("SELECT one FROM mine"), ElementsAre("1"));
  EXPECT_EQ(content(), before);
}

TEST_F(ViewsTest, AWriterThatHasThemWritesNothing) {
  const std::vector<std::string> before = Rows("PRAGMA main.schema_version");
  for (int i = 0; i < 3; ++i) OpenLedger();
  EXPECT_EQ(Rows("SELECT count(*) FROM temp.sqlite_schema"),
            std::vector<std::string>{"0"});
  auto db = sqlite::Database::Open(path_, sqlite::Access::kReadWrite);
  ASSERT_OK(db);
  static constexpr char kVersionSql[] = "PRAGMA schema_version";
  const auto version = (*db)->Find(kVersionSql);
  ASSERT_OK(RenewViews(**db));
  EXPECT_EQ((*db)->Find(kVersionSql)->value(), version->value());
  // Another text is another view, and gets there.
  std::vector<View> edited = StableViews();
  edited.back().select += "\nLIMIT 0";
  ASSERT_OK(RenewViews(**db, edited));
  EXPECT_NE((*db)->Find(kVersionSql)->value(), version->value());
  EXPECT_TRUE(*HasViews(**db, edited));
  EXPECT_FALSE(*HasViews(**db));
}

}  // namespace
}  // namespace fathom::server
