// Stored specs are read by what they mean, not by what today's rules allow.
#include "proto/sweep/stored_spec.h"

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/sweep/revisions.h"
#include "proto/sweep/space.h"
#include "proto/sweep/validate.h"
#include "tests/proto/sweep/specs.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(StoredSpecTest, WhatTodaysRulesRefuseStillMeansItsTrials) {
  const std::string specs[] = {
      // Beyond a range, on an axis and off it.
      "trial { model { depth: 65 } }",
      "trial { loss { lp: 65 } }",
      R"(axes { axes { field: "model.depth"
         list { values { integer: 3 } values { integer: 70 } } } })",
      // Names and words that are not allowed any more.
      "name: 'two words'",
      "summarize { by: 'depth' }",
      // Combinations.
      "trial { model { family: MODEL_FAMILY_END_TO_END } }",
      "trial { optimizer { momentum: 0.5 } }",
      // The same value twice.
      R"(axes { axes { field: "seed"
         list { values { integer: 3 } values { integer: 3 } } } })",
  };
  for (const std::string& text : specs) {
    const v1::SweepSpec spec = Spec(text);
    ASSERT_THAT(Validate(spec), Not(IsEmpty())) << text;
    EXPECT_EQ(WhyUnreadable(spec), "") << text;
    const auto space = Space::FromStored(spec);
    ASSERT_OK(space) << text;
    EXPECT_EQ(space->size(), spec.axes().empty() ? 1 : 2);
    EXPECT_EQ(space->TrialAt(0).steps(), 100);
  }
}

TEST(StoredSpecTest, FieldsThatCameLaterNeedNotBeThere) {
  v1::SweepSpec spec = Spec("");
  spec.mutable_trial()->mutable_data()->clear_one_hot();
  spec.mutable_trial()->mutable_stop()->clear_diverge_factor();
  ASSERT_THAT(Space::Create(spec),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_OK(Space::FromStored(spec));
}

TEST(StoredSpecTest, AWordOfANewerProgramIsNotGuessedAt) {
  // A field that does not exist: number 1000, the varint 1.
  const std::string unknown("\xc0\x3e\x01", 3);
  v1::SweepSpec top = Spec("");
  ASSERT_TRUE(top.MergeFromString(unknown));
  v1::SweepSpec deep = Spec("");
  ASSERT_TRUE(
      deep.mutable_trial()->mutable_optimizer()->MergeFromString(unknown));
  v1::SweepSpec value = Spec("");
  value.mutable_trial()->mutable_loss()->set_kind(
      static_cast<v1::LossKind>(77));
  v1::SweepSpec metric = Spec("");
  metric.mutable_trial()->mutable_record()->add_metrics(
      static_cast<v1::Metric>(500));
  const v1::SweepSpec field = Spec(R"(axes { axes { field: "model.width_of_it"
      list { values { integer: 1 } } } })");
  const v1::SweepSpec text = Spec(R"(axes { axes { field: "optimizer.name"
      list { values { text: "gd" } values { text: "lion" } } } })");
  const std::pair<v1::SweepSpec, std::string> cases[] = {
      {top, "a field with the number 1000 of its spec"},
      {deep, "the number 1000 in trial.optimizer"},
      {value, "the value 77 of trial.loss.kind"},
      {metric, "the value 500 of trial.record.metrics"},
      {field, "width_of_it"},
      {text, "lion"}};
  for (const auto& [spec, expected] : cases) {
    EXPECT_THAT(WhyUnreadable(spec), HasSubstr(expected));
    EXPECT_THAT(WhyUnreadable(spec), HasSubstr("newer"));
    EXPECT_THAT(Space::FromStored(spec),
                StatusIs(absl::StatusCode::kFailedPrecondition));
  }
}

// Each of these would divide by zero, count forever or take what is not there.
TEST(StoredSpecTest, WhatCountsNothingIsNotCounted) {
  const std::string specs[] = {
      "axes { }",
      "axes { axes { field: 'seed' } }",
      "axes { axes { field: 'seed' list { } } }",
      "axes { axes { field: 'seed' range { from: 0 to: 4 step: 0 } } }",
      "axes { axes { field: 'seed' range { from: 4 to: 4 step: 1 } } }",
      "axes { axes { field: 'model.depth' range { from: 1 to: 5000000000 "
      "step: 1 } } }",
      "axes { axes { field: 'model.depth' range { from: 0 to: 5 step: 1 } } }",
      "axes { axes { field: 'optimizer.learning_rate' log { from: 0 to: 1 "
      "count: 3 } } }",
      "axes { axes { field: 'optimizer.learning_rate' log { from: 1 to: 2 } } "
      "}",
      "axes { axes { field: 'optimizer.learning_rate' linspace { from: 1 "
      "to: inf count: 3 } } }",
      "axes { axes { field: 'seed' list { values { integer: 1 } } } axes { "
      "field: 'model.depth' list { values { integer: 1 } values { integer: 2 "
      "} } } }",
      "axes { axes { field: 'seed' range { from: 0 to: 2199023255552 step: 1 } "
      "} }",
      "axes { axes { field: 'seed' list { values { } } } }",
      "trial { steps: -1 }",
      "trial { data { synthetic { rows: 0 columns: -3 } } }",
      "trial { optimizer { learning_rate: nan } }",
      "trial { model { depth: 0 } }",
  };
  for (const std::string& text : specs) {
    EXPECT_NE(WhyUnreadable(Spec(text)), "") << text;
    EXPECT_FALSE(Space::FromStored(Spec(text)).ok()) << text;
  }
}

TEST(StoredSpecTest, BytesAreReadWithTheirRevision) {
  v1::SweepSpec stored = Spec("");
  stored.mutable_trial()->mutable_data()->clear_standardize_targets();
  v1::SweepSpec spec;
  EXPECT_EQ(ReadStoredSpec(stored.SerializeAsString(), 0, &spec), "");
  EXPECT_TRUE(spec.trial().data().standardize_targets());
  EXPECT_EQ(ReadStoredSpec(stored.SerializeAsString(), kSpecRevision, &spec),
            "");
  EXPECT_FALSE(spec.trial().data().has_standardize_targets());

  // Cut off: what could be parsed of it is not taken for the whole.
  const std::string bytes = stored.SerializeAsString();
  EXPECT_THAT(ReadStoredSpec(bytes.substr(0, bytes.size() - 3), 0, &spec),
              HasSubstr("damaged"));
  EXPECT_EQ(spec.ByteSizeLong(), 0u);
  EXPECT_THAT(ReadStoredSpec("", 0, &spec), HasSubstr("no steps"));
}

}  // namespace
}  // namespace fathom::test
