// These tests are about the data of a sweep: where they come from, what stands
// in for them, and what is said about them.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/invocation.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/client/data/files.h"

namespace fathom::client {
namespace {

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

std::string Sweep(const std::string& import) {
  return "name: small\n"
         "data:\n" +
         import +
         "  if_present: true\n"
         "  synthetic: {rows: 20, columns: 3, seed: 1}\n"
         "steps: 5\n"
         "optimizer: {learning_rate: 0.01}\n";
}

class DataCommandTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const {
    return folder_.path() + "/" + name;
  }
  Outcome Run(const std::string& spec, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"run",        spec, "--db",
                                          Path("t.db"), "-q", "--no-plot"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Fathom(arguments);
  }

  test::TempFolder folder_;
};

TEST_F(DataCommandTest, SyntheticDataStandsInUntilTheFileIsThere) {
  const std::string spec =
      folder_.Write("s.yaml", Sweep("  file: t.csv\n  target: y\n"));
  Outcome run = Run(spec);
  EXPECT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.out, HasSubstr("Data:     synthetic (20 x 3) in place of "
                                 "t.csv, which is missing\n"));
  EXPECT_THAT(Fathom({"summary", "1", "--db", Path("t.db")}).out,
              HasSubstr("synthetic (20 x 3) in place of t.csv"));

  folder_.Write("t.csv", "a,b,y\n1,2,3\n4,0,6\n7,255,9\n");
  run = Run(spec);
  EXPECT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.out, HasSubstr(absl::StrCat("Data:     t.csv (3 x 2, ",
                                              Path("t.csv"), ")\n")));
  EXPECT_THAT(Fathom({"summary", "2", "--db", Path("t.db")}).out,
              HasSubstr("Data:     t.csv (3 x 2)\n"));
}

// A file with an error does not count as missing.
TEST_F(DataCommandTest, BrokenFileIsNotReplaced) {
  const std::string spec =
      folder_.Write("s.yaml", Sweep("  file: t.csv\n  target: y\n"));
  folder_.Write("t.csv", "a,b,y\n1,2,3\n4,x,6\n");
  const Outcome run = Run(spec);
  EXPECT_EQ(run.code, kExitUsage);
  EXPECT_THAT(run.err, HasSubstr("t.csv:3:3"));
}

TEST_F(DataCommandTest, FolderOfABuiltinIsTakenAtItsWord) {
  const std::string spec =
      folder_.Write("s.yaml", Sweep("  builtin: ethanol\n"));
  std::filesystem::create_directory(Path("empty"));
  setenv("FATHOM_DATASETS", Path("empty").c_str(), 1);
  const Outcome twin = Run(spec);
  unsetenv("FATHOM_DATASETS");
  EXPECT_EQ(twin.code, kExitOk) << twin.err;
  EXPECT_THAT(twin.out,
              HasSubstr("Data:     synthetic twin of ethanol (20 x 3); for the "
                        "real set see `fathom data info ethanol`\n"));

  const Outcome missing = Run(spec, {"--data", Path("empty")});
  EXPECT_EQ(missing.code, kExitUsage);
  EXPECT_THAT(missing.err, HasSubstr("the dataset ethanol is missing"));
  EXPECT_EQ(Run(spec, {"--data", Path("none")}).code, kExitUsage);
}

