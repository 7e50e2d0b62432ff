// Ledgers that an older fathom has written.

#include <sqlite3.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "server/store/ledger.h"
#include "server/store/schema.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom {
namespace {

using test::AddResult;
using test::LedgerTest;
using test::NewLease;
using test::NewReport;
using test::NewResult;
using test::NewSweep;
using test::SmallSpec;
using test::StatusIs;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kParametersSql[] =
    "SELECT sweep,trial,parameters->>'optimizer',parameters FROM results "
    "ORDER BY sweep,trial";

// Sweep 1 of the fixture, and sweep 2 over optimizers, with a trial each; the
// file then becomes what version 5 made of it.
class OlderLedgerTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    v1::SweepSpec spec = SmallSpec(1);
    v1::Axis& rule = *spec.add_axes()->add_axes();
    rule.set_field("optimizer.name");
    for (const char* name : {"gd", "adam"}) {
      rule.mutable_list()->add_values()->set_text(name);
    }
    RecordReport report = NewReport(2, 2);
    AddResult(report, NewResult(1, 0.25));
    ASSERT_OK(Commit({NewSweep(2, spec, 6), NewLease(1, 1, 0, 1),
                      NewLease(2, 2, 0, 2), report}));
    ledger_.reset();
  }

  void Execute(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  void MakeVersion5() {
    Execute(
        "UPDATE trials SET parameters=replace(parameters,'\"optimizer\":',"
        "'\"name\":'); PRAGMA user_version=5");
  }

  std::string FileContent() {
    std::ifstream in(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
};

TEST_F(OlderLedgerTest, IsReadByTheNamesOfTodayAndStaysAsItIs) {
  const std::vector<std::string> today = Rows(kParametersSql);
  ASSERT_THAT(
      today,
      ElementsAre(
          "1|0|NULL|{\"depth\":1,\"learning_rate\":1e-4}",
          "2|0|gd|{\"depth\":1,\"learning_rate\":1e-4,\"optimizer\":\"gd\"}",
          "2|1|adam|{\"depth\":1,\"learning_rate\":1e-4,\"optimizer\":"
          "\"adam\"}"));
  MakeVersion5();
  const std::string before = FileContent();

  EXPECT_EQ(Rows(kParametersSql), today);
  EXPECT_THAT(Rows("SELECT DISTINCT parameters->>'name' FROM results"),
              ElementsAre("NULL"));
  // Everything else is the same as well.
  const std::vector<std::string> columns = Rows(
      "SELECT group_concat(name) FROM pragma_table_info('results','temp') "
      "UNION ALL "
      "SELECT group_concat(name) FROM pragma_table_info('results','main')");
  ASSERT_THAT(columns, SizeIs(2));
  EXPECT_THAT(columns[0], HasSubstr("numerics,parameters,error"));
  EXPECT_EQ(columns[0], columns[1]);
  EXPECT_THAT(Rows("SELECT count(*),sum(final_loss) FROM results"),
              ElementsAre("3|0.25"));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  EXPECT_EQ((*reader)->GetSweep("2")->sweep_id(), 2);
  EXPECT_EQ((*reader)->GetTrial(2, 1)->result().final_loss(), 0.25);
  EXPECT_OK((*reader)->Audit());
  EXPECT_THAT(Rows("PRAGMA user_version"), ElementsAre("5"));
  EXPECT_EQ(FileContent(), before);
}

TEST_F(OlderLedgerTest, IsMigratedWhenItIsOpenedToWrite) {
  const std::vector<std::string> today = Rows(kParametersSql);
  MakeVersion5();

  ledger_ = OpenLedger();

  EXPECT_THAT(Rows("PRAGMA user_version"),
              ElementsAre(absl::StrCat(Migrations().size())));
  EXPECT_EQ(Rows(kParametersSql), today);
  EXPECT_THAT(Rows("SELECT parameters FROM main.trials"),
              Each(Not(HasSubstr("\"name\""))));
  // A trial that is given out only now has the same name.
  ASSERT_OK(Commit({NewLease(3, 2, 2, 1)}));
  EXPECT_THAT(Rows("SELECT parameters->>'optimizer' FROM results "
                   "WHERE sweep=2 ORDER BY trial"),
              ElementsAre("gd", "adam", "gd"));
}

TEST_F(OlderLedgerTest, IsRefusedByReadersBelowTheOldestTheyKnow) {
  Execute(absl::StrCat("PRAGMA user_version=", kOldestReadable - 1));
  const absl::Status status = LedgerReader::Open(path_).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(status.message()), HasSubstr("Start fathom-server"));
}

}  // namespace
}  // namespace fathom
