// These tests are about sweep files with `scales`: what a scale changes, what
// it keeps, and where its errors are.
#include "client/spec/scales.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/spec/spec_file.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "proto/sweep/fingerprint.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::fathom::test::StatusIs;
using ::google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// The text has no line break at its end, because tests add `scales`.
constexpr char kBase[] =
    "name: x\n"
    "data: {synthetic: {rows: 10, columns: 2}}\n"
    "model: {depth: 2, hidden_width: 3}\n"
    "optimizer: {learning_rate: 0.1}\n"
    "steps: 100\n"
    "axes: {seed: [1, 2, 3]}\n"
    "record: {points: 20, metrics: [loss, weight_norm]}\n";

std::string WithScales(const std::string& scales) {
  return absl::StrCat(kBase, "scales:\n", scales);
}

std::vector<std::string> Errors(const std::string& yaml) {
  const absl::StatusOr<SweepFile> file = ParseSweepFile(yaml, "s.yaml");
  if (file.ok()) return {};
  EXPECT_THAT(file, StatusIs(absl::StatusCode::kInvalidArgument));
  return absl::StrSplit(file.status().message(), '\n');
}

TEST(ScalesTest, AScaleMeansTheFileWithThoseKeysWrittenInstead) {
  const absl::StatusOr<SweepFile> file =
      ParseSweepFile(WithScales("  long: {steps: 5000, record: {points: 7}}\n"
                                "  wide: {axes: {depth: [1, 2]}, seed: 9}\n"),
                     "s.yaml");
  ASSERT_OK(file);
  ASSERT_EQ(file->scales.size(), 2u);

  const absl::StatusOr<v1::SweepSpec> by_hand = ParseSweepSpec(
      "name: x\n"
      "data: {synthetic: {rows: 10, columns: 2}}\n"
      "model: {depth: 2, hidden_width: 3}\n"
      "optimizer: {learning_rate: 0.1}\n"
      "steps: 5000\n"
      "axes: {seed: [1, 2, 3]}\n"
      "record: {points: 7}\n",  // No weight_norm is left.
      "s.yaml");
  ASSERT_OK(by_hand);
  EXPECT_EQ(file->scales[0].name, "long");
  EXPECT_TRUE(MessageDifferencer::Equals(file->scales[0].spec, *by_hand));
  EXPECT_EQ(file->scales[1].name, "wide");
  EXPECT_EQ(file->scales[1].spec.trial().seed(), 9u);
  EXPECT_EQ(file->scales[1].spec.axes(0).axes(0).field(), "model.depth");
  EXPECT_EQ(file->scales[1].spec.trial().steps(), 100);
}

TEST(ScalesTest, ScalesDoNotChangeTheFileAsItStands) {
  const absl::StatusOr<SweepFile> file =
      ParseSweepFile(WithScales("  long: {steps: 5000}\n"), "s.yaml");
  const absl::StatusOr<v1::SweepSpec> plain = ParseSweepSpec(kBase, "s.yaml");
  ASSERT_OK(file);
  ASSERT_OK(plain);
  EXPECT_TRUE(MessageDifferencer::Equals(file->spec, *plain));
  // The identity of a sweep is what it trains, and not the name of its scale.
  EXPECT_EQ(Fingerprint(file->spec), Fingerprint(*plain));
  EXPECT_NE(Fingerprint(file->scales[0].spec), Fingerprint(*plain));
  EXPECT_EQ(file->scales[0].spec.name(), plain->name());
}

TEST(ScalesTest, NoneIsTheFileAsItStandsAndUnknownOnesAreRefused) {
  const absl::StatusOr<SweepFile> file = ParseSweepFile(
      WithScales("  quick: {steps: 5}\n  paper: {steps: 5000}\n"), "s.yaml");
  ASSERT_OK(file);
  const auto steps = [&](const std::string& scale) {
    const absl::StatusOr<v1::SweepSpec> spec =
        SpecAtScale(*file, scale, "s.yaml");
    return spec.ok() ? spec->trial().steps() : -1;
  };
  EXPECT_EQ(steps(""), 100);
  EXPECT_EQ(steps("default"), 100);
  EXPECT_EQ(steps("quick"), 5);
  EXPECT_EQ(steps("paper"), 5000);

  absl::Status unknown = SpecAtScale(*file, "papr", "s.yaml").status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(unknown.message(),
            "s.yaml has no scale \"papr\"; its scales are quick, paper; did "
            "you mean paper?");
  unknown = SpecAtScale(SweepFile(), "quick", "s.yaml").status();
  EXPECT_EQ(unknown.message(),
            "s.yaml has no scale \"quick\": it has no `scales`");
}