// Only the deeper model finds the unknown entries.
TEST_F(DataCommandTest, MatrixIsCompletedBetterByDepth) {
  const std::string spec = folder_.Write("s.yaml", R"(name: completion
data: {completion: {matrix_rows: 12, matrix_columns: 12, rank: 1, observed: 72}}
loss: {factor: one}
model: {init: {scheme: balanced}}
steps: 3000
axes:
  depth: [1, 3]
  learning_rate: [0.5, 20]
record: {points: 2, metrics: [reconstruction_error, loss]}
summarize: {by: [depth], best_over: [learning_rate], metric: reconstruction_error}
)");
  const Outcome run = Run(spec, {"--json"});
  ASSERT_EQ(run.code, kExitOk) << run.err;
  EXPECT_EQ(nlohmann::json::parse(run.out)["data"],
            "matrix completion (12 x 12 of rank 1, 72 entries)");
  const Outcome errors =
      Fathom({"query",
              "SELECT depth, min(value) FROM results JOIN metric_points USING "
              "(sweep, trial) WHERE metric = 'reconstruction_error' GROUP BY "
              "depth ORDER BY depth",
              "--db", Path("t.db"), "--format", "json"});
  ASSERT_EQ(errors.code, kExitOk) << errors.err;
  const auto rows = nlohmann::json::parse(errors.out)["rows"];
  ASSERT_EQ(rows.size(), 2u) << errors.out;
  EXPECT_GT(rows[0]["min(value)"].get<double>(), 0.4);
  EXPECT_LT(rows[1]["min(value)"].get<double>(), 0.05);
}

TEST_F(DataCommandTest, FilesCanBeAnAxis) {
  folder_.Write("a.csv", "x,y\n1,2\n2,4\n3,6\n");
  folder_.Write("b.csv", "x,y\n1,1\n2,5\n");
  const std::string spec = folder_.Write("s.yaml", R"(name: files
data: {target: y}
optimizer: {learning_rate: 0.1}
steps: 500
axes: {data.file: [a.csv, b.csv], seed: [1, 2]}
summarize: {by: [file], average_over: [seed]}
)");
  const Outcome run = Run(spec);
  ASSERT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.out, HasSubstr("4 trials: 4 succeeded"));
  const Outcome query =
      Fathom({"query",
              "SELECT json_extract(parameters, '$.file') AS file, "
              "min(final_loss) AS loss FROM results GROUP BY file ORDER BY "
              "file",
              "--db", Path("t.db"), "--format", "json"});
  const auto rows = nlohmann::json::parse(query.out)["rows"];
  ASSERT_EQ(rows.size(), 2u) << query.out << query.err;
  EXPECT_EQ(rows[0]["file"], "a.csv");
  EXPECT_LT(rows[0]["loss"].get<double>(), 1e-9);
  EXPECT_GT(rows[1]["loss"].get<double>(), 0.01);

  // The same files make the same sweep, and other content makes another sweep.
  const auto sweeps = [&] {
    EXPECT_EQ(Run(spec).code, kExitOk);
    const Outcome count =
        Fathom({"query", "SELECT count(*) AS n FROM sweep_overview", "--db",
                Path("t.db"), "--format", "json"});
    return nlohmann::json::parse(count.out)["rows"][0]["n"].get<int>();
  };
  EXPECT_EQ(sweeps(), 1);
  folder_.Write("b.csv", "x,y\n1,3\n2,6\n");
  EXPECT_EQ(sweeps(), 2);
  folder_.Write("b.csv", "x,y\n1,3\n2,3\n");
  EXPECT_THAT(Run(spec).err, HasSubstr("b.csv: found target \"y\" to be the "
                                       "constant 3"));
}

// y is 2 x, and z is no function of x. A target that stayed among the features
// of the other target would make both exact.
TEST_F(DataCommandTest, TargetsCanBeAnAxisAndAreNoFeaturesOfEachOther) {
  folder_.Write("t.csv", "x,y,z\n1,2,1\n2,4,-1\n3,6,-1\n4,8,1\n");
  const std::string spec = folder_.Write("s.yaml", R"(name: targets
data: {file: t.csv}
optimizer: {learning_rate: 0.05}
steps: 500
axes: {data.target: [y, z]}
summarize: {by: [target]}
)");
  const Outcome run = Run(spec);
  ASSERT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.out, HasSubstr("2 trials: 2 succeeded"));
  EXPECT_THAT(run.out, HasSubstr("t.csv (4 x 1"));
  const Outcome wrong = Fathom({"run", spec, "--db", Path("t.db"), "--no-plot",
                                "--set", "axes.data.target=[y, zz]"});
  EXPECT_EQ(wrong.code, kExitUsage);
  EXPECT_THAT(wrong.err, HasSubstr("no column \"zz\" for the target"));
  const Outcome query =
      Fathom({"query",
              "SELECT json_extract(parameters, '$.target') AS target, "
              "final_loss AS loss FROM results ORDER BY target",
              "--db", Path("t.db"), "--format", "json"});
  const auto rows = nlohmann::json::parse(query.out)["rows"];
  ASSERT_EQ(rows.size(), 2u) << query.out << query.err;
  EXPECT_EQ(rows[0]["target"], "y");
  EXPECT_LT(rows[0]["loss"].get<double>(), 1e-9);
  EXPECT_GT(rows[1]["loss"].get<double>(), 0.1);
}

