#include "client/ui/http/page.h"

#include <cstring>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "proto/shared/sha256.h"
#include "tests/client/ui/http/test_page.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

TEST(PageTest, TheProgramHasItsPageWithEveryFileAsItsDigestSays) {
  const Page page = EmbeddedPage();
  ASSERT_NE(page.Find("index.html"), nullptr);
  EXPECT_EQ(std::strlen(page.digest), 64u);
  std::set<std::string> names;
  for (const PageFile& file : page.files) {
    const absl::StatusOr<std::string> text = Unpack(file);
    ASSERT_OK(text) << file.name;
    EXPECT_EQ(Sha256Hex(*text), file.digest) << file.name;
    EXPECT_TRUE(names.insert(file.name).second) << file.name;
    EXPECT_STRNE(file.type, "application/octet-stream") << file.name;
    // No time and no name of a file is in the head: two builds give the same.
    EXPECT_EQ(file.gzip().substr(0, 8),
              absl::string_view("\x1f\x8b\x08\0\0\0\0\0", 8))
        << file.name;
  }
}

TEST(PageTest, ThePageLoadsNothingThatIsNotThere) {
  const Page page = EmbeddedPage();
  const std::string index = Unpack(*page.Find("index.html")).value();
  EXPECT_FALSE(absl::StrContains(index, "http:")) << index;
  EXPECT_FALSE(absl::StrContains(index, "https:")) << index;
  for (size_t at = index.find("\"/assets/"); at != std::string::npos;
       at = index.find("\"/assets/", at + 1)) {
    const size_t begin = at + 2;
    const std::string name =
        index.substr(begin, index.find('"', begin) - begin);
    EXPECT_NE(page.Find(name), nullptr) << name;
  }
}

TEST(PageTest, FilesAreFoundByTheirWholeName) {
  const test::TestPage test_page;
  const Page page = test_page.page();
  ASSERT_NE(page.Find("assets/a.js"), nullptr);
  EXPECT_EQ(Unpack(*page.Find("assets/a.js")).value(), "let a = 1;\n");
  for (const char* name : {"", "a.js", "/assets/a.js", "assets/a.jsx"}) {
    EXPECT_EQ(page.Find(name), nullptr) << name;
  }
}

TEST(PageTest, AFileThatIsDamagedIsAnError) {
  const test::TestPage test_page;
  PageFile file = *test_page.page().Find("index.html");
  file.end -= 12;
  EXPECT_THAT(Unpack(file),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("index.html")));
  file.end = file.begin;
  EXPECT_THAT(Unpack(file), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace fathom::client
