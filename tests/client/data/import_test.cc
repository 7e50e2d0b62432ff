#include "client/data/import.h"

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "client/data/builtin.h"
#include "client/data/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::Digest;
using test::IdxFile;
using test::Message;
using test::StatusIs;
using ::testing::HasSubstr;

constexpr char kTable[] = "a,b,y\n1,2,3\n4,0,6\n7,255,9\n";
constexpr char kSparse[] = "3 1:1 2:2\n6 1:4\n9 1:7 2:255\n";
constexpr char kGas[] = "1;3 1:1 2:2\n1;6 1:4 2:0\n1;9 1:7 2:255\n";

std::string TableAsImages() {
  return IdxFile({3, 1, 2}, std::string("\x01\x02\x04\0\x07\xFF", 6));
}
std::string TableAsLabels() { return IdxFile({3}, "\x03\x06\x09"); }

v1::DataImport File(const std::string& name) {
  v1::DataImport import;
  import.set_file(name);
  return import;
}

class ImportTest : public ::testing::Test {
 protected:
  absl::StatusOr<ImportedDataset> Import(const v1::DataImport& import) {
    return ImportDataset(import, folder_.path());
  }

  test::TempFolder folder_;
};

TEST_F(ImportTest, SameValuesHaveOneDigestInEveryFormat) {
  folder_.Write("t.csv", kTable);
  folder_.WriteGzip("t.csv.gz", kTable);
  folder_.Write("t.svm", kSparse);
  folder_.Write("t.dat", kGas);
  folder_.WriteGzip("t-images-idx3-ubyte.gz", TableAsImages());
  folder_.WriteGzip("t-labels-idx1-ubyte.gz", TableAsLabels());
  v1::DataImport csv = File("t.csv");
  csv.add_target("y");

  v1::DataImport table;
  table.set_table(kTable);
  table.add_target("y");

  const std::string digest = Digest(Import(csv));

  EXPECT_TRUE(IsDatasetDigest(digest)) << digest;
  EXPECT_EQ(Digest(Import(table)), digest);
  csv.set_file("t.csv.gz");
  EXPECT_EQ(Digest(Import(csv)), digest);
  EXPECT_EQ(Digest(Import(File("t.svm"))), digest);
  EXPECT_EQ(Digest(Import(File("t.dat"))), digest);
  EXPECT_EQ(Digest(Import(File("t-images-idx3-ubyte.gz"))), digest);
}

TEST_F(ImportTest, RelativePathsStartAtTheBase) {
  const std::string path = folder_.Write("sub/t.svm", kSparse);
  const std::string digest = Digest(Import(File("sub/t.svm")));
  EXPECT_EQ(Digest(ImportDataset(File("t.svm"), folder_.path() + "/sub")),
            digest);
  EXPECT_EQ(Digest(ImportDataset(File(path), "/nowhere")), digest);
  EXPECT_EQ(Import(File("sub/t.svm"))->title, "t.svm");
}

TEST_F(ImportTest, ContentDecidesTheFormatBeforeTheName) {
  const auto format = [](absl::string_view head, absl::string_view path) {
    const auto detected = DetectFormat(head, path);
    return detected.ok() ? v1::DataFormat_Name(*detected) : "error";
  };
  EXPECT_EQ(format(kTable, "t.svm"), "DATA_FORMAT_LIBSVM");
  EXPECT_EQ(format(kTable, "t.txt"), "DATA_FORMAT_CSV");
  EXPECT_EQ(format("\xEF\xBB\xBFx y\n", "t"), "DATA_FORMAT_CSV");
  EXPECT_EQ(format(kSparse, "t.csv"), "DATA_FORMAT_LIBSVM");
  EXPECT_EQ(format("# made by x\n\n1\n-1\n+1 3:4\n", "t"),
            "DATA_FORMAT_LIBSVM");
  EXPECT_EQ(format(kGas, "t.csv"), "DATA_FORMAT_UCI_GAS");
  EXPECT_EQ(format("a;b\n1;2\n", "t.csv"), "DATA_FORMAT_CSV");
  EXPECT_EQ(format(TableAsImages(), "t.csv"), "DATA_FORMAT_IDX");
  EXPECT_EQ(format(std::string("PK\0\1", 4), "t-ubyte.gz"), "DATA_FORMAT_IDX");
  EXPECT_EQ(format(std::string("PK\0\1", 4), "t.csv"), "error");
}

