// These tests call `fathom theory` as users do.
#include <sstream>
#include <string>
#include <vector>

#include "client/commands/commands.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TheoryCommandTest, PrintsATableAndProgressBesideIt) {
  std::ostringstream out, err;

  const int code = RunFathom({"theory", "--only", "claim-2"}, out, err);

  EXPECT_EQ(code, kExitOk);
  EXPECT_EQ(err.str(), "checking Claim 2\n");
  EXPECT_THAT(out.str(), HasSubstr("Claim 2"));
  EXPECT_THAT(out.str(), HasSubstr("hold on this machine"));
  EXPECT_THAT(out.str(), Not(HasSubstr("FAILS")));
}

TEST(TheoryCommandTest, JsonHasEverySetting) {
  std::ostringstream out, err;

  const int code = RunFathom({"theory", "--only", "Saxe", "--json"}, out, err);

  EXPECT_EQ(code, kExitOk);
  const auto json = nlohmann::json::parse(out.str());
  ASSERT_EQ(json["checks"].size(), 4);
  for (const auto& check : json["checks"]) {
    EXPECT_EQ(check["holds"], true);
    EXPECT_LE(check["residual"].get<double>(),
              check["tolerance"].get<double>());
  }
}

TEST(TheoryCommandTest, AnUnknownClaimIsWrongUsage) {
  std::ostringstream out, err;

  const int code = RunFathom({"theory", "--only", "theorem-9"}, out, err);

  EXPECT_EQ(code, kExitUsage);
  EXPECT_EQ(out.str(), "");
  EXPECT_THAT(err.str(), HasSubstr("expected part of warm-up, theorem-1"));
}

}  // namespace
}  // namespace fathom::client
