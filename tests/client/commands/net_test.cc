// Convolutional nets as people run them.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/client/commands/call.h"

namespace fathom::client::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Images of 4 x 4 pixels from 0 to 255 that are bright in one half.
std::string Images() {
  std::string csv;
  for (int pixel = 0; pixel < 16; ++pixel)
    absl::StrAppend(&csv, "p", pixel, ",");
  csv += "label\n";
  for (int row = 0; row < 24; ++row) {
    for (int pixel = 0; pixel < 16; ++pixel) {
      const int noise = (row * 37 + pixel * 101) % 60;
      const bool bright = (pixel < 8) == (row % 2 == 0);
      absl::StrAppend(&csv, bright ? 255 - noise : noise, ",");
    }
    absl::StrAppend(&csv, row % 2, "\n");
  }
  return csv;
}

std::string Sweep(const std::string& data, const std::string& model) {
  return "name: net\ndata: {file: images.csv, target: label, one_hot: true" +
         data + "}\nloss: {kind: cross_entropy}\nmodel: {family: conv_net" +
         model +
         "}\nregularizer: {l2: 1e-3}\n"
         "optimizer: {name: momentum, learning_rate: 0.05, batch_size: 8}\n"
         "steps: 40\naxes: {depth: [1, 2], seed: {range: [0, 3]}}\n"
         "record: {metrics: [loss, batch_loss, regularizer, accuracy]}\n";
}

constexpr char kScaled[] = ", feature_shift: 127.5, feature_scale: 255";
constexpr char kSmall[] =
    ", conv1: {channels: 3, kernel: 3}, conv2: {channels: 0}, dense1: {width: "
    "5, dropout: 0.2}";

TEST(NetTest, AreRunShownQueriedAndVerified) {
  const ScratchFolder folder;
  folder.Write("images.csv", Images());
  const std::string spec = folder.Write("net.yaml", Sweep(kScaled, kSmall));
  const std::string db = folder.Path("net.db");
  // 24 rows of 16 pixels of 8 bytes.
  EXPECT_THAT(Fathom({"run", spec, "--dry-run"}).out,
              HasSubstr("memory:   3.1 kB for the data"));
  const Outcome run = Fathom({"run", spec, "--db", db, "--no-plot"});
  ASSERT_EQ(run.code, kExitOk) << run.err;
  // 3 kernels of 9, 2 x 2 pixels of 3 channels to 5 units, 2 classes; and their
  // biases. A product of two has 5 x 5 and 2 x 2 numbers more.
  EXPECT_THAT(run.err,
              HasSubstr("107 weights at depth 1; 136 at depth 2 (+27.10 %)"));
  EXPECT_THAT(run.err, Not(HasSubstr("consider")));
  EXPECT_THAT(Fathom({"query",
                      "SELECT DISTINCT depth, weights, numerics, state FROM "
                      "results ORDER BY 1",
                      "--db", db, "--format", "csv"})
                  .out,
              HasSubstr("1,107,fathom-n1/f32,succeeded\n"
                        "2,136,fathom-n1/f32,succeeded"));
  EXPECT_THAT(Fathom({"show", "1/3", "--db", db}).out,
              AllOf(HasSubstr("numerics:     fathom-n1/f32"),
                    HasSubstr("weights:      136")));
  const Outcome verified = Fathom({"verify", "--db", db});
  EXPECT_EQ(verified.code, kExitOk) << verified.out << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("0 differences"));
}

