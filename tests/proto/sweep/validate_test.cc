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

// Text that is merged into SmallSpec, and the one violation that it causes.
struct Case {
  std::string text;
  std::string field;
  std::string found;
  std::string expected;
};

std::string Axis(const std::string& field, const std::string& values) {
  return "axes { axes { field: '" + field + "' " + values + " } }";
}

class ViolationTest : public ::testing::TestWithParam<Case> {};

TEST_P(ViolationTest, IsTheOnlyOne) {
  const Case& c = GetParam();
  const std::vector<Violation> violations = Validate(Spec(c.text));
  ASSERT_THAT(violations, SizeIs(1)) << ToStatus(violations);
  EXPECT_EQ(violations[0].field, c.field);
  EXPECT_EQ(violations[0].found, c.found);
  EXPECT_THAT(violations[0].expected, HasSubstr(c.expected));
}

INSTANTIATE_TEST_SUITE_P(
    Trial, ViolationTest,
    ::testing::Values(
        Case{"name: 'a b'", "name", "name a b", "1 to 63 characters"},
        Case{"name: '-a'", "name", "name -a", "the first a letter"},
        Case{"name: '" + std::string(64, 'a') + "'", "name",
             "name " + std::string(60, 'a') + "...", "1 to 63"},
        Case{"trial { steps: -5 }", "trial.steps", "steps -5", "1 to 10^12"},
        Case{Axis("precision", "list { values { text: 'flaot' } }"),
             "axes[0].axes[0].list.values[0]", "precision flaot",
             "did you mean float?"},
        Case{"trial { steps: 1000000000001 }", "trial.steps",
             "steps 1000000000001", "1 to 10^12"},
        Case{"trial { seed: 9223372036854775808 }", "trial.seed",
             "seed 9223372036854775808", "2^63 - 1"},
        Case{"trial { model { depth: -1 } }", "trial.model.depth", "depth -1",
             "1 to 64"},
        Case{"trial { model { depth: 65 } }", "trial.model.depth", "depth 65",
             "1 to 64"},
        Case{"trial { model { hidden_width: 65537 } }",
             "trial.model.hidden_width", "hidden_width 65537", "1 to 65536"},
        Case{"trial { model { depth: 3 hidden_widths: 2 } }",
             "trial.model.depth", "depth 3 with 1 hidden_widths", "depth 2"},
        Case{"trial { model { depth: 2 hidden_widths: 0 } }",
             "trial.model.hidden_widths[0]", "width 0", "1 to 65536"},
        Case{"trial { model { depth: 2 hidden_widths: 5 hidden_width: 5 } }",
             "trial.model.hidden_width", "hidden_width and hidden_widths",
             "one of the two"},
        Case{"trial { model { family: 9 } }", "trial.model.family", "family 9",
             "linear_net"},
        Case{"trial { model { init { std: -1 } } }", "trial.model.init.std",
             "std -1", "at least 0"},
        Case{"trial { model { init { norm: inf } } }", "trial.model.init.norm",
             "norm inf", "at least 0"},
        Case{"trial { model { init { end_to_end: [1, 2, 3] } } }",
             "trial.model.init.scheme", "end_to_end with scheme gaussian",
             "scheme balanced"},
        Case{"trial { model { init { scheme: INIT_SCHEME_BALANCED "
             "end_to_end: [1, 2] } } }",
             "trial.model.init.end_to_end", "2 entries", "= 3"},
        Case{"trial { model { init { scheme: INIT_SCHEME_BALANCED "
             "end_to_end: [1, nan, 2] } } }",
             "trial.model.init.end_to_end[1]", "nan", "a finite number"},
        Case{"trial { loss { lp: 1 } }", "trial.loss.lp", "lp 1",
             "a number above 1 and at most 64"},
        Case{"trial { loss { lp: 0 } }", "trial.loss.lp", "lp 0",
             "a number above 1 and at most 64"},
        Case{"trial { loss { lp: 64.5 } }", "trial.loss.lp", "lp 64.5",
             "a number above 1 and at most 64"},
        Case{"trial { loss { lp: nan } }", "trial.loss.lp", "lp nan",
             "a number above 1 and at most 64"},
        Case{"trial { loss { factor: 7 } }", "trial.loss.factor", "factor 7",
             "one of one_over_p, one"},
        Case{"trial { optimizer { learning_rate: -1 } }",
             "trial.optimizer.learning_rate", "learning_rate -1",
             "a number above 0"},
        Case{"trial { optimizer { learning_rate: nan } }",
             "trial.optimizer.learning_rate", "learning_rate nan",
             "a number above 0"},
        Case{"trial { optimizer { weight_decay: -1 } }",
             "trial.optimizer.weight_decay", "weight_decay -1", "at least 0"},
        Case{"trial { record { points: 1 } }", "trial.record.points",
             "points 1", "2 to 100000"},
        Case{"trial { record { at: 5 at: -1 } }", "trial.record.at[1]",
             "step -1", "at least 0"},
        Case{"trial { record { metrics: METRIC_LOSS metrics: METRIC_LOSS } }",
             "trial.record.metrics[1]", "loss once more", "each metric once"},
        Case{"trial { record { metrics: 99 } }", "trial.record.metrics[0]",
             "metric 99", "loss, lp_error"},
        Case{"trial { stop { loss_below: nan } }", "trial.stop.loss_below",
             "loss_below nan", "a finite number"},
        Case{"trial { stop { diverge_factor: 1 } }",
             "trial.stop.diverge_factor", "diverge_factor 1",
             "a number above 1"}));

