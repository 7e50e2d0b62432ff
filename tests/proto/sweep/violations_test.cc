#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/sweep/validate.h"
#include "tests/proto/sweep/specs.h"

// A table of specs with one mistake each, and what is said of it.
namespace fathom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string Digest() { return "sha256:" + std::string(64, 'a'); }

// Text that is merged into SmallSpec, and the one violation that it causes.
struct Case {
  std::string text;
  std::string field;
  std::string found;
  std::string expected;
};

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
        Case{AxisText("precision", "list { values { text: 'flaot' } }"),
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
        Case{"trial { data { test { rows: 5 } } record { metrics: "
             "METRIC_TEST_LOSS evaluate { points: 1 } } }",
             "trial.record.evaluate.points", "evaluate.points 1",
             "2 to 100000"},
        Case{"trial { data { test { rows: 5 } } record { metrics: "
             "METRIC_TEST_LOSS evaluate { at: -3 } } }",
             "trial.record.evaluate.at[0]", "step -3", "at least 0"},
        Case{"trial { record { metrics: METRIC_LOSS evaluate { } } }",
             "trial.record.evaluate",
             "evaluate without a metric to measure then",
             "test_loss, test_error"},
        Case{"trial { record { metrics: METRIC_LOSS metrics: METRIC_LOSS } }",
             "trial.record.metrics[1]", "loss once more", "each metric once"},
        Case{"trial { record { metrics: 99 } }", "trial.record.metrics[0]",
             "metric 99", "loss, lp_error"},
        Case{"trial { stop { loss_below: nan } }", "trial.stop.loss_below",
             "loss_below nan", "a finite number"},
        Case{"trial { stop { diverge_factor: 1 } }",
             "trial.stop.diverge_factor", "diverge_factor 1",
             "a number above 1"}));

