#include "proto/sweep/fields.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/proto/sweep/specs.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

TEST(AxisFieldsTest, AreTheSingularScalarsOfATrial) {
  EXPECT_THAT(AxisFields(), Contains("optimizer.learning_rate"));
  EXPECT_THAT(AxisFields(), Contains("data.standardize"));
  EXPECT_THAT(AxisFields(), Contains("data.synthetic.seed"));
  EXPECT_THAT(AxisFields(), Contains("model.init.scheme"));
  EXPECT_THAT(AxisFields(), Contains("seed"));
  EXPECT_THAT(AxisFields(), Contains("data.digest"));
  EXPECT_THAT(AxisFields(), Contains("data.import.file"));
  EXPECT_EQ(*ResolveAxisField("data.file"), "data.import.file");
  EXPECT_THAT(AxisFields(), Not(Contains("data.import.rows")));
  EXPECT_THAT(AxisFields(), Not(Contains("model.hidden_widths")));
  EXPECT_THAT(AxisFields(), Not(Contains("model")));
}

TEST(AxisFieldsTest, ShortNamesAreDistinctAndMeanTheirFields) {
  std::set<std::string> names;
  for (const std::string& path : AxisFields()) {
    const std::string name = ShortFieldName(path);
    EXPECT_TRUE(names.insert(name).second) << name;
    ASSERT_OK(ResolveAxisField(name));
    EXPECT_EQ(*ResolveAxisField(name), path);
    EXPECT_EQ(*ResolveAxisField(path), path);
  }
}

TEST(AxisFieldsTest, PlainSeedIsThatOfTheTrial) {
  EXPECT_EQ(*ResolveAxisField("seed"), "seed");
  EXPECT_EQ(*ResolveAxisField("synthetic.seed"), "data.synthetic.seed");
  EXPECT_EQ(ShortFieldName("seed"), "seed");
  EXPECT_EQ(ShortFieldName("data.synthetic.seed"), "synthetic.seed");
  EXPECT_EQ(ShortFieldName("model.init.std"), "std");
}

// Ledgers, specs and people hold on to them: one that changes needs a migration
// of trials.parameters, and the old one must go on being understood.
TEST(AxisFieldsTest, ShortNamesStayWhatTheyAre) {
  std::vector<std::string> names;
  for (const std::string& path : AxisFields()) {
    names.push_back(ShortFieldName(path));
  }
  const std::vector<std::string> known = absl::StrSplit(
      "rows columns outputs spectrum condition top_eigenvalue noise "
      "synthetic.seed spectrum_bend signal_decay tail standardize one_hot "
      "standardize_targets target_class matrix_rows matrix_columns rank "
      "observed frobenius_norm completion.seed lp factor kind family depth "
      "hidden_width scheme std norm margin order optimizer learning_rate "
      "weight_decay momentum beta1 beta2 rho epsilon initial_accumulator "
      "batch_size batch_seed steps seed points spacing loss_below "
      "diverge_factor precision",
      ' ');
  EXPECT_THAT(names, IsSupersetOf(known));
}

TEST(AxisFieldsTest, TheOptimizerIsItsRule) {
  EXPECT_EQ(ShortFieldName("optimizer.name"), "optimizer");
  for (const char* name : {"optimizer", "name", "optimizer.name"}) {
    ASSERT_OK(ResolveAxisField(name));
    EXPECT_EQ(*ResolveAxisField(name), "optimizer.name");
  }
  EXPECT_THAT(AxisFieldHint("optimiser"), HasSubstr("did you mean optimizer?"));
  // What it was called is understood and no longer suggested.
  EXPECT_THAT(AxisFieldHint("nname"), Not(HasSubstr("mean name?")));
}

