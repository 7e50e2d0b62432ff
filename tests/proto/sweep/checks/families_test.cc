#include "proto/sweep/checks/families.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/proto/sweep/specs.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string Rule(const std::string& more) {
  return "trial { model { family: MODEL_FAMILY_END_TO_END " + more + " } } ";
}
std::string Product(const std::string& more) {
  return "trial { model { family: MODEL_FAMILY_SCALAR_PRODUCT " + more +
         " } } ";
}
std::string Texts(const std::string& field,
                  const std::vector<std::string>& texts) {
  std::string axis = "axes { field: '" + field + "' list { ";
  for (const std::string& text : texts) {
    axis += "values { text: '" + text + "' } ";
  }
  return axis + "} } ";
}
std::string Integers(const std::string& field) {
  return "axes { field: '" + field + "' range { from: 1 to: 4 } } ";
}
std::string Group(const std::string& axes) { return "axes { " + axes + " } "; }

constexpr char kAdam[] = "trial { optimizer { name: OPTIMIZER_NAME_ADAM } }";
constexpr char kDeviation[] =
    "trial { record { metrics: METRIC_E2E_DEVIATION } }";
constexpr char kWarmUp[] = "trial { record { metrics: METRIC_WARMUP_GAMMA } }";

struct Case {
  std::string text;
  std::string field;
  std::string found;
};

TEST(CheckFamiliesTest, WhatAFamilyHasNotIsRefused) {
  const Case cases[] = {
      {Rule(""), "trial.model.order", "no order"},
      {Rule("order: 0.5"), "trial.model.order", "order 0.5"},
      {Rule("order: nan"), "trial.model.order", "order nan"},
      {Rule("order: 2000000"), "trial.model.order", "order 2e6"},
      {Rule("order: 2 depth: 2"), "trial.model.depth",
       "depth with family end_to_end"},
      {Rule("order: 2 hidden_width: 2"), "trial.model.hidden_width",
       "hidden layers with family end_to_end"},
      {Rule("order: 2") + Group(Integers("depth")), "trial.model.depth",
       "depth with family end_to_end"},
      {"trial { model { order: 2 } }", "trial.model.order",
       "order with family linear_net"},
      {Group(Integers("order")), "trial.model.order",
       "order with family linear_net"},
      {Product("order: 2"), "trial.model.order",
       "order with family scalar_product"},
      {Product("depth: 2"), "trial.model.depth",
       "depth with family scalar_product"},
      {Product("hidden_width: 1"), "trial.model.hidden_width",
       "hidden layers with family scalar_product"},
      {Rule("order: 2") + kAdam, "trial.optimizer.name",
       "optimizer adam with family end_to_end"},
      {Rule("order: 2") + Group(Texts("optimizer.name", {"gd", "adam"})),
       "trial.optimizer.name", "optimizer adam with family end_to_end"},
      {Group(Texts("family", {"linear_net", "end_to_end"})) +
           Group(Texts("optimizer.name", {"gd", "adam"})),
       "trial.optimizer.name", "optimizer adam with family end_to_end"},
      {Group(Texts("family", {"linear_net", "end_to_end"}) +
             Texts("optimizer.name", {"gd", "adam"})),
       "trial.optimizer.name", "optimizer adam with family end_to_end"},
      {std::string(kDeviation) + kAdam, "trial.optimizer.name",
       "optimizer adam with metric e2e_deviation"},
      {std::string(kWarmUp) + "trial { model { depth: 2 } }",
       "trial.model.family", "family linear_net with metric warmup_gamma"},
      {kWarmUp + Group(Integers("depth")), "trial.model.family",
       "family linear_net with metric warmup_gamma"},
      {std::string(kWarmUp) +
           Group(Texts("family", {"scalar_product", "end_to_end"})),
       "trial.model.family", "family end_to_end with metric warmup_gamma"},
      {Product("") + kWarmUp + kAdam, "trial.optimizer.name",
       "optimizer adam with metric warmup_gamma"},
      {Product("") + kWarmUp + Group(Texts("optimizer.name", {"gd", "adam"})),
       "trial.optimizer.name", "optimizer adam with metric warmup_gamma"},
      {Product("") + kWarmUp + "trial { optimizer { weight_decay: 0.1 } }",
       "trial.optimizer.weight_decay", "weight decay with metric warmup_gamma"},
      {Product("") + kWarmUp +
           Group("axes { field: 'weight_decay' list { values { number: 0 } "
                 "values { number: 0.1 } } } "),
       "trial.optimizer.weight_decay", "weight decay with metric warmup_gamma"},
      {Product("") + kWarmUp + "trial { optimizer { batch_size: 4 } }",
       "trial.optimizer.batch_size", "minibatches with metric warmup_gamma"},
  };
  for (const Case& c : cases) {
    const std::vector<Violation> violations = Validate(Spec(c.text));
    ASSERT_THAT(violations, SizeIs(1)) << c.text << ToStatus(violations);
    EXPECT_EQ(violations[0].field, c.field) << c.text;
    EXPECT_THAT(violations[0].found, HasSubstr(c.found));
  }
}

TEST(CheckFamiliesTest, WhatGoesTogetherPasses) {
  const std::string good[] = {
      Rule("order: 1"),
      Rule("order: 2.5"),
      Rule("") + Group(Integers("order")),
      Product("") + kAdam,
      Product("") +
          Group(Texts("scheme", {"gaussian", "balanced", "identity"})),
      // A grid of nets and their rules.
      Group(Texts("family", {"linear_net", "end_to_end"})) +
          Group(Integers("depth")) + kDeviation,
      Group(Texts("family", {"linear_net", "end_to_end"}) +
            Texts("optimizer.name", {"adam", "gd"})),
      kDeviation,
      Product("") + kWarmUp,
      kWarmUp + Group(Texts("family", {"scalar_product", "linear_net"})),
  };
  for (const std::string& text : good) {
    EXPECT_OK(ToStatus(Validate(Spec(text)))) << text;
  }
}

}  // namespace
}  // namespace fathom::test