TEST_F(ImportTest, MissingFilesAreNotFound) {
  const auto imported = Import(File("none.csv"));
  EXPECT_THAT(imported, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Message(imported), HasSubstr(folder_.path() + "/none.csv"));
}

TEST_F(ImportTest, SettingsOfAnotherFormatAreRefused) {
  folder_.Write("t.svm", kSparse);
  v1::DataImport import = File("t.svm");
  import.add_target("y");
  EXPECT_THAT(Message(Import(import)),
              HasSubstr("t.svm: found `target` for a file in format libsvm, "
                        "expected it for csv, arff, idx, npy, entries only"));
  import = File("t.svm");
  import.set_gas(1);
  EXPECT_THAT(Message(Import(import)), HasSubstr("for uci_gas only"));
  import = File("t.svm");
  import.set_labels("x");
  EXPECT_THAT(Message(Import(import)), HasSubstr("for idx, npy only"));
}

TEST_F(ImportTest, ExactlyOneSourceIsNeeded) {
  EXPECT_THAT(Message(Import({})), HasSubstr("found none"));
  v1::DataImport import = File("t.svm");
  import.set_builtin("fashion-mnist");
  EXPECT_THAT(Message(Import(import)), HasSubstr("found several"));
  import.clear_file();
  import.add_target("y");
  EXPECT_THAT(Message(Import(import)), HasSubstr("expected only `rows`"));
  import = File("t.svm");
  import.set_rows(-1);
  EXPECT_THAT(Message(Import(import)), HasSubstr("rows: found -1"));
}

TEST_F(ImportTest, FilesMustNumberTheTextsOfATargetAlike) {
  folder_.Write("a.csv", "x,y\n1,no\n2,yes\n");
  folder_.Write("b.csv", "x,y\n3,yes\n4,no\n");
  folder_.Write("c.csv", "x,y\n5,maybe\n6,yes\n");
  v1::DataImport import;
  import.add_target("y");
  const auto both = ImportFiles(import, {"a.csv", "b.csv"}, folder_.path());
  ASSERT_OK(both);
  EXPECT_THAT(both->dataset.y, ::testing::ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(
      Message(ImportFiles(import, {"a.csv", "c.csv"}, folder_.path())),
      HasSubstr("c.csv: found other texts among the targets, expected those as "
                "in "));
}

TEST_F(ImportTest, NotesOnSeveralFilesSayWhichTheyAreAbout) {
  folder_.Write("a.csv", "x,f,y\n1,2,3\n2,1,4\n");
  folder_.Write("b.csv", "x,f,y\n1,2,3\n,1,4\n");
  v1::DataImport import;
  import.add_target("y");
  import.set_missing(v1::MISSING_CELLS_DROP);
  const auto both = ImportFiles(import, {"a.csv", "b.csv"}, folder_.path());
  ASSERT_OK(both);
  EXPECT_THAT(
      both->notes,
      ::testing::ElementsAre("b.csv: 1 row with a missing value is left out"));
}

class BuiltinTest : public ImportTest {
 protected:
  BuiltinTest() {
    if (const char* value = getenv("FATHOM_DATASETS")) before_ = value;
    setenv("FATHOM_DATASETS", folder_.path().c_str(), 1);
    import_.set_builtin("fashion-mnist");
  }
  ~BuiltinTest() override {
    if (before_.empty()) {
      unsetenv("FATHOM_DATASETS");
    } else {
      setenv("FATHOM_DATASETS", before_.c_str(), 1);
    }
  }

  std::string before_;
  v1::DataImport import_;
};

TEST_F(BuiltinTest, EnvironmentSaysWhereTheDatasetsAre) {
  folder_.WriteGzip("fashion-mnist/train-images-idx3-ubyte.gz",
                    TableAsImages());
  folder_.WriteGzip("fashion-mnist/train-labels-idx1-ubyte.gz",
                    TableAsLabels());
  import_.set_rows(2);
  const auto imported = Import(import_);
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.rows, 2);
  EXPECT_EQ(imported->title, "fashion-mnist");
}

