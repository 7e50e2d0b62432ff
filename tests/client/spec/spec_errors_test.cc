// These tests have everything that can be wrong with a spec, with the exact
// place and words.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/spec/spec_file.h"
#include "client/spec/yaml_tree.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::fathom::test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A valid spec. Each test replaces a line of it.
constexpr char kValid[] =
    "name: x\n"                                      // Line 1.
    "data: {builtin: fashion-mnist}\n"               // 2
    "loss: {lp: 4}\n"                                // 3
    "model: {depth: 2, init: {scheme: gaussian}}\n"  // 4
    "optimizer: {learning_rate: 1e-3}\n"             // 5
    "steps: 100\n"                                   // 6
    "axes: {seed: [1, 2]}\n"                         // 7
    "record: {at: [3], metrics: [loss]}\n"           // 8
    "summarize: {average_over: [seed]}\n";           // 9

std::vector<std::string> Errors(const std::string& yaml) {
  const absl::StatusOr<v1::SweepSpec> spec = ParseSweepSpec(yaml, "s.yaml");
  if (spec.ok()) return {};
  EXPECT_THAT(spec, StatusIs(absl::StatusCode::kInvalidArgument));
  return absl::StrSplit(spec.status().message(), '\n');
}

// Returns kValid with another line `number`.
std::string WithLine(int number, const std::string& line) {
  std::vector<std::string> lines = absl::StrSplit(kValid, '\n');
  lines[number - 1] = line;
  return absl::StrJoin(lines, "\n");
}

struct Case {
  const char* about;
  int line;          // Line of kValid that is replaced.
  const char* text;  // By this.
  const char* error;
};

class SpecErrorTest : public ::testing::TestWithParam<Case> {};

TEST_P(SpecErrorTest, IsTheOnlyOneAndAtItsPlace) {
  const Case& c = GetParam();
  EXPECT_THAT(Errors(WithLine(c.line, c.text)),
              ElementsAre(StartsWith(absl::StrCat("s.yaml:", c.error))));
}

