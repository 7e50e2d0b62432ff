// These tests are about --set, which replaces what the file says.
#include "client/spec/settings.h"

#include <string>
#include <vector>

#include "client/spec/spec_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kFile[] =
    "name: x\n"
    "data: {synthetic: {rows: 10, columns: 2}}\n"
    "optimizer: {learning_rate: 0.5, name: momentum}\n"
    "steps: 100\n"
    "axes: {depth: [1, 2], zip: {init.std: [0.1, 0.2], seed: [1, 2]}}\n"
    "scales: {quick: {steps: 5}}\n";

absl::StatusOr<SweepFile> Read(const std::vector<std::string>& settings,
                               const std::string& file = kFile) {
  return ParseSweepFile(file, "s.yaml", settings);
}

std::string ErrorOf(const std::vector<std::string>& settings,
                    const std::string& file = kFile) {
  return std::string(Read(settings, file).status().message());
}

TEST(SettingsTest, TheyStandInPlaceOfTheFileAtEveryScale) {
  const auto file = Read({"steps=7", "optimizer.learning_rate=1e-3",
                          "data.synthetic.rows=20", "model.init.norm=2"});
  ASSERT_OK(file);
  const v1::TrialSpec& trial = file->spec.trial();
  EXPECT_EQ(trial.steps(), 7);
  EXPECT_EQ(trial.optimizer().learning_rate(), 1e-3);
  EXPECT_EQ(trial.optimizer().name(), v1::OPTIMIZER_NAME_MOMENTUM);
  EXPECT_EQ(trial.data().synthetic().rows(), 20);
  EXPECT_EQ(trial.data().synthetic().columns(), 2);
  EXPECT_EQ(trial.model().init().norm(), 2);
  EXPECT_EQ(file->scales[0].spec.trial().steps(), 7);
}

TEST(SettingsTest, FieldsGoByTheirShortNames) {
  const auto file = Read({"learning_rate=0.25", "lp=4", "rows=11"});
  ASSERT_OK(file);
  EXPECT_EQ(file->spec.trial().optimizer().learning_rate(), 0.25);
  EXPECT_EQ(file->spec.trial().loss().lp(), 4);
  EXPECT_EQ(file->spec.trial().data().synthetic().rows(), 11);
}

TEST(SettingsTest, TheLastOneWinsAndValuesAreYaml) {
  const auto file = Read({"steps=7", "steps = 8",
                          "record={metrics: [loss, "
                          "weight_norm], points: 5}",
                          "name=other"});
  ASSERT_OK(file);
  EXPECT_EQ(file->spec.trial().steps(), 8);
  EXPECT_EQ(file->spec.trial().record().metrics_size(), 2);
  EXPECT_EQ(file->spec.name(), "other");
}

TEST(SettingsTest, AxesAreReplacedAndAdded) {
  auto file = Read({"axes.model.depth=[3]", "axes.lp=[2, 4, 6]",
                    "axes.zip.init.std=[1, 2]"});
  ASSERT_OK(file);
  std::vector<std::string> fields;
  for (const v1::AxisGroup& group : file->spec.axes()) {
    for (const v1::Axis& axis : group.axes()) fields.push_back(axis.field());
  }
  EXPECT_THAT(fields,
              ElementsAre("model.depth", "model.init.std", "seed", "loss.lp"));
  EXPECT_EQ(file->spec.axes(0).axes(0).list().values(0).integer(), 3);
  EXPECT_EQ(file->spec.axes(1).axes(0).list().values(1).number(), 2);
  file = Read({"axes={lp: [2, 4]}"});
  ASSERT_OK(file);
  EXPECT_EQ(file->spec.axes_size(), 1);
}

TEST(SettingsTest, WhatAnAxisVariesIsSetAsAnAxis) {
  EXPECT_EQ(ErrorOf({"depth=3"}),
            "--set depth=3: found depth, which is an axis of the sweep, "
            "expected axes.depth=[...]");
  EXPECT_THAT(ErrorOf({"model.init.std=3"}), HasSubstr("is an axis"));
  EXPECT_THAT(ErrorOf({"seed=3"}), HasSubstr("is an axis"));
  EXPECT_THAT(ErrorOf({"axes={}", "axes.lp=[2]", "lp=3"}),
              HasSubstr("--set lp=3: found lp, which is an axis"));
}

TEST(SettingsTest, MistakesAreNamedByTheSetting) {
  EXPECT_EQ(ErrorOf({"name=y", "steps=many"}),
            "--set steps=many: found many, expected an integer");
  EXPECT_THAT(ErrorOf({"optimizer.learnig_rate=1"}),
              HasSubstr("--set optimizer.learnig_rate=1: found unknown key "
                        "\"learnig_rate\""));
  EXPECT_THAT(ErrorOf({"epochs=3"}), HasSubstr("did you mean steps?"));
  EXPECT_EQ(ErrorOf({"steps"}),
            "--set steps: found no =, expected a key, = and a value, as in "
            "steps=100");
  EXPECT_THAT(ErrorOf({"steps=[1"}), HasSubstr("expected one in YAML"));
  EXPECT_THAT(ErrorOf({"steps="}), HasSubstr("--set steps=: found"));
  EXPECT_THAT(ErrorOf({".steps=3"}), HasSubstr("found the path \".steps\""));
  EXPECT_EQ(
      ErrorOf({"steps.x=3"}),
      "--set steps.x=3: found a value at steps, expected a map that has keys");
  // Errors of settings come with those of the file.
  EXPECT_THAT(ErrorOf({"steps=many"}, std::string(kFile) + "stepz: 3\n"),
              HasSubstr("\ns.yaml:7:1: found unknown key \"stepz\""));
}

}  // namespace
}  // namespace fathom::client
