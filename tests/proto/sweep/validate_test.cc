#include "proto/sweep/validate.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/proto/sweep/specs.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::Eq;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

std::string Digest() { return "sha256:" + std::string(64, 'a'); }

TEST(ValidateTest, AnAxisOfDatasetsHoldsDigestsAndNothingElseHasData) {
  std::vector<std::string> fields;
  for (const Violation& violation : Validate(
           Spec(AxisText("data.digest", "list { values { text: 'a' } }")))) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, ::testing::UnorderedElementsAre("trial.data.synthetic",
                                                      "trial.data.digest"));
}

TEST(ValidateTest, AcceptsGoodSpecs) {
  const std::string good[] = {
      "",
      "trial { model { depth: 3 hidden_widths: [2, 1] } }",
      R"(trial { model { init { scheme: INIT_SCHEME_BALANCED
                               end_to_end: [1, 2, 3] } } })",
      "trial { record { at: 1000000 at: 0 } }",
      AxisText("steps", "log { from: 10 to: 1e6 per_decade: 1 }"),
      AxisText("lp", "linspace { from: 2 to: 8 count: 4 }"),
      AxisText("lp", "log { from: 2 to: 64 count: 6 }"),
      AxisText("lp", "linspace { from: 1.5 to: 3 count: 7 }"),
      "trial { precision: PRECISION_FLOAT loss { kind: LOSS_KIND_LP lp: 3 } }",
      AxisText("precision",
               "list { values { text: 'float' } values { text: 'double' } }"),
      AxisText("target_class", "range { from: 0 to: 10 }"),
      AxisText("loss_below", "list { values { number: 1e-6 } }"),
      AxisText("learning_rate", "log { from: 2 to: 2 count: 1 }"),
      OptimizerText("MOMENTUM momentum: 0"),
      OptimizerText("ADAM beta1: 0 beta2: 0 epsilon: 1e-300 weight_decay: 1"),
      OptimizerText("GD momentum: 0.5") +
          AxisText(
              "optimizer.name",
              "list { values { text: 'gd' } values { text: 'momentum' } }"),
      OptimizerText("RMSPROP") +
          AxisText("rho", "list { values { number: 0.5 } }"),
      R"(axes { axes { field: "depth" list { values { integer: 1 }
                                             values { integer: 2 }
                                             values { integer: 2 } } }
                axes { field: "hidden_width" list { values { integer: 1 }
                                                    values { integer: 1 }
                                                    values { integer: 5 } } } })",
      AxisText("seed", "range { from: 0 to: 5 }") +
          AxisText("depth", "range { from: 1 to: 4 }") +
          "summarize { by: 'depth' average_over: 'seed' at: 10 }",
  };
  for (const std::string& text : good) {
    EXPECT_OK(ToStatus(Validate(Spec(text)))) << text;
  }
}

TEST(ValidateTest, VariedFieldNeedsNoBaseValue) {
  v1::SweepSpec spec = SmallSpec();
  spec.mutable_trial()->clear_steps();
  spec.mutable_trial()->mutable_optimizer()->clear_learning_rate();
  EXPECT_THAT(Validate(Normalize(spec)), SizeIs(2));

  spec = With(spec,
              AxisText("steps", "list { values { integer: 9 } }") +
                  AxisText("learning_rate", "list { values { integer: 1 } }"));
  EXPECT_THAT(Validate(Normalize(spec)), IsEmpty());
}

TEST(ValidateTest, MissingFieldsAreCalledMissing) {
  const std::vector<Violation> violations =
      Validate(Normalize(v1::SweepSpec()));
  std::vector<std::string> found;
  found.reserve(violations.size());
  for (const Violation& violation : violations) {
    found.push_back(violation.field + ": " + violation.found);
  }
  EXPECT_THAT(found, ::testing::UnorderedElementsAre(
                         "name: no name", "trial.steps: no steps",
                         "trial.data: no data",
                         "trial.optimizer.learning_rate: no learning_rate"));
}

// Replaces the data of SmallSpec.
v1::SweepSpec WithData(const std::string& text) {
  v1::SweepSpec spec = SmallSpec();
  spec.mutable_trial()->clear_data();
  return Normalize(With(spec, "trial { data { " + text + " } }"));
}

TEST(ValidateTest, DataIsImportedUploadedOrSynthetic) {
  EXPECT_THAT(Validate(WithData("import { builtin: 'fashion-mnist' }")),
              IsEmpty());
  EXPECT_THAT(Validate(WithData("digest: '" + Digest() + "'")), IsEmpty());
  EXPECT_THAT(
      Validate(WithData("import { file: 'a' } digest: '" + Digest() + "'")),
      IsEmpty());
  EXPECT_THAT(Validate(WithData("synthetic { rows: 1 columns: 1 }")),
              IsEmpty());
}