TEST_F(DataCommandTest, TargetsOfATableInTheSpecRunAgainAsTheyAreShown) {
  const std::string spec = folder_.Write("s.yaml", R"(name: table
data: {table: "x,y,z\n1,2,1\n2,4,-1\n3,6,-1\n"}
optimizer: {learning_rate: 0.05}
steps: 50
axes: {data.target: [y, z]}
)");
  ASSERT_EQ(Run(spec).code, kExitOk);
  const Outcome shown = Fathom({"show", "1", "--db", Path("t.db"), "--json"});
  const std::string again = folder_.Write(
      "again.json", nlohmann::json::parse(shown.out)["spec"].dump());
  const Outcome run = Run(again);
  EXPECT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.out, HasSubstr("table (sweep 1)"));
  EXPECT_THAT(run.out, HasSubstr("a table in the spec, 2 targets"));
}

TEST_F(DataCommandTest, FilesMayHaveATargetEach) {
  folder_.Write("a.csv", "x,y\n1,2\n2,4\n3,6\n");
  folder_.Write("b.csv", "x,out\n1,1\n2,5\n");
  const std::string text = R"(name: pairs
optimizer: {learning_rate: 0.1}
steps: 500
axes:
)";
  const Outcome zipped = Run(folder_.Write(
      "s.yaml",
      text + "  zip: {data.file: [a.csv, b.csv], data.target: [y, out]}\n"));
  ASSERT_EQ(zipped.code, kExitOk) << zipped.err;
  EXPECT_THAT(zipped.out, HasSubstr("2 trials: 2 succeeded"));
  const Outcome crossed = Run(folder_.Write(
      "t.yaml",
      text + "  data.file: [a.csv, b.csv]\n  data.target: [y, out]\n"));
  EXPECT_EQ(crossed.code, kExitUsage);
  EXPECT_THAT(crossed.err, HasSubstr("both under `zip`"));
}

// The entries in the file are those of a matrix of rank 1, of which one is
// unknown.
TEST_F(DataCommandTest, AMatrixOfOnesOwnIsCompleted) {
  folder_.Write("ratings.csv",
                "user,film,rating\nAda,X,2\nAda,Y,4\nBob,X,1\nBob,Y,2\n"
                "Eve,X,3\n");
  const std::string spec = folder_.Write("s.yaml", R"(name: ratings
data: {file: ratings.csv, format: entries, target: rating}
loss: {factor: one}
model: {depth: 2, init: {scheme: balanced, norm: 0.1}}
optimizer: {learning_rate: 0.1}
steps: 2000
record: {points: 2, metrics: [loss, effective_rank]}
)");
  const Outcome run = Run(spec, {"--json"});
  ASSERT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(Run(spec, {"--dry-run"}).out,
              HasSubstr("3 rows (\"user\") and 2 columns (\"film\")"));
  const Outcome query = Fathom({"query", "SELECT final_loss FROM results",
                                "--db", Path("t.db"), "--format", "json"});
  const auto rows = nlohmann::json::parse(query.out)["rows"];
  ASSERT_EQ(rows.size(), 1u) << query.out;
  EXPECT_LT(rows[0]["final_loss"].get<double>(), 1e-6);
  EXPECT_GT(rows[0]["final_loss"].get<double>(), 0);

  const Outcome refused =
      Run(spec, {"--set", "record.metrics=[reconstruction_error]", "--new"});
  EXPECT_EQ(refused.code, kExitUsage);
  EXPECT_THAT(refused.err, HasSubstr("reconstruction_error without"));
}

