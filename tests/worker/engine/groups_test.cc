// How the trials of a bundle are grouped.
#include "worker/engine/groups.h"

#include <numeric>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/worker/engine/trials.h"

namespace fathom {
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

}  // namespace
}  // namespace fathom
