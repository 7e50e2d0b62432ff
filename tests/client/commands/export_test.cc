// These tests call `fathom export` as users do, on a ledger that `fathom run`
// has written.
#include <sqlite3.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "client/commands/commands.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/client/commands/call.h"
#include "tests/client/commands/fake_service.h"

namespace fathom::client {
namespace {

using test::Fathom;
using test::Outcome;
using ::testing::HasSubstr;

constexpr char kExportSpec[] = R"(
name: x
data: {synthetic: {rows: 20, columns: 3}}
steps: 400
record: {metrics: [loss, weight_norm]}
axes: {depth: [1, 2], learning_rate: [0.01, 0.1, 1e300]}
)";

constexpr char kPointsSql[] =
    "SELECT sweep, trial, metric, step, value FROM metric_points "
    "WHERE sweep = 1 ORDER BY metric, trial, step";
constexpr char kResultsSql[] =
    "SELECT * FROM results WHERE sweep = 1 ORDER BY trial";

class ExportTest : public ::testing::Test {
 protected:
  ExportTest() {
    const Outcome run =
        Fathom({"run", folder_.Write("s.yaml", kExportSpec), "--db",
                folder_.Path("x.db"), "--no-plot", "--quiet"});
    EXPECT_THAT(run.code, testing::AnyOf(kExitOk, kExitSweepIncomplete))
        << run.err;
  }

