// These tests call `fathom init` as users do, and run what it wrote.
#include <filesystem>
#include <fstream>
#include <sstream>
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

class InitTest : public testing::Test {
 protected:
  std::string out() const { return folder_.Path("out.yaml"); }
  Outcome Init(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "init");
    arguments.insert(arguments.end(), {"--out", out()});
    return Fathom(arguments);
  }
  // Returns what was written, once `fathom check` and a run of a few steps have
  // found nothing wrong with it.
  std::string Written() {
    const Outcome check = Fathom({"check", out()});
    EXPECT_EQ(check.code, kExitOk) << check.err;
    EXPECT_THAT(check.out, Not(HasSubstr("warning:")));
    const Outcome run =
        Fathom({"run", out(), "--db", folder_.Path("t.db"), "--no-plot", "-q",
                "--set", "steps=5", "--new"});
    EXPECT_EQ(run.code, kExitOk) << run.err;
    std::ostringstream text;
    text << std::ifstream(out()).rdbuf();
    return text.str();
  }

  ScratchFolder folder_;
};

TEST_F(InitTest, NumbersAreFittedByRegressionAndTheLastColumnIsTheTarget) {
  const std::string data =
      folder_.Write("rent.csv",
                    "area,rooms,price\n50,2,610\n70,3,805\n"
                    "31.5,1,433\n90,4,1010\n");
  const Outcome init = Init({data});
  ASSERT_EQ(init.code, kExitOk) << init.err;
  EXPECT_THAT(init.out, AllOf(HasSubstr("out.yaml: a sweep of 42 trials\n"),
                              HasSubstr("the target was guessed: price\n")));
  EXPECT_THAT(Written(),
              AllOf(HasSubstr("name: rent\n"),
                    HasSubstr("data: {file: rent.csv, target: [price], "),
                    HasSubstr("4 rows of 2 features. That price is the"),
                    HasSubstr("lp: [2, 4]")));
}

TEST_F(InitTest, AColumnCalledTargetWinsAndClassesGetCrossEntropy) {
  const std::string data = folder_.Write(
      "kinds.csv", "a,Class,b\n1,red,2\n2,blue,2.5\n3,red,1\n5,green,7\n");
  const Outcome init = Init({data, "--json"});
  ASSERT_EQ(init.code, kExitOk) << init.err;
  const auto json = nlohmann::json::parse(init.out);
  EXPECT_EQ(json["targets"], nlohmann::json::array({"Class"}));
  EXPECT_EQ(json["guessed"], true);
  EXPECT_EQ(json["trials"], 21);
  EXPECT_THAT(Written(), AllOf(HasSubstr("one_hot: true"),
                               HasSubstr("loss: {kind: cross_entropy}")));
}

TEST_F(InitTest, WhatIsSaidIsNotGuessed) {
  const std::string data = folder_.Write(
      "t.csv", "id;a;y;z\n1;1,5;2;0,1\n2;2;4,5;0,3\n3;3;6;0,25\n");
  const Outcome init = Init({data, "--target", "a", "--ignore", "id"});
  ASSERT_EQ(init.code, kExitOk) << init.err;
  EXPECT_THAT(init.out, Not(HasSubstr("guessed")));
  EXPECT_THAT(Written(),
              AllOf(HasSubstr("target: [a]"), HasSubstr("ignore: [id]"),
                    Not(HasSubstr("guessed"))));
}

TEST_F(InitTest, WithoutDataTheyAreGenerated) {
  ASSERT_EQ(Init({}).code, kExitOk);
  EXPECT_THAT(Written(), HasSubstr("data: {synthetic: "));
}

TEST_F(InitTest, NothingIsOverwrittenAndNothingIsLeftOfAnError) {
  folder_.Write("out.yaml", "mine");
  const Outcome again = Init({});
  EXPECT_EQ(again.code, kExitUsage);
  EXPECT_THAT(again.err, HasSubstr("out.yaml exists already"));
  std::ostringstream text;
  text << std::ifstream(out()).rdbuf();
  EXPECT_EQ(text.str(), "mine");

  std::filesystem::remove(out());
  const std::string hole = folder_.Write("hole.csv", "a,y\n1,2\n,3\n");
  EXPECT_EQ(Init({hole}).code, kExitUsage);
  EXPECT_EQ(Init({folder_.Path("none.csv")}).code, kExitUsage);
  EXPECT_EQ(Init({"no-such-dataset"}).code, kExitUsage);
  // All features are constant, which only a sweep cannot have.
  const std::string flat = folder_.Write("flat.csv", "a,y\n1,2\n1,3.5\n");
  EXPECT_EQ(Init({flat}).code, kExitUsage);
  EXPECT_FALSE(std::filesystem::exists(out()));
}

// A name of a column is no way into the file.
TEST_F(InitTest, OddNamesStayNames) {
  const std::string data =
      folder_.Write("odd.csv", "a,\"y: # x\nsteps: 7\"\n1,2\n2,3.5\n4,1\n");
  const Outcome init = Init({data});
  ASSERT_EQ(init.code, kExitOk) << init.err;
  EXPECT_THAT(Written(), AllOf(HasSubstr("\nsteps: 1000\n"),
                               Not(HasSubstr("\nsteps: 7"))));
}

}  // namespace
}  // namespace fathom::client::test