TEST(ScalesTest, ErrorsOfAScalePointIntoIt) {
  EXPECT_THAT(Errors(WithScales("  quick: {stps: 50}\n"
                                "  paper:\n"
                                "    steps: 0\n")),
              ElementsAre(StartsWith("s.yaml:9:11: at scale quick: found "
                                     "unknown key \"stps\", expected one of "),
                          StartsWith("s.yaml:11:12: at scale paper: found 0, "
                                     "expected 1 to ")));
}

TEST(ScalesTest, WhatAScaleTakesAwayIsMissedWhereTheScaleIs) {
  EXPECT_THAT(Errors("name: x\n"
                     "data: {synthetic: {rows: 10, columns: 2}}\n"
                     "steps: 100\n"
                     "axes: {learning_rate: [0.1, 0.2]}\n"
                     "scales:\n"
                     "  a: {axes: {seed: [1, 2]}}\n"
                     "  b:\n"
                     "    axes: {seed: [1, 2]}\n"),
              ElementsAre(StartsWith("s.yaml:6:6: at scale a: found no "
                                     "learning_rate, expected "),
                          StartsWith("s.yaml:7:3: at scale b: found no "
                                     "learning_rate, expected ")));
}

TEST(ScalesTest, WhatOnlyTheTwoTogetherGetWrongIsSaidOnce) {
  // Depth 1 has no hidden layer, but the widths are right for the file itself.
  const std::string yaml =
      "name: x\n"
      "data: {synthetic: {rows: 10, columns: 2}}\n"
      "model: {depth: 3, hidden_widths: [4, 4]}\n"
      "optimizer: {learning_rate: 0.1}\n"
      "steps: 100\n"
      "scales: {deep: {axes: {depth: [3, 4]}}}\n";
  EXPECT_THAT(Errors(yaml),
              ElementsAre("s.yaml:6:35: at scale deep: found depth 4 with 2 "
                          "hidden_widths, expected depth 3"));
}

TEST(ScalesTest, AnErrorOfTheFileIsNotRepeatedForEachScale) {
  const std::string yaml = absl::StrCat(
      "nme: y\n", WithScales("  a: {steps: 1}\n  b: {steps: 2}\n"));
  EXPECT_THAT(Errors(yaml),
              ElementsAre(StartsWith("s.yaml:1:1: found unknown key \"nme\"")));
  // An error in a key that every scale replaces is still an error.
  EXPECT_THAT(Errors("name: x\n"
                     "data: {synthetic: {rows: 10, columns: 2}}\n"
                     "optimizer: {learning_rate: 0.1}\n"
                     "steps: none\n"
                     "scales: {a: {steps: 1}}\n"),
              ElementsAre(StartsWith("s.yaml:4:8: found none, expected ")));
}

TEST(ScalesTest, WhatScalesCannotBeIsRefused) {
  EXPECT_THAT(Errors(absl::StrCat(kBase, "scales: 3\n")),
              ElementsAre(HasSubstr(":8:9: found 3, expected a map")));
  EXPECT_THAT(Errors(WithScales("  quick: 3\n")),
              ElementsAre(HasSubstr(":9:10: found 3, expected a map")));
  EXPECT_THAT(Errors(WithScales("  default: {steps: 1}\n")),
              ElementsAre(HasSubstr("found the scale \"default\"")));
  EXPECT_THAT(Errors(WithScales("  two words: {steps: 1}\n")),
              ElementsAre(HasSubstr("found the scale \"two words\"")));
  EXPECT_THAT(Errors(WithScales("  quick: {name: y}\n")),
              ElementsAre(HasSubstr("found the key name, expected any other")));
  EXPECT_THAT(Errors(WithScales("  quick: {scales: {}}\n")),
              ElementsAre(HasSubstr("found the key scales, expected any")));
  std::string many;
  for (int i = 0; i < 17; ++i) {
    absl::StrAppend(&many, "  s", i, ": {steps: 1}\n");
  }
  EXPECT_THAT(Errors(WithScales(many)),
              ElementsAre(HasSubstr("found 17 scales, expected at most 16")));
}

TEST(ScalesTest, ANearMissOfTheKeyIsSuggested) {
  EXPECT_THAT(Errors(absl::StrCat(kBase, "scale: {a: {steps: 1}}\n")),
              ElementsAre(HasSubstr("did you mean scales?")));
  EXPECT_THAT(Errors(WithScales("  quick: {}\n")), IsEmpty());
}

}  // namespace
}  // namespace fathom::client
