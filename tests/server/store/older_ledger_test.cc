// Ledgers that an older fathom has written.

#include <sqlite3.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/store/ledger.h"
#include "server/store/schema.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
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

constexpr char kColumnsSql[] =
    "SELECT group_concat(name) FROM pragma_table_info('results')";

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
        "DROP VIEW sweep_overview; DROP VIEW results; DROP VIEW checkpoints;"
        "DROP VIEW metric_points; DROP VIEW attempts; DROP VIEW events;"
        "DROP VIEW event_counts; DROP VIEW momentum_weights;"
        "DROP TABLE deleted_sweeps; DROP TABLE sweep_datasets;"
        "DROP TABLE sweep_sessions; DROP TABLE past_events;"
        "DROP INDEX optimum_by_session; DROP INDEX events_by_sweep;"
        "ALTER TABLE datasets DROP COLUMN upload_time;"
        "DROP TABLE trial_checkpoints;"
        "ALTER TABLE trials DROP COLUMN numerics;"
        "ALTER TABLE trials DROP COLUMN weights;"
        "ALTER TABLE sweeps DROP COLUMN owner;"
        "ALTER TABLE sweeps DROP COLUMN traceparent;"
        "ALTER TABLE sweep_specs DROP COLUMN revision;"
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
  const std::vector<std::string> columns = Rows(kColumnsSql);
  ASSERT_THAT(columns, ElementsAre(HasSubstr("numerics,parameters,error")));
  MakeVersion5();
  const std::string before = FileContent();

  EXPECT_EQ(Rows(kParametersSql), today);
  EXPECT_THAT(Rows("SELECT DISTINCT parameters->>'name' FROM results"),
              ElementsAre("NULL"));
  // Everything else is the same as well.
  EXPECT_EQ(Rows(kColumnsSql), columns);
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

