#include "client/data/room.h"

#include <string>

#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

constexpr int64_t kMebi = int64_t{1} << 20;
constexpr int64_t kLarge = 1'000'000 * kMebi;  // A disk.

TEST(RoomTest, SoMuchStaysFreeAndNotAByteLess) {
  EXPECT_OK(CheckRoom(kRoomToLeave + 1000, kLarge, 1000, "copy.db"));
  EXPECT_THAT(CheckRoom(kRoomToLeave + 999, kLarge, 1000, "copy.db"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  // Of a small disk, a twentieth.
  EXPECT_OK(CheckRoom(30 * kMebi, 100 * kMebi, 25 * kMebi, "copy.db"));
  EXPECT_THAT(CheckRoom(30 * kMebi, 100 * kMebi, 25 * kMebi + 1, "copy.db"),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(RoomTest, TheErrorHasTheNumbers) {
  const std::string message(
      CheckRoom(300 * kMebi, kLarge, 100 * kMebi, "copy.db").message());
  EXPECT_THAT(message, HasSubstr("copy.db: the disk has 300 MiB free; this "
                                 "takes 100 MiB more, and 256 MiB are left"));
}

TEST(RoomTest, TheDiskIsThatOfTheFolder) {
  EXPECT_OK(CheckRoomFor("copy.db", 0));
  EXPECT_THAT(CheckRoomFor(::testing::TempDir() + "/copy.db", int64_t{1} << 60),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_OK(CheckRoomFor("/no/such/folder/copy.db", int64_t{1} << 60));
}

}  // namespace
}  // namespace fathom::client
