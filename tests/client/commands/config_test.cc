#include <stdlib.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/config/config_file.h"
#include "client/commands/invocation.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/client/commands/call.h"

namespace fathom::client {
namespace {

using test::Fathom;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string ErrorOf(const std::string& text) {
  return std::string(ParseConfig(text, "config").status().message());
}

TEST(ParseConfigTest, EveryLineIsASetting) {
  setenv("HOME", "/home/ada", 1);
  const auto entries = ParseConfig(
      "# mine\nserver: lab:7373\ntoken_file: ~/token\ndb: results.db\n"
      "color: never\n",
      "config");
  ASSERT_TRUE(entries.ok()) << entries.status();
  std::vector<std::string> found;
  for (const ConfigEntry& entry : *entries) {
    found.push_back(absl::StrCat(entry.line, " ", entry.setting->variable, "=",
                                 entry.value));
  }
  EXPECT_THAT(found,
              ElementsAre("2 FATHOM_SERVER=lab:7373",
                          "3 FATHOM_TOKEN_FILE=/home/ada/token",
                          "4 FATHOM_DB=results.db", "5 FATHOM_COLOR=never"));
}

TEST(ParseConfigTest, NothingIsSaidByComments) {
  for (const char* text : {"", "\n", "# server: a\n\n  # more"}) {
    const auto entries = ParseConfig(text, "config");
    ASSERT_TRUE(entries.ok()) << entries.status();
    EXPECT_THAT(*entries, IsEmpty());
  }
}

TEST(ParseConfigTest, MistakesHaveLineAndColumn) {
  EXPECT_THAT(ErrorOf("# mine\nservr: a:1\n"),
              HasSubstr("config:2:1: found the key \"servr\", expected one of "
                        "server, db, token_file, "));
  EXPECT_THAT(ErrorOf("servr: a:1\n"), HasSubstr("did you mean server?"));
  EXPECT_EQ(ErrorOf("color: purple\n"),
            "config:1:8: found \"purple\", expected auto, always or never");
  EXPECT_EQ(ErrorOf("token_file: keys/token\n"),
            "config:1:13: found \"keys/token\", expected a path that begins "
            "with / or ~/");
  EXPECT_THAT(ErrorOf("server: [a, b]\n"),
              HasSubstr("config:1:9: found a list, expected a text: "));
  EXPECT_THAT(ErrorOf("server:\n"), HasSubstr("config:1:1: found nothing"));
  EXPECT_THAT(ErrorOf("server: a:1\nserver: b:1\n"),
              HasSubstr("config:2:1: found the key \"server\" again"));
  EXPECT_THAT(ErrorOf("- server\n"), HasSubstr("config:1:1: found a list"));
  EXPECT_THAT(ErrorOf("server: {a\n"), HasSubstr("a map without its end"));
  EXPECT_THAT(ErrorOf("server: \xff\n"), HasSubstr("bytes that are no text"));
}

TEST(ParseConfigTest, ATokenIsNamedByItsFileOnly) {
  EXPECT_EQ(ErrorOf("token: abc\n"),
            "config:1:1: found the key token, expected token_file with the "
            "name of a file: others may read this one");
}

// Has a configuration file, and nothing set in the environment. What a test
// applies stays in its process, so that each applies once.
class ApplyConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const Setting& setting : AllSettings()) unsetenv(setting.variable);
    for (const char* name :
         {"NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FATHOM_CONFIG"}) {
      unsetenv(name);
    }
    setenv("HOME", folder_.Path("home").c_str(), 1);
    setenv("XDG_CONFIG_HOME", folder_.Path("xdg").c_str(), 1);
    std::filesystem::create_directories(folder_.Path("xdg/fathom"));
  }

  absl::Status Apply(const std::string& text) {
    folder_.Write("xdg/fathom/config", text);
    return ApplyConfig();
  }
  std::string Variable(const char* name) {
    const char* value = getenv(name);
    return value == nullptr ? "unset" : value;
  }

  test::ScratchFolder folder_;
};

