// These tests are about NumPy's format.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/data/arrays/array_file.h"
#include "client/data/arrays/arrays.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string NpyFile(const std::string& dictionary, const std::string& values,
                    char version = 1) {
  std::string file = "\x93NUMPY";
  file.push_back(version);
  file.push_back('\0');
  file.push_back(static_cast<char>(dictionary.size()));
  file.append(version == 1 ? 1 : 3, '\0');
  return file + dictionary + values;
}

std::string Dictionary(const std::string& type, const std::string& shape,
                       const std::string& fortran = "False") {
  return absl::StrCat("{'descr': '", type, "', 'fortran_order': ", fortran,
                      ", 'shape': ", shape, ", }\n");
}

struct Array {
  std::string type;
  std::vector<int64_t> sides;
  std::vector<double> values;
  std::string error;
};

Array Read(const std::string& content, int64_t rows = 0) {
  const std::unique_ptr<InputFile> file = InputFile::OfText("t", content);
  const auto header = ReadNpyHeader(file.get());
  if (!header.ok()) return {.error = std::string(header.status().message())};
  Array array = {.type = TypeText(*header), .sides = header->sides};
  array.error =
      std::string(ReadItems(*header, rows == 0 ? header->sides[0] : rows,
                            file.get(), &array.values)
                      .message());
  return array;
}

TEST(NpyTest, NumbersAreOfEveryType) {
  const auto read = [](const std::string& type, const std::string& bytes) {
    const Array array = Read(NpyFile(Dictionary(type, "(1,)"), bytes));
    EXPECT_EQ(array.error, "");
    return array.values;
  };
  EXPECT_THAT(read("<i2", "\xFE\xFF"), ElementsAre(-2));
  EXPECT_THAT(read(">i2", "\xFF\xFE"), ElementsAre(-2));
  EXPECT_THAT(read("<u2", "\xFE\xFF"), ElementsAre(65534));
  EXPECT_THAT(read("|i1", "\x80"), ElementsAre(-128));
  EXPECT_THAT(read("|b1", "\x01"), ElementsAre(1));
  EXPECT_THAT(read("<i8", std::string(8, '\xFF')), ElementsAre(-1));
  EXPECT_THAT(read("<f4", std::string("\0\0\xC0\x3F", 4)), ElementsAre(1.5));
  EXPECT_THAT(read("<f8", std::string("\0\0\0\0\0\0\xF8\xBF", 8)),
              ElementsAre(-1.5));
}

TEST(NpyTest, RowsMayLieColumnByColumn) {
  const std::string bytes = "\x01\x02\x03\x04\x05\x06";
  EXPECT_THAT(Read(NpyFile(Dictionary("|u1", "(3, 2)"), bytes)).values,
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(Read(NpyFile(Dictionary("|u1", "(3, 2)", "True"), bytes)).values,
              ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(
      Read(NpyFile(Dictionary("|u1", "(3, 2)", "True"), bytes), 2).values,
      ElementsAre(1, 4, 2, 5));
  EXPECT_THAT(Read(NpyFile(Dictionary("|u1", "(3, 2)"), bytes, 2), 2).values,
              ElementsAre(1, 2, 3, 4));
}

TEST(NpyTest, WhatIsNoArrayOfNumbersIsRefused) {
  const auto error = [](const std::string& type, const std::string& shape) {
    return Read(NpyFile(Dictionary(type, shape), std::string(16, '\0'))).error;
  };
  for (const char* type : {"<f2", "<c8", "|O", "<U5", "<M8", "|b8", "<f3"}) {
    EXPECT_THAT(error(type, "(2,)"), HasSubstr("found numbers of type"));
    EXPECT_THAT(error(type, "(2,)"), HasSubstr("X.astype(\"f8\")"));
  }
  EXPECT_THAT(
      Read(NpyFile("{'descr': [('a', '<f8'), ('b', '<i4')], 'fortran_order': "
                   "False, 'shape': (2,), }\n",
                   ""))
          .error,
      HasSubstr("found records of several fields, expected numbers of one type;"
                " in Python, pandas.DataFrame(X).to_csv"));
  for (const char* shape : {"()", "(1, 2, 1)", "(0,)", "(2, -1)", "(2", "2"}) {
    EXPECT_THAT(error("<f8", shape), HasSubstr("one of one or two sides"));
  }
  EXPECT_THAT(error("<f8", "(2, 2000000)"),
              HasSubstr("found 2000000 features, expected at most 1000000"));
  EXPECT_THAT(Read("\x93NUMPX").error, HasSubstr("the end of the file"));
  EXPECT_THAT(Read(NpyFile("", "", 9)).error, HasSubstr("version 1 to 3"));
  EXPECT_THAT(Read(NpyFile("{}", "")).error, HasSubstr("numbers of type"));
  EXPECT_THAT(Read("\x93NUMPY\x01").error, HasSubstr("byte 7: found the end"));
  EXPECT_THAT(Read(std::string("\x93NUMPY\x01\0\xFF\xFF", 10)).error,
              HasSubstr("found a header of 65535 bytes"));
}

TEST(NpyTest, TooManyAndTooFewBytesAreNamed) {
  const std::string header = Dictionary("<i2", "(2,)");
  const size_t begin = NpyFile(header, "").size();
  EXPECT_EQ(Read(NpyFile(header, "abc")).error,
            absl::StrCat("t: byte ", begin + 3,
                         ": found the end of the file, expected 2 items of 2 "
                         "bytes, as its header says"));
  EXPECT_THAT(Read(NpyFile(header, "abcde")).error, HasSubstr("more bytes"));
  EXPECT_EQ(
      Read(NpyFile(Dictionary("<i8", "(1,)"),
                   std::string("\1\0\0\0\0\0\x20\0", 8)))
          .error,
      absl::StrCat("t: byte ", NpyFile(Dictionary("<i8", "(1,)"), "").size(),
                   ": found an integer of 2^53 or more in row 1, expected a "
                   "number that a double holds"));
}

TEST(NpyTest, ANumberThatIsNoneIsNamedByItsPlace) {
  const std::string nan("\0\0\xC0\x7F", 4);
  const std::string one("\0\0\x80\x3F", 4);
  const auto error = [&](const std::string& fortran) {
    return Read(NpyFile(Dictionary("<f4", "(3, 2)", fortran),
                        one + one + one + nan + one + one))
        .error;
  };
  EXPECT_THAT(
      error("False"),
      HasSubstr("found NaN in row 2, column_2, expected a number that a "
                "double holds; in Python, "
                "X[~numpy.isnan(X).any(axis=1)] leaves out such rows"));
  EXPECT_THAT(error("True"), HasSubstr("found NaN in row 1, column_2,"));
}

// The header alone gives a size that no integer holds.
TEST(NpyTest, LabelsThatAreTooManyAreRefusedBeforeTheyAreRead) {
  const std::string many = absl::StrCat(int64_t{1} << 61);
  const std::unique_ptr<InputFile> items = InputFile::OfText(
      "x", NpyFile(Dictionary("<f8", absl::StrCat("(", many, ", 1)")),
                   std::string(16, '\0')));
  const std::unique_ptr<InputFile> labels = InputFile::OfText(
      "y", NpyFile(Dictionary("<f8", absl::StrCat("(", many, ", 2)"), "True"),
                   std::string(64, '\0')));
  v1::DataImport import;
  import.set_rows(2);
  const auto read =
      ReadArrays(import, v1::DATA_FORMAT_NPY, items.get(), labels.get());
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(std::string(read.status().message()),
              HasSubstr("y: found " + many + " rows of 2 features"));
}

}  // namespace
}  // namespace fathom::client