std::string Optimizer(const std::string& text) {
  return "trial { optimizer { name: OPTIMIZER_NAME_" + text + " } }";
}

INSTANTIATE_TEST_SUITE_P(
    Optimizer, ViolationTest,
    ::testing::Values(
        Case{"trial { optimizer { name: 99 } }", "trial.optimizer.name",
             "optimizer 99", "one of gd, momentum"},
        Case{Optimizer("MOMENTUM momentum: 1"), "trial.optimizer.momentum",
             "momentum 1", "from 0 to below 1"},
        Case{Optimizer("NESTEROV momentum: -0.1"), "trial.optimizer.momentum",
             "momentum -0.1", "from 0 to below 1"},
        Case{Optimizer("ADAM beta1: 1"), "trial.optimizer.beta1", "beta1 1",
             "from 0 to below 1"},
        Case{Optimizer("ADAM beta2: nan"), "trial.optimizer.beta2", "beta2 nan",
             "from 0 to below 1"},
        Case{Optimizer("RMSPROP rho: 1.5"), "trial.optimizer.rho", "rho 1.5",
             "from 0 to below 1"},
        Case{Optimizer("ADADELTA epsilon: 0"), "trial.optimizer.epsilon",
             "epsilon 0", "a number above 0"},
        Case{Optimizer("ADAGRAD initial_accumulator: -1"),
             "trial.optimizer.initial_accumulator", "initial_accumulator -1",
             "at least 0"},
        Case{"trial { optimizer { momentum: 0 } }", "trial.optimizer.momentum",
             "momentum with optimizer gd", "optimizer momentum or nesterov"},
        Case{Optimizer("ADAM rho: 0.9"), "trial.optimizer.rho",
             "rho with optimizer adam", "optimizer adadelta or rmsprop"},
        Case{Axis("momentum", "list { values { number: 0.5 } }"),
             "axes[0].axes[0].field", "axis momentum with optimizer gd",
             "optimizer momentum or nesterov"},
        Case{
            Optimizer("ADAM beta1: 0.9") + Axis("optimizer.name",
                                                "list { values { text: 'gd' } "
                                                "values { text: 'rmsprop' } }"),
            "trial.optimizer.beta1", "beta1 with optimizer gd, rmsprop",
            "optimizer adam"},
        Case{Axis("momentum", "list { values { number: 0.5 } }") +
                 Axis("optimizer.name",
                      "list { values { text: 'gd' } "
                      "values { text: 'nesterov' } }"),
             "axes[0].axes[0].field", "axis momentum with optimizer gd",
             "no momentum, or optimizer momentum or nesterov"},
        Case{Axis("optimizer.name", "list { values { text: 'adamm' } }"),
             "axes[0].axes[0].list.values[0]", "optimizer adamm",
             "did you mean adam?"},
        Case{Optimizer("ADAM") +
                 Axis("beta2", "linspace { from: 0.5 to: 1 count: 3 }"),
             "axes[0].axes[0].linspace.to", "beta2 1", "from 0 to below 1"}));