constexpr char kHeldOut[] = R"(name: held
data:
  file: a.csv
  target: y
  test_file: t.csv
  validation: {rows: 2, from: 1}
optimizer: {learning_rate: 0.01}
steps: 5
record: {metrics: [loss, test_loss, validation_loss]}
)";

TEST_F(DataCommandTest, HeldOutRowsAreMeasuredAndNotTrainedOn) {
  folder_.Write("a.csv", "x,y\n1,2\n2,0\n9,9\n3,6\n4,8\n");
  folder_.Write("t.csv", "x,y\n5,10\n6,12\n");
  const std::string spec = folder_.Write("s.yaml", kHeldOut);
  const std::string parts =
      "3 rows for training, 2 for validation, 2 for testing";
  EXPECT_THAT(Run(spec, {"--dry-run"}).out, HasSubstr(parts));
  const Outcome run = Run(spec, {"--set", "steps=2000"});
  ASSERT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.out, HasSubstr(absl::StrCat("a.csv (7 x 1, ", Path("a.csv"),
                                              "; ", parts, ")")));
  EXPECT_THAT(Fathom({"summary", "1", "--db", Path("t.db")}).out,
              HasSubstr(absl::StrCat("a.csv (7 x 1; ", parts, ")")));
  // Rows that are trained on and those of t.csv lie on y = 2 x, the two that
  // are held out for validation do not.
  const Outcome query =
      Fathom({"query",
              "SELECT metric, value FROM metric_points WHERE step = 2000 "
              "ORDER BY metric",
              "--db", Path("t.db"), "--format", "json"});
  const auto rows = nlohmann::json::parse(query.out)["rows"];
  ASSERT_EQ(rows.size(), 3u) << query.out << query.err;
  EXPECT_LT(rows[0]["value"].get<double>(), 1e-9);
  EXPECT_EQ(rows[1]["metric"], "test_loss");
  EXPECT_LT(rows[1]["value"].get<double>(), 1e-9);
  EXPECT_NEAR(rows[2]["value"].get<double>(), (4 * 4 + 9 * 9) / 4.0, 1e-3);

  // The spec as it is stored means the same sweep.
  const Outcome shown = Fathom({"show", "1", "--db", Path("t.db"), "--json"});
  const std::string again = folder_.Write(
      "again.json", nlohmann::json::parse(shown.out)["spec"].dump());
  const Outcome rerun = Run(again);
  EXPECT_EQ(rerun.code, kExitOk) << rerun.err;
  EXPECT_THAT(rerun.out, HasSubstr("held (sweep 1)"));
}

// What only the data tells is found where it was written, too.
TEST_F(DataCommandTest, HeldOutRowsThatDoNotFitAreRefusedInTheirPlace) {
  folder_.Write("a.csv", "x,y\n1,2\n2,0\n9,9\n3,6\n4,8\n");
  folder_.Write("t.csv", "x,y\n5,10\n6,12\n");
  const std::string spec = folder_.Write("s.yaml", kHeldOut);
  const auto expect = [&](const std::vector<std::string>& more,
                          const std::string& text) {
    const Outcome run = Run(spec, more);
    EXPECT_EQ(run.code, kExitUsage) << text;
    EXPECT_THAT(run.err, HasSubstr(text));
  };
  expect({"--set", "data.validation.rows=8"},
         "--set data.validation.rows=8: found 8 rows of data that has 7");
  expect({"--set", "data.validation.from=6"},
         "--set data.validation.from=6: found 2 rows from row 6 of data that "
         "has 7, expected a `from` of at most 5");
  expect({"--set", "data.validation.rows=5"},
         "found validation rows 1 to 5 and test rows 5 to 6 of 7, which "
         "overlap");
  expect({"--set", "data.test.rows=3"},
         "--set data.test.rows=3: found 3 rows, expected at most 2, the rows "
         "of ");
  expect({"--set", "data.test={rows: 1, from: 3}"}, "found `from` beside");
  folder_.Write("t.csv", "x,z,y\n5,10,1\n");
  expect({}, "s.yaml:5:14: found 2 features and 1 target in ");
  expect({"--dry-run"}, "s.yaml:5:14: found 2 features and 1 target in ");
  const std::string folds = folder_.Write("f.yaml", R"(name: folds
data: {file: a.csv, target: y, validation: {rows: 2}}
optimizer: {learning_rate: 0.01}
steps: 5
record: {metrics: [loss, validation_loss]}
axes:
  validation.from: [0, 2, 4]
)");
  const Outcome run = Run(folds);
  EXPECT_EQ(run.code, kExitUsage);
  EXPECT_THAT(run.err, HasSubstr("f.yaml:7:20: found 2 rows from row 4 of data "
                                 "that has 5"));
  EXPECT_EQ(Run(folds, {"--set", "axes.validation.from=[0, 2]"}).code, kExitOk);
}

