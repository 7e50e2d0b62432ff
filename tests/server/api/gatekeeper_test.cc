#include "server/api/gatekeeper.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kGetSweep[] = "/fathom.v1.SweepService/GetSweep";
constexpr char kCancelSweep[] = "/fathom.v1.SweepService/CancelSweep";

class GatekeeperTest : public ::testing::Test {
 protected:
  TokenEntry Entry(Role role, const std::string& name,
                   const std::string& token) {
    return {role, name, HashToken(token)};
  }
  absl::Status Admit(const std::string& header, absl::string_view method) {
    const absl::string_view view = header;
    return gatekeeper_.Admit(&view, method);
  }

  const std::string ada_ = NewToken();
  const std::string reader_ = NewToken();
  test::FakeClock clock_;
  Gatekeeper gatekeeper_{
      {.calls_per_second = 10, .burst = 20},
      {Entry(Role::kSubmit, "ada", ada_), Entry(Role::kRead, "eve", reader_)},
      clock_.AsClock()};
};

TEST_F(GatekeeperTest, KnownTokensOfTheRightRoleComeIn) {
  EXPECT_OK(Admit("Bearer " + ada_, kCancelSweep));
  EXPECT_OK(Admit("bearer " + reader_, kGetSweep));
}

TEST_F(GatekeeperTest, OthersAreToldWhatToDo) {
  const absl::Status missing = gatekeeper_.Admit(nullptr, kGetSweep);
  EXPECT_THAT(missing, StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("--token-file"));
  const std::vector<std::string> headers = {"",
                                            ada_,
                                            "Bearer",
                                            "Basic " + ada_,
                                            "Bearer ",
                                            "Bearer " + ada_ + " ",
                                            "Bearer  " + ada_,
                                            "Bearer " + NewToken()};
  for (const std::string& header : headers) {
    const absl::Status unknown = Admit(header, kGetSweep);
    EXPECT_THAT(unknown, StatusIs(absl::StatusCode::kUnauthenticated))
        << header;
    EXPECT_THAT(std::string(unknown.message()), Not(HasSubstr(ada_)));
  }
  const absl::Status denied = Admit("Bearer " + reader_, kCancelSweep);
  EXPECT_THAT(denied, StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(std::string(denied.message()),
              HasSubstr("role submit or admin; this one has the role read"));
}

TEST_F(GatekeeperTest, RefusalsAreCounted) {
  EXPECT_FALSE(gatekeeper_.Admit(nullptr, kGetSweep).ok());
  EXPECT_FALSE(Admit("Bearer x", kGetSweep).ok());
  EXPECT_FALSE(Admit("Bearer " + reader_, kCancelSweep).ok());

  EXPECT_EQ(gatekeeper_.refusals().unauthenticated, 2);
  EXPECT_EQ(gatekeeper_.refusals().denied, 1);
  EXPECT_EQ(gatekeeper_.refusals().too_many, 0);
}

TEST_F(GatekeeperTest, LogNamesTheCallerAndHoldsNoToken) {
  testing::internal::CaptureStderr();
  EXPECT_FALSE(Admit("Bearer " + reader_, kCancelSweep).ok());
  clock_.Advance(absl::Seconds(2));
  EXPECT_FALSE(Admit("Bearer secret-of-someone", kCancelSweep).ok());
  const std::string log = testing::internal::GetCapturedStderr();

  EXPECT_THAT(log, HasSubstr("eve (read)"));
  EXPECT_THAT(log, HasSubstr("UNAUTHENTICATED"));
  EXPECT_THAT(log, Not(HasSubstr("secret-of-someone")));
  EXPECT_THAT(log, Not(HasSubstr(reader_)));
}

TEST_F(GatekeeperTest, FloodOfRefusalsIsOneLineASecond) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 1000; ++i) (void)gatekeeper_.Admit(nullptr, kGetSweep);
  clock_.Advance(absl::Seconds(1));
  (void)gatekeeper_.Admit(nullptr, kGetSweep);
  const std::string log = testing::internal::GetCapturedStderr();

  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2);
  EXPECT_THAT(log, HasSubstr("refused 1000 calls"));
}

TEST_F(GatekeeperTest, RatesAreLimitedByName) {
  const std::string header = "Bearer " + ada_;
  for (int i = 0; i < 20; ++i) EXPECT_OK(Admit(header, kGetSweep));
  const absl::Status status = Admit(header, kGetSweep);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(std::string(status.message()), HasSubstr("10 per second"));
  EXPECT_OK(Admit("Bearer " + reader_, kGetSweep));  // Others go on.

  clock_.Advance(absl::Milliseconds(300));
  for (int i = 0; i < 3; ++i) EXPECT_OK(Admit(header, kGetSweep));
  EXPECT_FALSE(Admit(header, kGetSweep).ok());
  clock_.Advance(absl::Hours(1));  // No more than the burst is saved up.
  for (int i = 0; i < 20; ++i) EXPECT_OK(Admit(header, kGetSweep));
  EXPECT_FALSE(Admit(header, kGetSweep).ok());
  // A clock that goes back gives nothing away and breaks nothing.
  clock_.Advance(-absl::Hours(2));
  EXPECT_FALSE(Admit(header, kGetSweep).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_OK(Admit(header, kGetSweep));
}

TEST_F(GatekeeperTest, NewTokensReplaceTheOld) {
  const std::string fresh = NewToken();
  gatekeeper_.SetTokens({Entry(Role::kSubmit, "ada", fresh)});

  EXPECT_FALSE(Admit("Bearer " + ada_, kGetSweep).ok());
  EXPECT_OK(Admit("Bearer " + fresh, kGetSweep));
  EXPECT_EQ(gatekeeper_.token_count(), 1u);
}

// Each may leave a session and events in the ledger for ever.
TEST(GatekeeperStreams, StreamsOfWorkersAreFewerThanCalls) {
  test::FakeClock clock;
  const std::string token = NewToken();
  Gatekeeper gatekeeper({.calls_per_second = 10, .burst = 35},
                        {{Role::kWorker, "w", HashToken(token)}},
                        clock.AsClock());
  const std::string header = "Bearer " + token;
  const absl::string_view view = header;
  constexpr char kWork[] = "/fathom.v1.WorkerService/Work";
  for (int i = 0; i < 3; ++i) EXPECT_OK(gatekeeper.Admit(&view, kWork));
  EXPECT_THAT(gatekeeper.Admit(&view, kWork),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_OK(gatekeeper.Admit(&view, "/fathom.v1.WorkerService/GetSpec"));
}

// For who asks later whose call it is; and a program reads no metadata twice.
TEST_F(GatekeeperTest, MetadataKeepsTheTokenAndTwoTokensAreNone) {
  const std::string header = "Bearer " + ada_;
  Gatekeeper::InputMetadata metadata;
  metadata.emplace(":path", kGetSweep);
  metadata.emplace("authorization", header);
  Gatekeeper::OutputMetadata consumed;

  EXPECT_TRUE(gatekeeper_.Process(metadata, nullptr, &consumed, nullptr).ok());
  EXPECT_TRUE(consumed.empty());
  metadata.emplace("authorization", "Bearer other");
  EXPECT_EQ(
      gatekeeper_.Process(metadata, nullptr, &consumed, nullptr).error_code(),
      grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace fathom::server
