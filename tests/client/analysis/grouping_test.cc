#include "client/analysis/grouping.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/analysis/summary.h"
#include "gmock/gmock.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/space.h"
#include "tests/client/analysis/sweeps.h"

namespace fathom::client {
namespace {

using test::AddAxis;
using test::AddRange;
using test::BaseSpec;
using test::MakeAxis;
using ::testing::ElementsAre;

Grouping MakeGrouping(const v1::SweepSpec& spec) {
  const v1::SweepSpec normalized = Normalize(spec);
  return Grouping(normalized, SummaryOf(normalized));
}

TEST(GroupingTest, GroupsComeInTheOrderOfBy) {
  v1::SweepSpec spec = BaseSpec();
  AddAxis("model.depth", {1, 2}, &spec);
  AddAxis("loss.lp", {2, 4, 6}, &spec);
  spec.mutable_summarize()->add_by("loss.lp");
  spec.mutable_summarize()->add_by("model.depth");
  const Grouping grouping = MakeGrouping(spec);
  ASSERT_EQ(grouping.group_count(), 6);
  std::vector<std::pair<double, int64_t>> groups;
  for (int64_t group = 0; group < 6; ++group) {
    const auto values = grouping.GroupValues(group);
    groups.emplace_back(values[0].number(), values[1].integer());
  }
  EXPECT_THAT(groups,
              ElementsAre(std::pair(2, 1), std::pair(2, 2), std::pair(4, 1),
                          std::pair(4, 2), std::pair(6, 1), std::pair(6, 2)));
  // Trial 4 is depth 2, p = 4.
  EXPECT_EQ(grouping.PlaceOf(4).group, 3);
}

TEST(GroupingTest, PlacesPartTheTrialsAsTheirParametersDo) {
  v1::SweepSpec spec = BaseSpec();
  AddRange("seed", 0, 3, &spec);
  AddAxis("model.depth", {1, 2}, &spec);
  AddAxis("optimizer.learning_rate", {0.1, 0.2, 0.3}, &spec);
  const v1::SweepSpec normalized = Normalize(spec);
  const Space space = *Space::Create(normalized);
  const Grouping grouping(normalized, SummaryOf(normalized));
  std::map<std::pair<int64_t, int64_t>, std::set<std::string>> found;
  std::map<std::pair<int64_t, int64_t>, int64_t> counts;
  for (int64_t trial = 0; trial < space.size(); ++trial) {
    const Grouping::Place place = grouping.PlaceOf(trial);
    const v1::TrialSpec parameters = space.TrialAt(trial);
    found[{place.group, place.setting}].insert(
        absl::StrCat(parameters.model().depth(), " ",
                     parameters.optimizer().learning_rate()));
    ++counts[{place.group, place.setting}];
    EXPECT_EQ(grouping.TrialsPerSetting(trial), 3);
    EXPECT_EQ(grouping.SettingValues(trial)[0].number(),
              parameters.optimizer().learning_rate());
    EXPECT_EQ(grouping.RepetitionKey(trial),
              absl::StrCat(parameters.seed(), "\n"));
  }
  EXPECT_EQ(found.size(), 6u);
  for (const auto& [place, names] : found) EXPECT_EQ(names.size(), 1u);
  for (const auto& [place, count] : counts) EXPECT_EQ(count, 3);
  EXPECT_EQ(grouping.TrialsPerGroup(0), 9);
  EXPECT_EQ(grouping.SettingsPerGroup(0), 3);
}

TEST(GroupingTest, AxesThatMoveTogetherMayBeInDifferentLists) {
  v1::SweepSpec spec = BaseSpec();
  v1::AxisGroup* group = spec.add_axes();
  *group->add_axes() = MakeAxis("model.depth", {1, 2, 2});
  *group->add_axes() = MakeAxis("optimizer.learning_rate", {0.1, 0.1, 0.2});
  AddRange("seed", 0, 2, &spec);
  const Grouping grouping = MakeGrouping(spec);
  ASSERT_EQ(grouping.group_count(), 2);
  EXPECT_EQ(grouping.TrialsPerGroup(0), 2);
  EXPECT_EQ(grouping.TrialsPerGroup(1), 4);
  EXPECT_EQ(grouping.SettingsPerGroup(0), 1);
  EXPECT_EQ(grouping.SettingsPerGroup(1), 2);
  EXPECT_EQ(grouping.PlaceOf(2).group, grouping.PlaceOf(4).group);
  EXPECT_NE(grouping.PlaceOf(2).setting, grouping.PlaceOf(4).setting);
}

// A billion seeds cost nothing, because an axis that is only averaged is never
// listed.
TEST(GroupingTest, AnAveragedAxisOfAnyLengthIsFree) {
  v1::SweepSpec spec = BaseSpec();
  AddAxis("model.depth", {1, 2}, &spec);
  AddRange("seed", 0, 1'000'000'000, &spec);
  const Grouping grouping = MakeGrouping(spec);
  EXPECT_EQ(grouping.group_count(), 2);
  EXPECT_EQ(grouping.TrialsPerSetting(0), 1'000'000'000);
  EXPECT_EQ(grouping.PlaceOf(1'234'567'890).group, 1);
}

TEST(GroupingTest, TooManyGroupsAreOnlyCounted) {
  v1::SweepSpec spec = BaseSpec();
  AddRange("seed", 0, 200, &spec);
  AddRange("data.synthetic.seed", 0, 200, &spec);
  spec.mutable_summarize()->add_by("seed");
  spec.mutable_summarize()->add_by("data.synthetic.seed");
  EXPECT_EQ(MakeGrouping(spec).group_count(), kMostGroups + 1);
}

}  // namespace
}  // namespace fathom::client