INSTANTIATE_TEST_SUITE_P(
    Optimizer, ViolationTest,
    ::testing::Values(
        Case{"trial { optimizer { name: 99 } }", "trial.optimizer.name",
             "optimizer 99", "one of gd, momentum"},
        Case{OptimizerText("MOMENTUM momentum: 1"), "trial.optimizer.momentum",
             "momentum 1", "from 0 to below 1"},
        Case{OptimizerText("NESTEROV momentum: -0.1"),
             "trial.optimizer.momentum", "momentum -0.1", "from 0 to below 1"},
        Case{OptimizerText("ADAM beta1: 1"), "trial.optimizer.beta1", "beta1 1",
             "from 0 to below 1"},
        Case{OptimizerText("ADAM beta2: nan"), "trial.optimizer.beta2",
             "beta2 nan", "from 0 to below 1"},
        Case{OptimizerText("RMSPROP rho: 1.5"), "trial.optimizer.rho",
             "rho 1.5", "from 0 to below 1"},
        Case{OptimizerText("ADADELTA epsilon: 0"), "trial.optimizer.epsilon",
             "epsilon 0", "a number above 0"},
        Case{OptimizerText("ADAGRAD initial_accumulator: -1"),
             "trial.optimizer.initial_accumulator", "initial_accumulator -1",
             "at least 0"},
        Case{"trial { optimizer { momentum: 0 } }", "trial.optimizer.momentum",
             "momentum with optimizer gd", "optimizer momentum or nesterov"},
        Case{OptimizerText("ADAM rho: 0.9"), "trial.optimizer.rho",
             "rho with optimizer adam", "optimizer adadelta or rmsprop"},
        Case{AxisText("momentum", "list { values { number: 0.5 } }"),
             "axes[0].axes[0].field", "axis momentum with optimizer gd",
             "optimizer momentum or nesterov"},
        Case{OptimizerText("ADAM beta1: 0.9") +
                 AxisText("optimizer.name",
                          "list { values { text: 'gd' } "
                          "values { text: 'rmsprop' } }"),
             "trial.optimizer.beta1", "beta1 with optimizer gd, rmsprop",
             "optimizer adam"},
        Case{AxisText("momentum", "list { values { number: 0.5 } }") +
                 AxisText("optimizer.name",
                          "list { values { text: 'gd' } "
                          "values { text: 'nesterov' } }"),
             "axes[0].axes[0].field", "axis momentum with optimizer gd",
             "no momentum, or optimizer momentum or nesterov"},
        Case{AxisText("optimizer.name", "list { values { text: 'adamm' } }"),
             "axes[0].axes[0].list.values[0]", "optimizer adamm",
             "did you mean adam?"},
        Case{OptimizerText("ADAM") +
                 AxisText("beta2", "linspace { from: 0.5 to: 1 count: 3 }"),
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

INSTANTIATE_TEST_SUITE_P(
    Axes, ViolationTest,
    ::testing::Values(
        Case{"axes { }", "axes[0]", "no axes", "at least one"},
        Case{AxisText("depht", "list { values { integer: 1 } }"),
             "axes[0].axes[0].field", "axis depht", "did you mean depth?"},
        Case{AxisText("model", "list { values { integer: 1 } }"),
             "axes[0].axes[0].field", "axis model", "a scalar field"},
        Case{AxisText("data.import.ignore", "list { values { text: 'a' } }"),
             "axes[0].axes[0].field", "axis data.import.ignore",
             "a scalar field"},
        Case{AxisText("depth", ""), "axes[0].axes[0]", "an axis without values",
             "a list, range, log or linspace"},
        Case{AxisText("depth", "list { }"), "axes[0].axes[0].list",
             "an empty list", "at least one value"},
        Case{AxisText("seed", "list { values { integer: 1 } }") +
                 AxisText("seed", "range { from: 0 to: 3 }"),
             "axes[1].axes[0].field", "a second axis seed", "one axis"},
        Case{AxisText("depth",
                      "list { values { integer: 1 } "
                      "values { integer: 0 } }"),
             "axes[0].axes[0].list.values[1]", "depth 0", "1 to 64"},
        Case{AxisText("depth", "list { values { integer: 4294967297 } }"),
             "axes[0].axes[0].list.values[0]", "depth 4294967297", "1 to 64"},
        Case{AxisText("depth", "list { values { text: 'deep' } }"),
             "axes[0].axes[0].list.values[0]", "depth deep", "an integer"},
        Case{AxisText("depth", "list { values { number: 1.5 } }"),
             "axes[0].axes[0].list.values[0]", "depth 1.5", "an integer"},
        Case{AxisText("depth", "list { values { } }"),
             "axes[0].axes[0].list.values[0]", "depth no value", "an integer"},
        Case{AxisText("standardize", "list { values { integer: 1 } }"),
             "axes[0].axes[0].list.values[0]", "standardize 1",
             "true or false"},
        Case{AxisText("scheme", "list { values { text: 'gausian' } }"),
             "axes[0].axes[0].list.values[0]", "scheme gausian",
             "one of gaussian, balanced, identity; did you mean gaussian?"},
        Case{AxisText("seed", "list { values { integer: -1 } }"),
             "axes[0].axes[0].list.values[0]", "seed -1", "0 to 2^63 - 1"},
        Case{AxisText("learning_rate", "list { values { number: nan } }"),
             "axes[0].axes[0].list.values[0]", "learning_rate nan", "above 0"},
        Case{AxisText("lp",
                      "list { values { integer: 2 } values { integer: 1 } "
                      "values { integer: 4 } }"),
             "axes[0].axes[0].list.values[1]", "lp 1", "a number above 1"},
        Case{AxisText("seed",
                      "list { values { integer: 4 } values { integer: 5 } "
                      "values { number: 4 } }"),
             "axes[0].axes[0].list.values[2]", "seed 4 once more",
             "each value once"},
        Case{AxisText("depth", "range { from: 0 to: 3 }"),
             "axes[0].axes[0].range.from", "depth 0", "1 to 64"},
        Case{AxisText("depth", "range { from: 1 to: 66 }"),
             "axes[0].axes[0].range.to", "depth 65", "1 to 64"},
        Case{AxisText("lp", "range { from: 1 to: 7 step: 1 }"),
             "axes[0].axes[0].range.from", "lp 1", "a number above 1"},
        Case{AxisText("scheme", "range { from: 0 to: 1 }"),
             "axes[0].axes[0].range.from", "scheme 0", "one of gaussian"},
        Case{AxisText("depth", "range { from: 3 to: 3 }"),
             "axes[0].axes[0].range.to", "a range from 3 to 3, which is empty",
             "an end above 3"},
        Case{AxisText("depth", "range { from: 1 to: 3 step: -1 }"),
             "axes[0].axes[0].range.step", "step -1", "at least 1"}));

INSTANTIATE_TEST_SUITE_P(
    SpacedAxes, ViolationTest,
    ::testing::Values(
        Case{AxisText("learning_rate", "log { from: 0 to: 1 count: 2 }"),
             "axes[0].axes[0].log.from", "from 0", "above 0"},
        Case{AxisText("learning_rate", "log { from: nan to: 1 count: 2 }"),
             "axes[0].axes[0].log.from", "from nan", "above 0"},
        Case{AxisText("learning_rate", "log { from: 1 to: 0.1 count: 2 }"),
             "axes[0].axes[0].log.to", "to 0.1", "at least 1"},
        Case{AxisText("learning_rate", "log { from: 1 to: inf count: 2 }"),
             "axes[0].axes[0].log.to", "to inf", "at least 1"},
        Case{AxisText("learning_rate", "log { from: 1 to: 2 }"),
             "axes[0].axes[0].log", "neither per_decade nor count",
             "exactly one"},
        Case{AxisText("learning_rate",
                      "log { from: 1 to: 2 count: 2 per_decade: 2 }"),
             "axes[0].axes[0].log", "both per_decade and count", "exactly one"},
        Case{AxisText("learning_rate", "log { from: 1 to: 2 count: -2 }"),
             "axes[0].axes[0].log.count", "count -2", "at least 1"},
        Case{AxisText("learning_rate", "log { from: 1 to: 2 per_decade: -2 }"),
             "axes[0].axes[0].log.per_decade", "per_decade -2", "at least 1"},
        Case{AxisText("learning_rate", "log { from: 2 to: 2 count: 3 }"),
             "axes[0].axes[0].log.count", "3 values that coincide",
             "15 digits"},
        Case{AxisText("depth", "log { from: 1 to: 10 per_decade: 2 }"),
             "axes[0].axes[0].log", "depth 3.16227766016838", "an integer"},
        Case{AxisText("steps", "log { from: 1 to: 1e12 count: 100000 }"),
             "axes[0].axes[0]", "100000 values for a field without fractions",
             "at most 65536"},
        Case{AxisText("std", "linspace { from: -1 to: 1 count: 3 }"),
             "axes[0].axes[0].linspace.from", "std -1", "at least 0"},
        Case{AxisText("std", "linspace { from: 0 to: nan count: 3 }"),
             "axes[0].axes[0].linspace.to", "to nan", "a finite number"},
        Case{AxisText("std", "linspace { from: 0 to: 1 }"),
             "axes[0].axes[0].linspace.count", "count 0", "at least 1"},
        Case{AxisText("std", "linspace { from: 1 to: 1 count: 2 }"),
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
        Case{AxisText("seed", "range { from: 0 to: 300000000000000 }"), "axes",
             "a grid of 3e14 trials", "at most 2^40"},
        Case{AxisText("seed", "range { from: 0 to: 9223372036854775807 }") +
                 AxisText("synthetic.seed",
                          "range { from: 0 to: 9223372036854775807 }"),
             "axes", "a grid of 8.50705917302346e37 trials", "at most 2^40"},
        Case{"trial { model { depth: 2 hidden_widths: 3 } }" +
                 AxisText("depth", "range { from: 2 to: 4 }"),
             "axes[0].axes[0].range.to", "depth 3 with 1 hidden_widths",
             "depth 2"},
        Case{"trial { model { init { scheme: INIT_SCHEME_BALANCED "
             "end_to_end: [1, 2, 3] } } }" +
                 AxisText("scheme",
                          "list { values { text: 'balanced' } "
                          "values { text: 'gaussian' } }"),
             "axes[0].axes[0].list.values[1]",
             "end_to_end with scheme gaussian", "scheme balanced"},
        Case{"trial { model { init { scheme: INIT_SCHEME_BALANCED "
             "end_to_end: [1, 2, 3] } } }" +
                 AxisText("columns", "range { from: 3 to: 5 }"),
             "trial.model.init.end_to_end",
             "one end_to_end for data of several shapes", "no axis"},
        Case{"summarize { by: 'depth' }", "summarize.by[0]", "axis depth",
             "no axes"},
        Case{AxisText("seed", "range { from: 0 to: 2 }") +
                 "summarize { best_over: 'sede' }",
             "summarize.best_over[0]", "axis sede", "did you mean seed?"},
        Case{AxisText("seed", "range { from: 0 to: 2 }") +
                 "summarize { by: 'seed' average_over: 'seed' }",
             "summarize.average_over[0]", "seed once more", "one place"},
        Case{"summarize { metric: METRIC_BALANCEDNESS }", "summarize.metric",
             "metric balancedness", "a recorded metric (loss)"},
        Case{"summarize { at: -1 }", "summarize.at[0]", "step -1",
             "at least 0"}));

}  // namespace
}  // namespace fathom::test
