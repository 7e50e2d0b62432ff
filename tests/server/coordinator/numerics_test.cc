// What the coordinator keeps of the numerics of results.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/limits.h"
#include "tests/testing/coordinator_fixture.h"
#include "tests/testing/status_matchers.h"

namespace fathom::server {
namespace {

using ::fathom::test::CoordinatorTest;
using ::fathom::test::SmallSpec;
using ::fathom::test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class NumericsTest : public CoordinatorTest {
 protected:
  void HelloOf(ConnectionId connection, const std::string& session,
               const std::string& numerics) {
    v1::WorkerMessage hello;
    hello.mutable_hello()->set_protocol_version(kProtocolVersion);
    hello.mutable_hello()->set_session_id(session);
    hello.mutable_hello()->set_worker("worker-" + session);
    hello.mutable_hello()->set_slots(1);
    hello.mutable_hello()->set_numerics(numerics);
    Receive(connection, hello);
  }

  std::vector<std::string> Mixed() {
    std::vector<std::string> messages;
    for (const InsertEvent& event : Writes<InsertEvent>()) {
      if (event.kind == "numerics_mixed") messages.push_back(event.message);
    }
    return messages;
  }
};

TEST_F(NumericsTest, ASweepKeepsTheStringsOfItsResultsAscending) {
  Start();
  HelloOf(1, "a", "k2");
  HelloOf(2, "b", "k1");
  Create(SmallSpec(8));
  Demand(1, 4);
  Demand(2, 4);
  ASSERT_THAT(Leases(1), SizeIs(1));
  ASSERT_THAT(Leases(2), SizeIs(1));
  const v1::Lease first = Leases(1)[0];
  const v1::Lease second = Leases(2)[0];
  EXPECT_THAT(coordinator_->GetRunningSweep(1)->numerics(), IsEmpty());

  Finish(1, 1, first, first.trials(0).first_index());
  Finish(1, 2, first, first.trials(0).first_index() + 1);
  EXPECT_THAT(coordinator_->GetRunningSweep(1)->numerics(), ElementsAre("k2"));
  EXPECT_THAT(Writes<InsertSweepNumerics>(), SizeIs(1));
  EXPECT_THAT(Mixed(), IsEmpty());

  Finish(2, 1, second, second.trials(0).first_index());
  Finish(2, 2, second, second.trials(0).first_index() + 1);
  EXPECT_THAT(coordinator_->GetRunningSweep(1)->numerics(),
              ElementsAre("k1", "k2"));
  EXPECT_THAT(Writes<InsertSweepNumerics>(), SizeIs(2));
  ASSERT_THAT(Mixed(), SizeIs(1));  // Said once.
  EXPECT_THAT(Mixed()[0], HasSubstr("first result of k1, by worker worker-b"));
}

// A worker may have several engines; its session is known by one of them.
TEST_F(NumericsTest, AResultThatSaysItsNumericsHasThose) {
  Start();
  HelloOf(1, "a", "k2");
  Create(SmallSpec(8));
  Demand(1, 4);
  const v1::Lease lease = Leases(1).at(0);
  v1::WorkerMessage message;
  message.set_sequence(1);
  v1::Report& report = *message.mutable_report();
  report.set_lease_id(lease.lease_id());
  report.set_sweep_id(1);
  v1::TrialResult& result = *report.add_results();
  result.set_trial_index(lease.trials(0).first_index());
  result.set_attempt(1);
  result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
  result.set_numerics("net/f32");
  Receive(1, message);
  EXPECT_THAT(coordinator_->GetRunningSweep(1)->numerics(),
              ElementsAre("net/f32"));
  EXPECT_EQ(Writes<InsertSweepNumerics>().at(0).numerics, "net/f32");
}

// One worker cannot fill the list with names that it makes up.
TEST_F(NumericsTest, ResultsOfTooManyKindsEndTheStreamThatBringsThem) {
  Start();
  HelloOf(1, "a", "k2");
  Create(SmallSpec(400));
  Demand(1, kMaxNumericsPerSweep + 1);
  const v1::Lease lease = Leases(1).at(0);
  ASSERT_GT(lease.trials(0).count(), kMaxNumericsPerSweep);
  v1::WorkerMessage message;
  message.set_sequence(1);
  v1::Report& report = *message.mutable_report();
  report.set_lease_id(lease.lease_id());
  report.set_sweep_id(1);
  for (int i = 0; i <= kMaxNumericsPerSweep; ++i) {
    v1::TrialResult& result = *report.add_results();
    result.set_trial_index(lease.trials(0).first_index() + i);
    result.set_attempt(1);
    result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
    result.set_numerics(absl::StrCat("made up ", i));
  }
  Receive(1, message);
  EXPECT_THAT(closes_[1], StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(coordinator_->GetRunningSweep(1)->numerics(), IsEmpty());
}

TEST_F(NumericsTest, AFailedTrialHasNoNumerics) {
  Start();
  HelloOf(1, "a", "k2");
  Create(SmallSpec(2));
  Demand(1, 2);
  ASSERT_THAT(Leases(1), SizeIs(1));
  Finish(1, 1, Leases(1)[0], 0, 1, v1::TRIAL_STATE_FAILED);
  EXPECT_THAT(Writes<InsertSweepNumerics>(), IsEmpty());
}

}  // namespace
}  // namespace fathom::server