TEST(ValidateTest, BadDataIsRefused) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "trial.data"},
      {"digest: 'sha256:abc'", "trial.data.digest"},
      {"digest: 'sha256:" + std::string(64, 'A') + "'", "trial.data.digest"},
      {"import { }", "trial.data.import"},
      {"import { file: 'a' builtin: 'b' }", "trial.data.import"},
      {"import { file: 'a' delimiter: ',,' }", "trial.data.import.delimiter"},
      {"import { file: 'a' rows: -1 }", "trial.data.import.rows"},
      {"import { file: 'a' format: 99 }", "trial.data.import.format"},
      {"import { file: 'a' format: DATA_FORMAT_CSV }", "trial.data.import"},
  };
  for (const auto& [text, field] : cases) {
    const std::vector<Violation> violations = Validate(WithData(text));
    ASSERT_THAT(violations, SizeIs(1)) << text;
    EXPECT_EQ(violations[0].field, field);
  }
}

// As many values as the other kinds may have; every look at a trial of a longer
// one would take its time.
TEST(ValidateTest, AListHasABound) {
  v1::SweepSpec spec = Spec("");
  v1::Axis& axis = *spec.add_axes()->add_axes();
  axis.set_field("seed");
  for (int i = 0; i < 65536; ++i) {
    axis.mutable_list()->add_values()->set_integer(i);
  }
  EXPECT_THAT(Validate(spec), IsEmpty());
  axis.mutable_list()->add_values()->set_integer(65536);
  ASSERT_EQ(Validate(spec).size(), 1u);
  EXPECT_EQ(Validate(spec)[0].found, "a list of 65537 values");
  EXPECT_EQ(Validate(spec)[0].expected, "at most 65536");
}

TEST(ValidateTest, NewSweepHasNoNumberForAName) {
  for (const char* name : {"a", "2a", "2.5", "1/2", "a-2", "2-"}) {
    EXPECT_OK(CheckNewName(name));
  }
  for (const char* name : {"2", "007", "2024", "99999999999999999999"}) {
    EXPECT_THAT(CheckNewName(name),
                StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(std::string(CheckNewName(name).message()),
                HasSubstr(absl::StrCat("found name ", name, ", expected")));
  }
}

TEST(ValidateTest, OnlyImportedDataIsNotReady) {
  EXPECT_OK(CheckReady(Normalize(SmallSpec())));
  EXPECT_OK(CheckReady(WithData("digest: '" + Digest() + "'")));
  EXPECT_THAT(CheckReady(WithData("import { file: 'a' }")),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ValidateTest, FieldsOfNewerProgramsAreRefused) {
  v1::SweepSpec spec = Normalize(SmallSpec());
  v1::OptimizerSpec* optimizer = spec.mutable_trial()->mutable_optimizer();
  optimizer->GetReflection()->MutableUnknownFields(optimizer)->AddVarint(99, 1);

  const std::vector<Violation> violations = Validate(spec);

  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_EQ(violations[0].field, "trial.optimizer");
}

TEST(ValidateTest, OfAMillionFaultsAThousandAreEnough) {
  constexpr int kMany = 1'000'000;
  v1::SweepSpec widths = SmallSpec();
  v1::SweepSpec metrics = SmallSpec();
  v1::SweepSpec steps = SmallSpec();
  v1::SweepSpec names = SmallSpec();
  v1::SweepSpec values = SmallSpec();
  v1::Axis& axis = *values.add_axes()->add_axes();
  axis.set_field("depth");
  for (int i = 0; i < kMany; ++i) {
    widths.mutable_trial()->mutable_model()->add_hidden_widths(0);
    metrics.mutable_trial()->mutable_record()->add_metrics(v1::METRIC_LOSS);
    steps.mutable_trial()->mutable_record()->add_at(-1);
    if (i < 65536) {
      axis.mutable_list()->add_values()->set_text("a");
      names.mutable_summarize()->add_by("a");
    }
  }
  // After those of the first axis; the second one's values are not looked at.
  v1::Axis& second = *values.add_axes()->add_axes();
  second.set_field("seed");
  second.mutable_list()->add_values()->set_text("a");

  for (const v1::SweepSpec& spec : {widths, metrics, steps, names, values}) {
    EXPECT_THAT(Validate(Normalize(spec)),
                SizeIs(AllOf(Ge(kMostViolations), Le(kMostViolations + 5))));
  }
}

TEST(ToStatusTest, HasOneLinePerViolationAndAnEnd) {
  const std::vector<Violation> two = {{"a.b", "x 1", "2"}, {"c", "y", "z"}};
  EXPECT_OK(ToStatus({}));
  EXPECT_THAT(ToStatus(two), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(ToStatus(two).message()),
              Eq("a.b: found x 1, expected 2\nc: found y, expected z"));
  EXPECT_THAT(
      std::string(ToStatus(std::vector<Violation>(1000, two[0])).message()),
      HasSubstr("\nand 980 more at least"));
  EXPECT_THAT(
      std::string(ToStatus(std::vector<Violation>(30, two[0])).message()),
      EndsWith("\nand 10 more"));
}

}  // namespace
}  // namespace fathom::test
