// These tests put what one command prints (names, values, specs) into other
// commands and SQL.
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "client/commands/commands.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace fathom::client {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr char kSweep[] = R"(name: small
data: {synthetic: {rows: 20, columns: 3, seed: 1}}
model: {init: {scheme: balanced, norm: 0.1}}
steps: 50
axes:
  optimizer: [gd, momentum]
  lp: [2, 2.0000001]
  learning_rate: [0.0123456, 0.01234567]
  seed: {range: [0, 2]}
record: {points: 10}
summarize:
  by: [optimizer, lp]
  best_over: [learning_rate]
  average_over: [seed]
)";

class NamesTest : public ::testing::Test {
 protected:
  NamesTest() {
    std::string pattern = ::testing::TempDir() + "/fathom-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    db_ = folder_ + "/small.db";
    first_ =
        Run({"run", Write("small.yaml", kSweep), "--db", db_, "--no-plot"});
  }
  ~NamesTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }

  // Runs a command that must succeed and returns its output.
  std::string Run(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    err_.str("");
    EXPECT_EQ(RunFathom(arguments, out, err_), kExitOk) << err_.str();
    return out.str();
  }
  std::string Query(const std::string& sql) {
    return Run({"query", sql, "--db", db_, "--format", "csv"});
  }

  std::string folder_;
  std::string db_;
  std::string first_;
  std::ostringstream err_;
};

TEST_F(NamesTest, TablesHaveTheNamesThatOptionsAndSqlTake) {
  EXPECT_THAT(first_, HasSubstr("\noptimizer         lp  "));
  EXPECT_THAT(first_, HasSubstr("  learning_rate\n"));
  EXPECT_THAT(first_, HasSubstr(" gd  2.0000001 "));
  const std::string best =
      Run({"best", "small", "--db", db_, "--by", "optimizer", "--over",
           "lp,learning_rate", "--average", "seed"});
  EXPECT_THAT(best, HasSubstr("\noptimizer         lp  learning_rate  "));
  EXPECT_EQ(best, Run({"best", "small", "--db", db_, "--by", "name", "--over",
                       "lp,learning_rate", "--average", "seed"}));
  EXPECT_EQ(Query("SELECT parameters->>'optimizer' AS optimizer, count(*) AS n "
                  "FROM results WHERE lp = 2.0000001 GROUP BY 1"),
            "optimizer,n\ngd,4\nmomentum,4\n");
  const json summary =
      json::parse(Run({"summary", "small", "--db", db_, "--json"}));
  EXPECT_EQ(summary["summary"]["rows"][0]["by"]["optimizer"], "gd");
  EXPECT_THAT(Run({"show", "small", "--db", db_}),
              HasSubstr("by: [optimizer, lp]"));
}

// The best rate in the table is a rate that trials have.
TEST_F(NamesTest, ValuesInTablesAreThoseOfTheTrials) {
  EXPECT_THAT(first_, HasSubstr(" 0.01234567\n"));
  EXPECT_EQ(Query("SELECT count(*) AS n FROM results "
                  "WHERE learning_rate = 0.01234567"),
            "n\n8\n");
  EXPECT_THAT(Run({"best", "small", "--db", db_}), HasSubstr(" 0.01234567 "));
}

TEST_F(NamesTest, SpecsThatAreShownCanBeRun) {
  const json sweep = json::parse(Run({"show", "small", "--db", db_, "--json"}));
  EXPECT_EQ(sweep["sweep"], 1);
  EXPECT_EQ(sweep["trials"], 16);
  for (const std::string& spec :
       {sweep["spec"].dump(2), sweep["spec"].dump()}) {
    Run({"run", Write("again.json", spec), "--db", db_, "--no-plot"});
    EXPECT_THAT(err_.str(), HasSubstr("16 trials, complete"));
  }
  // SQL shows the same spec.
  const json rows = json::parse(Run({"query", "SELECT spec FROM sweep_overview",
                                     "--db", db_, "--format", "json"}));
  EXPECT_EQ(json::parse(rows["rows"][0]["spec"].get<std::string>()),
            sweep["spec"]);

  const json trial = json::parse(Run({"show", "1/4", "--db", db_, "--json"}));
  EXPECT_EQ(trial["sweep"], 1);
  EXPECT_EQ(trial["trial"], 4);
  EXPECT_EQ(trial["spec"]["name"], "small-4");
  EXPECT_EQ(trial["spec"]["seed"], 0);
  Run({"run", Write("trial.json", trial["spec"].dump(2)), "--db", db_,
       "--no-plot"});
  // The same trial has the same result in both sweeps.
  EXPECT_EQ(Query("SELECT count(DISTINCT final_loss) AS n FROM results "
                  "WHERE (sweep = 1 AND trial = 4) OR sweep = 2"),
            "n\n1\n");
  EXPECT_EQ(Query("SELECT name, trials FROM sweep_overview WHERE sweep = 2"),
            "name,trials\nsmall-4,1\n");
}

}  // namespace
}  // namespace fathom::client