INSTANTIATE_TEST_SUITE_P(
    Data, ViolationTest,
    ::testing::Values(
        Case{"trial { data { digest: '" + Digest() + "' } }",
             "trial.data.synthetic", "both a dataset and synthetic data",
             "one of them"},
        Case{"trial { data { import { file: 'a' } } }", "trial.data.synthetic",
             "both a dataset and synthetic data", "one of them"},
        Case{"trial { data { target_class: inf } }", "trial.data.target_class",
             "target_class inf", "a finite number"},
        Case{"trial { data { synthetic { rows: 10000001 } } }",
             "trial.data.synthetic.rows", "rows 10000001", "1 to 10^7"},
        Case{"trial { data { synthetic { columns: -1 } } }",
             "trial.data.synthetic.columns", "columns -1", "1 to 10^5"},
        Case{"trial { data { synthetic { outputs: 1001 } } }",
             "trial.data.synthetic.outputs", "outputs 1001", "1 to 1000"},
        Case{"trial { data { synthetic { condition: 0.5 } } }",
             "trial.data.synthetic.condition", "condition 0.5", "at least 1"},
        Case{"trial { data { synthetic { top_eigenvalue: 0 } } }",
             "trial.data.synthetic.top_eigenvalue", "top_eigenvalue 0",
             "above 0"},
        Case{"trial { data { synthetic { noise: -1 } } }",
             "trial.data.synthetic.noise", "noise -1", "at least 0"}));

TEST(ValidateTest, AnAxisOfDatasetsHoldsDigestsAndNothingElseHasData) {
  std::vector<std::string> fields;
  for (const Violation& violation :
       Validate(Spec(Axis("data.digest", "list { values { text: 'a' } }")))) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, ::testing::UnorderedElementsAre("trial.data.synthetic",
                                                      "trial.data.digest"));
}

INSTANTIATE_TEST_SUITE_P(
    Axes, ViolationTest,
    ::testing::Values(
        Case{"axes { }", "axes[0]", "no axes", "at least one"},
        Case{Axis("depht", "list { values { integer: 1 } }"),
             "axes[0].axes[0].field", "axis depht", "did you mean depth?"},
        Case{Axis("model", "list { values { integer: 1 } }"),
             "axes[0].axes[0].field", "axis model", "a scalar field"},
        Case{Axis("data.import.ignore", "list { values { text: 'a' } }"),
             "axes[0].axes[0].field", "axis data.import.ignore",
             "a scalar field"},
        Case{Axis("depth", ""), "axes[0].axes[0]", "an axis without values",
             "a list, range, log or linspace"},
        Case{Axis("depth", "list { }"), "axes[0].axes[0].list", "an empty list",
             "at least one value"},
        Case{Axis("seed", "list { values { integer: 1 } }") +
                 Axis("seed", "range { from: 0 to: 3 }"),
             "axes[1].axes[0].field", "a second axis seed", "one axis"},
        Case{Axis("depth",
                  "list { values { integer: 1 } "
                  "values { integer: 0 } }"),
             "axes[0].axes[0].list.values[1]", "depth 0", "1 to 64"},
        Case{Axis("depth", "list { values { integer: 4294967297 } }"),
             "axes[0].axes[0].list.values[0]", "depth 4294967297", "1 to 64"},
        Case{Axis("depth", "list { values { text: 'deep' } }"),
             "axes[0].axes[0].list.values[0]", "depth deep", "an integer"},
        Case{Axis("depth", "list { values { number: 1.5 } }"),
             "axes[0].axes[0].list.values[0]", "depth 1.5", "an integer"},
        Case{Axis("depth", "list { values { } }"),
             "axes[0].axes[0].list.values[0]", "depth no value", "an integer"},
        Case{Axis("standardize", "list { values { integer: 1 } }"),
             "axes[0].axes[0].list.values[0]", "standardize 1",
             "true or false"},
        Case{Axis("scheme", "list { values { text: 'gausian' } }"),
             "axes[0].axes[0].list.values[0]", "scheme gausian",
             "one of gaussian, balanced, identity; did you mean gaussian?"},
        Case{Axis("seed", "list { values { integer: -1 } }"),
             "axes[0].axes[0].list.values[0]", "seed -1", "0 to 2^63 - 1"},
        Case{Axis("learning_rate", "list { values { number: nan } }"),
             "axes[0].axes[0].list.values[0]", "learning_rate nan", "above 0"},
        Case{Axis("lp",
                  "list { values { integer: 2 } values { integer: 1 } "
                  "values { integer: 4 } }"),
             "axes[0].axes[0].list.values[1]", "lp 1", "a number above 1"},
        Case{Axis("seed",
                  "list { values { integer: 4 } values { integer: 5 } "
                  "values { number: 4 } }"),
             "axes[0].axes[0].list.values[2]", "seed 4 once more",
             "each value once"},
        Case{Axis("depth", "range { from: 0 to: 3 }"),
             "axes[0].axes[0].range.from", "depth 0", "1 to 64"},
        Case{Axis("depth", "range { from: 1 to: 66 }"),
             "axes[0].axes[0].range.to", "depth 65", "1 to 64"},
        Case{Axis("lp", "range { from: 1 to: 7 step: 1 }"),
             "axes[0].axes[0].range.from", "lp 1", "a number above 1"},
        Case{Axis("scheme", "range { from: 0 to: 1 }"),
             "axes[0].axes[0].range.from", "scheme 0", "one of gaussian"},
        Case{Axis("depth", "range { from: 3 to: 3 }"),
             "axes[0].axes[0].range.to", "a range from 3 to 3, which is empty",
             "an end above 3"},
        Case{Axis("depth", "range { from: 1 to: 3 step: -1 }"),
             "axes[0].axes[0].range.step", "step -1", "at least 1"}));

