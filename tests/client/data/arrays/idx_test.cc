#include <cstdint>
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

using test::IdxFile;
using test::Message;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const char kPixels[] = "\x01\x02\x03\xFF\x05\x06\x07\x08\x09\x0A\x0B\x0C";

class IdxTest : public ::testing::Test {
 protected:
  IdxTest() {
    import_.set_file("images");
    import_.set_labels("labels");
  }

  absl::StatusOr<ImportedDataset> Import(const std::string& images,
                                         const std::string& labels) {
    folder_.Write("images", images);
    folder_.Write("labels", labels);
    return ImportDataset(import_, folder_.path());
  }

  std::string ErrorOf(const std::string& images, const std::string& labels) {
    const absl::StatusOr<ImportedDataset> imported = Import(images, labels);
    EXPECT_THAT(imported, StatusIs(absl::StatusCode::kInvalidArgument));
    const std::string message = Message(imported);
    return message.substr(folder_.path().size() + 1);
  }

  const std::string images_ = IdxFile({3, 2, 2}, kPixels);
  const std::string labels_ = IdxFile({3}, "\x09\x01\x02");
  test::TempFolder folder_;
  v1::DataImport import_;
};

TEST_F(IdxTest, OneImageIsOneRowAndItsLabelTheTarget) {
  const auto imported = Import(images_, labels_);
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.rows, 3);
  EXPECT_EQ(imported->dataset.columns, 4);
  EXPECT_THAT(imported->dataset.x,
              ElementsAre(1, 2, 3, 255, 5, 6, 7, 8, 9, 10, 11, 12));
  EXPECT_THAT(imported->dataset.y, ElementsAre(9, 1, 2));
  EXPECT_THAT(imported->targets, ElementsAre("label"));
  EXPECT_EQ(imported->format, "idx 2x2");
}

TEST_F(IdxTest, GzipFilesReadAlike) {
  const std::string digest = test::Digest(Import(images_, labels_));
  folder_.WriteGzip("images", images_);
  folder_.WriteGzip("labels", labels_);
  const auto imported = ImportDataset(import_, folder_.path());
  EXPECT_EQ(test::Digest(imported), digest);
  EXPECT_EQ(imported->format, "idx 2x2 (gzip)");
}

TEST_F(IdxTest, NothingAfterTheLastRowIsRead) {
  import_.set_rows(2);
  const auto imported =
      Import(images_.substr(0, 16 + 8), labels_.substr(0, 8 + 2));
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.rows, 2);
  EXPECT_THAT(imported->dataset.y, ElementsAre(9, 1));
}

TEST_F(IdxTest, LabelsAreFoundByTheirName) {
  import_.clear_labels();
  import_.set_file("d/train-images-idx3-ubyte");
  folder_.Write("d/train-images-idx3-ubyte", images_);
  EXPECT_THAT(Message(ImportDataset(import_, folder_.path())),
              HasSubstr("found no labels for these images"));
  folder_.Write("d/train-labels-idx1-ubyte", labels_);
  EXPECT_OK(ImportDataset(import_, folder_.path()));
}

std::string OfType(char type, const std::vector<uint32_t>& sides,
                   const std::string& bytes) {
  std::string file = IdxFile(sides, bytes);
  file[2] = type;
  return file;
}

TEST_F(IdxTest, NumbersAreOfEveryTypeAndArraysOfEveryShape) {
  // The numbers are -2 and 258 as short, -1 and 65536 as int, and 1.5 as float
  // and double.
  const auto shorts =
      Import(OfType(0x0B, {2, 1}, std::string("\xFF\xFE\x01\x02", 4)),
             OfType(0x0C, {2}, std::string("\xFF\xFF\xFF\xFF\0\1\0\0", 8)));
  ASSERT_OK(shorts);
  EXPECT_THAT(shorts->dataset.x, ElementsAre(-2, 258));
  EXPECT_THAT(shorts->dataset.y, ElementsAre(-1, 65536));
  EXPECT_EQ(shorts->format, "idx 1 of int16");
  const auto floats =
      Import(OfType(0x0D, {2}, std::string("\x3F\xC0\0\0\xBF\xC0\0\0", 8)),
             OfType(0x0E, {2, 2},
                    std::string("\x3F\xF8\0\0\0\0\0\0\xBF\xF8\0\0\0\0\0\0"
                                "\0\0\0\0\0\0\0\0\x3F\xF8\0\0\0\0\0\0",
                                32)));
  ASSERT_OK(floats);
  EXPECT_THAT(floats->dataset.x, ElementsAre(1.5, -1.5));
  EXPECT_THAT(floats->dataset.y, ElementsAre(1.5, -1.5, 0, 1.5));
  EXPECT_THAT(floats->targets, ElementsAre("label_1", "label_2"));
  EXPECT_EQ(
      ErrorOf(OfType(0x0D, {2}, std::string("\x3F\xC0\0\0\x7F\xC0\0\0", 8)),
              IdxFile({2}, "\x01\x02")),
      "images: byte 12: found NaN in row 2, expected a number that a double "
      "holds; in Python, X[~numpy.isnan(X).any(axis=1)] leaves out such rows, "
      "and in a text table `missing: drop` does");
}

