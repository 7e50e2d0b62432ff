#include "client/ui/data/selection.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/space.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using fathom::test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Two words, three numbers that move together with three others, and a long
// range.
v1::SweepSpec Spec(int64_t seeds) {
  v1::SweepSpec spec;
  spec.set_name("s");
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.set_steps(10);
  trial.mutable_data()->mutable_synthetic()->set_rows(10);
  trial.mutable_data()->mutable_synthetic()->set_columns(2);
  v1::Axis& words = *spec.add_axes()->add_axes();
  words.set_field("optimizer.name");
  for (const char* word : {"gd", "adam"}) {
    words.mutable_list()->add_values()->set_text(word);
  }
  v1::AxisGroup& group = *spec.add_axes();
  v1::Axis& depth = *group.add_axes();
  depth.set_field("model.depth");
  v1::Axis& rate = *group.add_axes();
  rate.set_field("optimizer.learning_rate");
  for (const int64_t n : {3, 1, 2}) {
    depth.mutable_list()->add_values()->set_integer(n);
    rate.mutable_list()->add_values()->set_number(0.1 / static_cast<double>(n));
  }
  v1::Axis& seed = *spec.add_axes()->add_axes();
  seed.set_field("seed");
  seed.mutable_range()->set_to(seeds);
  return Normalize(std::move(spec));
}

Selection Chosen(const v1::SweepSpec& spec,
                 const std::vector<std::string>& conditions) {
  auto selection = Selection::Create(spec, conditions);
  EXPECT_OK(selection.status());
  return *std::move(selection);
}

// Returns which trials the conditions on axes choose, by every method.
std::vector<int64_t> TrialsOf(const v1::SweepSpec& spec,
                              const std::vector<std::string>& conditions) {
  const Selection selection = Chosen(spec, conditions);
  std::vector<int64_t> trials;
  const int64_t size = Space::FromStored(spec)->size();
  for (int64_t trial = 0; trial < size; ++trial) {
    EXPECT_EQ(selection.CountBelow(trial), static_cast<int64_t>(trials.size()));
    if (selection.Matches(trial)) trials.push_back(trial);
  }
  EXPECT_EQ(selection.count(), static_cast<int64_t>(trials.size()));
  EXPECT_EQ(selection.CountBelow(size), selection.count());
  std::vector<int64_t> visited;
  selection.ForEach(0, size, [&](int64_t trial) {
    visited.push_back(trial);
    return true;
  });
  EXPECT_EQ(visited, trials);
  std::vector<int64_t> backwards;
  selection.ForEachBackwards(0, size, [&](int64_t trial) {
    backwards.insert(backwards.begin(), trial);
    return true;
  });
  EXPECT_EQ(backwards, trials);
  return trials;
}

// Returns the trials whose parameters `holds` likes, by asking for each.
template <typename Holds>
std::vector<int64_t> Expected(const v1::SweepSpec& spec, Holds holds) {
  const auto space = Space::FromStored(spec);
  EXPECT_OK(space.status());
  std::vector<int64_t> trials;
  for (int64_t trial = 0; trial < space->size(); ++trial) {
    if (holds(space->TrialAt(trial))) trials.push_back(trial);
  }
  return trials;
}

TEST(SelectionTest, ConditionsChooseTheTrialsWhoseParametersMeetThem) {
  const v1::SweepSpec spec = Spec(4);
  EXPECT_EQ(TrialsOf(spec, {}).size(), 24u);
  EXPECT_EQ(TrialsOf(spec, {"depth:1|3"}),
            Expected(spec, [](const v1::TrialSpec& trial) {
              return trial.model().depth() != 2;
            }));
  EXPECT_EQ(TrialsOf(spec, {"optimizer:adam", "seed:1..2"}),
            Expected(spec, [](const v1::TrialSpec& trial) {
              return trial.optimizer().name() == v1::OPTIMIZER_NAME_ADAM &&
                     trial.seed() >= 1 && trial.seed() <= 2;
            }));
  // Axes that move together, and both ends of a range are in it.
  EXPECT_EQ(TrialsOf(spec, {"learning_rate:0.05..0.1", "depth:2|3"}),
            Expected(spec, [](const v1::TrialSpec& trial) {
              return trial.model().depth() == 2;
            }));
  EXPECT_THAT(TrialsOf(spec, {"seed:3.5.."}), IsEmpty());
  EXPECT_EQ(TrialsOf(spec, {"model.depth:..2"}).size(), 16u);
}

TEST(SelectionTest, LongAxesAreArithmetic) {
  const int64_t seeds = int64_t{1} << 36;
  const Selection selection =
      Chosen(Spec(seeds), {"seed:1000000000..1000000002", "optimizer:adam"});
  EXPECT_EQ(selection.count(), 9);
  EXPECT_EQ(selection.At(0), 3 * seeds + 1'000'000'000);
  EXPECT_EQ(selection.At(8), 5 * seeds + 1'000'000'002);
  EXPECT_EQ(selection.CountBelow(4 * seeds), 3);
}

TEST(SelectionTest, OutcomesAreMetOrNot) {
  const Selection selection =
      Chosen(Spec(4), {"state:diverged|failed", "final_loss:1e-3..1|nan"});
  EXPECT_TRUE(selection.needs_outcomes());
  EXPECT_EQ(selection.count(), 24);
  Outcome outcome = {.state = v1::TRIAL_STATE_DIVERGED, .final_loss = 1};
  EXPECT_TRUE(selection.Meets(outcome));
  outcome.final_loss = 1.1;
  EXPECT_FALSE(selection.Meets(outcome));
  outcome.final_loss = kNoNumber;
  EXPECT_TRUE(selection.Meets(outcome));
  outcome.state = v1::TRIAL_STATE_SUCCEEDED;
  EXPECT_FALSE(selection.Meets(outcome));
  EXPECT_FALSE(Chosen(Spec(4), {"best_loss:..2"}).Meets({}));
  EXPECT_FALSE(Chosen(Spec(4), {"depth:1"}).needs_outcomes());
}

TEST(SelectionTest, MistakesAreNamed) {
  const auto error = [](const std::string& condition) {
    const auto selection = Selection::Create(Spec(4), {condition});
    EXPECT_THAT(selection, StatusIs(absl::StatusCode::kInvalidArgument));
    return std::string(selection.status().message());
  };
  EXPECT_THAT(error("dept:1"), HasSubstr("did you mean depth?"));
  EXPECT_THAT(error("depth"), HasSubstr("expected AXIS:VALUE"));
  EXPECT_THAT(error("depth:7"), HasSubstr("it has 3, 1, 2"));
  EXPECT_THAT(error("optimizer:adan"), HasSubstr("did you mean adam?"));
  EXPECT_THAT(error("state:divergd"), HasSubstr("did you mean diverged?"));
  EXPECT_THAT(error("final_loss:low"), HasSubstr("expected a number"));
  EXPECT_THAT(error("no\x1b[31m:1"), HasSubstr("no\\x1b[31m"));
}

}  // namespace
}  // namespace fathom::client
