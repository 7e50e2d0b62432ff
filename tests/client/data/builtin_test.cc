#include "client/data/builtin.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/data/import.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::Digest;
using test::Message;
using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

// Number of rows of ethanol in each batch of the repository, 2565 in all.
constexpr int kRowsOfBatch[] = {90, 164, 365, 64, 28, 514, 649, 30, 61, 600};

// Returns the lines of a raw file: ethanol, and after every fifth row a row of
// another gas.
std::string Batch(int number, int rows) {
  std::string text;
  for (int i = 0; i < rows; ++i) {
    for (const int gas : {1, 2}) {
      if (gas == 2 && i % 5 != 0) continue;
      absl::StrAppend(&text, gas, ";", 10 * number + i % 7, ".500000");
      for (int j = 1; j <= 128; ++j) {
        absl::StrAppend(&text, " ", j, ":", number * j - i, ".25");
      }
      absl::StrAppend(&text, " \n");
    }
  }
  return text;
}

class EthanolTest : public ::testing::Test {
 protected:
  void WriteBatches(const std::string& below, int last = 10) {
    for (int i = 1; i <= last; ++i) {
      paths_.push_back(folder_.Write(absl::StrCat(below, "batch", i, ".dat"),
                                     Batch(i, kRowsOfBatch[i - 1])));
    }
  }

  absl::StatusOr<ImportedDataset> Read(int64_t rows = 0) {
    return ReadBuiltin("ethanol", rows, folder_.path());
  }

  test::TempFolder folder_;
  std::vector<std::string> paths_;
};

TEST_F(EthanolTest, RawFilesGiveTheRowsOfClassOne) {
  WriteBatches("");
  const auto imported = Read();
  ASSERT_OK(imported);
  EXPECT_EQ(imported->title, "ethanol");
  EXPECT_EQ(imported->dataset.rows, 2565);
  EXPECT_EQ(imported->dataset.columns, 128);
  EXPECT_EQ(imported->dataset.y[0], 10.5);
  EXPECT_EQ(Read(7)->dataset.rows, 7);
}

TEST_F(EthanolTest, FolderMayHoldAFolderOfTheName) {
  WriteBatches("ethanol/");
  EXPECT_OK(Read());
}

// Such a table is what `fathom data import batch*.dat --gas 1` writes.
TEST_F(EthanolTest, TableWhoseFirstColumnIsTheTargetIsTheSame) {
  WriteBatches("raw/");
  const std::string digest =
      Digest(ReadBuiltin("ethanol", 0, folder_.path() + "/raw"));
  const auto raw = ReadBuiltin("ethanol", 0, folder_.path() + "/raw");
  ASSERT_OK(raw);
  std::string table = "anything";
  for (int j = 1; j <= 128; ++j) absl::StrAppend(&table, ",f", j);
  for (int64_t i = 0; i < raw->dataset.rows; ++i) {
    absl::StrAppend(&table, "\n", raw->dataset.y[i]);
    for (int j = 0; j < 128; ++j) {
      absl::StrAppend(&table, ",", raw->dataset.x[i * 128 + j]);
    }
  }
  folder_.Write("ethanol.csv", table);
  EXPECT_EQ(Digest(Read()), digest);
}

TEST_F(EthanolTest, MissingFilesAreNamed) {
  WriteBatches("", 8);
  const auto imported = Read();
  EXPECT_THAT(imported, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(imported), HasSubstr("found 8 of the files"));
  EXPECT_THAT(Message(imported),
              HasSubstr("batch9.dat, batch10.dat are missing"));
}

TEST_F(EthanolTest, PartOfTheRowsIsNotTheDataset) {
  WriteBatches("");
  folder_.Write("batch10.dat", Batch(10, 599));
  EXPECT_THAT(Message(Read()),
              HasSubstr("found 2564 rows of 128 features, expected 2565"));
}

TEST_F(EthanolTest, WithoutAnyFileTheErrorSaysHowToGetThem) {
  const auto imported = Read();
  EXPECT_THAT(imported, StatusIs(absl::StatusCode::kNotFound));
  for (const char* part :
       {"dataset 270", "10.24432/C5MK6M", "--data", "fathom data import",
        "Gas Sensor Array Drift at Different Concentrations"}) {
    EXPECT_THAT(Message(imported), HasSubstr(part));
  }
  EXPECT_THAT(Message(imported), HasSubstr(folder_.path() + "/ethanol"));
  EXPECT_THAT(Message(imported), Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace fathom::client
