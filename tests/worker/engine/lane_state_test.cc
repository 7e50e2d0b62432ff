#include "worker/engine/lane_state.h"

#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "worker/engine/engine.h"

namespace fathom::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kSteps = 10;

// Something like a lane.
struct Holder {
  v1::TrialResult result;
  double diverge_above = 0;
  std::vector<double> weights = std::vector<double>(3);
  double power = 0;
  std::vector<double> none;
  std::vector<float> floats = std::vector<float>(2);

  LaneParts Parts() {
    LaneParts parts = {
        .result = &result, .diverge_above = &diverge_above, .arrays = {}};
    parts.arrays.doubles = {weights, {&power, 1}, none};
    parts.arrays.floats = {floats};
    return parts;
  }
};

Holder Full() {
  Holder full;
  full.result.set_steps(7);
  full.result.set_seconds(1.5);
  full.result.set_final_loss(0.5);
  full.result.set_best_loss(0.25);
  full.result.set_best_step(6);
  full.diverge_above = 100;
  full.weights = {1, kNaN, -kInfinite};
  full.power = 0.9;
  full.floats = {2, 3};
  return full;
}

std::string StateOf(Holder& holder) {
  return WriteLaneState("toy", holder.Parts(), 2).value();
}

template <class T>
std::string Bytes(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

// Where the fields lie, for an engine of three letters.
constexpr size_t kProgress = 8 + 4 + 4 + 3;
constexpr size_t kLengths = kProgress + 48;

absl::Status Read(absl::string_view state, Holder* into) {
  return ReadLaneState(state, "toy", kSteps, into->Parts());
}

TEST(LaneStateTest, BytesLieAsTheHeaderSays) {
  Holder full = Full();
  const std::string expected = absl::StrCat(
      absl::StrCat("fthmlane", Bytes(uint32_t{1}), Bytes(uint32_t{3}), "toy"),
      absl::StrCat(Bytes(int64_t{7}), Bytes(3.5), Bytes(100.0), Bytes(0.5),
                   Bytes(0.25), Bytes(int64_t{6})),
      absl::StrCat(Bytes(uint32_t{3}), Bytes(int64_t{3}), Bytes(int64_t{1}),
                   Bytes(int64_t{0}), Bytes(uint32_t{1}), Bytes(int64_t{2})),
      absl::StrCat(Bytes(1.0), Bytes(kNaN), Bytes(-kInfinite), Bytes(0.9)),
      absl::StrCat(Bytes(2.0F), Bytes(3.0F)));
  EXPECT_EQ(StateOf(full), expected);
}

TEST(LaneStateTest, WhatIsWrittenIsRead) {
  Holder full = Full();
  const std::string state = StateOf(full);
  Holder read;
  ASSERT_EQ(Read(state, &read), absl::OkStatus());
  v1::TrialResult expected = full.result;
  expected.set_seconds(3.5);
  EXPECT_EQ(read.result.SerializeAsString(), expected.SerializeAsString());
  EXPECT_EQ(read.diverge_above, 100);
  EXPECT_EQ(std::memcmp(read.weights.data(), full.weights.data(), 24), 0);
  EXPECT_EQ(read.power, 0.9);
  EXPECT_THAT(read.floats, ElementsAre(2, 3));
}

TEST(LaneStateTest, ALaneAtItsStartHasNoLosses) {
  Holder start;
  Holder read;
  ASSERT_EQ(Read(StateOf(start), &read), absl::OkStatus());
  EXPECT_FALSE(read.result.has_final_loss());
  EXPECT_FALSE(read.result.has_best_loss());
}

// Expects that the state is refused with these words, and changes nothing.
void ExpectRefused(const std::string& state, absl::string_view words) {
  Holder untouched;
  const absl::Status refused = Read(state, &untouched);
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr(std::string(words)));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("expected"));
  EXPECT_EQ(untouched.result.ByteSizeLong(), 0u);
  EXPECT_EQ(untouched.diverge_above, 0);
  EXPECT_THAT(untouched.weights, ElementsAre(0, 0, 0));
  EXPECT_THAT(untouched.floats, ElementsAre(0, 0));
}

template <class T>
std::string With(std::string state, size_t at, T value) {
  return state.replace(at, sizeof(value), Bytes(value));
}

TEST(LaneStateTest, EveryFieldIsChecked) {
  Holder full = Full();
  const std::string state = StateOf(full);
  ExpectRefused("", "0 bytes");
  ExpectRefused(With(state, 0, 'F'), "first bytes");
  ExpectRefused(With(state, 8, uint32_t{2}), "version: found 2, expected 1");
  ExpectRefused(With(state, 12, uint32_t{0xffffffff}), "4294967295 bytes");
  ExpectRefused(With(state, 16, 'x'), "engine: found xoy, expected toy");
  const auto progress = [&](size_t field, auto value) {
    return With(state, kProgress + 8 * field, value);
  };
  ExpectRefused(progress(0, int64_t{-1}), "step: found -1, expected 0 to 10");
  ExpectRefused(progress(0, kSteps + 1), "step: found 11, expected 0 to 10");
  ExpectRefused(progress(0, int64_t{0}), "none before step 0");
  ExpectRefused(progress(0, int64_t{6}), "best step: found 6");
  ExpectRefused(progress(1, -1.0), "seconds: found -1");
  ExpectRefused(progress(1, kInfinite), "seconds: found inf");
  ExpectRefused(progress(2, kNaN), "bound of divergence: found nan");
  ExpectRefused(progress(2, -1.0), "bound of divergence: found -1");
  ExpectRefused(progress(3, kNaN), "final loss: found nan");
  ExpectRefused(progress(3, kInfinite), "final loss: found inf");
  ExpectRefused(progress(4, kInfinite), "best loss: found inf");
  ExpectRefused(progress(4, kNaN), "best step: found 6, expected 0 without");
  ExpectRefused(progress(5, int64_t{-1}), "best step: found -1");
  ExpectRefused(progress(5, int64_t{7}), "best step: found 7, expected 0 to 6");
}

TEST(LaneStateTest, LengthsMustBeThoseOfTheLane) {
  Holder full = Full();
  const std::string state = StateOf(full);
  ExpectRefused(With(state, kLengths, uint32_t{4}), "4 of them, expected 3");
  for (const int64_t length :
       {int64_t{-1}, int64_t{2}, int64_t{4}, int64_t{1} << 60,
        std::numeric_limits<int64_t>::max()}) {
    ExpectRefused(With(state, kLengths + 4, length),
                  absl::StrCat("one of ", length, " numbers, expected 3"));
  }
  ExpectRefused(With(state, kLengths + 4 + 24, uint32_t{0}),
                "arrays of floats: found 0 of them, expected 1");
  ExpectRefused(absl::StrCat(state, "x"), "numbers: found 41 bytes");
  for (size_t size = 0; size < state.size(); ++size) {
    ExpectRefused(state.substr(0, size), "bytes");
  }
}

TEST(LaneStateTest, AStateBeyondTheBoundIsNotWritten) {
  // No number is looked at.
  double number = 0;
  v1::TrialResult result;
  LaneParts parts = {.result = &result, .diverge_above = &number, .arrays = {}};
  parts.arrays.doubles.emplace_back(&number, kMaxStateBytes / 8 + 1);
  EXPECT_FALSE(WriteLaneState("toy", parts, 0).has_value());
}

}  // namespace
}  // namespace fathom::worker