// The files have the same names, so the folder says which they are.
TEST_F(BuiltinTest, MnistIsWhereItsFolderIs) {
  import_.set_builtin("mnist");
  EXPECT_THAT(Message(Import(import_)), HasSubstr("MNIST"));
  folder_.WriteGzip("fashion-mnist/train-images-idx3-ubyte.gz",
                    TableAsImages());
  EXPECT_THAT(Import(import_), StatusIs(absl::StatusCode::kNotFound));
  for (const std::string set : {"train", "t10k"}) {
    folder_.WriteGzip("mnist/" + set + "-images-idx3-ubyte.gz",
                      TableAsImages());
    folder_.WriteGzip("mnist/" + set + "-labels-idx1-ubyte.gz",
                      TableAsLabels());
  }
  const auto imported = Import(import_);
  ASSERT_OK(imported);
  EXPECT_EQ(imported->title, "mnist");
  EXPECT_TRUE(HasBuiltinTest("mnist"));
  EXPECT_OK(ReadBuiltinTest("mnist", 0, ""));
}

TEST_F(BuiltinTest, MissingDatasetSaysWhatToInstall) {
  const auto imported = Import(import_);
  EXPECT_THAT(imported, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Message(imported), HasSubstr(folder_.path()));
  EXPECT_THAT(Message(imported),
              HasSubstr("apt install dataset-fashion-mnist"));
}

TEST_F(BuiltinTest, UnknownNameComesWithASuggestion) {
  import_.set_builtin("fashion-mnst");
  EXPECT_EQ(Message(Import(import_)),
            "there is no builtin dataset \"fashion-mnst\"; did you mean "
            "fashion-mnist?");
}

// Returns the path of a real file, which need not exist.
std::string SharedData(const std::string& name) {
  return std::string(FATHOM_SHARED_DATA) + "/" + name;
}

#define SKIP_WITHOUT(path)                     \
  if (!std::filesystem::exists(path)) {        \
    GTEST_SKIP() << (path) << " is not there"; \
  }

TEST(RealDataTest, EthanolTableHas2565RowsOf128Features) {
  const std::string path = SharedData("ethanol/ethanol_2565x128.csv");
  SKIP_WITHOUT(path);
  v1::DataImport import = File(path);
  import.add_target("concentration_ppm");
  import.add_ignore("source_batch");
  const auto imported = ImportDataset(import, "");
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.rows, 2565);
  EXPECT_EQ(imported->dataset.columns, 128);
  EXPECT_EQ(imported->columns.front(), "f1");
  EXPECT_EQ(imported->dataset.x[0], 13624.1063);
  EXPECT_EQ(imported->dataset.y[0], 100);
}

TEST(RealDataTest, FirstGasBatchHas90RowsOfEthanol) {
  const std::string path = SharedData("ethanol/uci270_batch1.dat");
  SKIP_WITHOUT(path);
  v1::DataImport import = File(path);
  EXPECT_EQ(ImportDataset(import, "")->dataset.rows, 445);
  import.set_gas(1);
  const auto imported = ImportDataset(import, "");
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.rows, 90);
  EXPECT_EQ(imported->dataset.columns, 128);
  EXPECT_EQ(imported->dataset.x[0], 15596.1621);
  EXPECT_EQ(imported->dataset.x[127], -2.654529);
  EXPECT_EQ(imported->dataset.y[0], 10);
}

TEST(RealDataTest, MnistTestImagesAreBalancedDigits) {
  const std::string path = SharedData("mnist/t10k-images-idx3-ubyte.gz");
  SKIP_WITHOUT(path);
  const auto imported = ImportDataset(File(path), "");
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.rows, 10000);
  EXPECT_EQ(imported->dataset.columns, 784);
  EXPECT_EQ(imported->dataset.y[0], 7);
}

TEST(RealDataTest, FashionMnistGivesItsFirstRows) {
  const std::string path = "/usr/share/datasets/fashion-mnist";
  SKIP_WITHOUT(path);
  v1::DataImport import;
  import.set_builtin("fashion-mnist");
  import.set_rows(2565);
  const auto imported = ImportDataset(import, "");
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.rows, 2565);
  EXPECT_EQ(imported->dataset.columns, 784);
  EXPECT_EQ(imported->dataset.y[0], 9);
  EXPECT_EQ(imported->format, "idx 28x28 (gzip)");
}

}  // namespace
}  // namespace fathom::client
