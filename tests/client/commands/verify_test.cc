// These tests call `fathom verify` as users do, on ledgers that `fathom run`
// has written.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "client/commands/commands.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "sqlite3.h"

namespace fathom::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome Fathom(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = RunFathom(arguments, out, err);
  return {code, out.str(), err.str()};
}

// The sweep has several depths, rates that diverge, a stop rule and the
// distance from an optimum.
constexpr char kSpec[] = R"(
name: small
data: {synthetic: {rows: 60, columns: 6, noise: 0.1}, standardize: true}
loss: {lp: 4}
model: {init: {scheme: balanced, norm: 0.1}}
steps: 200
axes:
  depth: [1, 2, 3]
  learning_rate: [0.01, 0.1, 30]
  seed: {range: [0, 5]}
stop: {loss_below: 0.01}
record: {points: 20, metrics: [loss, weight_norm, excess_loss]}
)";

class VerifyCommandTest : public testing::Test {
 protected:
  VerifyCommandTest() {
    std::string pattern = testing::TempDir() + "/fathom.XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~VerifyCommandTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::string db() const { return directory_ + "/small.db"; }

  void RunSweep(const std::string& spec) {
    const std::string path = directory_ + "/small.yaml";
    std::ofstream(path) << spec;
    const Outcome outcome =
        Fathom({"run", path, "--db", db(), "--no-plot", "--quiet"});
    ASSERT_EQ(outcome.code, kExitOk) << outcome.err;
  }

  Outcome Verify(std::vector<std::string> more) {
    more.insert(more.begin(), {"verify", "small", "--db", db()});
    return Fathom(more);
  }

  // Runs SQL on the file without fathom's knowledge.
  void Tamper(const std::string& sql) {
    sqlite3* file = nullptr;
    ASSERT_EQ(sqlite3_open(db().c_str(), &file), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(file, sql.c_str(), nullptr, nullptr, &error),
              SQLITE_OK)
        << error;
    EXPECT_GT(sqlite3_changes(file), 0);
    sqlite3_close(file);
  }

  // Moves a number of one row of `trials` to the next larger double.
  void AddOneUlp(const std::string& column, const std::string& where) {
    sqlite3* file = nullptr;
    ASSERT_EQ(sqlite3_open(db().c_str(), &file), SQLITE_OK);
    sqlite3_stmt* read = nullptr;
    sqlite3_stmt* write = nullptr;
    const std::string select =
        "SELECT " + column + " FROM trials WHERE " + where;
    const std::string update =
        "UPDATE trials SET " + column + " = ? WHERE " + where;
    sqlite3_prepare_v2(file, select.c_str(), -1, &read, nullptr);
    sqlite3_prepare_v2(file, update.c_str(), -1, &write, nullptr);
    ASSERT_EQ(sqlite3_step(read), SQLITE_ROW);
    const double value = sqlite3_column_double(read, 0);
    sqlite3_finalize(read);
    sqlite3_bind_double(write, 1, std::nextafter(value, HUGE_VAL));
    EXPECT_EQ(sqlite3_step(write), SQLITE_DONE);
    EXPECT_EQ(sqlite3_changes(file), 1);
    sqlite3_finalize(write);
    sqlite3_close(file);
  }

  std::string directory_;
};

TEST_F(VerifyCommandTest, ALedgerAsItWasWrittenHasNoDifference) {
  RunSweep(kSpec);

  const Outcome outcome = Verify({"--sample", "100%", "--json", "--quiet"});

  EXPECT_EQ(outcome.code, kExitOk) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["differences"], 0);
  EXPECT_EQ(json["trials"], 45);
  EXPECT_EQ(json["sampled"], 45);
  EXPECT_GT(json["doubles"], 45 * 20);
  ASSERT_GE(json["packings"].size(), 2u);
  for (const auto& packing : json["packings"]) {
    EXPECT_GT(packing["trainings"], 0) << packing;
  }
  EXPECT_EQ(json["packings"][0]["trainings"], 45);
  EXPECT_EQ(json["packings"][1]["doubles"], json["doubles"]);
}

constexpr char kEvaluated[] = R"(
name: small
data: {synthetic: {rows: 60, columns: 6, noise: 0.1}, test: {rows: 20}}
steps: 200
axes: {learning_rate: [0.01, 0.1]}
record: {points: 40, metrics: [test_loss, loss], evaluate: {points: 5}}
summarize: {metric: test_loss}
)";