  Outcome Export(std::vector<std::string> more) {
    more.insert(more.begin(), {"export", "x", "--db", folder_.Path("x.db")});
    return Fathom(more);
  }
  Outcome Query(const std::string& sql, const std::string& format) {
    return Fathom(
        {"query", sql, "--db", folder_.Path("x.db"), "--format", format});
  }
  std::string Content(const std::string& name) {
    std::ifstream file(folder_.Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  int64_t FileCount() {
    return std::distance(std::filesystem::directory_iterator(folder_.Path("")),
                         {});
  }

  test::ScratchFolder folder_;
};

TEST_F(ExportTest, CsvAndJsonLinesAreTheRowsOfTheViews) {
  for (const std::string format : {"csv", "jsonl"}) {
    for (const auto& [what, sql] :
         {std::pair("results", kResultsSql), std::pair("points", kPointsSql)}) {
      const std::string name = std::string(what) + "." + format;
      const Outcome outcome =
          Export({"--what", what, "-o", folder_.Path(name)});
      ASSERT_EQ(outcome.code, kExitOk) << outcome.err;
      const std::string queried = Query(sql, format).out;
      EXPECT_GT(queried.size(), 500u);
      EXPECT_EQ(Content(name), queried);
      EXPECT_EQ(Export({"--what", what, "--format", format, "-o", "-"}).out,
                queried);
    }
  }
}

// Sends one curve whose second value was not finite.
class NotFiniteService : public fathom::test::FakeService {
 public:
  grpc::Status ReadCurves(grpc::ServerContext*, const v1::ReadCurvesRequest*,
                          grpc::ServerWriter<v1::CurveBatch>* out) override {
    v1::CurveBatch batch;
    batch.add_trials(0);
    batch.add_states(v1::TRIAL_STATE_DIVERGED);
    batch.add_steps(2);
    batch.add_final_losses(0);
    batch.add_counts(2);
    batch.add_grid_places(0);
    batch.add_last_steps(2);
    batch.add_grids()->add_steps(0);
    batch.add_values(0.1);
    batch.add_values(std::numeric_limits<double>::quiet_NaN());
    out->Write(batch);
    return grpc::Status::OK;
  }
};

TEST_F(ExportTest, ValuesThatWereNotFiniteAreThereAsNothing) {
  NotFiniteService service;
  const auto points = [&](const char* format) {
    return Fathom({"export", "1", "--what", "points", "--format", format, "-o",
                   "-", "--server", service.address()})
        .out;
  };
  EXPECT_EQ(points("csv"),
            "sweep,trial,metric,step,value\n1,0,loss,0,0.1\n1,0,loss,2,\n");
  EXPECT_THAT(points("jsonl"), HasSubstr("\"step\": 2, \"value\": null}\n"));
}

TEST_F(ExportTest, ADatabaseHoldsTheSameRows) {
  for (const char* what : {"results", "points"}) {
    const std::string view =
        what == std::string("points") ? "metric_points" : what;
    const std::string path = folder_.Path(std::string(what) + ".db");
    ASSERT_EQ(Export({"--what", what, "-o", path}).code, kExitOk);
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    const std::string sql =
        "ATTACH '" + folder_.Path("x.db") + "' AS ledger;" +
        "SELECT (SELECT count(*) FROM main." + view +
        ")||' '||(SELECT count(*) FROM (SELECT * FROM main." + view +
        " EXCEPT SELECT * FROM ledger." + view + "))";
    std::string answer;
    sqlite3_exec(
        db, sql.c_str(),
        [](void* text, int, char** cells, char**) {
          *static_cast<std::string*>(text) = cells[0];
          return 0;
        },
        &answer, nullptr);
    sqlite3_close(db);
    const std::string count =
        Query("SELECT count(*) AS n FROM " + view, "csv").out;
    EXPECT_EQ("n\n" + answer + "\n",
              count.substr(0, count.size() - 1) + " 0\n");
  }
}

TEST_F(ExportTest, AFileIsReplacedOnlyWhenAsked) {
  const std::string path = folder_.Write("old.csv", "mine");
  const Outcome refused = Export({"-o", path});
  EXPECT_NE(refused.code, kExitOk);
  EXPECT_THAT(refused.err, HasSubstr("--force replaces"));
  EXPECT_EQ(Content("old.csv"), "mine");

  const Outcome replaced = Export({"-o", path, "--force", "--json"});
  EXPECT_EQ(replaced.code, kExitOk) << replaced.err;
  EXPECT_EQ(nlohmann::json::parse(replaced.out).at("rows"), 6);
  EXPECT_THAT(Content("old.csv"), HasSubstr("sweep,trial,state"));
}

TEST_F(ExportTest, WhatCannotBeWrittenIsRefusedBeforeAnythingIsRead) {
  const auto refused = [&](const std::vector<std::string>& arguments,
                           const char* words) {
    const Outcome outcome = Export(arguments);
    EXPECT_EQ(outcome.code, kExitUsage);
    EXPECT_THAT(outcome.err, HasSubstr(words));
    EXPECT_EQ(outcome.out, "");
  };
  const int64_t before = FileCount();
  refused({"-o", folder_.Path("a.parquet")}, "Python package");
  refused({"-o", folder_.Path("a.txt")}, "ends in .csv, .jsonl");
  refused({"-o", folder_.Path("a.csv"), "--format", "xml"}, "found xml");
  refused({"-o", "-", "--format", "sqlite"}, "needs a file");
  refused({"-o", "-", "--json"}, "expected a file");
  refused({"-o", folder_.Path("a.csv"), "--what", "all"}, "results or points");
  refused({}, "found no --out FILE");
  EXPECT_EQ(FileCount(), before);
}

// Is interrupted, as by Ctrl-C, whenever it is asked for curves.
class InterruptingService : public fathom::test::FakeService {
 public:
  grpc::Status ReadCurves(grpc::ServerContext*, const v1::ReadCurvesRequest*,
                          grpc::ServerWriter<v1::CurveBatch>*) override {
    kill(getpid(), SIGINT);
    return grpc::Status::OK;
  }
};

TEST_F(ExportTest, AnInterruptLeavesNothingBehind) {
  InterruptingService service;
  for (const char* name : {"a.csv", "a.db"}) {
    const int64_t before = FileCount();
    const Outcome outcome =
        Fathom({"export", "1", "--what", "points", "-o", folder_.Path(name),
                "--server", service.address()});
    EXPECT_EQ(outcome.code, kExitInterrupted) << outcome.err;
    EXPECT_EQ(FileCount(), before);
  }
}

}  // namespace
}  // namespace fathom::client
