// How the trials of a bundle are grouped, and that nobody notices.
#include "worker/engine/linear/groups.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"

namespace fathom::worker {
namespace {

using test::SmallTrial;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::Gt;
using testing::IsEmpty;
using testing::Le;

constexpr DataShape kPaper = {2565, 128, 1};

v1::TrialSpec Trial(double p, int depth, int width) {
  v1::TrialSpec trial = SmallTrial(p, depth, 1e-4, 100);
  trial.mutable_model()->set_hidden_width(width);
  return trial;
}

std::vector<int64_t> Sizes(const std::vector<v1::TrialSpec>& trials,
                           const DataShape& shape) {
  std::vector<const v1::TrialSpec*> pointers;
  for (const v1::TrialSpec& trial : trials) pointers.push_back(&trial);
  std::vector<int64_t> sizes = GroupSizes(pointers, shape);
  EXPECT_THAT(sizes, Each(Gt(0)));
  EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), int64_t{0}),
            static_cast<int64_t>(trials.size()));
  return sizes;
}

std::vector<int64_t> Sizes(int count, const v1::TrialSpec& trial,
                           const DataShape& shape = kPaper) {
  return Sizes(std::vector<v1::TrialSpec>(count, trial), shape);
}

TEST(GroupSizesTest, NothingHasNoGroups) {
  EXPECT_THAT(Sizes({}, kPaper), IsEmpty());
}

TEST(GroupSizesTest, LargeDataServeAllAtOnce) {
  EXPECT_THAT(Sizes(100, Trial(4, 3, 128)), ElementsAre(100));
  v1::TrialSpec floats = Trial(2, 3, 128);
  floats.set_precision(v1::PRECISION_FLOAT);
  EXPECT_THAT(Sizes(100, floats), ElementsAre(100));
  // Also those that need none themselves.
  std::vector<v1::TrialSpec> mixed(100, Trial(2, 3, 128));
  mixed[70] = Trial(4, 1, 0);
  EXPECT_THAT(Sizes(mixed, kPaper), ElementsAre(100));
}

TEST(GroupSizesTest, WideNetsOnSmallDataShareTheCache) {
  // 256 KiB of weights each.
  EXPECT_THAT(Sizes(100, Trial(2, 3, 128)), Each(AllOf(Ge(4), Le(6))));
  EXPECT_THAT(Sizes(100, Trial(4, 3, 128), {100, 128, 1}),
              Each(AllOf(Ge(4), Le(6))));
  EXPECT_THAT(Sizes(3, Trial(2, 3, 128)), ElementsAre(3));
  // One alone is too large.
  EXPECT_THAT(Sizes(9, Trial(2, 3, 1024)), Each(Le(2)));
}

TEST(GroupSizesTest, AreEven) {
  EXPECT_THAT(Sizes(8, Trial(2, 3, 128)), ElementsAre(4, 4));
}

TEST(GroupSizesTest, NarrowNetsAreManyTogether) {
  EXPECT_THAT(Sizes(60, Trial(2, 3, 1)), ElementsAre(60));
  EXPECT_THAT(Sizes(1000, Trial(2, 3, 1)), Each(Gt(30)));
}

TEST(GroupSizesTest, BatchesAreMadeForAll) {
  v1::TrialSpec trial = Trial(2, 3, 128);
  trial.mutable_optimizer()->set_batch_size(8);
  EXPECT_THAT(Sizes(100, trial), ElementsAre(100));
}

// For several groups: wide, of unequal length, one that cannot be run and one
// that diverges.
std::vector<v1::TrialSpec> WideTrials(double p) {
  std::vector<v1::TrialSpec> trials;
  for (int i = 0; i < 20; ++i) {
    trials.push_back(Trial(p, 3, 128));
    trials.back().mutable_model()->mutable_init()->set_std(0.05);
    trials.back().set_steps(5 + i % 4);
    trials.back().set_seed(i);
  }
  trials[2].mutable_model()->mutable_init()->set_scheme(
      v1::INIT_SCHEME_BALANCED);
  trials[2].mutable_model()->mutable_init()->add_end_to_end(1);
  trials[8].mutable_optimizer()->set_learning_rate(1e3);
  return trials;
}

class GroupedBundleTest : public testing::TestWithParam<double> {};

INSTANTIATE_TEST_SUITE_P(P, GroupedBundleTest, testing::Values(2.0, 4.0));

TEST_P(GroupedBundleTest, LanesAreThoseOfTrialsAlone) {
  const Problem problem = test::SmallProblem(200, 64, 1);
  const std::vector<v1::TrialSpec> trials = WideTrials(GetParam());
  ASSERT_GT(Sizes(trials, {200, 64, 1}).size(), 2u);
  test::Recorder together = test::RunAll(problem, trials);
  for (int i = 0; i < static_cast<int>(trials.size()); ++i) {
    test::Recorder alone = test::RunAll(problem, {trials[i]});
    test::ExpectSameBits(together.lanes[i], alone.lanes[0]);
  }
  EXPECT_EQ(together.result(2).outcome(), v1::TRIAL_STATE_FAILED);
  EXPECT_EQ(together.result(8).outcome(), v1::TRIAL_STATE_DIVERGED);
}

TEST_P(GroupedBundleTest, ProgressOnlyGrowsAndStopsWhereItIsToldTo) {
  const Problem problem = test::SmallProblem(200, 64, 1);
  const std::vector<v1::TrialSpec> trials = WideTrials(GetParam());
  int64_t planned = 0;
  for (const v1::TrialSpec& trial : trials) planned += trial.steps();
  test::Recorder whole = test::RunAll(problem, trials);
  EXPECT_TRUE(std::is_sorted(whole.progress.begin(), whole.progress.end()));
  EXPECT_LE(whole.progress.back(), planned);
  // In the second group: the first has ended, and the last never begins.
  test::Recorder stopped(11);
  LinearEngine().Run(problem, trials, stopped);
  EXPECT_EQ(stopped.progress.size(), 12u);
  EXPECT_THAT(stopped.lanes[0].results, testing::SizeIs(1));
  EXPECT_THAT(stopped.lanes[19].results, IsEmpty());
  EXPECT_THAT(stopped.lanes[19].points, IsEmpty());
}

}  // namespace
}  // namespace fathom::worker
