#include "client/ui/http/target.h"

#include <string>

#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(TargetTest, PathsAndParametersAreDecoded) {
  const auto target = ParseTarget(
      "/sweeps/a%2Fb/%C3%BC?where=depth%3A2%7C3&where=x&plus=a+b&empty=&flag");

  ASSERT_OK(target);
  EXPECT_THAT(target->path, ElementsAre("sweeps", "a/b", "\xc3\xbc"));
  EXPECT_THAT(
      target->query,
      ElementsAre(Pair("where", "depth:2|3"), Pair("where", "x"),
                  Pair("plus", "a b"), Pair("empty", ""), Pair("flag", "")));
}

TEST(TargetTest, ThePlusOfAPathIsAPlus) {
  const auto target = ParseTarget("/a+b");
  ASSERT_OK(target);
  EXPECT_THAT(target->path, ElementsAre("a+b"));
}

TEST(TargetTest, TheRootHasNoParts) {
  for (const char* root : {"/", "/?", "/?&&"}) {
    const auto target = ParseTarget(root);
    ASSERT_OK(target) << root;
    EXPECT_THAT(target->path, IsEmpty());
    EXPECT_THAT(target->query, IsEmpty());
  }
}

TEST(TargetTest, WhatIsNoPathOfOursIsRefused) {
  for (const char* target : {"",
                             "*",
                             "sweeps",
                             "http://localhost/",
                             "//",
                             "//evil/",
                             "/a//b",
                             "/a/",
                             "/.",
                             "/..",
                             "/a/../b",
                             "/%2e%2E/etc",
                             "/a/%2e",
                             "/%",
                             "/%1",
                             "/%zz",
                             "/%-1",
                             "/%00",
                             "/a%0d%0aSet-Cookie:x",
                             "/a?b=%00",
                             "/a?b=%0a",
                             "/a?%7f=1",
                             "/%ff",
                             "/%c3",
                             "/%ed%a0%80",
                             "/a?b=%c0%80",
                             "/a#b"}) {
    EXPECT_THAT(ParseTarget(target),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << target;
  }
}

TEST(TargetTest, MorePartsThanAnyAddressHasAreRefused) {
  std::string path;
  for (int i = 0; i < 16; ++i) path += "/a";
  EXPECT_OK(ParseTarget(path));
  EXPECT_THAT(ParseTarget(path + "/a"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  std::string query = "/?";
  for (int i = 0; i < 128; ++i) query += "&a";
  EXPECT_OK(ParseTarget(query));
  EXPECT_THAT(ParseTarget(query + "&a"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace fathom::client
