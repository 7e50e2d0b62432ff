// What is decoded piece by piece is what is decoded at once.
#include "proto/dataset/dataset_decoder.h"

#include <cstring>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<DatasetDecoder::Decoded> Decode(absl::string_view bytes,
                                               size_t piece,
                                               int64_t size_bytes) {
  DatasetDecoder decoder(size_bytes);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    absl::Status status = decoder.Add(bytes.substr(at, piece));
    if (!status.ok()) return status;
  }
  return decoder.Finish();
}

absl::StatusOr<DatasetDecoder::Decoded> Decode(absl::string_view bytes,
                                               size_t piece) {
  return Decode(bytes, piece, static_cast<int64_t>(bytes.size()));
}

Dataset Pixels() {
  return {.rows = 3,
          .columns = 5,
          .targets = 2,
          .x = {0, 1, 255, 7, 0, 128, 3, 3, 3, 9, 8, 7, 6, 5, 4},
          .y = {0.5, -3, 1, 2, 3, 4}};
}

Dataset Reals() {
  Dataset dataset = Pixels();
  dataset.x.back() = 0.1;
  return dataset;
}

TEST(DatasetDecoder, PiecesOfAnySizeMakeTheSameDataset) {
  for (const Dataset& dataset : {Pixels(), Reals()}) {
    const std::string bytes = EncodeDataset(dataset);
    for (size_t piece = 1; piece <= bytes.size() + 1; ++piece) {
      const auto decoded = Decode(bytes, piece);
      ASSERT_OK(decoded);
      EXPECT_EQ(decoded->digest, DatasetDigest(bytes));
      EXPECT_EQ(decoded->dataset.rows, dataset.rows);
      EXPECT_EQ(decoded->dataset.columns, dataset.columns);
      EXPECT_EQ(decoded->dataset.targets, dataset.targets);
      EXPECT_EQ(decoded->dataset.x, dataset.x) << piece;
      EXPECT_EQ(decoded->dataset.y, dataset.y) << piece;
    }
  }
}

TEST(DatasetDecoder, NothingIsAllocatedForWhatAHeaderOnlyClaims) {
  std::string bytes = EncodeDataset(Reals());
  const int64_t rows = int64_t{1} << 27;  // 1 GiB of targets alone.
  std::memcpy(bytes.data() + 8, &rows, sizeof(rows));
  EXPECT_THAT(Decode(bytes, bytes.size()),
              StatusIs(absl::StatusCode::kResourceExhausted));
  // Smaller than the bytes that there are.
  const int64_t one = 1;
  std::memcpy(bytes.data() + 8, &one, sizeof(one));
  EXPECT_THAT(Decode(bytes.substr(0, 40), 40, 1000),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("found 1000 bytes, expected 88 for 1 rows")));
}

TEST(DatasetDecoder, WhatIsNoDatasetIsRefused) {
  const std::string bytes = EncodeDataset(Reals());
  for (const std::string& wrong :
       {std::string(), bytes.substr(0, 31), bytes.substr(0, bytes.size() - 1),
        "x" + bytes, bytes + "x"}) {
    EXPECT_THAT(Decode(wrong, 7), Not(test::IsOk())) << wrong.size();
  }
}

}  // namespace
}  // namespace fathom