INSTANTIATE_TEST_SUITE_P(
    SpacedAxes, ViolationTest,
    ::testing::Values(
        Case{Axis("learning_rate", "log { from: 0 to: 1 count: 2 }"),
             "axes[0].axes[0].log.from", "from 0", "above 0"},
        Case{Axis("learning_rate", "log { from: nan to: 1 count: 2 }"),
             "axes[0].axes[0].log.from", "from nan", "above 0"},
        Case{Axis("learning_rate", "log { from: 1 to: 0.1 count: 2 }"),
             "axes[0].axes[0].log.to", "to 0.1", "at least 1"},
        Case{Axis("learning_rate", "log { from: 1 to: inf count: 2 }"),
             "axes[0].axes[0].log.to", "to inf", "at least 1"},
        Case{Axis("learning_rate", "log { from: 1 to: 2 }"),
             "axes[0].axes[0].log", "neither per_decade nor count",
             "exactly one"},
        Case{Axis("learning_rate",
                  "log { from: 1 to: 2 count: 2 per_decade: 2 }"),
             "axes[0].axes[0].log", "both per_decade and count", "exactly one"},
        Case{Axis("learning_rate", "log { from: 1 to: 2 count: -2 }"),
             "axes[0].axes[0].log.count", "count -2", "at least 1"},
        Case{Axis("learning_rate", "log { from: 1 to: 2 per_decade: -2 }"),
             "axes[0].axes[0].log.per_decade", "per_decade -2", "at least 1"},
        Case{Axis("learning_rate", "log { from: 2 to: 2 count: 3 }"),
             "axes[0].axes[0].log.count", "3 values that coincide",
             "15 digits"},
        Case{Axis("depth", "log { from: 1 to: 10 per_decade: 2 }"),
             "axes[0].axes[0].log", "depth 3.16227766016838", "an integer"},
        Case{Axis("steps", "log { from: 1 to: 1e12 count: 100000 }"),
             "axes[0].axes[0]", "100000 values for a field without fractions",
             "at most 65536"},
        Case{Axis("std", "linspace { from: -1 to: 1 count: 3 }"),
             "axes[0].axes[0].linspace.from", "std -1", "at least 0"},
        Case{Axis("std", "linspace { from: 0 to: nan count: 3 }"),
             "axes[0].axes[0].linspace.to", "to nan", "a finite number"},
        Case{Axis("std", "linspace { from: 0 to: 1 }"),
             "axes[0].axes[0].linspace.count", "count 0", "at least 1"},
        Case{Axis("std", "linspace { from: 1 to: 1 count: 2 }"),
             "axes[0].axes[0].linspace.count", "2 values that coincide",
             "15 digits"}));

