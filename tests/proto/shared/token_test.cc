#include "proto/shared/token.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Line(Role role, const std::string& name, const std::string& token) {
  return TokenLine(role, name, token).value();
}

TEST(TokenTest, TokensAreLongDifferentAndFitAHeader) {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) tokens.insert(NewToken());

  EXPECT_EQ(tokens.size(), 1000u);
  for (const std::string& token : tokens) {
    EXPECT_TRUE(absl::StartsWith(token, "fathom_"));
    EXPECT_EQ(token.size(), 7u + 43u);  // 256 bits at 6 bits a letter.
    std::string bytes;
    ASSERT_TRUE(absl::WebSafeBase64Unescape(token.substr(7), &bytes));
    EXPECT_EQ(bytes.size(), 32u);
  }
}

TEST(TokenTest, HashIsSha256) {  // The example of FIPS 180-2, appendix B.1.
  EXPECT_EQ(HashToken("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(TokenTest, LineHasTheHashAndNotTheToken) {
  const std::string token = NewToken();
  const std::string line = Line(Role::kSubmit, "ada", token);

  EXPECT_THAT(line, testing::StartsWith("submit ada sha256:"));
  EXPECT_THAT(line, Not(HasSubstr(token.substr(7, 10))));
}

TEST(TokenTest, FileFindsEveryTokenWithItsRoleAndNoOther) {
  std::vector<std::string> tokens;
  std::string text = "# who may call\n\n";
  const std::vector<Role> roles = {Role::kWorker, Role::kScale, Role::kRead,
                                   Role::kSubmit, Role::kAdmin};
  for (int i = 0; i < 20; ++i) {
    tokens.push_back(NewToken());
    absl::StrAppend(&text, "  ",
                    Line(roles[i % 5], absl::StrCat("n", i), tokens[i]),
                    i % 2 == 0 ? "\r\n" : "\n");
  }
  const auto entries = ParseTokenFile(text, "tokens");
  ASSERT_OK(entries);

  for (int i = 0; i < 20; ++i) {
    const TokenEntry* entry = FindToken(*entries, tokens[i]);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->name, absl::StrCat("n", i));
    EXPECT_EQ(entry->role, roles[i % 5]);
    // One changed letter, a cut and a longer one are other tokens.
    std::string other = tokens[i];
    other.back() = other.back() == 'A' ? 'B' : 'A';
    EXPECT_EQ(FindToken(*entries, other), nullptr);
    EXPECT_EQ(FindToken(*entries, tokens[i].substr(1)), nullptr);
    EXPECT_EQ(FindToken(*entries, tokens[i] + "A"), nullptr);
    // The hash is not a key.
    EXPECT_EQ(FindToken(*entries, entry->hash), nullptr);
    EXPECT_EQ(FindToken(*entries, absl::BytesToHexString(entry->hash)),
              nullptr);
  }
  EXPECT_EQ(FindToken(*entries, ""), nullptr);
}

TEST(TokenTest, BadLinesAreNamedByNumber) {
  const std::string good = Line(Role::kRead, "a", NewToken());
  const std::string hash = good.substr(good.find("sha256:"));
  for (const std::string& bad :
       {std::string("read a"), "reader a " + hash, "read a/b " + hash,
        "read a " + hash + "0", "read a " + hash + " more",
        "read a " + hash.substr(7), "read " + std::string(65, 'a') + " " + hash,
        "read a sha256:" + std::string(64, 'g'), std::string("read a sha256:"),
        "read a sha256:" + std::string(62, 'a'),
        "read a sha256:" + std::string(32, 'a'),
        "read a sha256:" + std::string(66, 'a'), good}) {
    const auto entries = ParseTokenFile(good + "\n" + bad, "tokens");
    EXPECT_THAT(entries, StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
    EXPECT_THAT(std::string(entries.status().message()),
                HasSubstr("tokens:2: "))
        << bad;
  }
  EXPECT_THAT(ParseTokenFile("# none\n", "tokens"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(TokenTest, ErrorsDoNotRepeatATokenPutThereByMistake) {
  const std::string token = NewToken();
  const auto entries = ParseTokenFile("read ada " + token, "tokens");

  ASSERT_THAT(entries, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(entries.status().message()),
              Not(HasSubstr(token.substr(0, 12))));
}

TEST(TokenTest, RolesHaveNamesThatParse) {
  for (Role role : {Role::kWorker, Role::kScale, Role::kRead, Role::kSubmit,
                    Role::kAdmin}) {
    EXPECT_EQ(ParseRole(RoleName(role)).value(), role);
  }
  EXPECT_THAT(ParseRole("root"), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace fathom
