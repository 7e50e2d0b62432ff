#include "client/analysis/race/optima.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/sweep/fingerprint.h"
#include "proto/sweep/normalize.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::SweepSpec SpecOf(std::vector<v1::Metric> metrics) {
  v1::SweepSpec spec;
  spec.set_name("s");
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_data()->mutable_synthetic()->set_rows(10);
  trial.mutable_data()->mutable_synthetic()->set_columns(3);
  trial.mutable_optimizer()->set_learning_rate(0.1);
  trial.set_steps(5);
  for (const v1::Metric metric : metrics) {
    trial.mutable_record()->add_metrics(metric);
  }
  return spec;
}

void AddAxis(const std::string& field, std::vector<double> values,
             v1::SweepSpec* spec) {
  v1::Axis& axis = *spec->add_axes()->add_axes();
  axis.set_field(field);
  for (const double value : values) {
    axis.mutable_list()->add_values()->set_number(value);
  }
}

void AddSeeds(int64_t from, int64_t to, const std::string& field,
              v1::SweepSpec* spec) {
  v1::Axis& axis = *spec->add_axes()->add_axes();
  axis.set_field(field);
  axis.mutable_range()->set_from(from);
  axis.mutable_range()->set_to(to);
}

std::vector<std::string> Parameters(const v1::SweepSpec& spec, size_t most) {
  const v1::SweepSpec normal = Normalize(spec);
  std::vector<std::string> parameters;
  for (const OptimumName& name :
       OptimaOf(normal, Space::Create(normal).value(), most)) {
    parameters.push_back(name.parameters);
  }
  return parameters;
}

TEST(OptimaTest, NoneWhereNothingIsMeasuredAgainstOne) {
  EXPECT_THAT(Parameters(SpecOf({v1::METRIC_LOSS}), 8), IsEmpty());
}

TEST(OptimaTest, OneWhereNeitherDataNorLossVaries) {
  v1::SweepSpec spec = SpecOf({v1::METRIC_LOSS, v1::METRIC_EXCESS_LOSS});
  AddSeeds(0, 1000, "seed", &spec);
  spec = Normalize(spec);
  const Space space = Space::Create(spec).value();
  const std::vector<OptimumName> optima = OptimaOf(spec, space, 8);
  ASSERT_EQ(optima.size(), 1u);
  EXPECT_EQ(optima[0].parameters, "");
  const v1::TrialSpec trial = space.TrialAt(999);
  EXPECT_EQ(optima[0].fingerprint,
            OptimumFingerprint(trial.data(), trial.loss()));
}

TEST(OptimaTest, OnePerCombinationOfDataAndLoss) {
  v1::SweepSpec spec = SpecOf({v1::METRIC_EXCESS_LOSS});
  AddAxis("loss.lp", {2, 4}, &spec);
  AddSeeds(0, 5, "seed", &spec);
  AddSeeds(3, 5, "data.synthetic.seed", &spec);
  AddSeeds(1, 4, "model.depth", &spec);
  EXPECT_THAT(
      Parameters(spec, 8),
      ElementsAre("lp = 2, synthetic.seed = 3", "lp = 2, synthetic.seed = 4",
                  "lp = 4, synthetic.seed = 3", "lp = 4, synthetic.seed = 4"));
  EXPECT_THAT(Parameters(spec, 3), ElementsAre("lp = 2, synthetic.seed = 3",
                                               "lp = 2, synthetic.seed = 4",
                                               "lp = 4, synthetic.seed = 3"));
}

}  // namespace
}  // namespace fathom::client
