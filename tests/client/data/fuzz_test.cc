// These tests feed each reader thousands of damaged files. Whatever the files
// hold, the result must be a valid dataset or an INVALID_ARGUMENT error.

#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/data/import.h"
#include "client/data/overlay.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

constexpr int kRounds = 4000;
const std::string kTarget = "y";
const std::string kIgnored = "n";

class FuzzTest : public ::testing::Test {
 protected:
  size_t Below(size_t n) { return random_() % n; }

  // Returns `text` after a few changes: bytes and words are replaced, and
  // pieces are removed, doubled or cut off.
  std::string Mutate(std::string text) {
    static const std::vector<std::string> kWords = {",",
                                                    ";",
                                                    ":",
                                                    "\"",
                                                    "\"\"",
                                                    "\n",
                                                    "\r\n",
                                                    "#",
                                                    "nan",
                                                    "1e9999",
                                                    "-0",
                                                    "999999",
                                                    "\t",
                                                    "\xEF\xBB\xBF",
                                                    std::string(1, '\0'),
                                                    "\xFF\xFF\xFF\xFF",
                                                    "1:",
                                                    "-1",
                                                    "y"};
    for (size_t i = 1 + Below(4); i > 0; --i) {
      const size_t at = Below(text.size() + 1);
      const size_t length = Below(text.size() - at + 1) % 20;
      switch (Below(6)) {
        case 0:
          if (at < text.size()) text[at] = static_cast<char>(random_());
          break;
        case 1:
          text.insert(at, kWords[Below(kWords.size())]);
          break;
        case 2:
          text.replace(at, length, kWords[Below(kWords.size())]);
          break;
        case 3:
          text.erase(at, length);
          break;
        case 4:
          text.insert(at, text.substr(at, length));
          break;
        case 5:
          if (Below(4) == 0) text.resize(at);
          break;
      }
    }
    return text;
  }

  void Check(const v1::DataImport& import) {
    const auto imported = ImportDataset(import, folder_.path());
    if (imported.ok()) {
      ++accepted_;
      ASSERT_OK(CheckDataset(imported->dataset));
      ASSERT_OK(DecodeDataset(EncodeDataset(imported->dataset)));
    } else {
      ASSERT_THAT(imported.status(),
                  test::StatusIs(absl::StatusCode::kInvalidArgument));
    }
  }

  void CheckOverlay(const std::string& text) {
    const auto overlay = ReadOverlay(InputFile::OfText("t", text).get());
    if (!overlay.ok()) {
      ASSERT_THAT(overlay.status(),
                  test::StatusIs(absl::StatusCode::kInvalidArgument));
      return;
    }
    ++accepted_;
    ASSERT_FALSE(overlay->curves.empty());
    for (const OverlayCurve& curve : overlay->curves) {
      ASSERT_EQ(curve.iterations.size(), curve.values.size());
      ASSERT_GT(curve.updates_per_iteration, 0);
    }
  }

  void FuzzText(const std::string& content, v1::DataImport import) {
    import.set_file("t");
    for (int round = 0; round < kRounds; ++round) {
      folder_.Write("t", Mutate(content));
      Check(import);
    }
    EXPECT_GT(accepted_, kRounds / 100);
    EXPECT_LT(accepted_, kRounds);
  }

  std::mt19937_64 random_{20240229};
  test::TempFolder folder_;
  int accepted_ = 0;
};

TEST_F(FuzzTest, Csv) {
  v1::DataImport import;
  import.add_target(kTarget);
  import.add_ignore(kIgnored);
  FuzzText("a,b,n,y\n1.5,2,\"x, \"\"y\"\"\nz\",4\n-5e3,6,,8\n9,10,t,12\n",
           import);
}

TEST_F(FuzzTest, CsvInItsOwnFormat) {
  v1::DataImport import;
  import.set_format(v1::DATA_FORMAT_CSV);
  import.set_delimiter("tab");
  import.add_target(kTarget);
  FuzzText("a\tb\ty\r\n1.5\t2\t3\r\n4\t5\t6\r\n", import);
}

TEST_F(FuzzTest, TableWithEverything) {
  v1::DataImport import;
  import.add_target(kTarget);
  import.add_categorical("c");
  import.set_missing(v1::MISSING_CELLS_DROP);
  FuzzText(
      "# by "
      "hand\n;a;b;c;y;\n0;1,5;x;3;true;\n1;-5e3;y;4;False;\n\n2;?;x;3;TRUE;"
      "\n3;0,25;z;9;false;\n",
      import);
}

TEST_F(FuzzTest, Arff) {
  v1::DataImport import;
  import.add_target(kTarget);
  import.add_ignore(kIgnored);
  FuzzText(
      "% x\n@relation r\n@attribute a real\n@attribute 'n' string\n@attribute "
      "b "
      "{u, 'v w'}\n@attribute y {0,1}\n@data\n1.5,'a, b',u,0\n2,?,'v w',1\n",
      import);
}

TEST_F(FuzzTest, Npy) {
  v1::DataImport import;
  import.add_target("column_1");
  std::string header =
      "{'descr': '<i2', 'fortran_order': True, 'shape': (3, 2), }\n";
  FuzzText(std::string("\x93NUMPY\x01\0", 8) +
               static_cast<char>(header.size()) + std::string(1, '\0') +
               header + "abcdefghijkl",
           import);
}

TEST_F(FuzzTest, Overlay) {
  const std::string text =
      "# where\ncurve,depth,updates_per_iteration,offset,iteration,value\n"
      "\"a, b\",1,3.5,,10,0.5\n\"a, b\",1,3.5,,20,0.25\nc,,,1e-3,1,2\n";
  for (int round = 0; round < kRounds; ++round) CheckOverlay(Mutate(text));
  EXPECT_GT(accepted_, kRounds / 100);
  EXPECT_LT(accepted_, kRounds);
}

TEST_F(FuzzTest, Libsvm) {
  FuzzText("# two\n1.5 1:2 3:-4e2\n-2 2:0.5 # x\n3 1:1 2:2 3:3\n", {});
}

TEST_F(FuzzTest, UciGas) {
  v1::DataImport import;
  import.set_gas(1);
  FuzzText("1;10.0 1:2.5 2:3 \n2;20.0 1:4 2:5 \n1;30.0 1:6 2:7 \n", import);
}

TEST_F(FuzzTest, Gzip) {
  v1::DataImport import;
  import.set_file("t");
  const std::string path =
      folder_.WriteGzip("t", "1 1:1 2:2\n2 1:3 2:4\n3 1:5 2:6\n");
  std::string content(std::filesystem::file_size(path), '\0');
  std::ifstream(path, std::ios::binary)
      .read(content.data(), static_cast<std::streamsize>(content.size()));
  for (int round = 0; round < kRounds; ++round) {
    folder_.Write("t", Mutate(content));
    Check(import);
  }
}

TEST_F(FuzzTest, Idx) {
  const std::string images = test::IdxFile(
      {3, 2, 2}, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C");
  const std::string labels = test::IdxFile({3}, "\x01\x02\x03");
  v1::DataImport import;
  import.set_file("images");
  import.set_labels("labels");
  import.set_format(v1::DATA_FORMAT_IDX);
  for (int round = 0; round < kRounds; ++round) {
    import.set_rows(static_cast<int64_t>(Below(5)));
    folder_.Write("images", Below(3) == 0 ? images : Mutate(images));
    folder_.Write("labels", Below(3) == 0 ? labels : Mutate(labels));
    Check(import);
  }
  EXPECT_GT(accepted_, kRounds / 100);
}

}  // namespace
}  // namespace fathom::client
