#include "proto/sweep/normalize.h"

#include <iterator>
#include <string>
#include <utility>

#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "proto/sweep/checks/net.h"
#include "proto/sweep/facts/optimizers.h"
#include "proto/sweep/fields.h"
#include "tests/proto/sweep/specs.h"

namespace fathom::test {
namespace {

using google::protobuf::util::MessageDifferencer;

TEST(NormalizeTest, WritesEveryStatedDefault) {
  const v1::SweepSpec expected = With({}, R"(
    name: "small"
    trial {
      data {
        standardize: false standardize_targets: true one_hot: false
        synthetic {
          rows: 20 columns: 3 outputs: 1 spectrum: SPECTRUM_SHAPE_GEOMETRIC
          condition: 1 top_eigenvalue: 1 noise: 0 spectrum_bend: 1
          signal_decay: 0
        }
      }
      loss { kind: LOSS_KIND_LP lp: 2 factor: LOSS_FACTOR_ONE_OVER_P }
      model {
        family: MODEL_FAMILY_LINEAR_NET
        depth: 1
        init { scheme: INIT_SCHEME_GAUSSIAN std: 0.01 norm: 0.001 }
      }
      optimizer { name: OPTIMIZER_NAME_GD learning_rate: 0.1 }
      steps: 100
      record { points: 200 spacing: RECORD_SPACING_LOG metrics: METRIC_LOSS }
      stop { diverge_factor: 1e6 }
    })");

  const v1::SweepSpec normalized = Normalize(SmallSpec());

  std::string difference;
  MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(expected, normalized)) << difference;
}

TEST(NormalizeTest, LeavesNoFieldWithADefaultUnset) {
  const v1::SweepSpec spec = Normalize(SmallSpec());
  for (const std::string& path : AxisFields()) {
    if (!HasPresence(path)) continue;
    const bool never =
        path == "data.target_class" || path == "data.synthetic.tail" ||
        path == "data.completion.frobenius_norm" ||
        path == "model.init.margin" || path == "stop.loss_below" ||
        path == "model.order" || path == "data.test.from" ||
        path == "data.validation.from" || path == "data.feature_shift" ||
        path == "data.feature_scale" || IsNetField(path) ||
        path.starts_with("optimizer.schedule.") ||
        path.starts_with("record.evaluate.");
    if (IsRuleField(path)) continue;
    EXPECT_EQ(HasField(spec.trial(), path), !never) << path;
  }
}

TEST(NormalizeTest, EveryRuleGetsItsOwnDefaultsAndNoOthers) {
  const std::pair<std::string, std::string> rules[] = {
      {"GD", ""},
      {"MOMENTUM", "momentum: 0.9"},
      {"NESTEROV", "momentum: 0.9"},
      {"ADAGRAD", "epsilon: 1e-10 initial_accumulator: 0"},
      {"ADADELTA", "rho: 0.95 epsilon: 1e-6"},
      {"RMSPROP", "rho: 0.9 epsilon: 1e-8"},
      {"ADAM", "beta1: 0.9 beta2: 0.999 epsilon: 1e-8"},
  };
  EXPECT_EQ(std::size(rules), v1::OptimizerName_MAX);
  for (const auto& [rule, defaults] : rules) {
    const std::string name = "name: OPTIMIZER_NAME_" + rule;
    const v1::SweepSpec expected =
        With({}, "trial { optimizer { learning_rate: 0.1 " + name + " " +
                     defaults + " } }");
    const v1::SweepSpec spec = Spec("trial { optimizer { " + name + " } }");
    EXPECT_TRUE(MessageDifferencer::Equals(expected.trial().optimizer(),
                                           spec.trial().optimizer()))
        << rule << ": " << spec.trial().optimizer().ShortDebugString();
  }
}

TEST(NormalizeTest, SetFieldsOfARuleStay) {
  const v1::SweepSpec spec = Spec(R"(
    trial { optimizer { name: OPTIMIZER_NAME_ADAM beta1: 0 epsilon: 0.1 } })");
  EXPECT_EQ(spec.trial().optimizer().beta1(), 0);
  EXPECT_EQ(spec.trial().optimizer().beta2(), 0.999);
  EXPECT_EQ(spec.trial().optimizer().epsilon(), 0.1);
}

TEST(NormalizeTest, AxisOverRulesLeavesTheirDefaultsToTheTrials) {
  const v1::SweepSpec spec = Spec(R"(
    trial { optimizer { name: OPTIMIZER_NAME_ADAM } }
    axes { axes { field: "name" list { values { text: "adam" }
                                       values { text: "gd" } } } })");
  for (const std::string& path : AxisFields()) {
    if (IsRuleField(path)) {
      EXPECT_FALSE(HasField(spec.trial(), path)) << path;
    }
  }
}

TEST(NormalizeTest, IsIdempotent) {
  for (const v1::SweepSpec& spec : {v1::SweepSpec(), SmallSpec(), Spec(R"(
          axes { axes { field: "depth" range { from: 1 to: 4 } } }
          axes { axes { field: "nonsense" list { values { integer: 1 } } } }
          summarize { by: "depth" })")}) {
    const v1::SweepSpec once = Normalize(spec);
    EXPECT_TRUE(MessageDifferencer::Equals(once, Normalize(once)));
  }
}

TEST(NormalizeTest, DoublePrecisionIsThatOfOlderSpecs) {
  const v1::SweepSpec plain = Spec("");
  const v1::SweepSpec spec = Spec("trial { precision: PRECISION_DOUBLE }");
  EXPECT_EQ(spec.SerializeAsString(), plain.SerializeAsString());
  EXPECT_EQ(Spec("trial { precision: PRECISION_FLOAT }").trial().precision(),
            v1::PRECISION_FLOAT);
}

TEST(NormalizeTest, KeepsWhatIsSet) {
  const v1::SweepSpec spec = Spec(R"(
    trial {
      loss { lp: 4 factor: LOSS_FACTOR_ONE }
      model { depth: 3 init { std: 0 } }
      record { points: 7 metrics: METRIC_WEIGHT_NORM }
    })");

  EXPECT_EQ(spec.trial().loss().lp(), 4);
  EXPECT_EQ(spec.trial().loss().factor(), v1::LOSS_FACTOR_ONE);
  EXPECT_EQ(spec.trial().model().depth(), 3);
  EXPECT_EQ(spec.trial().model().init().std(), 0);
  EXPECT_EQ(spec.trial().record().points(), 7);
  ASSERT_EQ(spec.trial().record().metrics_size(), 1);
}

TEST(NormalizeTest, LpFieldsAreLeftToThoseWhoUseThem) {
  const char* cross_entropy =
      "trial { loss { kind: LOSS_KIND_CROSS_ENTROPY } }";
  const v1::SweepSpec alone = Spec(cross_entropy);
  EXPECT_FALSE(alone.trial().loss().has_lp());
  EXPECT_EQ(alone.trial().loss().factor(), v1::LOSS_FACTOR_UNSPECIFIED);
  EXPECT_TRUE(MessageDifferencer::Equals(alone, Normalize(alone)));

  const v1::SweepSpec both = Spec(R"(
    axes { axes { field: "loss.kind" list {
      values { text: "cross_entropy" } values { text: "lp" } } } })");
  EXPECT_EQ(both.trial().loss().lp(), 2);
  v1::TrialSpec trial = both.trial();
  FitToRule(&trial);
  EXPECT_EQ(trial.loss().lp(), 2);
  trial.mutable_loss()->set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  FitToRule(&trial);
  EXPECT_FALSE(trial.loss().has_lp());
  EXPECT_EQ(trial.loss().factor(), v1::LOSS_FACTOR_UNSPECIFIED);
}

TEST(NormalizeTest, InventsNeitherDataNorSteps) {
  const v1::SweepSpec spec = Normalize(v1::SweepSpec());
  EXPECT_FALSE(spec.trial().has_data());
  EXPECT_EQ(spec.trial().steps(), 0);
  EXPECT_EQ(spec.trial().optimizer().learning_rate(), 0);
  EXPECT_EQ(spec.name(), "");
  EXPECT_FALSE(spec.has_summarize());
}

TEST(NormalizeTest, AxisOverSyntheticDataAsksForIt) {
  v1::SweepSpec spec = With({}, R"(
    axes { axes { field: "columns" range { from: 1 to: 4 } } })");
  spec = Normalize(spec);
  EXPECT_TRUE(spec.trial().data().has_synthetic());
  EXPECT_EQ(spec.trial().data().synthetic().outputs(), 1);
}

TEST(NormalizeTest, HeldOutRowsAreEvaluatedOnTheirOwnScheduleIfAskedFor) {
  EXPECT_FALSE(Spec("").trial().record().has_evaluate());
  for (const char* const asks :
       {"trial { record { evaluate { } } }",
        "axes { axes { field: 'evaluate.spacing' list { values { text: 'log' } "
        "} } }"}) {
    const v1::SweepSpec spec = Spec(asks);
    ASSERT_TRUE(spec.trial().record().has_evaluate()) << asks;
    EXPECT_EQ(spec.trial().record().evaluate().points(), 20);
    EXPECT_EQ(spec.trial().record().evaluate().spacing(),
              v1::RECORD_SPACING_LINEAR);
    EXPECT_EQ(spec.trial().record().points(), 200);
  }
}

TEST(NormalizeTest, AxesGetFullPathsStepsAndTypedValues) {
  const v1::SweepSpec spec = Spec(R"(
    axes { axes { field: "seed" range { from: 0 to: 5 } } }
    axes { axes { field: "depth" list { values { number: 3 } } } }
    axes { axes { field: "learning_rate" list { values { integer: 1 } } } }
    axes { axes { field: "depht" list { values { text: "x" } } } }
    summarize { by: "depth" best_over: "learning_rate" average_over: "what" })");

  EXPECT_EQ(spec.axes(0).axes(0).field(), "seed");
  EXPECT_EQ(spec.axes(0).axes(0).range().step(), 1);
  EXPECT_EQ(spec.axes(1).axes(0).field(), "model.depth");
  EXPECT_TRUE(spec.axes(1).axes(0).list().values(0).has_integer());
  EXPECT_EQ(spec.axes(2).axes(0).field(), "optimizer.learning_rate");
  EXPECT_TRUE(spec.axes(2).axes(0).list().values(0).has_number());
  EXPECT_EQ(spec.axes(3).axes(0).field(), "depht");
  EXPECT_EQ(spec.summarize().by(0), "model.depth");
  EXPECT_EQ(spec.summarize().best_over(0), "optimizer.learning_rate");
  EXPECT_EQ(spec.summarize().average_over(0), "what");
  EXPECT_EQ(spec.summarize().metric(), v1::METRIC_LOSS);
  EXPECT_EQ(spec.summarize().at_size(), 0);
}

}  // namespace
}  // namespace fathom::test