TEST_F(ApplyConfigTest, TheEnvironmentGoesFirst) {
  setenv("FATHOM_DB", "mine.db", 1);
  setenv("FATHOM_TLS_CA", "", 1);  // Empty is as if it were not set.

  ASSERT_TRUE(Apply("db: lab.db\nserver: lab:1\ntls_ca: /ca.pem\n").ok());

  EXPECT_EQ(Variable("FATHOM_DB"), "mine.db");
  EXPECT_EQ(Variable("FATHOM_SERVER"), "lab:1");
  EXPECT_EQ(Variable("FATHOM_TLS_CA"), "/ca.pem");
  EXPECT_EQ(LineOfConfig("FATHOM_DB"), 0);
  EXPECT_EQ(LineOfConfig("FATHOM_SERVER"), 2);
  // The ledger of the environment goes before the coordinator of the file.
  EXPECT_EQ(LedgerToRead({}), "mine.db");
  EXPECT_EQ(LedgerToRead({.server = "b:1"}), "");
  EXPECT_EQ(LedgerToWrite(), "mine.db");

  const auto json = nlohmann::json::parse(Fathom({"config", "--json"}).out);
  EXPECT_EQ(json["settings"][0]["origin"], "file");
  EXPECT_EQ(json["settings"][0]["line"], 2);
  EXPECT_EQ(json["settings"][1]["origin"], "environment");
  EXPECT_EQ(json["settings"][1]["value"], "mine.db");
  EXPECT_EQ(json["settings"][2]["origin"], "unset");
  EXPECT_EQ(json["settings"][2]["value"], nullptr);
  EXPECT_THAT(Fathom({"config"}).out, HasSubstr("line 2 of the file"));
}

TEST_F(ApplyConfigTest, OfBothInTheEnvironmentTheCoordinatorCounts) {
  ASSERT_TRUE(ApplyConfig().ok());
  setenv("FATHOM_DB", "mine.db", 1);
  setenv("FATHOM_SERVER", "b:1", 1);
  EXPECT_EQ(LedgerToRead({}), "");
  EXPECT_EQ(LedgerToWrite(), "mine.db");
  unsetenv("FATHOM_SERVER");
  EXPECT_EQ(LedgerToRead({}), "mine.db");
  unsetenv("FATHOM_DB");
  EXPECT_EQ(LedgerToRead({}), "");
  EXPECT_EQ(LedgerToWrite(), "fathom.db");
}

TEST_F(ApplyConfigTest, ColoursAreThoseOfWhatSaysMore) {
  ASSERT_TRUE(Apply("color: always\n").ok());
  EXPECT_EQ(Variable("CLICOLOR_FORCE"), "1");
  SetUp();
  setenv("NO_COLOR", "1", 1);
  ASSERT_TRUE(Apply("color: always\n").ok());
  EXPECT_EQ(Variable("NO_COLOR"), "1");
  EXPECT_EQ(Variable("CLICOLOR_FORCE"), "unset");
  SetUp();
  ASSERT_TRUE(Apply("color: never\n").ok());
  EXPECT_EQ(Variable("NO_COLOR"), "1");
}

TEST_F(ApplyConfigTest, AFileThatCannotBeReadIsAnError) {
  const auto message = [&](const std::string& text) {
    return std::string(Apply(text).message());
  };
  EXPECT_THAT(message("servr: a"), HasSubstr("xdg/fathom/config:1:1: found"));
  EXPECT_THAT(message(std::string(70000, '#')), HasSubstr("at most 65536"));
  setenv("FATHOM_COLOR", "red", 1);
  EXPECT_EQ(message(""),
            "$FATHOM_COLOR: found \"red\", expected auto, always or never");
  unsetenv("FATHOM_COLOR");
  setenv("FATHOM_CONFIG", "/no/such", 1);
  EXPECT_EQ(message(""),
            "cannot read the configuration /no/such: No such file or "
            "directory");
  setenv("FATHOM_CONFIG", "/dev/null", 1);
  EXPECT_EQ(message("servr: a"), "");
  setenv("FATHOM_CONFIG", "/", 1);
  EXPECT_EQ(message(""), "the configuration / is no file");
  unsetenv("FATHOM_CONFIG");
  folder_.Write("xdg/fathom/config", "");
  chmod(folder_.Path("xdg/fathom/config").c_str(), 0666);
  EXPECT_THAT(message(""), HasSubstr("may be written by everyone"));
}

TEST_F(ApplyConfigTest, WithoutAFileNothingIsSet) {
  EXPECT_TRUE(ApplyConfig().ok());
  setenv("XDG_CONFIG_HOME", "relative", 1);
  EXPECT_EQ(ConfigPath(), folder_.Path("home/.config/fathom/config"));
  unsetenv("HOME");
  EXPECT_EQ(ConfigPath(), "");
  EXPECT_TRUE(ApplyConfig().ok());
  EXPECT_EQ(Variable("FATHOM_SERVER"), "unset");
}

}  // namespace
}  // namespace fathom::client