TEST_F(VerifyCommandTest, WhatIsEvaluatedAtItsOwnStepsIsVerifiedAndShown) {
  RunSweep(kEvaluated);
  const Outcome query =
      Fathom({"query",
              "SELECT step FROM metric_points WHERE trial = 1 AND metric = "
              "'test_loss' ORDER BY step",
              "--db", db(), "--format", "csv"});
  EXPECT_EQ(query.out, "step\n0\n50\n100\n150\n200\n") << query.err;
  EXPECT_THAT(Fathom({"query",
                      "SELECT count(*) > 30 AS many FROM metric_points WHERE "
                      "trial = 1 AND metric = 'loss'",
                      "--db", db()})
                  .out,
              HasSubstr("1"));
  const Outcome plot =
      Fathom({"plot", "small", "--db", db(), "--out", directory_});
  if (plot.err.find("gnuplot is not installed") == std::string::npos) {
    EXPECT_EQ(plot.code, kExitOk) << plot.err;
  }
  const Outcome summary = Fathom({"summary", "small", "--db", db(), "--json"});
  const auto rows = nlohmann::json::parse(summary.out)["summary"]["rows"];
  ASSERT_EQ(rows.size(), 1u) << summary.out;
  EXPECT_GT(rows[0]["best"][0]["value"], 0.0);
  Outcome verified = Verify({"--sample", "100%", "--json", "--quiet"});
  EXPECT_EQ(verified.code, kExitOk) << verified.out << verified.err;
  Tamper(
      "UPDATE metric_chunks SET points = json_replace(points, '$[3][1]', 0.5) "
      "WHERE trial_index = 1 AND metrics = '[\"test_loss\"]'");
  verified = Verify({"--sample", "100%", "--json", "--quiet"});
  EXPECT_EQ(verified.code, kExitFailed);
  const auto differences = nlohmann::json::parse(verified.out);
  for (const auto& difference : differences["first_differences"]) {
    EXPECT_EQ(difference["what"], "test_loss");
    EXPECT_EQ(difference["step"], 150);
  }
}

TEST_F(VerifyCommandTest, OneUlpOfALossIsNoticed) {
  RunSweep(kSpec);
  AddOneUlp("final_loss", "trial_index = 7");

  const Outcome outcome = Verify({"--sample", "100%", "--seed", "3"});

  EXPECT_EQ(outcome.code, kExitFailed);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("sweep 1 trial 7: final_loss is stored as"),
                    HasSubstr("(0x1."), HasSubstr("in a bundle of")));
  EXPECT_THAT(outcome.err, Not(HasSubstr("trial 8")));
  EXPECT_THAT(outcome.out, Not(HasSubstr(": 0 differences")));
}

TEST_F(VerifyCommandTest, OneDigitOfAPointIsNoticedWithItsStep) {
  RunSweep(kSpec);
  // The change is in the last of 17 digits, which is a few ulps.
  Tamper(
      "UPDATE metric_chunks SET points = json_replace(points, '$[3][2]', "
      "json_extract(points, '$[3][2]') * (1 + 2.220446049250313e-16)) "
      "WHERE trial_index = 2");

  const Outcome outcome = Verify({"--sample", "45", "--json", "--quiet"});

  EXPECT_EQ(outcome.code, kExitFailed);
  const auto json = nlohmann::json::parse(outcome.out);
  // There is one difference per packing, and no other.
  EXPECT_GE(json["differences"], 2);
  for (const auto& difference : json["first_differences"]) {
    EXPECT_EQ(difference["trial"], 2);
    EXPECT_EQ(difference["what"], "weight_norm");
    EXPECT_GT(difference["step"], 0);
  }
}

TEST_F(VerifyCommandTest,
       OtherNumericsAndUnfinishedTrialsAreSkippedAndCounted) {
  RunSweep(kSpec);
  Tamper("UPDATE sessions SET numerics = 'fathom-k1/f64'");
  Outcome outcome = Verify({});
  EXPECT_EQ(outcome.code, kExitFailed);
  EXPECT_THAT(outcome.err, HasSubstr("45 of fathom-k1/f64"));
  EXPECT_EQ(outcome.out, "");

  Tamper(
      "INSERT INTO sessions(session,session_id,worker,slots,numerics,"
      "program_version,create_time) SELECT 99,'x','w',1,'fathom-k3/f64','',0");
  Tamper("UPDATE trials SET session = 99 WHERE trial_index IN (1, 30)");
  outcome = Verify({});
  EXPECT_EQ(outcome.code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("skipped: 43 of fathom-k1/f64"),
                    HasSubstr("2 trials of 2, "), HasSubstr("0 differences")));
}

TEST_F(VerifyCommandTest, ImportedDataComesFromTheLedger) {
  std::ofstream csv(directory_ + "/data.csv");
  csv << "a,b,y\n";
  for (int i = 0; i < 40; ++i) {
    csv << i % 7 << "," << (i * i) % 11 << "," << (3 * i) % 13 << "\n";
  }
  csv.close();
  RunSweep(R"(
name: small
data: {file: data.csv, target: y, standardize: true}
loss: {lp: 4}
optimizer: {learning_rate: 0.01}
steps: 50
axes: {depth: [1, 2], seed: {range: [0, 4]}}
record: {points: 5, metrics: [loss]}
)");
  std::filesystem::remove(directory_ + "/data.csv");

  EXPECT_THAT(Verify({}).out, HasSubstr("8 trials of 8"));

  Tamper("UPDATE dataset_chunks SET bytes = CAST(bytes || 'x' AS BLOB)");
  const Outcome outcome = Verify({});
  EXPECT_EQ(outcome.code, kExitFailed);
  EXPECT_THAT(outcome.err, HasSubstr("another content"));
}