std::string CaseName(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.about;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !absl::ascii_isalnum(c); },
      '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Keys, SpecErrorTest,
    ::testing::Values(
        Case{"unknown key", 5, "optimizer: {learning_rate: 1, learnig_rate: 2}",
             "5:31: found unknown key \"learnig_rate\", expected one of name, "
             "learning_rate, weight_decay, momentum, beta1, beta2, rho, "
             "epsilon, initial_accumulator, batch_size, batch_seed, "
             "batch_order, "
             "schedule; did you mean learning_rate?"},
        Case{"key of another map", 6, "steps: 3\ndepth: 3",
             "7:1: found unknown key \"depth\", expected one of name, data, "
             "loss, model, optimizer, steps, seed, record, stop, "
             "precision, regularizer, axes, summarize, scales; did you mean "
             "model.depth?"},
        Case{"zip at the top", 6, "steps: 3\nzip: {depth: [1]}",
             "7:1: found unknown key \"zip\", expected one of name, data, "
             "loss, model, optimizer, steps, seed, record, stop, "
             "precision, regularizer, axes, summarize, scales; did you mean "
             "axes.zip?"},
        Case{"precision", 6, "steps: 3\nprecision: floot",
             "7:12: found floot, expected one of double, float; did you mean "
             "float?"},
        Case{"a trial that is no map", 6, "steps: 3\ntrial: 4",
             "7:1: found unknown key \"trial\""},
        Case{"a key of the trial in two places", 6,
             "steps: 3\ntrial: {seed: 1, steps: 4}",
             "7:18: found the key \"steps\" again, expected every key once"},
        Case{"a map of the trial in two places", 6,
             "trial: {steps: 3, loss: {factor: one}}",
             "6:19: found the key \"loss\" again, expected every key once"},
        Case{"an unknown key of a trial", 6, "trial: {step: 3}",
             "6:9: found unknown key \"step\", expected one of data, loss, "
             "model, optimizer, steps, seed, record, stop, precision, "
             "regularizer; did you mean steps?"},
        Case{"key of an import", 2, "data: {buildin: fashion-mnist}",
             "2:8: found unknown key \"buildin\", expected one of builtin, "},
        Case{"a short name of elsewhere", 5, "optimizer: {lr: 1}",
             "5:13: found unknown key \"lr\", expected one of name, "
             "learning_rate, weight_decay, momentum, beta1, beta2, rho, "
             "epsilon, initial_accumulator, batch_size, batch_seed, "
             "batch_order, "
             "schedule; did you mean learning_rate?"},
        Case{"the same at the top", 6, "steps: 3\nlr: 1",
             "7:1: found unknown key \"lr\", expected one of name, data, "
             "loss, model, optimizer, steps, seed, record, stop, precision, "
             "regularizer, axes, summarize, scales; did you mean "
             "optimizer.learning_rate?"},
        Case{"what steps are called elsewhere", 6, "steps: 3\nepochs: 4",
             "7:1: found unknown key \"epochs\", expected one of name, data, "
             "loss, model, optimizer, steps, seed, record, stop, precision, "
             "regularizer, axes, summarize, scales; did you mean steps?"},
        Case{"what columns are called elsewhere", 2,
             "data: {synthetic: {rows: 5, features: 3}}",
             "2:29: found unknown key \"features\", expected one of rows, "
             "columns, outputs, spectrum, condition, top_eigenvalue, noise, "
             "seed, spectrum_bend, signal_decay, tail; did you mean columns?"},
        Case{"what depth is called elsewhere", 7, "axes: {n_layers: [1, 2]}",
             "7:8: found unknown axis \"n_layers\", expected a scalar field of "
             "the trial; did you mean depth?"},
        Case{"letters of other languages", 1, "name: gr\xC3\xB6\xC3\x9F\x65",
             "1:7: found name gr\xC3\xB6\xC3\x9F\x65, expected"},
        Case{"a field of the trial in a summary", 9, "summarize: {depth: 1}",
             "9:13: found unknown key \"depth\", expected one of by, "
             "best_over, average_over, metric, at, epsilon"},
        Case{"nothing near", 3, "loss: {zzzzzzzz: 4}",
             "3:8: found unknown key \"zzzzzzzz\", expected one of lp, "
             "factor"},
        Case{"duplicate key", 6, "steps: 100\nsteps: 200",
             "7:1: found the key \"steps\" again, expected every key once "
             "(first on line 6)"},
        Case{"list as key", 6, "steps: 100\n? [a]\n: 3",
             "7:3: found a list, expected a key"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Types, SpecErrorTest,
    ::testing::Values(
        Case{"text for integer", 6, "steps: many",
             "6:8: found many, expected an integer"},
        Case{"fraction for integer", 6, "steps: 2.5",
             "6:8: found 2.5, expected an integer"},
        Case{"underscore", 6, "steps: 1_000",
             "6:8: found 1_000, expected an integer"},
        Case{"quoted number", 6, "steps: \"100\"",
             "6:8: found the text \"100\", expected an integer"},
        Case{"too large for int32", 4, "model: {depth: 3000000000}",
             "4:16: found 3000000000, expected 1 to 64"},
        Case{"too large to be exact", 6, "steps: 1e18",
             "6:8: found 1e18, expected 1 to 10^12"},
        Case{"too large to be exact, without a range", 6,
             "steps: 1\nseed: 1e18",
             "7:7: found 1e18, expected an integer in plain digits, as beyond "
             "2^53 no other is exact"},
        Case{"too large for a seed", 6, "steps: 1\nseed: 1e20",
             "7:7: found 1e20, expected an integer from 0 to 9223372036854775"},
        Case{"negative for unsigned", 6, "steps: 1\nseed: -1",
             "7:7: found -1, expected an integer from 0 to"},
        Case{"text for number", 5, "optimizer: {learning_rate: fast}",
             "5:28: found fast, expected a finite number"},
        Case{"nan", 5, "optimizer: {learning_rate: .nan}",
             "5:28: found .nan, expected a finite number"},
        Case{"nan in C", 5, "optimizer: {learning_rate: nan}",
             "5:28: found nan, expected a finite number"},
        Case{"infinity", 5, "optimizer: {learning_rate: .inf}",
             "5:28: found .inf, expected a finite number"},
        Case{"overflowing double", 5, "optimizer: {learning_rate: 1e999}",
             "5:28: found 1e999, expected a finite number"},
        Case{"hexadecimal", 5, "optimizer: {learning_rate: 0x10}",
             "5:28: found 0x10, expected a finite number"},
        Case{"list for number", 5, "optimizer: {learning_rate: [1]}",
             "5:28: found a list, expected a finite number"},
        Case{"mixed case for true", 2, "data: {builtin: x, standardize: tRUE}",
             "2:33: found tRUE, expected true or false"},
        Case{"quoted true", 2, "data: {builtin: x, standardize: \"true\"}",
             "2:33: found the text \"true\", expected true or false"},
        Case{"yes for true", 2, "data: {builtin: x, standardize: yes}",
             "2:33: found yes, expected true or false"},
        Case{"number for map", 3, "loss: 4",
             "3:7: found 4, expected a map with lp, factor"},
        Case{"nothing for map", 3,
             "loss:", "3:1: found nothing, expected a map with lp, factor"},
        Case{"map for text", 1, "name: {a: b}",
             "1:7: found a map, expected a text"},
        Case{"block map for number", 6, "steps:\n  a: 1",
             "6:1: found a map, expected an integer"},
        Case{"unknown enum value", 4, "model: {init: {scheme: gausian}}",
             "4:24: found gausian, expected one of gaussian, balanced, "
             "identity; did you mean gaussian?"},
        Case{"the enum's zero", 4, "model: {init: {scheme: unspecified}}",
             "4:24: found unspecified, expected one of gaussian, balanced, "
             "identity"},
        Case{"enum in a list", 8, "record: {metrics: [loss, los]}",
             "8:26: found los, expected one of loss, lp_error, gradient_norm, "
             "weight_norm, balancedness, "},
        Case{"text in a list", 8, "record: {at: [3, x]}",
             "8:18: found x, expected an integer"},
        Case{"tag", 6, "steps: !!int 3",
             "6:8: found the tag \"tag:yaml.org,2002:int\", expected a value "
             "without a tag"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Values, SpecErrorTest,
    ::testing::Values(
        Case{"depth 0", 4, "model: {depth: 0}",
             "4:16: found depth 0, expected 1 to 64"},
        Case{"depth 0 in an axis", 7, "axes: {seed: [1], depth: [1, 0]}",
             "7:30: found depth 0, expected 1 to 64"},
        Case{"p of 1", 3, "loss: {lp: 1}",
             "3:12: found lp 1, expected a number above 1 and at most 64"},
        Case{"p of 1 in an axis", 7, "axes: {seed: [1], lp: [2, 1]}",
             "7:27: found lp 1, expected a number above 1 and at most 64"},
        Case{"negative rate", 5, "optimizer: {learning_rate: -1}",
             "5:28: found learning_rate -1, expected a number above 0"},
        Case{"bad name", 1, "name: a b",
             "1:7: found name a b, expected 1 to 63 characters"},
        Case{"bad name with umlauts", 1, "name: größe",
             "1:7: found name größe, expected 1 to 63 characters"},
        Case{"no steps", 6, "", "1:1: found no steps, expected 1 to 10^12"},
        Case{"no rate", 5, "optimizer: {name: gd}",
             "5:12: found no learning_rate, expected a number above 0"},
        Case{"no data", 2, "", "1:1: found no data, expected"},
        Case{"two sources", 2, "data: {builtin: x, file: y}",
             "2:7: found several of builtin, file and table, expected exactly "
             "one"},
        Case{"width 0", 4, "model: {depth: 3, hidden_widths: [4, 0]}",
             "4:38: found width 0, expected 1 to 65536"},
        Case{"depth against widths", 4, "model: {depth: 3, hidden_widths: [4]}",
             "4:16: found depth 3 with 1 hidden_widths, expected depth 2"},
        Case{"metric twice", 8, "record: {metrics: [loss, loss]}",
             "8:26: found loss once more, expected each metric once"},
        Case{"summary beyond the steps", 9, "summarize: {at: [50, 1000]}",
             "9:22: found 1000, expected at most 100, the steps of the "
             "trials"},
        Case{"summary of no axis", 9, "summarize: {by: [depth]}",
             "9:18: found axis depth, expected an axis of the sweep (seed)"},
        Case{"summary of no metric", 9, "summarize: {metric: weight_norm}",
             "9:21: found metric weight_norm, expected a recorded metric"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Axes, SpecErrorTest,
    ::testing::Values(
        Case{"empty axis", 7, "axes: {seed: []}",
             "7:14: found an empty list, expected at least one value"},
        Case{"empty range", 7, "axes: {seed: {range: [5, 5]}}",
             "7:26: found a range from 5 to 5, which is empty, expected an "
             "end above 5"},
        Case{"range of one number", 7, "axes: {seed: {range: [5]}}",
             "7:22: found a list of 1, expected [from, to] or [from, to, "
             "step]"},
        Case{"range of four numbers", 7, "axes: {seed: {range: [1, 9, 2, 1]}}",
             "7:22: found a list of 4, expected [from, to] or [from, to, "
             "step]"},
        Case{"integer beyond what doubles count", 7, "axes: {seed: [2e17]}",
             "7:15: found 2e17, expected an integer"},
        Case{"scalar axis", 7, "axes: {seed: 3}",
             "7:14: found 3, expected a list of values, or a map with one of "
             "range, log, linspace; did you mean [3]?"},
        Case{"axis of nothing", 7,
             "axes:\n  seed:", "8:3: found nothing, expected a list of values"},
        Case{"unknown axis", 7, "axes: {seed: [1], depht: [1]}",
             "7:19: found unknown axis \"depht\", expected a scalar field of "
             "the trial; did you mean depth?"},
        Case{"axis by a name of elsewhere", 7, "axes: {seed: [1], lr: [1]}",
             "7:19: found unknown axis \"lr\", expected a scalar field of the "
             "trial; did you mean learning_rate?"},
        Case{"steps of a log range", 7,
             "axes: {seed: [1], std: {log: {from: 1, to: 2, steps: 3}}}",
             "7:47: found unknown key \"steps\", expected one of from, to, "
             "per_decade, count; did you mean count?"},
        Case{"steps of a range", 7,
             "axes: {seed: {range: {from: 1, to: 2, steps: 3}}}",
             "7:39: found unknown key \"steps\", expected one of from, to, "
             "step; did you mean step?"},
        Case{"axis over a list field", 7, "axes: {seed: [1], metrics: [loss]}",
             "7:19: found unknown axis \"metrics\", expected a scalar field"},
        Case{"axis twice", 7, "axes: {seed: [1], depth: [1], model.depth: [2]}",
             "7:31: found a second axis depth, expected one axis for each "
             "field"},
        Case{"axis value of another type", 7, "axes: {seed: [1, two]}",
             "7:18: found two, expected an integer"},
        Case{"nan in an axis", 7, "axes: {seed: [1], std: [0.1, .nan]}",
             "7:30: found .nan, expected a finite number"},
        Case{"unknown formula", 7, "axes: {seed: {rang: [1, 2]}}",
             "7:15: found unknown key \"rang\", expected one of range, log, "
             "linspace; did you mean range?"},
        Case{"two formulas", 7, "axes: {seed: {range: [1, 2], log: {}}}",
             "7:14: found a map of 2 keys, expected exactly one of range, "
             "log, linspace"},
        Case{"range of one", 7, "axes: {seed: {range: [1]}}",
             "7:22: found a list of 1, expected [from, to] or "
             "[from, to, step]"},
        Case{"step 0", 7, "axes: {seed: {range: [1, 9, 0]}}",
             "7:29: found step 0, expected at least 1"},
        Case{"log of 0", 7,
             "axes: {seed: [1], std: {log: {from: 0, to: 1, count: 3}}}",
             "7:37: found 0, expected a number above 0"},
        Case{"log without a number", 7,
             "axes: {seed: [1], std: {log: {from: 1, to: 2}}}",
             "7:30: found neither per_decade nor count, expected exactly one"},
        Case{"zip of unequal lengths", 7,
             "axes:\n  seed: [1]\n  zip: {depth: [1, 2], lp: [2]}",
             "9:8: found zipped axes of 2, 1 values, expected equally many "
             "values on each"},
        Case{"zip of nothing", 7, "axes: {seed: [1], zip: {}}",
             "7:24: found an empty map, expected a map of axes"},
        Case{"overflowing grid", 7,
             "axes:\n  seed: {range: [0, 1e12]}\n  steps: {range: [1, 1e12]}",
             "7:1: found a grid of"},
        Case{"axis in JSON without a field", 7,
             "axes: [{seed: [1]}, {axes: [{range: {to: 3}}]}]",
             "7:29: found a map, expected an axis with its field and one of "
             "list (with its values), range, log, linspace"},
        Case{"axis in JSON without values", 7,
             "axes: [{seed: [1]}, {axes: [{field: lp, list: [2, 4]}]}]",
             "7:29: found a map, expected an axis with its field"},
        Case{"unknown axis in JSON", 7,
             "axes: [{seed: [1]}, {axes: [{field: lq, range: {to: 3}}]}]",
             "7:37: found unknown axis \"lq\""},
        Case{"axes as text", 7, "axes: seed",
             "7:7: found seed, expected a map from fields to lists"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Syntax, SpecErrorTest,
    ::testing::Values(
        Case{"list without end", 8, "record: {at: [3, metrics: [loss]}", "8:"},
        Case{"map without end", 9, "summarize: {average_over: [seed]",
             "9:12: found a map without its end, expected \"}\" after its "
             "values"},
        Case{"key in a value", 6, "steps: a: b",
             "6:9: found a syntax error (illegal map value), expected YAML"},
        Case{"tab", 7, "axes:\n\tseed: [1, 2]",
             "8:1: found a tab, expected indentation with spaces"},
        Case{"alias of nothing", 6, "steps: *n",
             // Newer yaml-cpp adds the name of the anchor.
             "6:8: found a syntax error (the referenced anchor is not "
             "defined"},
        Case{"alias of itself", 7, "axes: &a {seed: *a}",
             "7:17: found an alias inside the value that it stands for"},
        Case{"second document", 9, "---\nname: y",
             "9:1: found a second document, expected one document per file"},
        Case{"no text", 6, "steps: \xff", "6:8: found bytes that are no text"}),
    CaseName);

TEST(SpecErrorsTest, TheBaseOfTheseTestsIsValid) {
  EXPECT_THAT(Errors(kValid), ElementsAre());
}

TEST(SpecErrorsTest, AllErrorsAreFoundAtOnceInTheOrderOfTheFile) {
  EXPECT_THAT(
      Errors("name: x\n"
             "data: {builtin: a, rows: -1}\n"
             "loss: {lp: 1, factr: one}\n"
             "steps: 1.5\n"
             "axes:\n"
             "  depht: [1]\n"
             "  lp: 2\n"
             "  seed: []\n"),
      ElementsAre(StartsWith("s.yaml:2:26: found rows -1"),
                  StartsWith("s.yaml:3:12: found lp 1"),
                  StartsWith("s.yaml:3:15: found unknown key \"factr\""),
                  StartsWith("s.yaml:4:8: found 1.5"),
                  StartsWith("s.yaml:6:3: found unknown axis \"depht\""),
                  StartsWith("s.yaml:7:7: found 2"),
                  StartsWith("s.yaml:8:9: found an empty list")));
}

TEST(SpecErrorsTest, AKeyThatCouldNotBeReadIsNotCalledMissing) {
  EXPECT_THAT(Errors(WithLine(6, "stesp: 100")),
              ElementsAre(HasSubstr("did you mean steps?")));
}

TEST(SpecErrorsTest, ManyErrorsAreCutOff) {
  std::string yaml = "name: x\n";
  for (int i = 0; i < 2000; ++i) absl::StrAppend(&yaml, "zz", i, ": 1\n");

  const std::vector<std::string> errors = Errors(yaml);

  ASSERT_EQ(errors.size(), 51u);
  EXPECT_EQ(errors.back(), "s.yaml: and 1950 more errors");
}

TEST(SpecErrorsTest, AnEmptyFileAndAListAreNoSweeps) {
  EXPECT_THAT(Errors(""), ElementsAre("s.yaml:1:1: found nothing, expected a "
                                      "sweep"));
  EXPECT_THAT(Errors("# only this\n"), ElementsAre(HasSubstr("nothing")));
  EXPECT_THAT(Errors("- 1\n"),
              ElementsAre(StartsWith("s.yaml:1:1: found a list, expected a map "
                                     "with name, data, ")));
  EXPECT_THAT(Errors("steps:4\n"), ElementsAre(HasSubstr("found steps:4, ")));
}

TEST(SpecErrorsTest, SizeDepthAndNumberOfValuesAreBounded) {
  EXPECT_THAT(Errors(std::string(kMaxYamlBytes + 1, ' ')),
              ElementsAre(HasSubstr("found 4194305 bytes, expected at most")));
  EXPECT_THAT(Errors(std::string(100000, '[')),
              ElementsAre(HasSubstr("nested this deep, expected at most 64")));
  EXPECT_THAT(Errors(WithLine(7, "axes:\n" + std::string(1000, '-'))),
              ElementsAre(StartsWith("s.yaml:")));
  std::string laughs = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 30; ++i) {
    absl::StrAppend(&laughs, "a", i, ": &a", i, " [*a", i - 1, ", *a", i - 1,
                    "]\n");
  }
  EXPECT_THAT(Errors(laughs), ElementsAre(HasSubstr("too many values")));
}

}  // namespace
}  // namespace fathom::client
