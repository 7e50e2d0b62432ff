// These tests call `fathom check` as users do, and hold what it says of a sweep
// against what the sweep then takes.
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/client/commands/call.h"

namespace fathom::client::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSweep[] = R"(name: small
data: {file: t.csv, target: y}
steps: 400
axes:
  depth: [1, 2]
  learning_rate: [0.001, 0.01]
  seed: {range: [0, 10]}
record: {points: 100, metrics: [loss, weight_norm]}
)";

class CheckCommandTest : public testing::Test {
 protected:
  CheckCommandTest() {
    std::string rows = "a,b,y\n";
    for (int i = 0; i < 60; ++i) {
      rows += std::to_string(i % 7) + "," + std::to_string(i % 5) + "," +
              std::to_string(i % 3) + "\n";
    }
    folder_.Write("t.csv", rows);
    spec_ = folder_.Write("small.yaml", kSweep);
  }

  std::string db() const { return folder_.Path("small.db"); }
  Outcome Check(std::vector<std::string> more) {
    more.insert(more.begin(), {"check", spec_, "--db", db()});
    return Fathom(more);
  }
  nlohmann::json CheckJson(std::vector<std::string> more = {}) {
    more.push_back("--json");
    const Outcome outcome = Check(more);
    EXPECT_EQ(outcome.code, kExitOk) << outcome.err;
    return nlohmann::json::parse(outcome.out, nullptr, false);
  }

  ScratchFolder folder_;
  std::string spec_;
};

TEST_F(CheckCommandTest, WhatASweepWouldBeAndTakeIsSaidAndNothingIsKept) {
  const nlohmann::json json = CheckJson({"--slots", "4"});

  EXPECT_EQ(json["valid"], true);
  EXPECT_EQ(json["trials"], 40);
  EXPECT_EQ(json["axes"][2]["values"], 10);
  EXPECT_EQ(json["weights_by_depth"][1]["most_weights"], 3);
  EXPECT_GT(json["trial_bytes"], 0);
  const nlohmann::json& time = json["time"];
  EXPECT_GT(time["least_seconds"], 0);
  EXPECT_GE(time["seconds"], time["least_seconds"]);
  EXPECT_LE(time["seconds"], time["most_seconds"]);
  EXPECT_DOUBLE_EQ(time["seconds_on_one_slot"],
                   4 * time["seconds"].get<double>());
  EXPECT_GT(time["measured_trials"], 16);
  EXPECT_EQ(json["known"], nlohmann::json::array());
  EXPECT_FALSE(std::filesystem::exists(db()));

  const Outcome text = Check({});
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("(depth 1: 2, depth 2: 3)"),
                    HasSubstr("known:    nothing of it in " + db()),
                    HasSubstr("the spec is valid; nothing was recorded\n")));
}

// The work is that of all steps, and one of the last step's measurement.
TEST_F(CheckCommandTest, TwiceTheStepsAreTwiceTheWork) {
  const double once = CheckJson({"--set", "steps=999"})["flops"];
  const double twice = CheckJson({"--set", "steps=1999"})["flops"];
  // Points are recorded less often among more steps.
  EXPECT_NEAR(twice / once, 2, 0.2);
  EXPECT_GT(once, 0);
}

TEST_F(CheckCommandTest, TheLedgerGrowsAsWasSaidAndKnowsTheSweepThen) {
  const double most = CheckJson()["ledger_bytes"];
  ASSERT_EQ(Fathom({"run", spec_, "--db", db(), "--no-plot", "-q"}).code,
            kExitOk);
  const auto size = static_cast<double>(std::filesystem::file_size(db()));
  EXPECT_LT(size, most);
  EXPECT_GT(size, most / 4);

  const nlohmann::json known = CheckJson()["known"];
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(known[0]["sweep"], 1);
  EXPECT_EQ(known[0]["state"], "completed");
  EXPECT_EQ(known[0]["finished"], 40);
  EXPECT_THAT(Check({}).out, HasSubstr("40 of 40 trials finished; it is not "
                                       "run again"));
  EXPECT_EQ(CheckJson({"--set", "steps=401"})["known"],
            nlohmann::json::array());
}

TEST_F(CheckCommandTest, WhatIsNotValidIsTwoWithItsPlace) {
  const Outcome outcome = Check({"--set", "axes.depth=[0]"});
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("--set axes.depth=[0]"));
  EXPECT_EQ(Fathom({"check", "no-such-file.yaml"}).code, kExitUsage);
  EXPECT_EQ(Check({"--slots", "0"}).code, kExitUsage);
  EXPECT_EQ(Fathom({"check", spec_, "--server", "127.0.0.1:1"}).code,
            kExitNoCoordinator);
}

// A matrix of rank 1 has no margin, which the start of the model needs; only
// training finds that.
TEST_F(CheckCommandTest, TrialsThatFailAtTheirStartAreAWarning) {
  const std::string spec = folder_.Write("failing.yaml", R"(name: failing
data: {completion: {matrix_rows: 3, matrix_columns: 3, rank: 1}}
model: {init: {scheme: balanced, margin: 0.5}}
optimizer: {learning_rate: 0.1}
steps: 10
axes: {depth: [1, 2]}
)");
  const Outcome outcome = Fathom({"check", spec, "--db", db()});
  EXPECT_EQ(outcome.code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("warning:  a trial fails: "), HasSubstr("rank"),
                    HasSubstr("time:     not known")));
  EXPECT_THAT(Check({}).out, Not(HasSubstr("warning:")));
}

}  // namespace
}  // namespace fathom::client::test
