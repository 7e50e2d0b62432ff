#include "proto/dataset/dataset.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr size_t kHeaderBytes = 32;

Dataset Pixels() {
  return {.rows = 2,
          .columns = 3,
          .targets = 1,
          .x = {0, 1, 255, 7, 0, 128},
          .y = {0.5, -3}};
}

Dataset Reals() {
  Dataset dataset = Pixels();
  dataset.x[4] = 0.1;
  return dataset;
}

bool SameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

void ExpectRoundTrip(const Dataset& dataset) {
  const absl::StatusOr<Dataset> decoded = DecodeDataset(EncodeDataset(dataset));
  ASSERT_OK(decoded);
  EXPECT_EQ(decoded->rows, dataset.rows);
  EXPECT_EQ(decoded->columns, dataset.columns);
  EXPECT_EQ(decoded->targets, dataset.targets);
  EXPECT_TRUE(SameBits(decoded->x, dataset.x));
  EXPECT_TRUE(SameBits(decoded->y, dataset.y));
}

// Replaces a little-endian value in canonical bytes.
template <typename T>
std::string With(std::string bytes, size_t offset, T value) {
  std::memcpy(&bytes[offset], &value, sizeof(T));
  return bytes;
}

void ExpectRefused(const std::string& bytes, const std::string& message) {
  const absl::StatusOr<Dataset> decoded = DecodeDataset(bytes);
  ASSERT_THAT(decoded, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(decoded.status().message()), HasSubstr(message));
}

TEST(DatasetTest, DecodingGivesBackEveryBit) {
  ExpectRoundTrip(Pixels());
  ExpectRoundTrip(Reals());
  Dataset extremes = Pixels();
  extremes.x = {-0.0, 5e-324, 1.7976931348623157e308, -1e-300, 1.0 / 3, 256};
  ExpectRoundTrip(extremes);
}

TEST(DatasetTest, SmallIntegersTakeOneByteAndOtherNumbersEight) {
  EXPECT_EQ(EncodeDataset(Pixels()).size(), kHeaderBytes + 6 + 2 * 8);
  EXPECT_EQ(EncodeDataset(Reals()).size(), kHeaderBytes + 6 * 8 + 2 * 8);
  for (const double value : {-1.0, 256.0, 0.5, -0.0}) {
    Dataset dataset = Pixels();
    dataset.x[0] = value;
    EXPECT_EQ(EncodeDataset(dataset).size(), kHeaderBytes + 6 * 8 + 2 * 8)
        << value;
  }
}

TEST(DatasetTest, LayoutIsTheDocumentedOne) {
  const Dataset dataset{
      .rows = 1, .columns = 2, .targets = 1, .x = {1, 255}, .y = {1}};

  const std::string expected(
      "FATHOMD1"
      "\x01\0\0\0\0\0\0\0"
      "\x02\0\0\0"
      "\x01\0\0\0"
      "\x01\0\0\0\0\0\0\0"
      "\x01\xFF"
      "\0\0\0\0\0\0\xF0\x3F",
      42);
  EXPECT_EQ(EncodeDataset(dataset), expected);
}

TEST(DatasetTest, DigestsNeverChange) {
  EXPECT_EQ(DatasetDigest(EncodeDataset(Pixels())),
            "sha256:"
            "95d7813c1c60a99671f82d2a3c513ecf9fa5366ade32d04a32f9589834ccb946");
  EXPECT_EQ(DatasetDigest(EncodeDataset(Reals())),
            "sha256:"
            "82fe6ce842c4dbccd8544070424fbd0c9ed871208f94dae367eadb13c785edd1");
  EXPECT_EQ(DatasetDigest(""),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b785"
            "2b855");
}

TEST(DatasetTest, DigestTellsDatasetsApart) {
  const std::string digest = DatasetDigest(EncodeDataset(Pixels()));
  Dataset other = Pixels();
  other.y[1] = -3.0000000000000004;
  EXPECT_NE(DatasetDigest(EncodeDataset(other)), digest);
  other = Pixels();
  other.columns = 6;
  other.rows = 1;
  other.y = {0.5};
  EXPECT_NE(DatasetDigest(EncodeDataset(other)), digest);
}

TEST(DatasetTest, OnlyLowerCaseSha256IsADigest) {
  const std::string digest = DatasetDigest("");
  EXPECT_TRUE(IsDatasetDigest(digest));
  EXPECT_FALSE(IsDatasetDigest(""));
  EXPECT_FALSE(IsDatasetDigest("sha256:"));
  EXPECT_FALSE(IsDatasetDigest(digest + "0"));
  EXPECT_FALSE(IsDatasetDigest(digest.substr(0, digest.size() - 1)));
  EXPECT_FALSE(IsDatasetDigest("sha512:" + digest.substr(7)));
  EXPECT_FALSE(IsDatasetDigest("sha256:" + std::string(64, 'A')));
  EXPECT_FALSE(IsDatasetDigest("sha256:" + std::string(63, '0') + "/"));
}

