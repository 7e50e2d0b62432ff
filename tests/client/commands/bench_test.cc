// These tests call `fathom bench` as users do.
#include <sstream>
#include <string>
#include <vector>

#include "client/commands/commands.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;

// Expects every number below `json` that is a rate, a time or a share to be
// positive.
void ExpectPositive(const nlohmann::json& json, const std::string& path) {
  if (json.is_number()) {
    EXPECT_GT(json.get<double>(), 0) << path;
  }
  if (!json.is_structured()) return;
  for (const auto& [key, value] : json.items()) {
    ExpectPositive(value, path + "/" + key);
  }
}

TEST(BenchCommandTest, JsonHasEverythingAndNothingAboveThePeak) {
  std::ostringstream out, err;

  const int code =
      RunFathom({"bench", "--quick", "--json", "--slots", "2"}, out, err);

  ASSERT_EQ(code, kExitOk) << err.str();
  EXPECT_EQ(err.str(), "");
  const auto json = nlohmann::json::parse(out.str());
  ExpectPositive(json, "");
  EXPECT_NE(json["processor"], "");
  EXPECT_EQ(json["slots"], 2);
  EXPECT_THAT(json["numerics"].get<std::string>(), HasSubstr("fathom-"));
  EXPECT_GE(json["peaks"].size(), 1);
  EXPECT_GE(json["passes"].size(), 2);
  for (const auto& pass : json["passes"]) {
    EXPECT_LE(pass["share_of_peak"].get<double>(), 1.05);
  }
  EXPECT_GE(json["trainings"].size(), 3);
  ASSERT_EQ(json["scalings"].size(), 2);
  EXPECT_EQ(json["scalings"][0]["speedup"], 1);
  ASSERT_EQ(json["forecasts"].size(), 4);
  for (const auto& forecast : json["forecasts"]) {
    EXPECT_EQ(forecast["trials"], 30);
    EXPECT_LE(forecast["lasting_trials"], 30);
    EXPECT_EQ(forecast["steps"], forecast["scale"] == "race" ? 1000000 : 20000);
  }
}

TEST(BenchCommandTest, BadOptionsAreWrongUsage) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"bench", "--slots", "0"},
                                             {"bench", "--slots", "some"},
                                             {"bench", "--fast"},
                                             {"bench", "extra"}}) {
    std::ostringstream out, err;
    EXPECT_EQ(RunFathom(arguments, out, err), kExitUsage) << arguments.back();
    EXPECT_EQ(out.str(), "");
    EXPECT_NE(err.str(), "");
  }
}

}  // namespace
}  // namespace fathom::client
