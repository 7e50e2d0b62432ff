// These tests check that files which are not read are named for what they are.
#include "client/data/foreign.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string ErrorOf(const std::string& head) {
  return std::string(CheckNotForeign(head, "t").message());
}

TEST(ForeignTest, FormatsAreNamedWithTheCure) {
  EXPECT_EQ(ErrorOf("PAR1\x15\x04"),
            "t: found a Parquet file, expected a text table; in Python, "
            "pandas.read_parquet(\"FILE\").to_csv(\"FILE.csv\", index=False) "
            "writes one");
  EXPECT_THAT(ErrorOf("ARROW1"), HasSubstr("read_feather"));
  EXPECT_THAT(ErrorOf("\x89HDF\r\n\x1A\n"),
              StartsWith("t: found an HDF5 file"));
  EXPECT_THAT(ErrorOf("PK\x03\x04....X.npy"), HasSubstr("(npz)"));
  EXPECT_THAT(ErrorOf("PK\x03\x04....[Content_Types].xml"),
              HasSubstr("an Excel workbook, expected the sheet saved as CSV"));
  EXPECT_THAT(ErrorOf("PK\x03\x04"), HasSubstr("`unzip`"));
  EXPECT_THAT(ErrorOf("BZh91AY"), HasSubstr("`bunzip2`"));
  EXPECT_THAT(ErrorOf("\x80\x04\x95"), HasSubstr("a Python pickle"));
  EXPECT_THAT(ErrorOf("[{\"a\": 1}]"), HasSubstr("found JSON"));
  EXPECT_THAT(ErrorOf("\n {\"a\": 1}\n"), HasSubstr("found JSON"));
  EXPECT_THAT(ErrorOf("version https://git-lfs.github.com/spec/v1\noid sha256:"
                      "ab\n"),
              HasSubstr("found a pointer of Git LFS, expected the file that it "
                        "stands for, as `git lfs pull` fetches it"));
  EXPECT_THAT(ErrorOf("A = [ 1 2\n 3 4 ];\n"),
              HasSubstr("the language of MATLAB"));
  EXPECT_THAT(
      ErrorOf("\xEF\xBB\xBFsep=;\r\na;y\r\n"),
      HasSubstr("found a first line for Excel alone, sep=, expected the "
                "table without it, as `tail -n +2 FILE`"));
  EXPECT_THAT(ErrorOf("<html>"), HasSubstr("found a web page"));
}

TEST(ForeignTest, TextOfOtherSystemsIsNamedByItsCause) {
  EXPECT_THAT(ErrorOf(std::string("\xFF\xFE"
                                  "a\0,\0",
                                  6)),
              HasSubstr("found text in UTF-16"));
  EXPECT_THAT(ErrorOf(std::string("\0a\0,\0b\0\n", 8)),
              HasSubstr("`iconv -f UTF-16 -t UTF-8 FILE`"));
  EXPECT_THAT(ErrorOf("a,y\r1,2\r"), HasSubstr("CR alone"));
}

TEST(ForeignTest, TablesAreNot) {
  for (const char* head :
       {"a,y\r\n1,2\r\n", "a,y\r", "a,y\n1,2\n", "", "1 1:2\n", "{x},y\n1,2\n",
        "[a],y\n1,2\n", "<5,y\n1,2\n", "sep=a,y\n1,2\n", "a b=[,y\n1,2\n",
        "\xEF\xBB\xBF"
        "a,y\n"}) {
    EXPECT_OK(CheckNotForeign(head, "t")) << head;
  }
  EXPECT_OK(CheckNotForeign(std::string("\0\0\x08\x03\0\0\0\x03", 8), "t"));
}

}  // namespace
}  // namespace fathom::client