TEST(DatasetTest, ShapeIsReadWithoutTheValues) {
  const std::string bytes = EncodeDataset(Reals());
  const absl::StatusOr<DatasetShape> shape =
      DecodeDatasetShape(absl::string_view(bytes).substr(0, 24));
  ASSERT_OK(shape);
  EXPECT_EQ(shape->rows, 2);
  EXPECT_EQ(shape->columns, 3);
  EXPECT_EQ(shape->targets, 1);
  EXPECT_THAT(DecodeDatasetShape(absl::string_view(bytes).substr(0, 23)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(DatasetTest, InvalidDatasetsAreRefusedWithTheReason) {
  const auto message = [](const Dataset& dataset) {
    return std::string(CheckDataset(dataset).message());
  };
  EXPECT_OK(CheckDataset(Pixels()));
  EXPECT_THAT(message({}), HasSubstr("0 rows"));
  Dataset dataset = Pixels();
  dataset.x.pop_back();
  EXPECT_THAT(message(dataset), HasSubstr("found 5 values of features"));
  dataset = Pixels();
  dataset.y.push_back(1);
  EXPECT_THAT(message(dataset), HasSubstr("found 3 values of targets"));
  dataset = Pixels();
  dataset.x[4] = std::nan("");
  EXPECT_THAT(message(dataset), HasSubstr("found nan in row 2, feature 2"));
  dataset = Pixels();
  dataset.y[0] = -kInfinity;
  EXPECT_THAT(message(dataset), HasSubstr("found -inf in row 1, target 1"));
  dataset = Pixels();
  dataset.rows = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(message(dataset), HasSubstr("found 6 values of features"));
}

TEST(DatasetTest, HostileBytesAreRefusedWithTheReason) {
  const std::string pixels = EncodeDataset(Pixels());
  const std::string reals = EncodeDataset(Reals());
  ExpectRefused("", "found 0 bytes");
  ExpectRefused(pixels.substr(0, 31), "found 31 bytes");
  ExpectRefused("fathomd1" + pixels.substr(8), "begins with \"FATHOMD1\"");
  ExpectRefused(pixels.substr(0, pixels.size() - 1), "expected 54");
  ExpectRefused(pixels + '\0', "found 55 bytes, expected 54");
  ExpectRefused(With<int64_t>(pixels, 8, 0), "0 rows");
  ExpectRefused(With<int64_t>(pixels, 8, -2), "-2 rows");
  ExpectRefused(With<int32_t>(pixels, 16, -3), "-3 columns");
  ExpectRefused(With<int32_t>(pixels, 20, 0), "0 targets");
  ExpectRefused(With<char>(pixels, 24, 2), "value type 2");
  ExpectRefused(With<char>(pixels, 31, 1), "padding");
  ExpectRefused(With<double>(reals, kHeaderBytes, std::nan("")),
                "row 1, feature 1");
  ExpectRefused(With<double>(pixels, kHeaderBytes + 6, kInfinity),
                "row 1, target 1");
}

TEST(DatasetTest, SizesThatOverflowAreRefusedBeforeAnythingIsAllocated) {
  const std::string reals = EncodeDataset(Reals());
  ExpectRefused(With<int64_t>(reals, 8, std::numeric_limits<int64_t>::max()),
                "expected 18446744073709551615");
  ExpectRefused(With<int64_t>(reals, 8, int64_t{1} << 59), "found 96 bytes");
  // 2^58 rows of 64 bytes are 2^64: zero, when the product wraps around.
  std::string bytes = With<int32_t>(reals, 16, 7);
  bytes = With<int64_t>(bytes, 8, int64_t{1} << 58);
  ExpectRefused(bytes.substr(0, kHeaderBytes), "found 32 bytes");
}

TEST(DatasetTest, SmallIntegersWrittenAsFloatsAreNotCanonical) {
  std::string bytes = EncodeDataset(Reals());
  const double values[] = {0, 1, 255, 7, 0, 128};
  std::memcpy(&bytes[kHeaderBytes], values, sizeof(values));

  ExpectRefused(bytes, "found features as float64, expected uint8");
}

TEST(DatasetTest, WhateverDecodesIsTheOnlyEncodingOfItsDataset) {
  std::mt19937_64 random(7);
  const std::string seeds[] = {EncodeDataset(Pixels()), EncodeDataset(Reals())};
  int decoded_count = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = seeds[round % 2];
    const int changes = 1 + static_cast<int>(random() % 3);
    for (int i = 0; i < changes; ++i) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    if (random() % 8 == 0) bytes.resize(random() % (bytes.size() + 8));
    const absl::StatusOr<Dataset> decoded = DecodeDataset(bytes);
    if (!decoded.ok()) continue;
    ++decoded_count;
    ASSERT_EQ(EncodeDataset(*decoded), bytes);
  }
  EXPECT_GT(decoded_count, 1000);
}

}  // namespace
}  // namespace fathom
