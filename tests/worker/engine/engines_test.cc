#include "worker/engine/engines.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/engine/toy_engine.h"
#include "worker/engine/linear/linear_engine.h"

namespace fathom::worker {
namespace {

using test::StatusIs;
using test::ToyEngine;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::TrialSpec TrialOf(v1::ModelFamily family,
                      v1::Metric metric = v1::METRIC_LOSS) {
  v1::TrialSpec trial;
  trial.mutable_model()->set_family(family);
  trial.set_steps(9);
  trial.mutable_record()->add_metrics(metric);
  return trial;
}

TEST(EnginesTest, EveryFamilyHasAnEngineAndOnlyOne) {
  for (int family = v1::MODEL_FAMILY_UNSPECIFIED + 1;
       family <= v1::ModelFamily_MAX; ++family) {
    int count = 0;
    for (const Engine* engine : AllEngines()) {
      if (engine->Trains(TrialOf(static_cast<v1::ModelFamily>(family)))) {
        ++count;
      }
    }
    EXPECT_EQ(count, 1) << family;
  }
}

TEST(EnginesTest, EveryMetricIsMeasuredByAnEngine) {
  for (int metric = v1::METRIC_UNSPECIFIED; metric <= v1::Metric_MAX;
       ++metric) {
    if (!v1::Metric_IsValid(metric)) continue;
    bool measured = false;
    for (const Engine* engine : AllEngines()) {
      measured = measured || engine->Measures(static_cast<v1::Metric>(metric));
    }
    EXPECT_EQ(measured, metric != v1::METRIC_UNSPECIFIED) << metric;
  }
}

TEST(EnginesTest, NamesAndNumericsTellThemApart) {
  std::set<std::string> names, numerics;
  for (const Engine* engine : AllEngines()) {
    names.insert(engine->name());
    numerics.insert(engine->numerics());
  }
  EXPECT_EQ(names.size(), AllEngines().size());
  EXPECT_EQ(numerics.size(), AllEngines().size());
}

// Ledgers hold it: another one means other bits.
TEST(EnginesTest, TheLinearEngineIsOfTheNumericsThatLedgersHold) {
  EXPECT_EQ(LinearEngine().numerics(), "fathom-k3/f64");
}

TEST(EnginesTest, TheFirstThatTrainsATrialIsItsEngine) {
  const ToyEngine toy;
  const Engine* const both[] = {&toy, &LinearEngine()};
  EXPECT_EQ(*EngineFor(both, TrialOf(v1::MODEL_FAMILY_SCALAR_PRODUCT)), &toy);
  EXPECT_EQ(*EngineFor(both, TrialOf(v1::MODEL_FAMILY_LINEAR_NET)),
            &LinearEngine());
  EXPECT_THAT(NumericsOf(both), ElementsAre("toy-k1", "fathom-k3/f64"));
  EXPECT_EQ(SessionNumerics(both), "toy-k1");
}

TEST(EnginesTest, WhatNoneTrainsSaysWhichThereAre) {
  const ToyEngine toy;
  const Engine* const only[] = {&toy};
  const auto engine = EngineFor(only, TrialOf(v1::MODEL_FAMILY_LINEAR_NET));
  EXPECT_THAT(engine, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(engine.status().message()),
              AllOf(HasSubstr("found linear_net"), HasSubstr("(toy)")));
}

// Another engine that measures it trains another kind of model.
TEST(EnginesTest, AMetricThatItsEngineDoesNotMeasureIsRefused) {
  const ToyEngine toy;
  const Engine* const both[] = {&toy, &LinearEngine()};
  const auto engine = EngineFor(
      both, TrialOf(v1::MODEL_FAMILY_SCALAR_PRODUCT, v1::METRIC_BALANCEDNESS));
  EXPECT_THAT(engine, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(engine.status().message()),
              AllOf(HasSubstr("found balancedness"), HasSubstr("toy")));
}

TEST(EnginesTest, TheWorkOfATrialIsWhatItsEngineSays) {
  const ToyEngine toy;
  const Engine* const only[] = {&toy};
  const DataShape shape = {100, 3, 1};
  EXPECT_EQ(TrialFlops(only, TrialOf(v1::MODEL_FAMILY_SCALAR_PRODUCT), shape),
            10 * ToyEngine::kStepFlops);
  EXPECT_EQ(TrialFlops(only, TrialOf(v1::MODEL_FAMILY_LINEAR_NET), shape), 0);
}

}  // namespace
}  // namespace fathom::worker
