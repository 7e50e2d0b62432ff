#include "client/ui/http/door.h"

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/client/ui/http/fake_coordinator.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace fathom::client {
namespace {

using test::StatusIs;
using ::testing::AllOf;
using ::testing::Field;

class DoorTest : public ::testing::Test {
 protected:
  DoorTest() { authority_.Know("fathom_ada", "submit"); }

  // Logs in and returns the session.
  std::shared_ptr<Session> LogIn(Door& door, const std::string& token) {
    const absl::StatusOr<std::string> id = door.LogIn(token, "1.2.3.4");
    EXPECT_OK(id);
    return id.ok() ? door.Find(*id) : nullptr;
  }

  test::FakeCoordinator coordinator_;
  test::FakeAuthority authority_{coordinator_.connection(),
                                 /*needs_login=*/true};
  test::FakeClock clock_;
  Door door_{authority_, clock_.AsClock()};
};

TEST_F(DoorTest, ATokenOpensASessionWithTheRightsOfItsBearer) {
  const absl::StatusOr<std::string> id = door_.LogIn("fathom_ada", "1.2.3.4");
  ASSERT_OK(id);
  EXPECT_EQ(id->size(), 64u);
  const auto session = door_.Find(*id);
  ASSERT_NE(session, nullptr);

  const absl::StatusOr<Viewer> viewer = door_.Enter(*session);

  ASSERT_OK(viewer);
  EXPECT_EQ(viewer->role, "submit");
  EXPECT_TRUE(viewer->may_change);
  EXPECT_EQ(door_.session_count(), 1);
}

TEST_F(DoorTest, NobodyElseIsInside) {
  ASSERT_OK(door_.LogIn("fathom_ada", "1.2.3.4"));
  EXPECT_EQ(door_.Find(""), nullptr);
  EXPECT_EQ(door_.Find("fathom_ada"), nullptr);
  EXPECT_EQ(door_.Find(std::string(64, '0')), nullptr);
  for (const std::string token : {"", "fathom_eve", "fathom_ada2"}) {
    EXPECT_THAT(door_.LogIn(token, "1.2.3.4"),
                StatusIs(absl::StatusCode::kUnauthenticated))
        << token;
  }
  EXPECT_THAT(door_.LogIn(std::string(257, 'x'), "1.2.3.4"),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(DoorTest, IdsAreNeverTheSame) {
  const auto first = door_.LogIn("fathom_ada", "a");
  const auto second = door_.LogIn("fathom_ada", "a");
  ASSERT_OK(first);
  ASSERT_OK(second);
  EXPECT_NE(*first, *second);
}

TEST_F(DoorTest, WhoLogsOutIsOutsideAlsoWithOpenStreams) {
  const auto id = door_.LogIn("fathom_ada", "a");
  ASSERT_OK(id);
  const auto session = door_.Find(*id);
  door_.LogOut(*id);
  EXPECT_EQ(door_.Find(*id), nullptr);
  EXPECT_THAT(door_.Enter(*session),
              StatusIs(absl::StatusCode::kUnauthenticated));
  door_.LogOut(*id);
}

TEST_F(DoorTest, ARevokedTokenEndsTheSessionWithinSeconds) {
  const auto session = LogIn(door_, "fathom_ada");
  ASSERT_NE(session, nullptr);
  authority_.Revoke("fathom_ada");
  clock_.Advance(absl::Seconds(4.9));
  EXPECT_OK(door_.Enter(*session));

  clock_.Advance(absl::Seconds(0.2));

  EXPECT_THAT(door_.Enter(*session),
              StatusIs(absl::StatusCode::kUnauthenticated));
  // It does not come back with the token.
  authority_.Know("fathom_ada", "submit");
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(door_.Enter(*session),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(DoorTest, ARoleThatChangesHoldsAtOnce) {
  const auto session = LogIn(door_, "fathom_ada");
  ASSERT_NE(session, nullptr);
  authority_.Know("fathom_ada", "read");
  clock_.Advance(absl::Seconds(6));
  const auto viewer = door_.Enter(*session);
  ASSERT_OK(viewer);
  EXPECT_FALSE(viewer->may_change);
}

TEST_F(DoorTest, TheAuthorityIsNotAskedForEveryRequest) {
  const auto session = LogIn(door_, "fathom_ada");
  ASSERT_NE(session, nullptr);
  for (int i = 0; i < 100; ++i) EXPECT_OK(door_.Enter(*session));
  EXPECT_EQ(authority_.asked(), 1);
}

TEST_F(DoorTest, ACoordinatorThatIsAwayEndsNoSession) {
  const auto session = LogIn(door_, "fathom_ada");
  ASSERT_NE(session, nullptr);
  authority_.Fail(absl::UnavailableError("it is gone"));
  clock_.Advance(absl::Seconds(6));
  EXPECT_THAT(door_.Enter(*session), StatusIs(absl::StatusCode::kUnavailable));
  authority_.Fail(absl::OkStatus());
  clock_.Advance(absl::Seconds(1.1));
  EXPECT_OK(door_.Enter(*session));
}

TEST_F(DoorTest, SessionsEndWhenTheyAreNotUsedAndAfterADay) {
  const auto id = door_.LogIn("fathom_ada", "a");
  ASSERT_OK(id);
  const auto session = door_.Find(*id);
  for (int i = 0; i < 12; ++i) {
    clock_.Advance(absl::Minutes(119));
    EXPECT_OK(door_.Enter(*session)) << i;
  }
  clock_.Advance(absl::Minutes(20));
  EXPECT_THAT(door_.Enter(*session),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_EQ(door_.Find(*id), nullptr);

  const auto second = door_.LogIn("fathom_ada", "a");
  ASSERT_OK(second);
  clock_.Advance(absl::Minutes(121));
  EXPECT_EQ(door_.Find(*second), nullptr);
}

TEST_F(DoorTest, AttemptsAreCountedByAddressAndInTotal) {
  for (int i = 0; i < Attempts::kPerAddress; ++i) {
    EXPECT_THAT(door_.LogIn("x", "eve"),
                StatusIs(absl::StatusCode::kUnauthenticated));
  }
  EXPECT_THAT(door_.LogIn("x", "eve"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(door_.LogIn("fathom_ada", "eve"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_OK(door_.LogIn("fathom_ada", "ada"));
  for (int i = 0; i < Attempts::kInTotal; ++i) {
    door_.LogIn("x", absl::StrCat("other", i)).IgnoreError();
  }
  EXPECT_THAT(door_.LogIn("fathom_ada", "bob"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  clock_.Advance(Attempts::kPeriod);
  EXPECT_OK(door_.LogIn("fathom_ada", "eve"));
}

TEST_F(DoorTest, ATokenHasSoManySessionsAndTheOldestEnds) {
  std::vector<std::string> ids;
  for (int i = 0; i < Door::kMostOfToken + 1; ++i) {
    clock_.Advance(absl::Seconds(1));
    const auto id = door_.LogIn("fathom_ada", "a");
    ASSERT_OK(id);
    ids.push_back(*id);
  }
  EXPECT_EQ(door_.session_count(), Door::kMostOfToken);
  EXPECT_EQ(door_.Find(ids[0]), nullptr);
  EXPECT_NE(door_.Find(ids[1]), nullptr);
}

TEST_F(DoorTest, ThereAreSoManySessionsInAllAndNobodyIsPushedOut) {
  for (int i = 0; i < Door::kMostSessions; ++i) {
    clock_.Advance(absl::Seconds(1));
    authority_.Know(absl::StrCat("t", i), "read");
    ASSERT_OK(door_.LogIn(absl::StrCat("t", i), "a"));
  }
  EXPECT_THAT(door_.LogIn("fathom_ada", "a"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  // Who is inside already may come again.
  EXPECT_OK(door_.LogIn("t7", "a"));
  EXPECT_EQ(door_.session_count(), Door::kMostSessions);
}

TEST_F(DoorTest, AProgramThatShowsItsTokenEachTimeHasOneSession) {
  const auto first = door_.LogInWithoutId("fathom_ada", "a");
  const auto second = door_.LogInWithoutId("fathom_ada", "a");
  ASSERT_OK(first);
  ASSERT_OK(second);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(authority_.asked(), 1);
  EXPECT_THAT(door_.LogInWithoutId("fathom_eve", "a"),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST(OpenDoorTest, WithoutLoginEverybodyIsInside) {
  test::FakeCoordinator coordinator;
  test::FakeAuthority authority(coordinator.connection());
  test::FakeClock clock;
  Door door(authority, clock.AsClock());
  const auto session = door.Find("");
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(door.Find("anything"), session);
  EXPECT_OK(door.Enter(*session));
  clock.Advance(absl::Hours(100));
  EXPECT_OK(door.Enter(*session));
  // That the program's own token does not hold any more is no login to repeat.
  authority.Fail(absl::UnauthenticatedError("revoked"));
  clock.Advance(absl::Seconds(6));
  EXPECT_THAT(door.Enter(*session), StatusIs(absl::StatusCode::kUnavailable));
  authority.Fail(absl::OkStatus());
  clock.Advance(absl::Seconds(6));
  EXPECT_OK(door.Enter(*session));
}

class TokenFileTest : public ::testing::Test {
 protected:
  TokenFileTest() { SetLines(""); }

  void SetLines(const std::string& lines) {
    std::ofstream(path_) << "submit bob sha256:" << std::string(64, '1') << "\n"
                         << lines;
  }
  std::string Line(Role role, const std::string& token) {
    return absl::StrCat(*TokenLine(role, "ada", token), "\n");
  }

  const test::TempDir folder_;
  const std::string path_ = folder_.File("tokens");
  test::FakeCoordinator coordinator_;
  const std::unique_ptr<Authority> authority_ = MakeTokenFileAuthority(
      path_, [this] { return coordinator_.connection(); });
};

TEST_F(TokenFileTest, TheFileSaysWhoMayLookAndNobodyChangesALedger) {
  SetLines(Line(Role::kAdmin, "fathom_a"));
  const auto viewer = authority_->Admit("fathom_a");
  ASSERT_OK(viewer);
  EXPECT_THAT(*viewer,
              AllOf(Field(&Viewer::name, "ada"), Field(&Viewer::role, "admin"),
                    Field(&Viewer::may_change, false)));
  EXPECT_THAT(authority_->Admit("fathom_b"),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(TokenFileTest, WorkersSeeNothing) {
  SetLines(Line(Role::kWorker, "fathom_a"));
  EXPECT_THAT(authority_->Admit("fathom_a"),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(TokenFileTest, ALineThatIsGoneEndsItAndAFileWithAMistakeDoesNot) {
  SetLines(Line(Role::kRead, "fathom_a"));
  const auto viewer = authority_->Admit("fathom_a");
  ASSERT_OK(viewer);
  const std::string hash = HashToken("fathom_a");
  EXPECT_OK(authority_->AskAgain(*viewer, hash));
  SetLines("nonsense\n");
  EXPECT_THAT(authority_->AskAgain(*viewer, hash),
              StatusIs(absl::StatusCode::kUnavailable));
  SetLines("");
  EXPECT_THAT(authority_->AskAgain(*viewer, hash),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

class CoordinatorAuthorityTest : public ::testing::Test {
 protected:
  test::FakeCoordinator coordinator_;
  std::string connected_;
  const std::unique_ptr<Authority> authority_ =
      MakeCoordinatorAuthority([this](const std::string& token) {
        connected_ = token;
        return coordinator_.connection();
      });
};

TEST_F(CoordinatorAuthorityTest, TheCoordinatorSaysWhoItIsAndWhatTheyMay) {
  for (const std::string role : {"read", "submit", "admin"}) {
    coordinator_.SetCaller(grpc::Status::OK, role);
    const auto viewer = authority_->Admit("fathom_a");
    ASSERT_OK(viewer);
    EXPECT_EQ(connected_, "fathom_a");
    EXPECT_EQ(viewer->name, "ada");
    EXPECT_EQ(viewer->role, role);
    EXPECT_EQ(viewer->may_change, role != "read");
  }
  coordinator_.SetCaller(grpc::Status::OK, "", /*read_only=*/true);
  EXPECT_FALSE(authority_->Admit("fathom_a")->may_change);
}

TEST_F(CoordinatorAuthorityTest, WhomItDoesNotKnowIsNotLetIn) {
  coordinator_.SetCaller({grpc::StatusCode::UNAUTHENTICATED, "unknown"});
  EXPECT_THAT(authority_->Admit("fathom_a"),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(CoordinatorAuthorityTest, ThoseOfTheFirstReleaseAreAskedForTheirSweeps) {
  for (const auto code :
       {grpc::StatusCode::UNIMPLEMENTED, grpc::StatusCode::PERMISSION_DENIED}) {
    coordinator_.SetCaller({code, "no such call"});
    const auto viewer = authority_->Admit("fathom_a");
    ASSERT_OK(viewer);
    EXPECT_EQ(viewer->role, "");
    EXPECT_TRUE(viewer->may_change);
  }
  // A worker, say, who may not even list.
  coordinator_.Fail({grpc::StatusCode::PERMISSION_DENIED, "workers train"});
  EXPECT_THAT(authority_->Admit("fathom_a"),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

}  // namespace
}  // namespace fathom::client
