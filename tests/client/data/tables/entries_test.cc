// These tests are about the known entries of a matrix.
#include "client/data/tables/entries.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::Message;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<ImportedDataset> Import(const std::string& content) {
  v1::DataImport import;
  import.add_target("rating");
  return ReadEntries(import, InputFile::OfText("t", content).get());
}

TEST(EntriesTest, RowsAndColumnsAreNumberedInOrder) {
  const auto imported = Import("user,item,rating\n10,b,1.5\n9,a,2\n10,a,3\n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->dataset.x, ElementsAre(1, 1, 0, 0, 1, 0));
  EXPECT_THAT(imported->dataset.y, ElementsAre(1.5, 2, 3));
  EXPECT_EQ(imported->matrix_rows, 2);
  EXPECT_EQ(imported->matrix_columns, 2);
  EXPECT_EQ(imported->format, "entries, csv");
  EXPECT_THAT(imported->notes,
              Contains("a matrix of 2 rows (\"user\") and 2 columns "
                       "(\"item\") with 3 known entries"));
}

TEST(EntriesTest, EachPlaceIsThereOnce) {
  EXPECT_EQ(Message(Import("user,item,rating\n1,1,1\n2,1,2\n1,1,1\n")),
            "t: found a second value for the same \"user\" and \"item\" in row "
            "3 of the table, expected each place once");
}

TEST(EntriesTest, ThereAreTwoFeaturesAndATarget) {
  EXPECT_THAT(Message(Import("user,item,time,rating\n1,1,5,1\n")),
              HasSubstr("found 3 features and 1 targets, expected the row and "
                        "the column of an entry and its value; `ignore`"));
}

}  // namespace
}  // namespace fathom::client