TEST_F(IdxTest, AColumnOfAMatrixCanBeTheTarget) {
  folder_.Write("m", IdxFile({2, 3}, "\x01\x02\x03\x04\x05\x06"));
  v1::DataImport import;
  import.set_file("m");
  import.add_target("column_2");
  const auto imported = ImportDataset(import, folder_.path());
  ASSERT_OK(imported);
  EXPECT_THAT(imported->dataset.x, ElementsAre(1, 3, 4, 6));
  EXPECT_THAT(imported->dataset.y, ElementsAre(2, 5));
  EXPECT_THAT(imported->columns, ElementsAre("column_1", "column_3"));
  import.set_target(0, "column_4");
  EXPECT_THAT(Message(ImportDataset(import, folder_.path())),
              HasSubstr("m: found no column \"column_4\" for the target"));
}

TEST_F(IdxTest, WrongHeadersAreNamedByByte) {
  import_.set_format(v1::DATA_FORMAT_IDX);
  EXPECT_EQ(ErrorOf("GIF89a", labels_),
            "images: byte 0: found 0x47494638, expected an idx file: two zero "
            "bytes, a type of 0x08 to 0x0e, and 1 to 4 sides");
  EXPECT_THAT(ErrorOf(std::string("\0\0\x0A\x01", 4), labels_),
              StartsWith("images: byte 0: found 0x00000a01"));
  EXPECT_EQ(ErrorOf(images_.substr(0, 10), labels_),
            "images: byte 10: found the end of the file, expected an idx "
            "header");
  EXPECT_EQ(ErrorOf(IdxFile({0, 2, 2}, ""), labels_),
            "images: byte 4: found no rows, expected at least 1");
  EXPECT_EQ(ErrorOf(IdxFile({3, 2, 0}, ""), labels_),
            "images: byte 12: found a side of 0, expected at least 1");
}

TEST_F(IdxTest, WrongSizesAreNamedByByte) {
  EXPECT_EQ(ErrorOf(images_.substr(0, 16 + 7), labels_),
            "images: byte 23: found the end of the file, expected 3 items of 4 "
            "bytes, as its header says");
  EXPECT_EQ(ErrorOf(images_ + "x", labels_),
            "images: byte 28: found more bytes, expected the end of the file");
  EXPECT_EQ(ErrorOf(images_, labels_.substr(0, 10)),
            "labels: byte 10: found the end of the file, expected 3 items of 1 "
            "bytes, as its header says");
  EXPECT_THAT(ErrorOf(images_, IdxFile({2}, "\x01\x02")),
              StartsWith("labels: byte 8: found 2 labels, expected 3 as in "));
}

TEST_F(IdxTest, HugeSizesAreRefusedBeforeAnythingIsAllocated) {
  EXPECT_THAT(ErrorOf(IdxFile({3, 0xFFFFFFFF, 0xFFFFFFFF}, kPixels), labels_),
              HasSubstr("found 4294967295 features, expected at most 1000000"));
  EXPECT_THAT(ErrorOf(IdxFile({0xFFFFFFFF, 100, 100}, kPixels),
                      IdxFile({0xFFFFFFFF}, "\x01")),
              HasSubstr("found 4294967295 rows of 10000 features"));
  EXPECT_THAT(ErrorOf(IdxFile({200'000'000, 1, 1}, kPixels),
                      IdxFile({200'000'000}, "\x01")),
              HasSubstr("byte 28: found the end of the file"));
}

TEST_F(IdxTest, LabelsMustVary) {
  EXPECT_THAT(ErrorOf(images_, IdxFile({3}, "\x04\x04\x04")),
              HasSubstr("found target \"label\" to be the constant 4"));
}

}  // namespace
}  // namespace fathom::client
