#include "client/presets/presets.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/analysis/summary.h"
#include "client/data/input_file.h"
#include "client/data/overlay.h"
#include "client/spec/spec_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/space.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::fathom::test::StatusIs;
using ::testing::HasSubstr;

TEST(PresetsTest, EveryPresetIsAValidSweepNamedAsItsFileAndSaysWhatItIs) {
  ASSERT_FALSE(Presets().empty());
  for (const Preset& preset : Presets()) {
    SCOPED_TRACE(preset.name);
    const absl::StatusOr<v1::SweepSpec> spec =
        ParseSweepSpec(preset.text, preset.name + ".yaml");
    ASSERT_OK(spec);
    EXPECT_EQ(spec->name(), preset.name);
    EXPECT_GE(preset.summary.size(), 10u);
    EXPECT_LE(preset.summary.size(), 80u);
  }
}

TEST(PresetsTest, PresetsAreSortedByName) {
  EXPECT_TRUE(std::is_sorted(
      Presets().begin(), Presets().end(),
      [](const Preset& a, const Preset& b) { return a.name < b.name; }));
}

TEST(PresetsTest, FindsByNameAndSuggestsANearOne) {
  const absl::StatusOr<const Preset*> preset = FindPreset("quickstart");
  ASSERT_OK(preset);
  EXPECT_EQ((*preset)->name, "quickstart");

  const absl::StatusOr<const Preset*> unknown = FindPreset("quikstart");
  EXPECT_THAT(unknown, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(std::string(unknown.status().message()),
              HasSubstr("did you mean quickstart?"));
}

TEST(PresetsTest, ThePartAfterTheFolderIsEnoughForASuggestion) {
  const std::vector<std::string> names = {"followup/convergence",
                                          "paper/adam-depth", "paper/l4-depth",
                                          "quickstart"};
  EXPECT_EQ(NearestPreset("l4-depth", names), "paper/l4-depth");
  EXPECT_EQ(NearestPreset("l4-dpeth", names), "paper/l4-depth");
  EXPECT_EQ(NearestPreset("papre/l4-depth", names), "paper/l4-depth");
  EXPECT_EQ(NearestPreset("convergance", names), "followup/convergence");
  EXPECT_EQ(NearestPreset("xyz", names), "");
  EXPECT_EQ(NearestPreset("", names), "");
}

TEST(PresetsTest, QuickstartIsTheExperimentOfTheMainClaim) {
  const absl::StatusOr<const Preset*> preset = FindPreset("quickstart");
  ASSERT_OK(preset);
  const absl::StatusOr<v1::SweepSpec> spec =
      ParseSweepSpec((*preset)->text, "quickstart.yaml");
  ASSERT_OK(spec);
  const absl::StatusOr<Space> space = Space::Create(*spec);
  ASSERT_OK(space);

  EXPECT_EQ(space->size(), 2 * 3 * 9);
  EXPECT_EQ(space->total_steps(), 54 * 4000);
  const v1::TrialSpec last = space->TrialAt(53);
  EXPECT_EQ(last.loss().lp(), 4);
  EXPECT_EQ(last.loss().factor(), v1::LOSS_FACTOR_ONE_OVER_P);
  EXPECT_EQ(last.model().depth(), 3);
  EXPECT_EQ(last.model().hidden_width(), 1);
  EXPECT_EQ(last.model().init().scheme(), v1::INIT_SCHEME_BALANCED);
  EXPECT_EQ(last.model().init().norm(), 1e-3);
  EXPECT_EQ(last.optimizer().learning_rate(), 3e-2);
  EXPECT_EQ(last.data().import().rows(), 2565);
  EXPECT_EQ(last.data().target_class(), 9);
  EXPECT_TRUE(last.data().standardize());
  EXPECT_EQ(space->TrialAt(0).optimizer().learning_rate(), 3e-6);
}

TEST(PresetsTest, WhatWasPublishedGoesWithAnAxisOfEveryScale) {
  int published = 0;
  for (const Preset& preset : Presets()) {
    if (preset.published.empty()) continue;
    SCOPED_TRACE(preset.name);
    ++published;
    const absl::StatusOr<Overlay> overlay =
        ReadOverlay(InputFile::OfText("t.csv", preset.published).get());
    ASSERT_OK(overlay);
    const absl::StatusOr<SweepFile> file =
        ParseSweepFile(preset.text, preset.name);
    ASSERT_OK(file);
    for (const SweepFile::Scale& scale : file->scales) {
      const v1::SummarySpec summary = SummaryOf(scale.spec);
      for (const OverlayCurve& curve : overlay->curves) {
        EXPECT_FALSE(curve.settings.empty()) << curve.name;
        EXPECT_LE(curve.iterations.back(), 1e6) << curve.name;
        for (const auto& [path, value] : curve.settings) {
          EXPECT_NE(std::find(summary.by().begin(), summary.by().end(), path),
                    summary.by().end())
              << scale.name << " " << path;
        }
      }
    }
  }
  EXPECT_EQ(published, 3);
}

// The preset must have a trial for each published curve, as long as the curve
// is.
TEST(PresetsTest, WhatWasPublishedGoesWithTheTrialsOfTheScalePaper) {
  for (const Preset& preset : Presets()) {
    if (preset.published.empty()) continue;
    SCOPED_TRACE(preset.name);
    const absl::StatusOr<Overlay> overlay =
        ReadOverlay(InputFile::OfText("t.csv", preset.published).get());
    ASSERT_OK(overlay);
    const absl::StatusOr<SweepFile> file =
        ParseSweepFile(preset.text, preset.name);
    ASSERT_OK(file);
    const auto paper = std::find_if(
        file->scales.begin(), file->scales.end(),
        [](const SweepFile::Scale& scale) { return scale.name == "paper"; });
    ASSERT_NE(paper, file->scales.end());
    const absl::StatusOr<Space> space = Space::Create(paper->spec);
    ASSERT_OK(space);
    for (const OverlayCurve& curve : overlay->curves) {
      SCOPED_TRACE(curve.name);
      int trials = 0;
      for (int64_t i = 0; i < space->size(); ++i) {
        const v1::TrialSpec trial = space->TrialAt(i);
        const bool agrees = std::all_of(
            curve.settings.begin(), curve.settings.end(), [&](const auto& s) {
              return ValueText(GetField(trial, s.first)) == ValueText(s.second);
            });
        if (!agrees) continue;
        ++trials;
        EXPECT_EQ(static_cast<double>(trial.steps()),
                  1e6 * curve.updates_per_iteration);
      }
      EXPECT_EQ(trials, 1);
    }
  }
}

}  // namespace
}  // namespace fathom::client