TEST(NetTest, TheSummarySaysHowMuchOfADifferenceIsTheRegularizer) {
  const ScratchFolder folder;
  folder.Write("images.csv", Images());
  std::string sweep = Sweep(kScaled + std::string(", test: {rows: 6}"), kSmall);
  const std::string metrics = "[loss, batch_loss, regularizer, accuracy]";
  sweep.replace(sweep.find(metrics), metrics.size(),
                "[batch_loss, batch_data_loss, regularizer, test_error], "
                "evaluate: {points: 3}");
  const std::string spec = folder.Write("net.yaml", sweep);
  const std::string db = folder.Path("net.db");
  const Outcome run = Fathom({"run", spec, "--db", db, "--no-plot"});
  ASSERT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr(" at depth 1 against "),
                             HasSubstr("; of the difference of "),
                             HasSubstr(" is the regularizer and "),
                             HasSubstr(" is cross-entropy\n")));
  const Outcome summary = Fathom({"summary", "--db", db, "--json"});
  const auto parts =
      nlohmann::json::parse(summary.out)["summary"]["loss_parts"];
  ASSERT_EQ(parts["differences"].size(), 1u) << summary.out;
  const auto& difference = parts["differences"][0];
  const auto mean = [&](const char* metric) {
    return difference[metric]["mean"].get<double>();
  };
  EXPECT_NEAR(mean("batch_loss"), mean("batch_data_loss") + mean("regularizer"),
              1e-6);
  EXPECT_GT(difference["batch_data_loss"]["standard_error"], 0.0);
  EXPECT_EQ(parts["metrics"][3], "test_error");
  EXPECT_GT(parts["rows"][1]["ends"]["test_error"]["mean"], -1.0);
}

TEST(NetTest, PixelsThatAreFarFromZeroAreNoted) {
  const ScratchFolder folder;
  folder.Write("images.csv", Images());
  const std::string spec = folder.Write("net.yaml", Sweep("", kSmall));
  EXPECT_THAT(Fathom({"run", spec, "--dry-run"}).out,
              HasSubstr("pixels go from 0 to 255: consider `feature_shift: "
                        "127.5` and `feature_scale: 255`"));
}

TEST(NetTest, WhatDoesNotFitIsRefusedBeforeAnythingRuns) {
  const ScratchFolder folder;
  folder.Write("images.csv", Images());
  const auto error = [&](const std::string& data, const std::string& model) {
    const std::string spec = folder.Write("net.yaml", Sweep(data, model));
    const Outcome run =
        Fathom({"run", spec, "--db", folder.Path("none.db"), "--no-plot"});
    EXPECT_EQ(run.code, kExitUsage);
    return run.err;
  };
  EXPECT_THAT(error(kScaled, ", conv1: {channels: 3, kernel: 4}"),
              AllOf(HasSubstr("net.yaml:4:"), HasSubstr("found kernel 4"),
                    HasSubstr("an odd number from 1 to 11")));
  EXPECT_THAT(error(kScaled, ", conv1: {kernel: 5}"),
              HasSubstr("kernel 5 of conv1 on an image of 4 x 4 pixels"));
  EXPECT_THAT(error(kScaled, ", conv1: {kernel: 3, pool: 3}"),
              HasSubstr("pool 3 of conv1 on an image of 4 x 4 pixels"));
  EXPECT_THAT(error(kScaled, ", image: {channels: 3}"),
              HasSubstr("found 16 features"));
  EXPECT_THAT(error(kScaled, ", dense1: {dropout: 1}"),
              HasSubstr("a number from 0 to below 1"));
  EXPECT_THAT(error(", standardize: true", kSmall),
              HasSubstr("standardize with family conv_net"));
  EXPECT_THAT(error(kScaled, ", dense1: {inner_width: -1}"),
              HasSubstr("0 for the hidden_width"));
}

// A two-line change makes a net of dense layers.
TEST(NetTest, AreDenseWithoutConvolutions) {
  const ScratchFolder folder;
  folder.Write("images.csv", Images());
  const std::string spec = folder.Write(
      "net.yaml", Sweep(kScaled, ", conv: none, dense1: {width: 6}"));
  const Outcome run =
      Fathom({"run", spec, "--db", folder.Path("net.db"), "--no-plot"});
  EXPECT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.err, HasSubstr("116 weights at depth 1"));
}

}  // namespace
}  // namespace fathom::client::test
