#include "proto/sweep/space.h"

#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/sweep/fields.h"
#include "tests/proto/sweep/random_spec.h"
#include "tests/proto/sweep/specs.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Space MakeSpace(const std::string& text) {
  absl::StatusOr<Space> space = Space::Create(Spec(text));
  EXPECT_OK(space);
  return *std::move(space);
}

TEST(SpaceTest, WithoutAxesHasOneTrial) {
  const Space space = MakeSpace("");
  EXPECT_EQ(space.size(), 1);
  EXPECT_TRUE(space.ParametersAt(0).empty());
  EXPECT_EQ(space.TrialAt(0).SerializeAsString(),
            Spec("").trial().SerializeAsString());
  EXPECT_EQ(space.total_steps(), 100);
}

TEST(SpaceTest, FirstGroupIsSlowest) {
  const Space space = MakeSpace(R"(
    axes { axes { field: "depth" range { from: 1 to: 4 } } }
    axes { axes { field: "seed" list { values { integer: 5 }
                                       values { integer: 7 } } } })");

  ASSERT_EQ(space.size(), 6);
  EXPECT_THAT(space.PositionsAt(0), ElementsAre(0, 0));
  EXPECT_THAT(space.PositionsAt(1), ElementsAre(0, 1));
  EXPECT_THAT(space.PositionsAt(2), ElementsAre(1, 0));
  EXPECT_EQ(space.TrialAt(5).model().depth(), 3);
  EXPECT_EQ(space.TrialAt(5).seed(), 7u);
  EXPECT_EQ(space.ParametersAt(5)[0].name, "depth");
  EXPECT_EQ(space.ParametersAt(5)[0].value.integer(), 3);
}

TEST(SpaceTest, ZippedAxesMoveTogether) {
  const Space space = MakeSpace(R"(
    axes { axes { field: "depth" range { from: 1 to: 4 } }
           axes { field: "learning_rate"
                  log { from: 0.01 to: 1 per_decade: 1 } } })");

  ASSERT_EQ(space.size(), 3);
  EXPECT_EQ(space.TrialAt(1).model().depth(), 2);
  EXPECT_EQ(space.TrialAt(1).optimizer().learning_rate(), 0.1);
}

TEST(SpaceTest, TrialsOfSeveralRulesHaveTheFieldsOfTheirOwn) {
  const Space space = MakeSpace(R"(
    trial { optimizer { beta1: 0.5 epsilon: 1e-3 } }
    axes { axes { field: "optimizer.name" list { values { text: "rmsprop" }
                                                 values { text: "gd" }
                                                 values { text: "adadelta" }
                                                 values { text: "adam" } } } })");
  const std::string expected[] = {
      "name: OPTIMIZER_NAME_RMSPROP rho: 0.9 epsilon: 1e-3",
      "name: OPTIMIZER_NAME_GD",
      "name: OPTIMIZER_NAME_ADADELTA rho: 0.95 epsilon: 1e-3",
      "name: OPTIMIZER_NAME_ADAM beta1: 0.5 beta2: 0.999 epsilon: 1e-3",
  };
  ASSERT_EQ(space.size(), 4);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(With({}, "trial { optimizer { learning_rate: 0.1 " + expected[i] +
                           " } }")
                  .trial()
                  .optimizer()
                  .SerializeAsString(),
              space.TrialAt(i).optimizer().SerializeAsString());
  }
}

// Wherever the rule comes from, the trial is the same.
TEST(SpaceTest, TrialOfARuleFromAnAxisIsThatOfTheRuleInTheBase) {
  const google::protobuf::EnumDescriptor* type = v1::OptimizerName_descriptor();
  for (int i = 1; i < type->value_count(); ++i) {
    const std::string name = EnumText(*type->value(i));
    const Space base = MakeSpace("trial { optimizer { name: " +
                                 std::string(type->value(i)->name()) + " } }");
    const Space varied = MakeSpace(
        "axes { axes { field: 'optimizer.name' list { values { text: '" + name +
        "' } } } }");
    EXPECT_EQ(base.TrialAt(0).SerializeAsString(),
              varied.TrialAt(0).SerializeAsString())
        << name;
  }
}

