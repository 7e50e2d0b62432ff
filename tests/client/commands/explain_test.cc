// These tests call `fathom explain` as users do.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/client/commands/call.h"
#include "tests/client/commands/fake_service.h"

namespace fathom::client::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ExplainTest : public testing::Test {
 protected:
  std::string db() const { return folder_.Path("e.db"); }
  int Run(const std::string& spec) {
    return Fathom({"run", folder_.Write("e.yaml", spec), "--db", db(),
                   "--no-plot", "-q"})
        .code;
  }
  std::string Text(const std::string& what) {
    const Outcome outcome = Fathom({"explain", what, "--db", db()});
    EXPECT_EQ(outcome.code, kExitOk) << outcome.err;
    return outcome.out;
  }
  nlohmann::json Json(const std::string& what) {
    const Outcome outcome = Fathom({"explain", what, "--db", db(), "--json"});
    EXPECT_EQ(outcome.code, kExitOk) << outcome.err;
    return nlohmann::json::parse(outcome.out, nullptr, false);
  }

  ScratchFolder folder_;
};

// The largest eigenvalue is 4, so that gradient descent is stable below 0.5.
TEST_F(ExplainTest, ADivergenceIsHeldAgainstTheStableRateAndItsNeighbours) {
  ASSERT_EQ(Run(R"(name: edge
data: {synthetic: {rows: 50, columns: 3, top_eigenvalue: 4, condition: 2}}
steps: 4000
axes:
  learning_rate: [0.1, 0.49, 0.51, 0.8]
  seed: [0, 1]
record: {points: 100}
)"),
            kExitOk);

  const nlohmann::json json = Json("edge/7");
  EXPECT_EQ(json["state"], "diverged");
  EXPECT_EQ(json["stable_rate"], 0.5);
  EXPECT_EQ(json["largest_trained_rate"], 0.49);
  EXPECT_EQ(json["smallest_diverged_rate"], 0.51);
  // In each step the error along the first eigenvector is multiplied by
  // |1 - 0.8 * 4|, and the loss by at most the square of that.
  EXPECT_LT(json["growth"]["per_step"], 2.2 * 2.2);
  EXPECT_GT(json["growth"]["per_step"], 2 * 2);
  EXPECT_EQ(json["attempts"][0]["outcome"], "diverged");
  EXPECT_THAT(Text("1/7"),
              AllOf(HasSubstr("trial 7 of sweep 1, edge: diverged\n"),
                    HasSubstr("2 / lambda_1 = 0.5; this rate is 1.600 times"),
                    HasSubstr("again:    fathom run 1/7 --db ")));
  EXPECT_THAT(Text("1/0"), HasSubstr("it took all of its 4,000 steps\n"));
  EXPECT_EQ(Json("edge")["limit"], "ended");
}

// A matrix of rank 1 has no margin, which the start of the model needs.
TEST_F(ExplainTest, TrialsThatWaitAreExplainedByTheirAttempts) {
  ASSERT_EQ(Run(R"(name: failing
data: {completion: {matrix_rows: 3, matrix_columns: 3, rank: 1}}
model: {init: {scheme: balanced, margin: 0.5}}
optimizer: {learning_rate: 0.1}
steps: 10
axes: {depth: [1, 2]}
)"),
            kExitSweepIncomplete);
  EXPECT_THAT(Text("1/0"), AllOf(HasSubstr("why:      it could not be run: "),
                                 HasSubstr("rank")));
  EXPECT_THAT(Text("1"), HasSubstr("2 trials; `fathom retry 1 --db "));

  ASSERT_EQ(Fathom({"retry", "1", "--db", db()}).code, kExitOk);
  EXPECT_THAT(Text("1/0"),
              HasSubstr("its attempt 1 ended as failed; it waits"));
  nlohmann::json sweep = Json("1");
  EXPECT_EQ(sweep["limit"], "unattended");
  EXPECT_EQ(sweep["pending"], 2);
  EXPECT_EQ(sweep["workers"], nullptr);
  EXPECT_EQ(sweep["events"][0]["kind"], "trials_retried");

  ASSERT_EQ(Fathom({"pause", "1", "--db", db()}).code, kExitOk);
  EXPECT_EQ(Json("1")["limit"], "paused");
  ASSERT_EQ(Fathom({"cancel", "1", "--db", db()}).code, kExitOk);
  EXPECT_THAT(Text("1/1"), HasSubstr("it was cancelled with its sweep"));
}

TEST_F(ExplainTest, WorkersAreAskedForAtTheCoordinator) {
  fathom::test::FakeService service;
  service.declined = "too little memory\x1b[31m";
  const auto explain = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"explain", "1", "--server", service.address()});
    return Fathom(more);
  };
  const Outcome declined = explain({});
  EXPECT_EQ(declined.code, kExitOk) << declined.err;
  EXPECT_THAT(declined.out,
              AllOf(HasSubstr("limit:    every worker has declined it"),
                    HasSubstr("w declined it: too little memory\\x1b[31m")));
  service.declined.clear();
  service.no_workers = true;
  const Outcome none = explain({"--json"});
  EXPECT_EQ(none.code, kExitOk) << none.err;
  EXPECT_EQ(nlohmann::json::parse(none.out)["limit"], "no_workers");
}

TEST_F(ExplainTest, WhatIsNotThereIsTwo) {
  EXPECT_EQ(Fathom({"explain", "1", "--db", db()}).code, kExitUsage);
  ASSERT_EQ(Run(R"(name: one
data: {synthetic: {rows: 20, columns: 2}}
optimizer: {learning_rate: 0.1}
steps: 5
)"),
            kExitOk);
  EXPECT_EQ(Fathom({"explain", "1/1", "--db", db()}).code, kExitUsage);
  EXPECT_EQ(Fathom({"explain", "two", "--db", db()}).code, kExitUsage);
  EXPECT_EQ(Fathom({"explain", "two/0", "--db", db()}).code, kExitUsage);
}

}  // namespace
}  // namespace fathom::client::test
