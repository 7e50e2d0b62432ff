#include "client/analysis/choice.h"

#include <utility>
#include <vector>

#include "client/analysis/trial_table.h"
#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;

// Weights that are given, whatever the number of repetitions.
class Fixed {
 public:
  explicit Fixed(std::vector<uint32_t> weights)
      : weights_(std::move(weights)) {}
  absl::Span<const uint32_t> operator()(size_t) const { return weights_; }

 private:
  std::vector<uint32_t> weights_;
};

std::optional<Choice> Choose(const std::vector<std::vector<double>>& times,
                             const std::vector<uint32_t>& weights,
                             double arrive = 1) {
  std::vector<SettingTimes> settings;
  for (const std::vector<double>& each : times) {
    settings.push_back(MakeSettingTimes(each));
  }
  return ChooseSetting(settings, Fixed(weights), arrive);
}

double Median(const std::vector<double>& values,
              const std::vector<uint32_t>& weights) {
  const SettingTimes setting = MakeSettingTimes(values);
  return WeightedMedian(setting.times, setting.order, weights);
}

TEST(WeightedMedianTest, IsTheMedianOfTheMultiset) {
  EXPECT_DOUBLE_EQ(Median({30, 10, 20}, {1, 1, 1}), 20);
  EXPECT_DOUBLE_EQ(Median({30, 10, 20}, {1, 1, 0}), 20);  // 10, 30.
  EXPECT_DOUBLE_EQ(Median({30, 10, 20}, {0, 3, 0}), 10);
  EXPECT_DOUBLE_EQ(Median({30, 10, 20}, {2, 1, 1}), 25);  // 10, 20, 30, 30.
}

TEST(WeightedMedianTest, AMiddleOneThatDoesNotArriveMakesItInfinite) {
  EXPECT_DOUBLE_EQ(Median({10, 20, kNever}, {1, 1, 1}), 20);
  EXPECT_EQ(Median({10, kNever}, {1, 1}), kNever);
  EXPECT_EQ(Median({10, 20, kNever, kNever}, {1, 1, 1, 1}), kNever);
}

TEST(ChooseSettingTest, TakesTheLeastMedianAndOfEqualOnesTheFirst) {
  const auto choice = Choose({{9, 9, 9}, {5, 7, 1}, {5, 5, 5}}, {1, 1, 1});
  ASSERT_TRUE(choice.has_value());
  EXPECT_EQ(choice->setting, 1u);
  EXPECT_DOUBLE_EQ(choice->median, 5);
}

TEST(ChooseSettingTest, ASettingThatLosesARepetitionIsNotChosen) {
  // The second setting is twice as fast, but one of its seeds diverges.
  const std::vector<std::vector<double>> times = {{9, 9, 9}, {4, kNever, 4}};
  EXPECT_EQ(Choose(times, {1, 1, 1})->setting, 0u);
  // It is chosen if a lower share must arrive, or if that seed is not drawn.
  EXPECT_EQ(Choose(times, {1, 1, 1}, 0.6)->setting, 1u);
  EXPECT_EQ(Choose(times, {2, 0, 1})->setting, 1u);
  EXPECT_FALSE(Choose({{kNever, 1}}, {1, 1}).has_value());
}

TEST(ChooseSettingTest, AShareOfRepetitionsIsRoundedUpToWholeOnes) {
  std::vector<double> seven(10, 1.0);
  seven[0] = seven[1] = seven[2] = kNever;
  EXPECT_TRUE(Choose({seven}, std::vector<uint32_t>(10, 1), 0.7).has_value());
  EXPECT_FALSE(Choose({seven}, std::vector<uint32_t>(10, 1), 0.71).has_value());
}

TEST(PossibleSettingsTest, LeavesOutWhatCanNeverWin) {
  std::vector<SettingTimes> settings;
  for (const std::vector<double>& times : std::vector<std::vector<double>>{
           {50, 60, 70}, {10, 20, 30}, {29, 90, 90}, {5, kNever, kNever}}) {
    settings.push_back(MakeSettingTimes(times));
  }
  const auto chosen = ChooseSetting(settings, Fixed({1, 1, 1}), 1);
  EXPECT_THAT(PossibleSettings(settings, chosen, 1), ElementsAre(1, 2, 3));
  // With a lower share, the slowest repetition of the chosen setting may not
  // arrive.
  EXPECT_THAT(PossibleSettings(settings, chosen, 0.5), ElementsAre(0, 1, 2, 3));
}

}  // namespace
}  // namespace fathom::client