TEST(SpaceTest, IndexAndTrialDetermineEachOther) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    const v1::SweepSpec spec = RandomValidSpec(&random);
    const absl::StatusOr<Space> space = Space::Create(spec);
    ASSERT_OK(space);
    std::set<std::string> trials;
    for (int64_t i = 0; i < space->size(); ++i) {
      ASSERT_EQ(space->IndexOf(space->PositionsAt(i)), i);
      const v1::TrialSpec trial = space->TrialAt(i);
      ASSERT_EQ(space->StepsAt(i), trial.steps());
      if (space->size() <= 500) {
        ASSERT_TRUE(trials.insert(trial.SerializeAsString()).second);
      }
      for (const Space::Parameter& parameter : space->ParametersAt(i)) {
        const std::string path = *ResolveAxisField(parameter.name);
        ASSERT_EQ(GetField(trial, path).SerializeAsString(),
                  parameter.value.SerializeAsString())
            << path;
      }
    }
  }
}

TEST(SpaceTest, TotalStepsIsTheSumOverAllTrials) {
  const std::string axis_texts[] = {
      "",
      R"(axes { axes { field: "steps" list { values { integer: 9 }
                                             values { integer: 4 } } } })",
      R"(axes { axes { field: "steps" range { from: 5 to: 50 step: 7 } } })",
      R"(axes { axes { field: "steps"
                       log { from: 10 to: 1e5 per_decade: 1 } } })",
      R"(axes { axes { field: "steps" linspace { from: 2 to: 8 count: 3 } }
                axes { field: "depth" range { from: 1 to: 4 } } })",
  };
  for (const std::string& axes : axis_texts) {
    const Space space = MakeSpace(
        axes + R"(axes { axes { field: "seed" range { from: 0 to: 3 } } })");
    double sum = 0;
    for (int64_t i = 0; i < space.size(); ++i) {
      sum += static_cast<double>(space.TrialAt(i).steps());
    }
    EXPECT_DOUBLE_EQ(space.total_steps(), sum) << axes;
  }
}

// Wherever the axis of steps stands among others.
TEST(SpaceTest, TheStepsOfATrialAreThoseOfItsSpec) {
  const std::string steps =
      R"(axes { axes { field: "steps" list { values { integer: 9 }
                                             values { integer: 4 }
                                             values { integer: 70 } } } })";
  const std::string seeds =
      R"(axes { axes { field: "seed" range { from: 0 to: 5 } } })";
  const std::string depths =
      R"(axes { axes { field: "depth" range { from: 1 to: 3 } } })";
  for (const std::string& axes :
       {steps + seeds + depths, seeds + steps + depths,
        seeds + depths + steps}) {
    const Space space = MakeSpace(axes);
    ASSERT_EQ(space.size(), 30);
    for (int64_t i = 0; i < space.size(); ++i) {
      EXPECT_EQ(space.StepsAt(i), space.TrialAt(i).steps()) << axes << i;
    }
  }
}

TEST(SpaceTest, HundredMillionTrialsCostNothing) {
  const Space space = MakeSpace(R"(
    axes { axes { field: "learning_rate"
                  log { from: 1e-5 to: 1e-1 count: 10000 } } }
    axes { axes { field: "seed" range { from: 0 to: 10000 } } })");

  ASSERT_EQ(space.size(), 100'000'000);
  const v1::TrialSpec last = space.TrialAt(space.size() - 1);
  EXPECT_EQ(last.optimizer().learning_rate(), 0.1);
  EXPECT_EQ(last.seed(), 9999u);
  EXPECT_EQ(space.total_steps(), 1e10);
}

TEST(SpaceTest, LargestSpaceCountsToTheEnd) {
  const Space space = MakeSpace(R"(
    axes { axes { field: "seed" range { from: 0 to: 1048576 } } }
    axes { axes { field: "synthetic.seed" range { from: 0 to: 1048576 } } })");

  ASSERT_EQ(space.size(), kMaxTrials);
  EXPECT_THAT(space.PositionsAt(kMaxTrials - 1), ElementsAre(1048575, 1048575));
  EXPECT_EQ(space.IndexOf({1048575, 1048575}), kMaxTrials - 1);
}

TEST(SpaceTest, BadSpecHasNoSpace) {
  const absl::StatusOr<Space> space =
      Space::Create(Spec("trial { steps: -1 }"));
  EXPECT_THAT(space, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(space.status().message()), HasSubstr("trial.steps"));
  EXPECT_THAT(Space::Create(SmallSpec()),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace fathom::test
