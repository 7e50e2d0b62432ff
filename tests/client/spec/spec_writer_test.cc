#include "client/spec/spec_writer.h"

#include <random>
#include <string>

#include "client/spec/spec_file.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "proto/sweep/message_json.h"
#include "tests/proto/sweep/random_spec.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

v1::SweepSpec Parse(const std::string& yaml) {
  absl::StatusOr<v1::SweepSpec> spec = ParseSweepSpec(yaml, "sweep.yaml");
  EXPECT_OK(spec) << yaml;
  return spec.ok() ? *spec : v1::SweepSpec();
}

void ExpectRoundTrip(const v1::SweepSpec& spec) {
  const std::string yaml = ToYaml(spec);
  EXPECT_TRUE(
      google::protobuf::util::MessageDifferencer::Equals(Parse(yaml), spec))
      << yaml;
  // The JSON for other programs reads back as well.
  for (const std::string& json :
       {ToJson(spec).dump(2), JsonText(ToJson(spec))}) {
    EXPECT_TRUE(
        google::protobuf::util::MessageDifferencer::Equals(Parse(json), spec))
        << json;
  }
}

TEST(SpecWriterTest, WritesWhatPeopleWouldWrite) {
  const std::string yaml =
      "name: l4-depth\n"
      "data: {synthetic: {rows: 100, columns: 7}}\n"
      "loss: {lp: 4}\n"
      "optimizer: {learning_rate: 1e-5}\n"
      "steps: 1e5\n"
      "axes:\n"
      "  seed: {range: [0, 5]}\n"
      "  zip: {depth: [1, 2], init.std: [0.01, 1e-3]}\n";

  EXPECT_EQ(ToYaml(Parse(yaml)),
            "name: l4-depth\n"
            "data:\n"
            "  synthetic:\n"
            "    rows: 100\n"
            "    columns: 7\n"
            "    outputs: 1\n"
            "    spectrum: geometric\n"
            "    condition: 1\n"
            "    top_eigenvalue: 1\n"
            "    noise: 0\n"
            "    spectrum_bend: 1\n"
            "    signal_decay: 0\n"
            "  standardize: false\n"
            "  standardize_targets: true\n"
            "  one_hot: false\n"
            "loss: {lp: 4, factor: one_over_p, kind: lp}\n"
            "model:\n"
            "  family: linear_net\n"
            "  depth: 1\n"
            "  init: {scheme: gaussian, std: 0.01, norm: 0.001}\n"
            "optimizer: {name: gd, learning_rate: 1e-5}\n"
            "steps: 100000\n"
            "record: {points: 200, spacing: log, metrics: [loss]}\n"
            "stop: {diverge_factor: 1e6}\n"
            "axes:\n"
            "  seed: {range: [0, 5]}\n"
            "  zip: {depth: [1, 2], std: [0.01, 0.001]}\n");
}

TEST(SpecWriterTest, AxesAreCalledAsInTables) {
  const v1::SweepSpec spec = Parse(
      "name: x\n"
      "data: {synthetic: {rows: 10, columns: 3}}\n"
      "steps: 10\n"
      "axes: {name: [gd, adam], synthetic.seed: [1, 2], learning_rate: [1]}\n"
      "summarize: {by: optimizer.name, best_over: learning_rate, "
      "average_over: synthetic.seed}\n");

  EXPECT_THAT(ToYaml(spec),
              ::testing::HasSubstr("axes:\n"
                                   "  optimizer: [gd, adam]\n"
                                   "  synthetic.seed: [1, 2]\n"
                                   "  learning_rate: [1]\n"
                                   "summarize:\n"
                                   "  by: [optimizer]\n"
                                   "  best_over: [learning_rate]\n"
                                   "  average_over: [synthetic.seed]\n"
                                   "  metric: loss\n"));
  ExpectRoundTrip(spec);
}

TEST(SpecWriterTest, EveryKindOfFieldComesBackFromItsText) {
  ExpectRoundTrip(Parse(R"yaml(
name: 2024.all/of-it
data:
  file: "a: \"b\" # \\ \u00e9 {c}"
  labels: ""
  format: csv
  delimiter: ;
  target: ["null", "", "- x", "true", 12, "#"]
  ignore: "a\tb"
  rows: 3
  gas: 0
  standardize: true
  target_class: -0.1
loss: {lp: 6, factor: one}
model:
  depth: 3
  hidden_widths: [3, 4]
  init: {scheme: balanced, norm: 0.30000000000000004, end_to_end: [1e-300, -2, 1e300]}
optimizer: {learning_rate: 1e-17, weight_decay: 0.1}
steps: 1e12
seed: 9223372036854775807
record: {points: 2, spacing: linear, at: [1, 0], metrics: [balancedness, loss]}
stop: {loss_below: 0, diverge_factor: 10}
axes:
  learning_rate: {log: {from: 1e-5, to: 1, per_decade: 3}}
  norm: {linspace: {from: 0, to: 1, count: 11}}
  standardize: [true, false]
  factor: [one_over_p]
  seed: {range: [-0, 100, 7]}
summarize: {by: [norm], best_over: learning_rate, average_over: [seed], metric: balancedness, at: 1}
)yaml"));
}

TEST(SpecWriterTest, NoTextCommandsTheTerminal) {
  v1::SweepSpec spec = Parse(
      "name: x\ndata: {file: x}\noptimizer: {learning_rate: 1}\nsteps: 10\n");
  std::string* file =
      spec.mutable_trial()->mutable_data()->mutable_import()->mutable_file();
  *file = "größe o'clock\u202E\u0085\u009B2J\u2028\U000E0041.csv";

  ExpectRoundTrip(spec);
  EXPECT_NE(ToYaml(spec).find(
                "größe o'clock\\u202e\\u0085\\u009b2J\\u2028\\U000e0041.csv"),
            std::string::npos)
      << ToYaml(spec);
}

TEST(SpecWriterTest, AnySpecComesBack) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 300; ++i) ExpectRoundTrip(test::RandomValidSpec(&random));
}

TEST(SpecWriterTest, ZipsComeBackInTheirOrder) {
  ExpectRoundTrip(Parse(R"yaml(
name: x
data: {synthetic: {rows: 10, columns: 3, seed: 4}}
optimizer: {learning_rate: 1}
steps: 10
axes:
- zip: {depth: [1, 2], std: [0.1, 0.2]}
- seed: [1, 2, 3]
- zip: {learning_rate: [0.1, 0.2], weight_decay: {linspace: {from: 0, to: 1, count: 2}}}
- synthetic.seed: {range: [0, 3]}
)yaml"));
}

TEST(SpecWriterTest, ALinspaceHasBothEnds) {
  const v1::SweepSpec spec = Parse(
      "name: x\n"
      "data: {synthetic: {rows: 10, columns: 3}}\n"
      "optimizer: {learning_rate: 1}\n"
      "steps: 10\n"
      "axes: {std: {linspace: {from: 0, to: 1, count: 3}}}\n");

  EXPECT_THAT(
      ToYaml(spec),
      ::testing::HasSubstr("  std: {linspace: {from: 0, to: 1, count: 3}}\n"));
}

}  // namespace
}  // namespace fathom::client
