#include "server/api/upload_desk.h"

#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using test::StatusIs;

class UploadDeskTest : public ::testing::Test {
 protected:
  UploadDesk::Place Enter() {
    return desk_.Enter([this] { ++cancelled_; });
  }

  test::FakeClock clock_;
  UploadDesk desk_{{.uploads = 2, .bytes = 100, .patience = absl::Seconds(60)},
                   clock_.AsClock()};
  int cancelled_ = 0;
};

TEST_F(UploadDeskTest, PlacesAreLimitedAndGivenBack) {
  const auto a = Enter();
  const auto b = Enter();
  EXPECT_NE(a, 0u);
  EXPECT_NE(b, a);
  EXPECT_EQ(Enter(), 0u);
  desk_.Leave(a);
  EXPECT_NE(Enter(), 0u);
  EXPECT_EQ(cancelled_, 0);
}

TEST_F(UploadDeskTest, BytesAreLimitedTogetherAndGivenBack) {
  const auto a = Enter();
  const auto b = Enter();
  EXPECT_OK(desk_.Take(a, 60));
  EXPECT_OK(desk_.Take(b, 40));
  EXPECT_THAT(desk_.Take(b, 1), StatusIs(absl::StatusCode::kResourceExhausted));
  desk_.Leave(a);
  desk_.Leave(a);  // Harmless.
  EXPECT_OK(desk_.Take(b, 60));
  EXPECT_FALSE(desk_.Take(b, 1).ok());
}

TEST_F(UploadDeskTest, WhoStallsLosesThePlaceToTheNextAndNotBefore) {
  const auto slow = Enter();
  EXPECT_OK(desk_.Take(slow, 90));
  clock_.Advance(absl::Seconds(61));
  const auto quick = Enter();
  EXPECT_NE(quick, 0u);  // There was room: nobody is sent away.
  EXPECT_EQ(cancelled_, 0);

  EXPECT_OK(desk_.Take(quick, 50));
  EXPECT_EQ(cancelled_, 1);
  EXPECT_THAT(desk_.Take(slow, 1), StatusIs(absl::StatusCode::kCancelled));
  desk_.Leave(slow);
  EXPECT_OK(desk_.Take(quick, 50));  // What the slow one held is free, once.
  EXPECT_FALSE(desk_.Take(quick, 1).ok());
}

// Room is made by ending others, never by ending the one who asks for it.
TEST_F(UploadDeskTest, WhoStalledAndGoesOnDoesNotPushItselfOut) {
  const auto alone = Enter();
  EXPECT_OK(desk_.Take(alone, 90));
  clock_.Advance(absl::Seconds(61));
  EXPECT_THAT(desk_.Take(alone, 20),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(cancelled_, 0);
  EXPECT_OK(desk_.Take(alone, 10));
}

TEST_F(UploadDeskTest, WhoGetsOnKeepsThePlace) {
  const auto a = Enter();
  const auto b = Enter();
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(absl::Seconds(50));
    EXPECT_OK(desk_.Take(a, 1));
    EXPECT_OK(desk_.Take(b, 1));
    EXPECT_EQ(Enter(), 0u);
  }
  EXPECT_EQ(cancelled_, 0);
}

}  // namespace
}  // namespace fathom