TEST_F(VerifyCommandTest, ResultsOfSeveralNumericsAreNeverMixedSilently) {
  RunSweep(kSpec);
  const std::vector<std::vector<std::string>> commands = {
      {"summary", "small", "--db", db()},
      {"best", "small", "--db", db()},
      {"plot", "small", "--db", db(), "--out", directory_}};
  for (const std::vector<std::string>& command : commands) {
    EXPECT_THAT(Fathom(command).err, Not(HasSubstr("numerics"))) << command[0];
  }
  EXPECT_THAT(Fathom({"show", "small", "--db", db()}).out,
              HasSubstr("fathom-k3/f64"));

  Tamper(
      "INSERT INTO sessions(session,session_id,worker,slots,numerics,"
      "program_version,create_time) SELECT 99,'x','w',1,'fathom-k1/f64','',0");
  Tamper("UPDATE trials SET session = 99 WHERE trial_index = 1");
  Tamper("INSERT INTO sweep_numerics VALUES(1,'fathom-k1/f64',0)");
  Tamper("INSERT INTO sweep_sessions VALUES(1,99)");

  for (const std::vector<std::string>& command : commands) {
    EXPECT_THAT(Fathom(command).err,
                HasSubstr("several numerics (fathom-k1/f64, fathom-k3/f64)"))
        << command[0];
  }
  EXPECT_THAT(Fathom({"show", "small", "--db", db()}).out,
              HasSubstr("fathom-k1/f64, fathom-k3/f64"));
  const Outcome audit = Fathom({"audit", "--db", db()});
  EXPECT_EQ(audit.code, kExitOk) << audit.err;
  EXPECT_THAT(audit.err, HasSubstr("several numerics"));
}

TEST_F(VerifyCommandTest, AnAuditWarnsOfSecondResultsThatDiffer) {
  RunSweep(kSpec);
  Tamper(
      "INSERT INTO event_log(time,kind,sweep_id,trial_index,message) "
      "VALUES(0,'result_mismatch',1,0,'one of two workers lies')");
  const Outcome audit = Fathom({"audit", "--db", db()});
  EXPECT_EQ(audit.code, kExitOk) << audit.err;
  EXPECT_THAT(audit.out, HasSubstr("1 alarms"));
  EXPECT_THAT(audit.err, HasSubstr("warning: 1 second results differ"));
  EXPECT_EQ(Fathom({"audit", "--strict", "--db", db()}).code, kExitFailed);
}

TEST_F(VerifyCommandTest, WrongUsageSaysWhatIsExpected) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{
           {"verify", "1", "--db", "a.db", "--sample", "lots"},
           {"verify", "1", "--db", "no-such-file.db"},
           {"verify", "1", "--db", "a.db", "--slots", "0"}}) {
    const Outcome outcome = Fathom(arguments);
    EXPECT_EQ(outcome.code, kExitUsage) << testing::PrintToString(arguments);
    EXPECT_EQ(outcome.out, "");
  }
}

// One trial alone, without the others of its bundle.
TEST_F(VerifyCommandTest, ATrialIsRunAloneAndComparedBitByBit) {
  RunSweep(kSpec);
  const auto run = [&](std::vector<std::string> more) {
    more.insert(more.begin() + 1, {"--db", db(), "--quiet"});
    more.insert(more.begin(), "run");
    return Fathom(more);
  };

  const Outcome same = run({"small/7"});
  EXPECT_EQ(same.code, kExitOk) << same.err;
  EXPECT_THAT(same.out, AllOf(HasSubstr("trial 7 of sweep 1, small (depth = 1"),
                              HasSubstr("every bit is the same\n")));

  AddOneUlp("final_loss", "trial_index = 7");
  const Outcome other = run({"1/7", "--json"});
  EXPECT_EQ(other.code, kExitFailed);
  EXPECT_THAT(other.err, HasSubstr("trial 7: final_loss is stored as"));
  const auto json = nlohmann::json::parse(other.out);
  EXPECT_EQ(json["trial"], 7);
  EXPECT_EQ(json["trials"], 1);
  EXPECT_EQ(json["differences"], 1);
  EXPECT_EQ(json["packings"].size(), 1u);
  EXPECT_EQ(json["packings"][0]["largest_bundle"], 1);
  EXPECT_EQ(run({"1/8"}).code, kExitOk);
}

TEST_F(VerifyCommandTest, ATrialThatCannotBeComparedIsAnError) {
  RunSweep(kSpec);
  const auto run = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"run", "--db", db()});
    return Fathom(more);
  };
  EXPECT_EQ(run({"1/45"}).code, kExitUsage);
  EXPECT_EQ(run({"2/0"}).code, kExitUsage);
  EXPECT_EQ(run({"1/7", "--set", "steps=5"}).code, kExitUsage);
  EXPECT_EQ(run({"1/7", "--new"}).code, kExitUsage);
  Tamper("UPDATE trials SET state = 6 WHERE trial_index = 7");
  const Outcome failed = run({"1/7"});
  EXPECT_EQ(failed.code, kExitFailed);
  EXPECT_THAT(failed.err,
              HasSubstr("trial 7 of sweep 1 is failed, expected one that"));
}

}  // namespace
}  // namespace fathom::client