TEST_F(DataCommandTest, WhatStandsInHoldsOutRowsOfItsOwn) {
  const std::string spec = folder_.Write(
      "s.yaml", Sweep("  file: t.csv\n  target: y\n  test_file: u.csv\n") +
                    "record: {metrics: [loss, test_loss]}\n");
  const Outcome none = Run(spec);
  EXPECT_EQ(none.code, kExitUsage);
  EXPECT_THAT(none.err, HasSubstr("found test_loss without test rows of the "
                                  "synthetic data that stands in"));
  const Outcome many = Run(spec, {"--set", "data.test.rows=50"});
  EXPECT_EQ(many.code, kExitUsage);
  EXPECT_THAT(many.err, HasSubstr("50 rows of data that has 20"));
  const Outcome run = Run(spec, {"--set", "data.test.rows=4"});
  EXPECT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.out, HasSubstr("synthetic (20 x 3; 16 rows for training, 4 "
                                 "for testing) in place of t.csv"));
  // One of two files is none.
  folder_.Write("t.csv", "a,b,y\n1,2,3\n4,0,6\n7,255,9\n");
  EXPECT_THAT(Run(spec, {"--set", "data.test.rows=4"}).out,
              HasSubstr("in place of t.csv"));
}

TEST_F(DataCommandTest, InfoCountsHeldOutRows) {
  const std::string file = folder_.Write("a.csv", "x,y\n1,2\n2,0\n9,9\n");
  const std::string test = folder_.Write("t.csv", "x,y\n5,10\n6,12\n");
  const Outcome info =
      Fathom({"data", "info", file, "--target", "y", "--test-file", test});
  EXPECT_EQ(info.code, kExitOk) << info.err;
  EXPECT_THAT(info.out, HasSubstr("rows:     5\n"
                                  "          3 rows for training, 2 for "
                                  "testing\n"));
  const Outcome json = Fathom(
      {"data", "info", file, "--target", "y", "--test-file", test, "--json"});
  EXPECT_EQ(nlohmann::json::parse(json.out)["test_rows"], 2);
  const Outcome refused = Fathom(
      {"data", "info", "ethanol", "--data", folder_.path(), "--builtin-test"});
  EXPECT_EQ(refused.code, kExitUsage);
  EXPECT_THAT(refused.err, HasSubstr("ethanol, which has no test set"));
}

