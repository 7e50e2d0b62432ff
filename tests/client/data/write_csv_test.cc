#include "client/data/write_csv.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
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
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Returns a random double of any size.
double Draw(std::mt19937_64& random) {
  double value = 0;
  do {
    const uint64_t bits = random();
    std::memcpy(&value, &bits, sizeof(value));
  } while (!(std::abs(value) <= std::numeric_limits<double>::max()));
  return value;
}

class WriteCsvTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) {
    return folder_.path() + "/" + name;
  }
  absl::StatusOr<ImportedDataset> ReadBack(const std::string& path,
                                           const ColumnNames& names) {
    v1::DataImport import;
    import.set_file(path);
    for (const std::string& name : names.targets) import.add_target(name);
    return ImportDataset(import, "");
  }

  test::TempFolder folder_;
};

TEST_F(WriteCsvTest, AnyDatasetReadsBackToTheBit) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20; ++round) {
    ImportedDataset imported;
    Dataset& data = imported.dataset;
    data.rows = 2 + static_cast<int64_t>(random() % 9);
    data.columns = 1 + static_cast<int32_t>(random() % 5);
    data.targets = 1 + static_cast<int32_t>(random() % 3);
    for (int64_t i = 0; i < data.rows * data.columns; ++i) {
      data.x.push_back(i == 0 ? -0.0 : Draw(random));
    }
    for (int64_t i = 0; i < data.rows * data.targets; ++i) {
      data.y.push_back(Draw(random));
    }
    const std::string path = Path("out.csv");
    ASSERT_OK(WriteCsv(imported, path, /*overwrite=*/true));
    EXPECT_EQ(Digest(ReadBack(path, NamesOf(imported))), Digest(imported));
  }
}

TEST_F(WriteCsvTest, OddNamesAreKept) {
  ImportedDataset imported;
  imported.dataset = {
      .rows = 2, .columns = 2, .targets = 1, .x = {1, 2, 3, 4}, .y = {5, 6}};
  imported.columns = {"a,b", "say \"x\""};
  imported.targets = {"y\nz"};
  ASSERT_OK(WriteCsv(imported, Path("out.csv"), false));
  const auto back = ReadBack(Path("out.csv"), NamesOf(imported));
  ASSERT_OK(back);
  EXPECT_THAT(back->columns, ElementsAre("a,b", "say \"x\""));
  EXPECT_EQ(Digest(back), Digest(imported));
}

TEST_F(WriteCsvTest, WhatExistsIsKeptUnlessAskedFor) {
  ImportedDataset imported;
  imported.dataset = {
      .rows = 2, .columns = 1, .targets = 1, .x = {1, 2}, .y = {5, 6}};
  const std::string path = folder_.Write("out.csv", "mine");
  EXPECT_THAT(WriteCsv(imported, path, false),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(std::filesystem::file_size(path), 4u);
  EXPECT_OK(WriteCsv(imported, path, true));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()),
                          std::filesystem::directory_iterator()),
            1);
}

TEST_F(WriteCsvTest, WhatWouldNotReadBackLeavesNoFile) {
  ImportedDataset imported;
  imported.dataset = {
      .rows = 2, .columns = 1, .targets = 1, .x = {1, 2}, .y = {5, 6}};
  imported.columns = {"1"};
  imported.targets = {"2"};
  EXPECT_THAT(WriteCsv(imported, Path("out.csv"), false),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  EXPECT_THAT(WriteCsv(imported, Path("none/out.csv"), false),
              StatusIs(absl::StatusCode::kInternal));
}

class ImportFilesTest : public ::testing::Test {
 protected:
  absl::StatusOr<ImportedDataset> Import(
      const std::vector<std::string>& paths) {
    return ImportFiles(import_, paths, folder_.path());
  }

  test::TempFolder folder_;
  v1::DataImport import_;
};

TEST_F(ImportFilesTest, RowsOfAllFilesFollowEachOther) {
  folder_.Write("a.csv", "x,y\n1,2\n");
  folder_.Write("b.csv", "x,y\n3,4\n5,6\n");
  folder_.Write("all.csv", "x,y\n1,2\n3,4\n5,6\n");
  import_.add_target("y");
  EXPECT_EQ(Digest(Import({"a.csv", "b.csv"})), Digest(Import({"all.csv"})));
  EXPECT_EQ(Import({"a.csv", "b.csv"})->title, "a.csv and 1 more");
  import_.set_rows(2);
  EXPECT_EQ(Digest(Import({"a.csv", "b.csv"})), Digest(Import({"all.csv"})));
}

TEST_F(ImportFilesTest, DifferentColumnsAreRefused) {
  folder_.Write("a.csv", "x,y\n1,2\n");
  folder_.Write("b.csv", "z,y\n3,4\n");
  folder_.Write("c.csv", "x,z,y\n3,4,5\n");
  import_.add_target("y");
  EXPECT_THAT(Message(Import({"a.csv", "b.csv"})),
              HasSubstr("b.csv: found column \"z\", expected \"x\" as in"));
  EXPECT_THAT(Message(Import({"a.csv", "c.csv"})),
              HasSubstr("found 2 features and 1 target, expected 1 features"));
}

TEST_F(ImportFilesTest, FileWithoutRowsOfTheGasIsPassedOver) {
  folder_.Write("a.dat", "1;3 1:1 2:2\n2;6 1:4 2:0\n");
  folder_.Write("b.dat", "1;6 1:4 2:0\n");
  folder_.Write("c.dat", "2;9 1:7 2:25\n");
  import_.set_gas(2);
  const auto imported = Import({"b.dat", "a.dat", "c.dat"});
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.rows, 2);
  EXPECT_THAT(Import({"b.dat", "b.dat"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace fathom::client
