#include "server/api/transfers.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/limits.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Patience::Limits kPatience = {.least_rate = 1000,
                                        .most = absl::Seconds(60)};

class TransfersTest : public ::testing::Test {
 protected:
  Transfers::Place Enter(const std::string& name) {
    auto place =
        transfers_.Enter(name, [this, name](const absl::Status& status) {
          EXPECT_THAT(status, StatusIs(absl::StatusCode::kDeadlineExceeded,
                                       HasSubstr("too slow")));
          ended_.push_back(name);
        });
    EXPECT_OK(place);
    return place.ok() ? *place : 0;
  }
  absl::Status TryToEnter(const std::string& name) {
    return transfers_.Enter(name, [](const absl::Status&) {}).status();
  }

  test::FakeClock clock_;
  Transfers transfers_{
      {.places = 3, .places_per_name = 2, .patience = kPatience},
      clock_.AsClock()};
  std::vector<std::string> ended_;
};

TEST_F(TransfersTest, OneNameLeavesAPlaceToOthers) {
  const auto first = Enter("ada");
  Enter("ada");
  EXPECT_THAT(TryToEnter("ada"), StatusIs(absl::StatusCode::kResourceExhausted,
                                          HasSubstr("2 transfers of ada")));
  Enter("bob");
  EXPECT_THAT(TryToEnter("eve"), StatusIs(absl::StatusCode::kResourceExhausted,
                                          HasSubstr("found 3 transfers")));
  transfers_.Leave(first);
  transfers_.Leave(first);
  EXPECT_OK(TryToEnter("ada"));
}

// As the service has them: one name cannot have all, and all have a bound.
TEST_F(TransfersTest, ThePlacesOfTheServiceAreSharedByNames) {
  struct Kind {
    int places;
    int per_name;
  };
  for (const Kind& kind : {Kind{kMaxUploads, kMaxUploadsPerName},
                           Kind{kMaxDownloads, kMaxDownloadsPerName},
                           Kind{kMaxCheckpoints, kMaxCheckpointsPerName}}) {
    Transfers transfers(
        {.places = kind.places, .places_per_name = kind.per_name},
        clock_.AsClock());
    const auto enter_all = [&](const std::string& name) {
      int places = 0;
      while (places <= kind.places &&
             transfers.Enter(name, [](const absl::Status&) {}).ok()) {
        ++places;
      }
      return places;
    };
    EXPECT_EQ(enter_all("ada"), kind.per_name);
    EXPECT_EQ(enter_all("bob"), kind.places - kind.per_name);
    EXPECT_EQ(enter_all("eve"), 0);
    EXPECT_GT(kind.places, kind.per_name);
  }
}

TEST_F(TransfersTest, NobodyInParticularHasNoShare) {
  for (int i = 0; i < 3; ++i) Enter("");
  EXPECT_FALSE(TryToEnter("").ok());
}

TEST_F(TransfersTest, AStandstillEndsItAfterItsPatienceAndOnlyOnce) {
  transfers_.Wait(Enter("ada"));
  clock_.Advance(absl::Seconds(60));
  transfers_.EndSlow();
  EXPECT_THAT(ended_, IsEmpty());
  clock_.Advance(absl::Milliseconds(1));
  transfers_.EndSlow();
  transfers_.EndSlow();
  EXPECT_THAT(ended_, ElementsAre("ada"));
}

// A byte every 20 s is no progress; the least rate is, for ever.
TEST_F(TransfersTest, TricklesEndAndTheLeastRateGoesOn) {
  const auto trickle = Enter("trickle");
  const auto steady = Enter("steady");
  for (int i = 0; i < 500; ++i) {
    transfers_.Wait(trickle);
    transfers_.Wait(steady);
    clock_.Advance(absl::Seconds(20));
    transfers_.EndSlow();
    if (!ended_.empty()) transfers_.Leave(trickle);
    transfers_.Move(trickle, 1);
    transfers_.Move(steady, 20'000);
  }
  EXPECT_THAT(ended_, ElementsAre("trickle"));
}

TEST_F(TransfersTest, ABurstEarnsNoLongerPause) {
  const auto place = Enter("ada");
  transfers_.Wait(place);
  transfers_.Move(place, int64_t{1} << 40);
  transfers_.Wait(place);
  clock_.Advance(absl::Seconds(61));
  transfers_.EndSlow();
  EXPECT_THAT(ended_, ElementsAre("ada"));
}

// The time that the coordinator's disk takes is nobody's fault.
TEST_F(TransfersTest, WhoWaitsForUsIsNotCharged) {
  const auto place = Enter("ada");
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(absl::Hours(1));
    transfers_.EndSlow();
    transfers_.Wait(place);
    transfers_.Move(place, 0);
  }
  EXPECT_THAT(ended_, IsEmpty());
}

TEST_F(TransfersTest, AClockThatIsSetBackEndsNothing) {
  const auto place = Enter("ada");
  transfers_.Wait(place);
  clock_.Advance(-absl::Hours(1));
  transfers_.EndSlow();
  transfers_.Move(place, 0);
  transfers_.Wait(place);
  clock_.Advance(absl::Seconds(59));
  transfers_.EndSlow();
  EXPECT_THAT(ended_, IsEmpty());
}

}  // namespace
}  // namespace fathom::server