INSTANTIATE_TEST_SUITE_P(
    Combinations, ViolationTest,
    ::testing::Values(
        Case{"axes { axes { field: 'depth' range { from: 1 to: 4 } } "
             "       axes { field: 'seed' range { from: 0 to: 2 } } }",
             "axes[0]", "zipped axes of 3, 2 values", "equally many"},
        Case{"axes { axes { field: 'depth' list { values { integer: 1 } "
             "values { integer: 1 } } } "
             "axes { field: 'seed' list { values { integer: 2 } "
             "values { integer: 2 } } } }",
             "axes[0].axes[0].list.values[1]", "depth 1, seed 2 once more",
             "each value once"},
        Case{Axis("seed", "range { from: 0 to: 300000000000000 }"), "axes",
             "a grid of 3e14 trials", "at most 2^40"},
        Case{Axis("seed", "range { from: 0 to: 9223372036854775807 }") +
                 Axis("synthetic.seed",
                      "range { from: 0 to: 9223372036854775807 }"),
             "axes", "a grid of 8.50705917302346e37 trials", "at most 2^40"},
        Case{"trial { model { depth: 2 hidden_widths: 3 } }" +
                 Axis("depth", "range { from: 2 to: 4 }"),
             "axes[0].axes[0].range.to", "depth 3 with 1 hidden_widths",
             "depth 2"},
        Case{"trial { model { init { scheme: INIT_SCHEME_BALANCED "
             "end_to_end: [1, 2, 3] } } }" +
                 Axis("scheme",
                      "list { values { text: 'balanced' } "
                      "values { text: 'gaussian' } }"),
             "axes[0].axes[0].list.values[1]",
             "end_to_end with scheme gaussian", "scheme balanced"},
        Case{"trial { model { init { scheme: INIT_SCHEME_BALANCED "
             "end_to_end: [1, 2, 3] } } }" +
                 Axis("columns", "range { from: 3 to: 5 }"),
             "trial.model.init.end_to_end",
             "one end_to_end for data of several shapes", "no axis"},
        Case{"summarize { by: 'depth' }", "summarize.by[0]", "axis depth",
             "no axes"},
        Case{Axis("seed", "range { from: 0 to: 2 }") +
                 "summarize { best_over: 'sede' }",
             "summarize.best_over[0]", "axis sede", "did you mean seed?"},
        Case{Axis("seed", "range { from: 0 to: 2 }") +
                 "summarize { by: 'seed' average_over: 'seed' }",
             "summarize.average_over[0]", "seed once more", "one place"},
        Case{"summarize { metric: METRIC_BALANCEDNESS }", "summarize.metric",
             "metric balancedness", "a recorded metric (loss)"},
        Case{"summarize { at: -1 }", "summarize.at[0]", "step -1",
             "at least 0"}));

TEST(ValidateTest, AcceptsGoodSpecs) {
  const std::string good[] = {
      "",
      "trial { model { depth: 3 hidden_widths: [2, 1] } }",
      R"(trial { model { init { scheme: INIT_SCHEME_BALANCED
                               end_to_end: [1, 2, 3] } } })",
      "trial { record { at: 1000000 at: 0 } }",
      Axis("steps", "log { from: 10 to: 1e6 per_decade: 1 }"),
      Axis("lp", "linspace { from: 2 to: 8 count: 4 }"),
      Axis("lp", "log { from: 2 to: 64 count: 6 }"),
      Axis("lp", "linspace { from: 1.5 to: 3 count: 7 }"),
      "trial { precision: PRECISION_FLOAT loss { kind: LOSS_KIND_LP lp: 3 } }",
      Axis("precision",
           "list { values { text: 'float' } values { text: 'double' } }"),
      Axis("target_class", "range { from: 0 to: 10 }"),
      Axis("loss_below", "list { values { number: 1e-6 } }"),
      Axis("learning_rate", "log { from: 2 to: 2 count: 1 }"),
      Optimizer("MOMENTUM momentum: 0"),
      Optimizer("ADAM beta1: 0 beta2: 0 epsilon: 1e-300 weight_decay: 1"),
      Optimizer("GD momentum: 0.5") +
          Axis("optimizer.name",
               "list { values { text: 'gd' } values { text: 'momentum' } }"),
      Optimizer("RMSPROP") + Axis("rho", "list { values { number: 0.5 } }"),
      R"(axes { axes { field: "depth" list { values { integer: 1 }
                                             values { integer: 2 }
                                             values { integer: 2 } } }
                axes { field: "hidden_width" list { values { integer: 1 }
                                                    values { integer: 1 }
                                                    values { integer: 5 } } } })",
      Axis("seed", "range { from: 0 to: 5 }") +
          Axis("depth", "range { from: 1 to: 4 }") +
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

  spec =
      With(spec, Axis("steps", "list { values { integer: 9 } }") +
                     Axis("learning_rate", "list { values { integer: 1 } }"));
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
