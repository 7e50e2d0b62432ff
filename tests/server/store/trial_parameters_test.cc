#include "server/store/trial_parameters.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/proto/sweep/specs.h"
#include "tests/testing/status_matchers.h"

namespace fathom::server {
namespace {

TEST(TrialParametersTest, OnlyTrialsWithAnLpLossHaveAP) {
  v1::SweepSpec spec = test::SmallSpec();
  spec.mutable_trial()->mutable_data()->clear_synthetic();
  spec.mutable_trial()->mutable_data()->set_digest("sha256:" +
                                                   std::string(64, 'a'));
  spec = Normalize(test::With(spec, R"(
    trial { loss { lp: 4 } }
    axes { axes { field: "loss.kind" list {
      values { text: "lp" } values { text: "cross_entropy" } } } })"));
  const auto parameters = TrialParameters::Create(spec);
  ASSERT_OK(parameters);
  EXPECT_EQ(parameters->At(0).lp, 4);
  EXPECT_EQ(parameters->At(1).lp, 0);
  EXPECT_EQ(parameters->At(1).parameters, R"({"kind":"cross_entropy"})");
}

}  // namespace
}  // namespace fathom::server