TEST_F(DataCommandTest, InfoSaysWhatWasMadeOfATable) {
  const std::string file = folder_.Write(
      "iris.data",
      "5.1,true,Iris-setosa\n4.9,false,Iris-virginica\n?,true,Iris-setosa\n");
  const Outcome info = Fathom({"data", "info", file, "--target", "column_3",
                               "--missing", "drop", "--header", "false"});
  EXPECT_EQ(info.code, kExitOk) << info.err;
  EXPECT_THAT(info.out,
              HasSubstr("data:     iris.data (csv, no header: columns are "
                        "called column_1, ...)\n"));
  EXPECT_THAT(info.out, HasSubstr("0 = Iris-setosa (1 row), 1 = "
                                  "Iris-virginica (1 row)\n"));
  EXPECT_THAT(info.out,
              HasSubstr("note:     1 row with a missing value is left out\n"
                        "note:     column \"column_2\" is 1 for true"));
  const auto json = nlohmann::json::parse(
      Fathom({"data", "info", file, "--target", "column_3", "--missing-value",
              "4.9", "--missing", "drop", "--json"})
          .out,
      nullptr, false);
  EXPECT_TRUE(json.is_discarded());  // A target may not be constant.
  const Outcome wrong = Fathom({"data", "info", file, "--missing", "drob"});
  EXPECT_EQ(wrong.code, kExitUsage);
  EXPECT_THAT(wrong.err, HasSubstr("--missing: found drob, expected one of "
                                   "error, drop; did you mean drop?"));
}

TEST_F(DataCommandTest, ColumnsAreNamedOneByOne) {
  const std::string file = folder_.Write("t.csv", "Date,Time,a,y\n1,2,3,4\n");
  const Outcome names = Fathom(
      {"data", "info", file, "--target", "y", "--ignore", "Date", "Time"});
  EXPECT_EQ(names.code, kExitUsage);
  EXPECT_EQ(names.err,
            "fathom: unexpected argument \"Time\" of fathom data info, which "
            "looks into one file; columns are named one by one: --ignore A "
            "--ignore B\n");
  // A mistake in an option is reported as elsewhere.
  const Outcome option = Fathom({"data", "info", file, "x", "--tagret", "y"});
  EXPECT_EQ(option.code, kExitUsage);
  EXPECT_THAT(option.err, HasSubstr("did you mean --target?"));
  EXPECT_EQ(Fathom({"data", "info", "--help"}).code, kExitOk);
}

TEST_F(DataCommandTest, WhatCannotBeTrainedIsRefusedBeforeAnyTrial) {
  folder_.Write("t.csv", "a,b,y\n1,2,3\n1,2,6\n");
  const std::string spec = folder_.Write("s.yaml", R"(name: constant
data: {file: t.csv, target: y}
optimizer: {learning_rate: 0.01}
steps: 5
)");
  const Outcome run = Run(spec);
  EXPECT_EQ(run.code, kExitUsage);
  EXPECT_THAT(run.err, HasSubstr("t.csv: found no feature that varies"));
  EXPECT_FALSE(std::filesystem::exists(Path("t.db")));
}

TEST_F(DataCommandTest, ADryRunSaysWhatASweepWouldBe) {
  folder_.Write("t.csv", "a,b,y\n1,2,3\n4,0,6\n7,255,9\n");
  const std::string spec = folder_.Write("s.yaml", R"(name: dry
data: {file: t.csv, target: y}
optimizer: {learning_rate: 0.01}
steps: 500
axes: {depth: [1, 2], lp: [2, 4], seed: {range: [0, 9]}}
)");
  const Outcome run =
      Run(spec, {"--dry-run", "--set", "steps=10", "--set", "axes.lp=[2]"});
  EXPECT_EQ(run.code, kExitOk) << run.err;
  EXPECT_EQ(run.out,
            absl::StrCat("sweep:    dry, 18 trials, 180 steps in all\n"
                         "data:     t.csv (3 x 2, ",
                         Path("t.csv"),
                         ")\n"
                         "note:     the standard deviations of the "
                         "features differ by a factor of 49: consider "
                         "`standardize: true`\n"
                         "axes:     depth (2): 1, 2\n"
                         "          lp (1): 2\n"
                         "          seed (9): 0, 1, 2, 3, ..., 8\n"
                         "model:    2 to 3 weights (depth 1: 2, depth 2: 3)\n"
                         "memory:   144 bytes for the data, in each "
                         "worker\n"
                         "nothing was run (--dry-run)\n"));
  EXPECT_FALSE(std::filesystem::exists(Path("t.db")));
  // No coordinator is asked in a dry run.
  const Outcome submit = Fathom(
      {"submit", spec, "--dry-run", "--json", "--server", "127.0.0.1:1"});
  ASSERT_EQ(submit.code, kExitOk) << submit.err;
  const auto json = nlohmann::json::parse(submit.out);
  EXPECT_EQ(json["trials"], 36);
  EXPECT_EQ(json["spec"]["name"], "dry");
  EXPECT_EQ(Run(spec, {"--dry-run", "--set", "steps=0"}).code, kExitUsage);
}