// Ledgers of every version, with the tables that its migrations made and rows
// as its program wrote them: those columns that version 1 had.
class EveryVersionTest : public test::StoreTest,
                         public ::testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    std::string sql = "PRAGMA journal_mode=DELETE;";
    for (int i = 0; i < GetParam(); ++i) sql += Migrations()[i];
    absl::StrAppend(&sql, "PRAGMA application_id=", kApplicationId,
                    ";PRAGMA user_version=", GetParam(), ";");
    // Of a program without today's fields, and with a view of its own days.
    v1::SweepSpec spec = SmallSpec(4);
    spec.mutable_trial()->mutable_data()->clear_one_hot();
    spec.mutable_trial()
        ->mutable_data()
        ->mutable_synthetic()
        ->clear_signal_decay();
    const std::string bytes = spec.SerializeAsString();
    absl::StrAppend(
        &sql,
        "INSERT INTO sweeps(sweep_id,name,fingerprint,state,trial_count,"
        "next_index,pending,leased,succeeded,diverged,stopped,failed,cancelled,"
        "fraction,create_time,end_time) "
        "VALUES(1,'small','ab',1,12,2,10,1,1,0,0,0,0,0.1,1000,NULL);"
        "INSERT INTO sweep_specs(sweep_id,spec,spec_json) VALUES(1,x'",
        absl::BytesToHexString(bytes),
        "','{}');"
        "INSERT INTO sessions VALUES(1,'s1','w1',1,'old/f64','0.0',1000);"
        "INSERT INTO leases VALUES(1,1,1,'[[0,1,2],[1,1,1]]',1000);"
        "INSERT INTO trials(sweep_id,trial_index,state,attempt,lost_attempts,"
        "lease_id,session,lease_time,end_time,steps,final_loss,best_loss,"
        "best_step,seconds,error,depth,lp,learning_rate,seed,hidden_width,"
        "parameters) VALUES(1,0,3,2,1,1,1,1000,2000,100,0.5,0.25,90,"
        "0.1,NULL,1,4.0,1e-4,0,1,'{\"depth\":1,\"learning_rate\":1e-4}'),"
        "(1,1,2,1,0,1,1,1000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,4.0,2e-4,0,"
        "1,'{\"depth\":1,\"learning_rate\":2e-4}');"
        "INSERT INTO past_attempts(sweep_id,trial_index,attempt,lost,session,"
        "lease_time,end_time) VALUES(1,0,1,1,1,900,950);"
        "INSERT INTO metric_chunks VALUES(1,0,2,0,'[\"loss\"]',"
        "'[[0,1.5],[100,0.5]]');"
        "CREATE VIEW results AS SELECT sweep_id AS sweep FROM trials;");
    if (GetParam() >= 5) {
      absl::StrAppend(&sql,
                      "INSERT INTO sweep_numerics VALUES(1,'old/f64',2000);");
    }
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  std::string FileContent() {
    std::ifstream in(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  // What readers are told, in everything that has to do with versions.
  std::vector<std::string> Everything() {
    std::vector<std::string> all;
    for (const char* sql :
         {"SELECT sweep,name,state,trials,paused,priority,weight,numerics,"
          "owner FROM sweep_overview",
          "SELECT sweep,trial,state,depth,final_loss,numerics,parameters,"
          "lost_attempts,weights FROM results",
          "SELECT * FROM metric_points", "SELECT * FROM attempts",
          "SELECT * FROM optima", "SELECT * FROM events",
          "SELECT * FROM momentum_weights"}) {
      for (const std::string& row : Rows(sql)) all.push_back(row);
      all.emplace_back("--");
    }
    return all;
  }
};

TEST_P(EveryVersionTest, IsReadAsIfItWereOfTodayAndStaysAsItIs) {
  const std::string before = FileContent();
  const std::vector<std::string> read = Everything();
  EXPECT_THAT(
      read,
      ElementsAre("1|small|running|12|0|0|1|old/f64|", "--",
                  "1|0|succeeded|1|0.5|old/f64|{\"depth\":1,\"learning_rate\":"
                  "1e-4}|1|NULL",
                  "1|1|leased|1|NULL|old/f64|{\"depth\":1,\"learning_rate\":"
                  "2e-4}|0|NULL",
                  "--", "1|0|loss|0|1.5", "1|0|loss|100|0.5", "--",
                  HasSubstr("1|0|1|lost|w1"), HasSubstr("1|0|2|succeeded|w1"),
                  HasSubstr("1|1|1|leased|w1"), "--", "--", "--", "--"));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  const auto sweep = (*reader)->GetSweep("small");
  ASSERT_OK(sweep);
  EXPECT_EQ(sweep->unreadable(), "");
  EXPECT_EQ(sweep->traceparent(), "");
  EXPECT_EQ(sweep->weight(), 1);
  EXPECT_THAT(sweep->numerics(), ElementsAre("old/f64"));
  EXPECT_TRUE(sweep->spec().trial().data().synthetic().has_signal_decay());
  const auto sweeps = (*reader)->ListSweeps(0, 10);
  ASSERT_OK(sweeps);
  EXPECT_EQ(sweeps->at(0).spec().name(), "small");
  EXPECT_EQ((*reader)->GetTrial(1, 0)->result().final_loss(), 0.5);
  EXPECT_THAT((*reader)->GetOptimum(v1::GetOptimumRequest()),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_OK((*reader)->GetFailedTrials(1, 0, 1000));
  const auto audit = (*reader)->Audit();
  ASSERT_OK(audit);
  EXPECT_THAT(audit->problems(), ::testing::IsEmpty());
  v1::ReadCurvesRequest request;
  request.set_sweep("1");
  request.set_metric(v1::METRIC_LOSS);
  int curves = 0;
  EXPECT_OK((*reader)->ReadCurves(request, [&](const v1::CurveBatch& batch) {
    curves += batch.trials_size();
    return absl::OkStatus();
  }));
  EXPECT_EQ(curves, 2);
  EXPECT_THAT(Rows("PRAGMA user_version"),
              ElementsAre(absl::StrCat(GetParam())));
  reader->reset();
  EXPECT_EQ(FileContent(), before);

  // A coordinator makes of it what readers saw.
  auto ledger = OpenLedger();
  ASSERT_NE(ledger, nullptr);
  EXPECT_EQ(Everything(), read);
  EXPECT_THAT(Rows("PRAGMA user_version"),
              ElementsAre(absl::StrCat(Migrations().size())));
  const auto state = ledger->Load();
  ASSERT_OK(state);
  ASSERT_THAT(state->running_sweeps, SizeIs(1));
  EXPECT_EQ(state->running_sweeps[0].sweep.unreadable(), "");
  ASSERT_THAT(state->running_sweeps[0].open_trials, SizeIs(1));
  EXPECT_OK(ledger->Commit({test::NewLease(2, 1, 2, 1)}));
}

INSTANTIATE_TEST_SUITE_P(
    All, EveryVersionTest,
    ::testing::Range(1, static_cast<int>(Migrations().size())));

TEST_F(OlderLedgerTest, OneOfANewerProgramIsLeftAlone) {
  Execute(absl::StrCat("PRAGMA user_version=", Migrations().size() + 1));
  const absl::Status status = LedgerReader::Open(path_).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(status.message()), HasSubstr("Use a newer fathom"));
}

}  // namespace
}  // namespace fathom::server
