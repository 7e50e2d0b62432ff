// Workers that are older or newer than their coordinator.
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "proto/shared/protocol.h"
#include "proto/sweep/revisions.h"
#include "server/coordinator/coordinator.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::SmallSpec;
using ::fathom::test::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MixedVersionsTest : public ::fathom::test::CoordinatorTest {
 protected:
  // A worker that speaks these versions of the protocol and knows the words of
  // this revision; 0 is left out, as older programs do.
  void HelloOf(ConnectionId connection, int oldest, int newest, int revision) {
    v1::WorkerMessage message;
    v1::Hello& hello = *message.mutable_hello();
    hello.set_protocol_version(newest);
    hello.set_oldest_protocol_version(oldest);
    hello.set_spec_revision(revision);
    hello.set_session_id(absl::StrCat("s", connection));
    hello.set_worker(absl::StrCat("w", connection));
    hello.set_program_version("0.9");
    hello.set_slots(1);
    Receive(connection, message);
  }

  // What every spec of today has at least.
  static v1::SweepSpec FloatSpec(const std::string& name) {
    v1::SweepSpec spec = SmallSpec(4, name);
    spec.mutable_trial()->set_precision(v1::PRECISION_FLOAT);
    return spec;
  }
};

TEST_F(MixedVersionsTest, AVersionInCommonIsEnough) {
  constexpr int kNewest = kProtocolVersion;
  constexpr int kOldest = kOldestProtocolVersion;
  const struct {
    int oldest;
    int newest;
    bool fits;
    int spoken;
  } cases[] = {
      {0, kNewest, true, kNewest},
      {kNewest, kNewest, true, kNewest},
      {kOldest, kNewest + 5, true, kNewest},
      {kNewest, kNewest + 1, true, kNewest},
      {0, kNewest + 1, false, 0},  // It speaks that one alone.
      {kNewest + 1, kNewest + 2, false, 0},
      {0, kOldest - 1, false, 0},
      {0, 0, false, 0},
      {-3, -1, false, 0},
      {kNewest, kNewest - 1, false, 0},  // No range at all.
  };
  for (const auto& c : cases) {
    messages_.clear();
    closes_.clear();
    Start();
    HelloOf(1, c.oldest, c.newest, kSpecRevision);
    if (c.fits) {
      ASSERT_THAT(closes_, IsEmpty()) << c.oldest << " to " << c.newest;
      ASSERT_THAT(messages_, SizeIs(1));
      EXPECT_EQ(messages_[0].message.welcome().protocol_version(), c.spoken);
      continue;
    }
    ASSERT_THAT(closes_, SizeIs(1)) << c.oldest << " to " << c.newest;
    EXPECT_THAT(closes_[1], StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(std::string(closes_[1].message()), HasSubstr("run a newer"));
    EXPECT_THAT(messages_, IsEmpty());
  }
}

TEST_F(MixedVersionsTest, ASweepWithNewerWordsGoesToThoseWhoKnowThem) {
  Start();
  Create(FloatSpec("newer"));
  HelloOf(1, 1, 1, 2);
  Demand(1, 100);
  EXPECT_THAT(Leases(1), IsEmpty());
  const auto workers = coordinator_->ListWorkers(now_);
  ASSERT_EQ(workers.at(0).declined_size(), 1);
  EXPECT_EQ(workers[0].declined(0).sweep_id(), 1);
  EXPECT_THAT(workers[0].declined(0).reason(), HasSubstr("revision 2"));
  EXPECT_THAT(workers[0].declined(0).reason(), HasSubstr("revision 3"));

  HelloOf(2, 1, 1, 3);
  Demand(2, 100);
  ASSERT_THAT(Leases(2), SizeIs(1));
  EXPECT_EQ(Leases(2)[0].sweep_id(), 1);
  // The one that is too old waits, and gets what it knows.
  Create(SmallSpec(3, "plain"));
  ASSERT_THAT(Leases(1), SizeIs(1));
  EXPECT_EQ(Leases(1)[0].sweep_id(), 2);
}

TEST_F(MixedVersionsTest, TheFirstReleaseKnowsItsOwnWordsAndSaysNothing) {
  Start();
  Create(FloatSpec("first-release"));
  HelloOf(1, 0, 1, 0);
  Demand(1, 100);
  EXPECT_THAT(Leases(1), SizeIs(1));
}

TEST_F(MixedVersionsTest, ANewerWorkerIsAsGoodAsAny) {
  Start();
  Create(FloatSpec("any"));
  HelloOf(1, 1, 9, kSpecRevision + 7);
  Demand(1, 100);
  EXPECT_THAT(Leases(1), SizeIs(1));
}

// An unknown field in a spec that is submitted is refused before anyone gets
// it.
TEST_F(MixedVersionsTest, ANewerClientsWordsAreRefusedByName) {
  Start();
  v1::SweepSpec spec = SmallSpec(2);
  ASSERT_TRUE(spec.mutable_trial()->MergeFromString("\xc0\x3e\x01"));
  const absl::Status status =
      coordinator_->CreateSweep(spec, false, now_).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(status.message()), HasSubstr("does not know"));
}

}  // namespace
}  // namespace fathom::server