TEST_F(DataCommandTest, ADryRunCountsTheClassesThatAreTrained) {
  folder_.Write("t.csv", "a,b,c,y\n1,2,0,0\n4,0,1,1\n7,5,0,2\n3,1,1,2\n");
  const std::string spec = folder_.Write("s.yaml", R"(name: dry
data: {file: t.csv, target: y, one_hot: true}
optimizer: {learning_rate: 0.01}
steps: 5
)");
  EXPECT_THAT(Run(spec, {"--dry-run"}).out, HasSubstr("model:    9 weights\n"));
}

TEST_F(DataCommandTest, NotesSayWhichFileOrTargetTheyAreAbout) {
  folder_.Write("a.csv", "x,z,y\n1,100,2\n2,300,4\n3,150,6\n");
  folder_.Write("b.csv", "x,z,y\n1,1,1\n2,3,5\n");
  const std::string files = folder_.Write("s.yaml", R"(name: files
data: {target: y}
optimizer: {learning_rate: 0.01}
steps: 5
axes: {data.file: [a.csv, b.csv]}
)");
  const std::string note =
      "the standard deviations of the features differ by a factor of 104: "
      "consider `standardize: true`\n";
  EXPECT_THAT(Run(files, {"--dry-run"}).out,
              HasSubstr("note:     a.csv: " + note));
  EXPECT_THAT(Fathom({"run", files, "--db", Path("t.db"), "--no-plot"}).err,
              HasSubstr("data: a.csv: " + note));
  const std::string targets = folder_.Write("t.yaml", R"(name: targets
data: {file: c.csv}
optimizer: {learning_rate: 0.01}
steps: 5
axes: {data.target: [y, v]}
)");
  folder_.Write("c.csv", "x,z,y,v\n1,100,2,1\n2,300,4,0\n3,150,6,1\n");
  EXPECT_THAT(Run(targets, {"--dry-run"}).out,
              HasSubstr("note:     all targets: " + note));
}

TEST_F(DataCommandTest, ImportWritesOneTableThatReadsTheSame) {
  const std::string a = folder_.Write("a.dat", "1;3 1:1 2:2\n2;6 1:4 2:0\n");
  const std::string b = folder_.Write("b.dat", "1;6 1:4.5 2:0\n");
  const std::vector<std::string> import = {
      "data", "import", a, b, "--gas", "1", "--out", Path("out.csv"), "--json"};
  Outcome outcome = Fathom(import);
  ASSERT_EQ(outcome.code, kExitOk) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["rows"], 2);
  EXPECT_EQ(json["out_targets"][0], "concentration");

  outcome = Fathom(
      {"data", "info", Path("out.csv"), "--target", "concentration", "--json"});
  ASSERT_EQ(outcome.code, kExitOk) << outcome.err;
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["digest"], json["digest"]);

  outcome = Fathom(import);
  EXPECT_NE(outcome.code, kExitOk);
  EXPECT_THAT(outcome.err, HasSubstr("--force"));
  EXPECT_EQ(outcome.out, "");
}

TEST_F(DataCommandTest, ImportNeedsFilesAndAnOutput) {
  EXPECT_EQ(Fathom({"data", "import", "--out", Path("x.csv")}).code,
            kExitUsage);
  EXPECT_EQ(Fathom({"data", "import", "x.csv"}).code, kExitUsage);
  const Outcome outcome =
      Fathom({"data", "import", Path("no.csv"), "--out", Path("x.csv")});
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_THAT(outcome.err, HasSubstr("no.csv"));
}

}  // namespace
}  // namespace fathom::client
