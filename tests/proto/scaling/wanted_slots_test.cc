#include "proto/scaling/wanted_slots.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"

namespace fathom {
namespace {

using ::testing::HasSubstr;

v1::Load LoadOf(int64_t pending, int64_t leased, double seconds,
                int64_t unknown = 0) {
  v1::Load load;
  load.set_pending_trials(pending);
  load.set_leased_trials(leased);
  load.set_slot_seconds(seconds);
  load.set_unknown_trials(unknown);
  return load;
}

int64_t Slots(const v1::Load& load, double target = 600) {
  return SlotsWanted(load, absl::Seconds(target)).slots;
}

TEST(SlotsWantedTest, WorkDividedByTheTimeItMayTake) {
  EXPECT_EQ(Slots(LoadOf(100, 0, 6000)), 10);
  EXPECT_EQ(Slots(LoadOf(100, 0, 6001)), 11);
  EXPECT_EQ(Slots(LoadOf(100, 0, 6000), 60), 100);
  EXPECT_EQ(Slots(LoadOf(1000, 0, 6000), 6000), 1);
}

TEST(SlotsWantedTest, NoneWithoutTrialsAndNeverMoreThanTrials) {
  EXPECT_EQ(Slots(LoadOf(0, 0, 1e9)), 0);
  EXPECT_EQ(Slots(LoadOf(3, 0, 1e9)), 3);
  EXPECT_EQ(Slots(LoadOf(2, 1, 1e9)), 3);
  EXPECT_EQ(Slots(LoadOf(3, 0, 0)), 1);
  EXPECT_EQ(Slots(LoadOf(0, 1, 0)), 1);
}

TEST(SlotsWantedTest, AFewForWhatNobodyKnows) {
  EXPECT_EQ(Slots(LoadOf(1000, 0, 0, 1000)), kSlotsForTheUnknown);
  EXPECT_EQ(Slots(LoadOf(2, 0, 0, 2)), 2);
  EXPECT_EQ(Slots(LoadOf(1000, 0, 1200, 500)), 2 + kSlotsForTheUnknown);
  EXPECT_THAT(SlotsWanted(LoadOf(9, 0, 0, 9), absl::Seconds(600)).reason,
              HasSubstr("9 trials of unknown length count as 4 slots"));
}

// What comes from another program may be anything.
TEST(SlotsWantedTest, NumbersThatMakeNoSenseAreHarmless) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Slots(LoadOf(7, 0, inf)), 7);
  EXPECT_EQ(Slots(LoadOf(7, 0, std::nan(""))), 1);
  EXPECT_EQ(Slots(LoadOf(7, 0, -1e300)), 1);
  EXPECT_EQ(Slots(LoadOf(-5, -5, 1e300)), 0);
  EXPECT_EQ(Slots(LoadOf(7, 0, 6000), 0), 7);
  EXPECT_EQ(Slots(LoadOf(7, 0, 6000), -inf), 7);
  EXPECT_EQ(Slots(LoadOf(int64_t{1} << 62, 0, 1e300)), 1'000'000'000);
}

}  // namespace
}  // namespace fathom
