// Whom the coordinator blames when workers die: the trial or the machine.
#include "server/coordinator/hosts.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::CoordinatorTest;
using ::fathom::test::SmallSpec;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HostsTest : public CoordinatorTest {
 protected:
  // A worker on `host`, in a process of its own, asks for one trial.
  ConnectionId Ask(const std::string& host) {
    const ConnectionId connection = ++connections_;
    v1::WorkerMessage message;
    v1::Hello& hello = *message.mutable_hello();
    hello.set_protocol_version(kProtocolVersion);
    hello.set_session_id(absl::StrCat("session ", connection));
    hello.set_worker(absl::StrCat(host, "-", connection));
    hello.set_host(host);
    hello.set_slots(1);
    Receive(connection, message);
    Demand(connection, 1);
    return connection;
  }

  // The trial that the worker has been given last; -1: none.
  int64_t Given(ConnectionId connection) const {
    const std::vector<v1::Lease> leases = Leases(connection);
    return leases.empty() ? -1 : leases.back().trials(0).first_index();
  }

  void Die(ConnectionId connection) {
    coordinator_->OnDisconnected(connection, now_);
    Settle();
    Tick(absl::Seconds(31));
  }

  void Succeed(ConnectionId connection) {
    const v1::Lease lease = Leases(connection).back();
    Finish(connection, ++sequence_, lease, lease.trials(0).first_index(),
           lease.trials(0).attempt());
  }

  std::vector<InsertEvent> Events(const std::string& kind) const {
    std::vector<InsertEvent> found;
    for (const InsertEvent& event : Writes<InsertEvent>()) {
      if (event.kind == kind) found.push_back(event);
    }
    return found;
  }

  ConnectionId connections_ = 0;
  int64_t sequence_ = 0;
};

TEST_F(HostsTest, AHostThatAlwaysDiesFailsNoTrial) {
  Start();
  Create(SmallSpec(3));
  for (int death = 0; death < 50; ++death) Die(Ask("broken"));
  EXPECT_THAT(Writes<QuarantineTrial>(), IsEmpty());

  for (int trial = 0; trial < 3; ++trial) {
    const ConnectionId sound = Ask("sound");
    ASSERT_GE(Given(sound), 0);
    Succeed(sound);
  }
  EXPECT_EQ(LastProgress().succeeded(), 3);
}

TEST_F(HostsTest, PeopleAreToldOfAHostThatAlwaysDies) {
  Start();
  Create(SmallSpec(3));
  Die(Ask("broken"));
  Die(Ask("broken"));
  EXPECT_THAT(Events("host_suspected"), IsEmpty());
  Die(Ask("broken"));
  Die(Ask("broken"));
  ASSERT_THAT(Events("host_suspected"), SizeIs(1));
  EXPECT_THAT(Events("host_suspected")[0].message, HasSubstr("broken-3"));
}

TEST_F(HostsTest, WhatOneHostLostGoesToAnother) {
  Start();
  Create(SmallSpec(3));
  Die(Ask("a"));  // Trial 0.
  const ConnectionId other = Ask("b");
  EXPECT_EQ(Given(other), 0);
  // b holds it now; a gets what nobody has lost.
  EXPECT_EQ(Given(Ask("a")), 1);
}

TEST_F(HostsTest, WhatOneHostLostWaitsForAnotherThatIsThere) {
  Start();
  Create(SmallSpec(5));
  const ConnectionId busy = Ask("b");  // Trial 0.
  ASSERT_EQ(Given(busy), 0);
  for (int64_t lost = 1; lost < 5; ++lost) {
    const ConnectionId dying = Ask("a");
    coordinator_->OnDisconnected(dying, now_);
    // b stays alive all the time.
    for (int second = 0; second < 31; ++second) {
      Tick(absl::Seconds(1));
      v1::WorkerMessage heartbeat;
      heartbeat.mutable_heartbeat();
      Receive(busy, heartbeat);
    }
  }
  EXPECT_EQ(Given(Ask("a")), -1);  // It has lost all that is left.
  Succeed(busy);
  for (int64_t trial = 1; trial < 5; ++trial) {
    Demand(busy, 1);
    EXPECT_EQ(Given(busy), trial);
    Succeed(busy);
  }
  EXPECT_EQ(LastProgress().succeeded(), 5);
}

TEST_F(HostsTest, ATrialThatKillsOnSeveralHostsFails) {
  Start();
  Create(SmallSpec(1));
  Die(Ask("a"));
  Die(Ask("b"));
  EXPECT_THAT(Writes<QuarantineTrial>(), IsEmpty());
  Die(Ask("a"));
  ASSERT_THAT(Writes<QuarantineTrial>(), SizeIs(1));
  EXPECT_EQ(LastProgress().failed(), 1);
}

