#include "server/retention.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/util/time_util.h"
#include "tests/testing/status_matchers.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

TEST(RetentionTest, ATimeIsAWholeNumberOfDaysOrHours) {
  EXPECT_EQ(*ParseKeep("90d"), absl::Hours(24 * 90));
  EXPECT_EQ(*ParseKeep("36h"), absl::Hours(36));
  EXPECT_EQ(*ParseKeep("1h"), absl::Hours(1));
  EXPECT_EQ(*ParseKeep("36525d"), absl::Hours(24 * 36525));
  for (const std::string wrong :
       {"", "d", "h", "90", "0d", "0h", "-1d", "+1d", "1.5d", "90 d", " 90d",
        "90D", "90m", "36526d", "99999999999999999999d", "dd", "1dh"}) {
    EXPECT_THAT(ParseKeep(wrong).status(),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("such as 90d or 36h")))
        << wrong;
  }
}

TEST(RetentionTest, NamesKeepSweepsForEver) {
  EXPECT_FALSE(Retention().limited());
  const Retention retention{.keep = absl::Hours(1),
                            .always = {"paper-*", "best"}};
  EXPECT_TRUE(retention.limited());
  EXPECT_TRUE(retention.Always("paper-1"));
  EXPECT_TRUE(retention.Always("best"));
  EXPECT_FALSE(retention.Always("best-2"));
  EXPECT_FALSE(retention.Always("my-paper-1"));
}

TEST(RetentionTest, ItSaysWhatGoesAndWhen) {
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  std::vector<v1::Sweep> ended(4);
  const char* const names[] = {"old", "paper-1", "older", "new"};
  const int hours[] = {100, 90, 50, 20};
  for (int i = 0; i < 4; ++i) {
    ended[i].set_sweep_id(i + 1);
    ended[i].mutable_spec()->set_name(names[i]);
    *ended[i].mutable_end_time() =
        google::protobuf::util::TimeUtil::SecondsToTimestamp(
            absl::ToUnixSeconds(now - absl::Hours(hours[i])));
  }
  const Retention retention{.keep = absl::Hours(48), .always = {"paper-*"}};
  EXPECT_EQ(retention.Describe(ended, now),
            "sweeps are deleted 2 days after their end: 2 of the 4 that have "
            "ended go soon, kept by name: 1, the next is sweep 4 (new) on "
            "2023-11-16 02:13 UTC");
}

}  // namespace
}  // namespace fathom::server
