// These tests are about Weka's format.
#include "client/data/tables/arff.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::Message;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ArffTest : public ::testing::Test {
 protected:
  ArffTest() { import_.add_target("y"); }

  absl::StatusOr<ImportedDataset> Import(const std::string& content) {
    return ReadArff(import_, InputFile::OfText("t", content).get());
  }

  v1::DataImport import_;
};

TEST_F(ArffTest, NominalValuesKeepTheirOrder) {
  const auto imported = Import(
      "@relation t\n@attribute 'a b' NUMERIC\n"
      "@attribute c {z,'y y',1.0}\n@attribute d{true,false}\n"
      "@attribute y {no,yes}\n@data\n1.5,'y y',false,yes\n2,1.0,true,no\n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->columns,
              ElementsAre("a b", "c=z", "c=y y", "c=1.0", "d"));
  EXPECT_THAT(imported->dataset.x, ElementsAre(1.5, 0, 1, 0, 0, 2, 0, 0, 1, 1));
  EXPECT_THAT(imported->dataset.y, ElementsAre(1, 0));
  EXPECT_THAT(imported->classes, ElementsAre(ElementsAre("no", "yes")));
  EXPECT_EQ(imported->format, "arff");
}

TEST_F(ArffTest, StringsAreTextsAndNumbersCanBeCategories) {
  import_.add_categorical("n");
  const auto imported = Import(
      "@relation t\n@attribute s string\n@attribute n numeric\n"
      "@attribute y real\n@data\n'b, c',10,1\na,2,2\n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->columns, ElementsAre("s=a", "s=b, c", "n=2", "n=10"));
}

TEST_F(ArffTest, QuotesAreSingleOrDoubleAndBackslashesEscape) {
  const auto imported = Import(
      "@relation t\n@attribute 'x\\'s' {'it\\'s 1',\"b, c\",\"don't\"}\n"
      "@attribute s string\n@attribute \"n m\" real\n@attribute y real\n"
      "@data\n'it\\'s 1','a\\\\b',1,1\n\"b, c\",\"say \\\"x\\\"\",2,2\n"
      "\"don't\",'\\'q',3,3\n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->columns,
              ElementsAre("x's=it's 1", "x's=b, c", "x's=don't", "s='q",
                          "s=a\\b", "s=say \"x\"", "n m"));
  EXPECT_THAT(imported->dataset.x, ElementsAre(1, 0, 0, 0, 1, 0, 1,  //
                                               0, 1, 0, 0, 0, 1, 2,  //
                                               0, 0, 1, 1, 0, 0, 3));
  // A quote that is left open spoils only its own line.
  EXPECT_THAT(Message(Import("@relation t\n@attribute s string\n@attribute y "
                             "real\n@data\n'a\\',1\nb,2\n")),
              StartsWith("t:5:1: found a quote that is never closed"));
  EXPECT_THAT(Message(Import("@relation t\n@attribute y {a,don't}\n")),
              HasSubstr("a quote inside a cell without quotes"));
}

TEST_F(ArffTest, MistakesAreNamedByLine) {
  EXPECT_THAT(
      Message(Import("@relation t\n@attribute y {a,b}\n@attribute x real\n"
                     "@data\nc,1\n")),
      StartsWith("t:5:1: found \"c\", expected one of the values of \"y\" (a, "
                 "b)"));
  EXPECT_THAT(Message(Import("@relation t\n@attribute y blob\n")),
              StartsWith("t:2:1: found type \"blob\" of attribute \"y\""));
  EXPECT_THAT(Message(Import("@relation t\n@attribute y {a,a}\n")),
              StartsWith("t:2:1: found \"a\" again"));
  EXPECT_THAT(Message(Import("@relation t\n@attribute y {a,\n")),
              HasSubstr("expected a }"));
  EXPECT_THAT(Message(Import("@relation t\ny real\n")),
              StartsWith("t:2:1: found \"y real\", expected @relation"));
  EXPECT_THAT(Message(Import("@relation t\n@attribute y real\n")),
              HasSubstr("found the end of the header, expected a line @data"));
  EXPECT_THAT(Message(Import("@relation t\n@attribute y real\n@attribute x "
                             "real\n@data\n{0 1, 1 2}\n")),
              StartsWith("t:5:1: found sparse rows"));
  EXPECT_THAT(Message(Import("@relation t\n@attribute x real\n@data\n1\n")),
              StartsWith("t:3:1: found no column \"y\" for the target"));
}

}  // namespace
}  // namespace fathom::client