TEST_F(HostsTest, ATrialFailsThatKillsTheOnlyHostWhichRunsTheOthers) {
  Start();
  Create(SmallSpec(8));
  int deaths = 0;
  for (int turn = 0; turn < 40 && Writes<QuarantineTrial>().empty(); ++turn) {
    const ConnectionId worker = Ask("only");
    if (Given(worker) == 2) {
      Die(worker);
      ++deaths;
    } else if (Given(worker) >= 0) {
      Succeed(worker);
      coordinator_->OnDisconnected(worker, now_);
    }
  }
  EXPECT_EQ(deaths, 3);
  ASSERT_THAT(Writes<QuarantineTrial>(), SizeIs(1));
  EXPECT_EQ(Writes<QuarantineTrial>()[0].trial_index, 2);
}

// Nothing tells a trial that kills workers from a broken machine, and something
// must end.
TEST_F(HostsTest, TheOnlyTrialOnTheOnlyHostFailsInTheEnd) {
  Start();
  Create(SmallSpec(1));
  int deaths = 0;
  for (; deaths < 20 && Writes<QuarantineTrial>().empty(); ++deaths) {
    Die(Ask("only"));
  }
  EXPECT_EQ(deaths, Coordinator::Options().max_lost_on_one_host);
}

TEST_F(HostsTest, WorkersThatDoNotTellTheirHostAreTheirOwn) {
  v1::Hello hello;
  hello.set_worker("w1");
  const HostKey w1 = HostOf(hello);
  hello.set_worker("w2");
  EXPECT_NE(HostOf(hello), w1);
  hello.set_host("h");
  const HostKey host = HostOf(hello);
  hello.set_worker("w1");
  EXPECT_EQ(HostOf(hello), host);
}

TEST_F(HostsTest, AHostIsProvenFromATrialToTheNextLoss) {
  Hosts hosts;
  EXPECT_FALSE(hosts.Proven(1));
  EXPECT_EQ(hosts.Lost(1), 1);
  EXPECT_EQ(hosts.Lost(1), 2);
  hosts.Finished(1);
  EXPECT_TRUE(hosts.Proven(1));
  EXPECT_FALSE(hosts.Proven(2));
  hosts.LostAlone(1, 7, 3);
  hosts.LostAlone(1, 7, 3);
  EXPECT_FALSE(hosts.LostSeveral(1));
  hosts.LostAlone(1, 7, 4);
  EXPECT_TRUE(hosts.LostSeveral(1));
  hosts.Finished(1);
  EXPECT_FALSE(hosts.LostSeveral(1));
  EXPECT_EQ(hosts.Lost(1), 1);
  EXPECT_FALSE(hosts.Proven(1));
}

class StalledTest : public HostsTest {
 protected:
  void Heartbeat(ConnectionId connection, int64_t lease_id, int64_t steps) {
    v1::WorkerMessage message;
    v1::LeaseProgress& progress = *message.mutable_heartbeat()->add_progress();
    progress.set_lease_id(lease_id);
    progress.set_steps(steps);
    Receive(connection, message);
  }
};

TEST_F(StalledTest, ALeaseThatDoesNotMoveIsTakenBackFromALivingWorker) {
  Coordinator::Options options;
  options.stall_limit = absl::Minutes(5);
  Start({}, options);
  Create(SmallSpec(1));
  const ConnectionId hanging = Ask("a");
  const int64_t lease = Leases(hanging).at(0).lease_id();
  int64_t steps = 0;
  for (int second = 0; second < 600; second += 10) {
    Heartbeat(hanging, lease, ++steps);
    Tick(absl::Seconds(10));
  }
  EXPECT_THAT(Events("lease_stalled"), IsEmpty());
  for (int second = 0; second < 310; second += 10) {
    Heartbeat(hanging, lease, steps);
    Tick(absl::Seconds(10));
  }
  ASSERT_THAT(Events("lease_stalled"), SizeIs(1));
  EXPECT_EQ(std::count_if(messages_.begin(), messages_.end(),
                          [&](const Outgoing& out) {
                            return out.connection == hanging &&
                                   out.message.has_revoke();
                          }),
            1);
  EXPECT_FALSE(closes_.contains(hanging));
  EXPECT_EQ(Given(Ask("b")), 0);
}

TEST_F(StalledTest, AReportIsASignThatItMoves) {
  Coordinator::Options options;
  options.stall_limit = absl::Minutes(1);
  Start({}, options);
  Create(SmallSpec(20));
  Hello(1, "w");
  Demand(1, 20);
  const v1::Lease lease = Leases(1).at(0);
  for (int64_t trial = 0; trial < 19; ++trial) {
    Finish(1, trial + 1, lease, trial);
    Tick(absl::Seconds(25));
  }
  EXPECT_THAT(Events("lease_stalled"), IsEmpty());
}

}  // namespace
}  // namespace fathom::server