TEST(AxisFieldsTest, MisspelledFieldGetsASuggestion) {
  const auto result = ResolveAxisField("learning_rat");
  EXPECT_THAT(result, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(result.status().message()),
              HasSubstr("did you mean learning_rate?"));
  EXPECT_THAT(ResolveAxisField(""),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ResolveAxisField("earning_rate"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(SetFieldTest, GetFieldReturnsWhatWasSet) {
  const struct {
    const char* path;
    v1::Value value;
  } cases[] = {
      {"optimizer.learning_rate", Number(0.25)},
      {"model.depth", Integer(3)},
      {"steps", Integer(int64_t{1} << 40)},
      {"seed", Integer(std::numeric_limits<int64_t>::max())},
      {"model.init.scheme", Text("balanced")},
      {"data.standardize", Flag(true)},
      {"data.synthetic.noise", Number(0)},
  };
  for (const auto& c : cases) {
    v1::TrialSpec trial;
    EXPECT_FALSE(HasField(trial, c.path));
    ASSERT_OK(SetField(c.path, c.value, &trial));
    EXPECT_TRUE(HasField(trial, c.path));
    EXPECT_EQ(ValueText(GetField(trial, c.path)), ValueText(c.value));
    EXPECT_EQ(GetField(trial, c.path).kind_case(), c.value.kind_case());
    ClearField(c.path, &trial);
    EXPECT_FALSE(HasField(trial, c.path));
  }
}

TEST(SetFieldTest, NumbersAndIntegersMeanTheSame) {
  v1::TrialSpec trial;
  ASSERT_OK(SetField("model.depth", Number(3.0), &trial));
  ASSERT_OK(SetField("optimizer.learning_rate", Integer(1), &trial));
  EXPECT_EQ(trial.model().depth(), 3);
  EXPECT_EQ(trial.optimizer().learning_rate(), 1.0);
}

TEST(SetFieldTest, RefusesWhatDoesNotFit) {
  const struct {
    const char* path;
    v1::Value value;
  } cases[] = {
      {"model.depth", Number(2.5)},
      {"model.depth", Number(NAN)},
      {"model.depth", Number(1e300)},
      {"model.depth", Integer(int64_t{1} << 31)},
      {"model.depth", Text("3")},
      {"model.depth", Flag(true)},
      {"model.depth", v1::Value()},
      {"seed", Integer(-1)},
      {"seed", Number(9223372036854775808.0)},
      {"model.init.scheme", Text("unspecified")},
      {"model.init.scheme", Text("GAUSSIAN")},
      {"model.init.scheme", Integer(1)},
      {"data.standardize", Integer(1)},
      {"optimizer.learning_rate", Text("0.1")},
      {"no_such_field", Integer(1)},
      {"data.import.format", Text("csv")},
  };
  for (const auto& c : cases) {
    v1::TrialSpec trial;
    EXPECT_THAT(SetField(c.path, c.value, &trial),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << c.path << " " << ValueText(c.value);
    EXPECT_EQ(trial.ByteSizeLong(), 0u);
  }
}

TEST(TextTest, ValuesReadAsPeopleWriteThem) {
  EXPECT_EQ(ValueText(Number(0.001)), "0.001");
  EXPECT_EQ(ValueText(Number(1e-5)), "1e-5");
  EXPECT_EQ(ValueText(Number(1e22)), "1e22");
  EXPECT_EQ(ValueText(Number(1e-300)), "1e-300");
  EXPECT_EQ(ValueText(Number(4000)), "4000");
  EXPECT_EQ(ValueText(Number(0)), "0");
  EXPECT_EQ(ValueText(Integer(-3)), "-3");
  EXPECT_EQ(ValueText(Text("gaussian")), "gaussian");
  EXPECT_EQ(ValueText(Flag(true)), "true");
}

TEST(TextTest, NumberTextReadsBackAsTheSameDouble) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = random();
    double number;
    std::memcpy(&number, &bits, sizeof(number));
    if (!std::isfinite(number)) continue;
    EXPECT_EQ(std::strtod(NumberText(number).c_str(), nullptr), number);
  }
}

TEST(TextTest, EnumValuesLoseTheirPrefix) {
  EXPECT_EQ(EnumText(*v1::LossFactor_descriptor()->FindValueByNumber(
                v1::LOSS_FACTOR_ONE_OVER_P)),
            "one_over_p");
  EXPECT_EQ(EnumText(*v1::DataFormat_descriptor()->FindValueByNumber(
                v1::DATA_FORMAT_UCI_GAS)),
            "uci_gas");
}

TEST(NearestNameTest, FindsOneEditAndSwaps) {
  const std::vector<std::string> known = {"depth", "learning_rate", "seed"};
  EXPECT_EQ(NearestName("depht", known), "depth");
  EXPECT_EQ(NearestName("Depth", known), "depth");
  EXPECT_EQ(NearestName("learningrate", known), "learning_rate");
  EXPECT_EQ(NearestName("sed", known), "seed");
}

TEST(NearestNameTest, KnowsWhatThingsAreCalledElsewhere) {
  const std::vector<std::string> fields = {"lp", "depth", "learning_rate",
                                           "steps"};
  EXPECT_EQ(NearestName("lr", fields), "learning_rate");
  EXPECT_EQ(NearestName("LR", fields), "learning_rate");
  EXPECT_EQ(NearestName("p", fields), "lp");
  EXPECT_EQ(NearestName("steps", fields), "steps");
  EXPECT_EQ(NearestName("steps", {"from", "to", "count"}), "count");
  EXPECT_EQ(NearestName("epochs", fields), "steps");
  EXPECT_EQ(NearestName("n_layers", fields), "depth");
  EXPECT_EQ(NearestName("step_size", fields), "learning_rate");
  EXPECT_EQ(NearestName("features", {"rows", "columns"}), "columns");
  EXPECT_EQ(NearestName("points", {"rows", "columns"}), "rows");
  // The words of the table are whole ones.
  EXPECT_EQ(NearestName("alpha rate", {"learning_rate"}), "");
  EXPECT_EQ(NearestName("size", {"learning_rate"}), "");
  EXPECT_EQ(NearestName("stop", {"from", "to", "count"}), "to");
  // lp is as far from lr as any word of two letters.
  EXPECT_EQ(NearestName("lr", {"lp", "depth"}), "");
}

TEST(NearestNameTest, FindsNothingFarAway) {
  const std::vector<std::string> known = {"depth", "lp"};
  EXPECT_EQ(NearestName("momentum", known), "");
  EXPECT_EQ(NearestName("", known), "");
  EXPECT_EQ(NearestName("zz", known), "");
  EXPECT_EQ(NearestName(std::string(100000, 'a'), known), "");
  EXPECT_EQ(NearestName("depth", {}), "");
}

}  // namespace
}  // namespace fathom::test
