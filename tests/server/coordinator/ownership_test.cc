#include "server/coordinator/ownership.h"

#include <string>

#include "gmock/gmock.h"
#include "server/coordinator/coordinator.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::SmallSpec;
using ::fathom::test::StatusIs;
using ::testing::HasSubstr;

v1::Sweep SweepOf(const std::string& owner) {
  v1::Sweep sweep;
  sweep.set_sweep_id(3);
  sweep.mutable_spec()->set_name("mine");
  sweep.set_owner(owner);
  return sweep;
}

TEST(OwnershipTest, OnlyTheOwnerAndThoseWhoMayDoAllChangeASweep) {
  const Caller ada{.name = "ada", .may_change_all = false};
  const Caller bob{.name = "bob", .may_change_all = false};
  const Caller admin{.name = "root", .may_change_all = true};
  EXPECT_OK(CheckMayChange(SweepOf("ada"), ada));
  EXPECT_OK(CheckMayChange(SweepOf("ada"), admin));
  EXPECT_OK(CheckMayChange(SweepOf("ada"), Caller()));  // Without tokens.
  const absl::Status refused = CheckMayChange(SweepOf("ada"), bob);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("belongs to ada"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("bob"));
  // Nobody's, from before there were tokens.
  EXPECT_OK(CheckMayChange(SweepOf(""), bob));
  // An empty name is nobody's name.
  EXPECT_FALSE(CheckMayChange(SweepOf("ada"), {.may_change_all = false}).ok());
}

using OwnedSweepTest = ::fathom::test::CoordinatorTest;

TEST_F(OwnedSweepTest, ANewSweepIsOfWhoSubmittedItAndStaysSo) {
  Start();
  const auto sweep = coordinator_->CreateSweep(SmallSpec(3), false, now_, 0, 1,
                                               /*owner=*/"ada");
  ASSERT_OK(sweep);
  EXPECT_EQ(sweep->owner(), "ada");
  // The same again, by somebody else, is hers.
  const auto same = coordinator_->CreateSweep(SmallSpec(3), false, now_, 0, 1,
                                              /*owner=*/"bob");
  ASSERT_OK(same);
  EXPECT_EQ(same->sweep_id(), sweep->sweep_id());
  EXPECT_EQ(same->owner(), "ada");
  Settle();
  ASSERT_EQ(Writes<InsertSweep>().size(), 1u);
  EXPECT_EQ(Writes<InsertSweep>()[0].sweep.owner(), "ada");
  EXPECT_THAT(Writes<InsertEvent>()[0].message, HasSubstr("of ada"));
}

}  // namespace
}  // namespace fathom::server
