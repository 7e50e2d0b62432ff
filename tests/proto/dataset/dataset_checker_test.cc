// What is checked while it streams in must be what can be decoded afterwards.
#include "proto/dataset/dataset_checker.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

constexpr int64_t kMost = int64_t{1} << 31;

absl::StatusOr<DatasetChecker::Checked> Check(absl::string_view bytes,
                                              size_t piece) {
  DatasetChecker checker(kMost);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    absl::Status status = checker.Add(bytes.substr(at, piece));
    if (!status.ok()) return status;
  }
  return checker.Finish();
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

TEST(DatasetChecker, PiecesOfAnySizeSayWhatTheWholeIs) {
  for (const Dataset& dataset : {Pixels(), Reals()}) {
    const std::string bytes = EncodeDataset(dataset);
    for (size_t piece = 1; piece <= bytes.size(); ++piece) {
      const auto checked = Check(bytes, piece);
      ASSERT_OK(checked);
      EXPECT_EQ(checked->digest, DatasetDigest(bytes));
      EXPECT_EQ(checked->shape.rows, 3);
      EXPECT_EQ(checked->shape.columns, 5);
      EXPECT_EQ(checked->shape.targets, 2);
      EXPECT_EQ(checked->size_bytes, static_cast<int64_t>(bytes.size()));
    }
  }
}

// The law: one accepts what the other does. Mistakes are put into every byte.
TEST(DatasetChecker, AcceptsWhatCanBeDecodedAndNothingElse) {
  std::mt19937_64 random(7);
  int accepted = 0;
  for (const Dataset& dataset : {Pixels(), Reals()}) {
    const std::string whole = EncodeDataset(dataset);
    for (int i = 0; i < 20000; ++i) {
      std::string bytes = whole;
      const size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.resize(at);
          break;
        case 2:
          bytes.append(random() % 9 + 1, '\0');
          break;
        default: {  // A number that is none, or one that fits a byte.
          const size_t number = at / 8 * 8;
          constexpr double kNone[] = {std::numeric_limits<double>::quiet_NaN(),
                                      std::numeric_limits<double>::infinity(),
                                      -0.0,
                                      4,
                                      256,
                                      -1};
          std::memcpy(&bytes[number], &kNone[random() % 6],
                      std::min<size_t>(8, bytes.size() - number));
        }
      }
      const bool decoded = DecodeDataset(bytes).ok();
      const auto checked = Check(bytes, random() % 40 + 1);
      ASSERT_EQ(checked.ok(), decoded) << checked.status() << " " << i;
      if (decoded) {
        EXPECT_EQ(checked->digest, DatasetDigest(bytes));
      }
      accepted += decoded;
    }
  }
  EXPECT_GT(accepted, 1000);
}

TEST(DatasetChecker, SaysWhereANumberIsNone) {
  std::string bytes = EncodeDataset(Reals());
  const double infinity = std::numeric_limits<double>::infinity();
  std::memcpy(&bytes[kDatasetHeaderBytes + 7 * 8], &infinity, 8);
  EXPECT_THAT(Check(bytes, 11),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("found inf in row 2, feature 3")));
  bytes = EncodeDataset(Pixels());
  std::memcpy(&bytes[kDatasetHeaderBytes + 15 + 3 * 8], &infinity, 8);
  EXPECT_THAT(Check(bytes, 11),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("found inf in row 2, target 2")));
}

// At the first of the bytes and not at the last.
TEST(DatasetChecker, RefusesWhatIsTooLargeOnceTheHeaderSaysSo) {
  const std::string bytes = EncodeDataset(Reals());
  const auto size = static_cast<int64_t>(bytes.size());
  EXPECT_OK(DatasetChecker(size).Add(bytes));
  EXPECT_THAT(
      DatasetChecker(size - 1).Add(
          absl::string_view(bytes).substr(0, kDatasetHeaderBytes)),
      StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr(" bytes")));
  std::string huge = bytes;
  const int64_t rows = std::numeric_limits<int64_t>::max();
  std::memcpy(&huge[8], &rows, 8);
  EXPECT_THAT(DatasetChecker(kMost).Add(huge),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(DatasetChecker, NothingIsNoDataset) {
  EXPECT_THAT(
      DatasetChecker(kMost).Finish(),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("found 0 bytes")));
}

}  // namespace
}  // namespace fathom
