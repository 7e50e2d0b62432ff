// These tests ask commands about a part of a sweep, as users do with --where.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/client/commands/call.h"

namespace fathom::client {
namespace {

using test::Fathom;
using test::Outcome;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kWhereSpec[] = R"(
name: w
data: {synthetic: {rows: 20, columns: 3}}
steps: 20
axes:
  depth: [1, 2, 3]
  learning_rate: [0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.3]
  seed: {range: [0, 2]}
)";

class WhereTest : public testing::Test {
 protected:
  WhereTest() {
    const Outcome run =
        Fathom({"run", folder_.Write("s.yaml", kWhereSpec), "--db",
                folder_.Path("w.db"), "--no-plot", "--quiet"});
    EXPECT_EQ(run.code, kExitOk) << run.err;
  }

  Outcome Ask(std::vector<std::string> words) {
    words.insert(words.end(), {"--db", folder_.Path("w.db")});
    return Fathom(words);
  }
  nlohmann::json AskJson(std::vector<std::string> words) {
    words.push_back("--json");
    return nlohmann::json::parse(Ask(words).out, nullptr, false);
  }

  test::ScratchFolder folder_;
};

TEST_F(WhereTest, ASummaryIsOfTheTrialsThatAreMeant) {
  const nlohmann::json all = AskJson({"summary", "w"});
  const nlohmann::json some = AskJson({"summary", "w", "--where", "depth=1,3",
                                       "--where", "learning_rate=0.01..0.05"});
  EXPECT_EQ(all["summary"]["trials"], 42);
  EXPECT_EQ(some["summary"]["trials"], 16);
  EXPECT_EQ(some["where"][0], "depth=1,3");
  const Outcome text = Ask({"summary", "w", "--where", "depth=1,3"});
  EXPECT_EQ(text.code, kExitOk);
  EXPECT_THAT(text.out, HasSubstr("Where:    depth=1,3: 28 of these trials"));
  EXPECT_THAT(Ask({"summary", "w"}).out, Not(HasSubstr("Where:")));
}

TEST_F(WhereTest, TheBestIsFoundAmongThemAlone) {
  const nlohmann::json best =
      AskJson({"best", "w", "--where", "depth=2", "--where", "seed=1"});
  const nlohmann::json& groups = best["best"]["groups"];
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0]["by"]["depth"], 2);
  EXPECT_EQ(groups[0]["counts"]["expected"], 7);
  EXPECT_EQ(groups[0]["best"]["trials"].size(), 1u);
  EXPECT_EQ(best["where"].size(), 2u);
}

TEST_F(WhereTest, AnExportHasTheirRowsAlone) {
  for (const char* what : {"results", "points"}) {
    const Outcome some =
        Ask({"export", "w", "--what", what, "--where", "depth=3", "--where",
             "seed=0", "--where", "learning_rate=0.1", "-o", "-"});
    ASSERT_EQ(some.code, kExitOk) << some.err;
    // Trial 38 is depth 3, the last rate but one, and seed 0.
    const Outcome rows =
        Ask({"query",
             what == std::string("results")
                 ? "SELECT * FROM results WHERE trial = 38"
                 : "SELECT sweep, trial, metric, step, value FROM "
                   "metric_points WHERE trial = 38 ORDER BY step",
             "--format", "csv"});
    EXPECT_EQ(some.out, rows.out);
  }
}

TEST_F(WhereTest, ValuesAreMetAsTheyAreShownOrTyped) {
  const auto trials = [&](const std::string& condition) {
    return AskJson({"summary", "w", "--where", condition})["summary"]["trials"];
  };
  EXPECT_EQ(trials("model.depth=1"), 14);
  EXPECT_EQ(trials("learning_rate=0.1"), 6);
  EXPECT_EQ(trials("learning_rate=1e-1"), 6);
  EXPECT_EQ(trials("learning_rate=..0.02"), 18);
  EXPECT_EQ(trials("learning_rate=0.1..,0.01"), 18);
}

TEST_F(WhereTest, MistakesSayWhatThereIs) {
  const auto wrong = [&](std::vector<std::string> conditions,
                         const char* words) {
    std::vector<std::string> arguments = {"best", "w"};
    for (const std::string& condition : conditions) {
      arguments.insert(arguments.end(), {"--where", condition});
    }
    const Outcome outcome = Ask(arguments);
    EXPECT_EQ(outcome.code, kExitUsage);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(words));
  };
  wrong({"dept=1"},
        "--where: found no axis dept in the sweep, expected depth, "
        "learning_rate, seed; did you mean depth?");
  wrong({"depth=4"}, "--where: found no value 4 of depth, expected 1, 2, 3");
  wrong({"depth=1..x"}, "found no value 1..x of depth");
  wrong({"depth=7..9"}, "found no value 7..9 of depth");
  wrong({"depth"}, "--where: found depth, expected AXIS=VALUE,...");
  wrong({"=1"}, "found =1, expected AXIS=VALUE,...");
  wrong({"depth="}, "found depth=, expected AXIS=VALUE,...");
  wrong({"depth=1,"}, "found no value  of depth");
  wrong({"depth=1", "depth=2"},
        "found no trial that meets depth=2 and the conditions before it");
  wrong({"depth=\x1b[31m"}, "found no value \\x1b[31m of depth");
}

}  // namespace
}  // namespace fathom::client
