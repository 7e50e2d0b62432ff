// A whole worker against a coordinator that is played by the test.
#include "worker/session/worker.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "proto/shared/protocol.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/session/played_coordinator.h"
#include "worker/engine/engines.h"
#include "worker/session/lease_size.h"

namespace fathom::worker {
namespace {

using test::Connection;
using test::kAway;
using test::PlayedCoordinator;
using test::RunToEnd;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(WorkerTest, IntroducesItselfAndStaysTheSameSession) {
  std::vector<v1::Hello> hellos;
  const auto greet = [&](Connection& c) {
    hellos.push_back(c.Welcome());
    c.Read();
    return kAway;
  };
  PlayedCoordinator coordinator({greet, greet});
  Worker worker(coordinator.Channel(), {.name = "kepler", .slots = 3});
  EXPECT_THAT(RunToEnd(worker),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(hellos, SizeIs(2));
  for (const v1::Hello& hello : hellos) {
    EXPECT_EQ(hello.protocol_version(), kProtocolVersion);
    EXPECT_EQ(hello.worker(), "kepler");
    EXPECT_EQ(hello.slots(), 3);
    EXPECT_EQ(hello.numerics(), SessionNumerics(AllEngines()));
    EXPECT_THAT(hello.program_version(), StartsWith(FATHOM_VERSION));
    EXPECT_THAT(hello.held_lease_ids(), IsEmpty());
    EXPECT_THAT(hello.session_id(), SizeIs(32));
    EXPECT_EQ(hello.session_id(), hellos[0].session_id());
  }
  PlayedCoordinator again({greet});
  Worker other(again.Channel(), {.name = "kepler"});
  EXPECT_FALSE(RunToEnd(other).ok());
  EXPECT_NE(hellos[2].session_id(), hellos[0].session_id());
}

// Connecting again helps with everything else.
TEST(WorkerTest, OnlyARefusalEndsIt) {
  const std::vector<grpc::StatusCode> refusals = {
      grpc::StatusCode::FAILED_PRECONDITION, grpc::StatusCode::INVALID_ARGUMENT,
      grpc::StatusCode::UNAUTHENTICATED, grpc::StatusCode::PERMISSION_DENIED,
      grpc::StatusCode::UNIMPLEMENTED};
  for (int code = 1; code <= 16; ++code) {
    const auto ending = static_cast<grpc::StatusCode>(code);
    const bool ends =
        std::find(refusals.begin(), refusals.end(), ending) != refusals.end();
    PlayedCoordinator coordinator({[ending](Connection& c) {
      c.Welcome();
      return grpc::Status(ending, "the reason");
    }});
    Worker worker(coordinator.Channel(), {.name = "w"});
    const absl::Status status = RunToEnd(worker);
    EXPECT_EQ(status.message(), ends ? "the reason" : "one connection too many")
        << code;
  }
}

TEST(WorkerTest, EverySlotAsksForAProbe) {
  std::vector<v1::WorkerMessage> demands;
  PlayedCoordinator coordinator({[&](Connection& c) {
    c.Welcome();
    for (int slot = 0; slot < 3; ++slot) demands.push_back(c.Read());
    return kAway;
  }});
  Worker worker(coordinator.Channel(), {.name = "w", .slots = 3});
  EXPECT_FALSE(RunToEnd(worker).ok());
  ASSERT_THAT(demands, SizeIs(3));
  for (const v1::WorkerMessage& message : demands) {
    EXPECT_EQ(message.demand().trials(), kLeastLeaseTrials);
  }
}

TEST(WorkerTest, WhatItAsksAboutALeaseBelongsToItsTrace) {
  const std::string trace =
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  // Another program may name something that is none, which no call could carry.
  for (const std::string& named : {trace, std::string("x\ny"), std::string()}) {
    PlayedCoordinator coordinator({[&](Connection& c) {
      c.Welcome();
      c.Read();
      c.Grant(7, named);
      EXPECT_TRUE(c.Read().has_report());
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "enough");
    }});
    coordinator.spec_trace = "not asked";
    Worker worker(coordinator.Channel(), {.name = "w"});
    EXPECT_FALSE(RunToEnd(worker).ok());
    EXPECT_EQ(coordinator.spec_trace, named == trace ? trace : "");
  }
}

TEST(WorkerTest, ItMeasuresItsMachineOnce) {
  int measured = 0;
  double told = 0;
  const auto listen = [&](Connection& c) {
    c.Welcome(absl::Milliseconds(1));
    c.Read();
    c.Grant(7);
    told = c.ReadHeartbeat().telemetry().peak_flops_per_second();
    return kAway;
  };
  const auto again = [&](Connection& c) {
    c.Welcome(absl::Milliseconds(1));
    EXPECT_EQ(c.ReadHeartbeat().telemetry().reconnections(), 1);
    return kAway;
  };
  PlayedCoordinator coordinator({listen, again});
  coordinator.MakeEndless();
  Worker worker(coordinator.Channel(), {.name = "w", .measure_peak = [&] {
                                          ++measured;
                                          return 2e9;
                                        }});
  EXPECT_FALSE(RunToEnd(worker).ok());
  EXPECT_EQ(measured, 1);
  EXPECT_EQ(told, 2e9);
}

TEST(WorkerTest, WhatWasNotAcknowledgedIsSaidAgainAndItsLeaseNamed) {
  v1::WorkerMessage first, again;
  std::vector<int64_t> named;
  PlayedCoordinator coordinator({[&](Connection& c) {
                                   c.Welcome();
                                   c.Read();
                                   c.Grant(7);
                                   first = c.Read();
                                   return kAway;
                                 },
                                 [&](Connection& c) {
                                   const v1::Hello hello = c.Welcome();
                                   named.assign(hello.held_lease_ids().begin(),
                                                hello.held_lease_ids().end());
                                   again = c.Read();
                                   return kAway;
                                 }});
  Worker worker(coordinator.Channel(), {.name = "w"});
  EXPECT_FALSE(RunToEnd(worker).ok());
  EXPECT_EQ(first.sequence(), 1);
  EXPECT_THAT(first.report().results(), SizeIs(2));
  EXPECT_EQ(first.report().lease_id(), 7);
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  EXPECT_THAT(named, ElementsAre(7));
}

TEST(WorkerTest, ADrainedWorkerHandsOverAndEndsWell) {
  std::unique_ptr<Worker> worker;
  int results = 0;
  const auto serve = [&](Connection& c) {
    for (v1::WorkerMessage m = c.Read(); m.sequence() > 0; m = c.Read()) {
      results += m.report().results_size();
      c.Ack(m.sequence());
    }
    return grpc::Status::OK;
  };
  PlayedCoordinator coordinator({[&](Connection& c) {
                                   c.Welcome();
                                   c.Read();
                                   worker->Drain();
                                   c.Grant(7);
                                   return serve(c);
                                 },
                                 // The lease may come when the goodbye is on
                                 // its way: then it is handed back here.
                                 [&](Connection& c) {
                                   c.Welcome();
                                   return serve(c);
                                 }});
  worker = std::make_unique<Worker>(coordinator.Channel(),
                                    Worker::Options{.name = "w"});
  EXPECT_OK(RunToEnd(*worker));
  // Drained before the lease came: it is handed back, or finished.
  EXPECT_THAT(results, ::testing::AnyOf(0, 2));
}

TEST(WorkerTest, AnIdleWorkerThatIsDrainedSaysGoodbyeOnce) {
  std::unique_ptr<Worker> worker;
  PlayedCoordinator coordinator({[&](Connection& c) {
    c.Welcome();
    c.Read();  // The demand, which is not answered.
    worker->Drain();
    EXPECT_EQ(c.Read().body_case(), v1::WorkerMessage::BODY_NOT_SET);
    return grpc::Status::OK;
  }});
  worker = std::make_unique<Worker>(coordinator.Channel(),
                                    Worker::Options{.name = "w"});
  EXPECT_OK(RunToEnd(*worker));  // Another connection would be refused.
}

TEST(WorkerTest, AStoppedWorkerSaysSoGivesBackWhatItHasAndEndsWell) {
  std::unique_ptr<Worker> worker;
  std::vector<v1::WorkerMessage> last;
  PlayedCoordinator coordinator({[&](Connection& c) {
    c.Welcome(absl::Milliseconds(5));
    c.Read();
    c.Grant(7);
    const v1::Heartbeat at_work = c.ReadHeartbeat();
    EXPECT_EQ(at_work.progress(0).lease_id(), 7);
    std::thread([&] { worker->Stop(); }).join();
    for (v1::WorkerMessage m = c.Read(); m.body_case() != 0; m = c.Read()) {
      last.push_back(m);
      if (m.sequence() > 0) c.Ack(m.sequence());
    }
    return grpc::Status::OK;
  }});
  coordinator.MakeEndless();
  worker = std::make_unique<Worker>(coordinator.Channel(),
                                    Worker::Options{.name = "w"});
  EXPECT_OK(RunToEnd(*worker));
  bool leaving = false, released = false;
  for (const v1::WorkerMessage& message : last) {
    leaving |= message.has_leaving();
    if (!message.has_released()) continue;
    EXPECT_TRUE(leaving) << "asks for more while it goes";
    EXPECT_THAT(message.released().lease_ids(), ElementsAre(7));
    EXPECT_THAT(message.released().declined(), IsEmpty());
    released = true;
  }
  EXPECT_TRUE(released);
}

// A lease may have been granted and lost on its way. Unless the worker says
// once more that it has none, it stays open, and its trials count as lost.
TEST(WorkerTest, AStoppedWorkerSaysWhatItHasWhenADemandWasCutOff) {
  std::unique_ptr<Worker> worker;
  v1::Hello last;
  PlayedCoordinator coordinator({[&](Connection& c) {
                                   c.Welcome();
                                   c.Read();  // The demand.
                                   worker->Stop();
                                   return kAway;
                                 },
                                 [&](Connection& c) {
                                   last = c.Welcome();
                                   c.Read();
                                   return grpc::Status::OK;
                                 }});
  worker = std::make_unique<Worker>(coordinator.Channel(),
                                    Worker::Options{.name = "w"});
  EXPECT_OK(RunToEnd(*worker));
  EXPECT_EQ(coordinator.left(), 0u);
  EXPECT_EQ(last.worker(), "w");
  EXPECT_THAT(last.held_lease_ids(), IsEmpty());
}

// It is a courtesy: nothing of its own is lost.
TEST(WorkerTest, ThatNobodyIsThereToHearItIsNoError) {
  std::unique_ptr<Worker> worker;
  int calls = 0;
  std::deque<PlayedCoordinator::Part> parts = {[&](Connection& c) {
    c.Welcome();
    c.Read();
    worker->Stop();
    return kAway;
  }};
  for (int i = 0; i < 10'000; ++i) {
    parts.push_back([&](Connection&) {
      ++calls;
      return kAway;
    });
  }
  PlayedCoordinator coordinator(std::move(parts));
  worker = std::make_unique<Worker>(
      coordinator.Channel(),
      Worker::Options{.name = "w", .stop_grace = absl::Seconds(2)});
  EXPECT_OK(RunToEnd(*worker));
  EXPECT_GE(calls, 1);
  EXPECT_LT(calls, 60);  // And nobody is called all the time.
}

// Somebody waits at its terminal.
TEST(WorkerTest, AStoppedWorkerDoesNotWaitForEverForAnAnswer) {
  std::unique_ptr<Worker> worker;
  absl::Notification ended;
  PlayedCoordinator coordinator({[&](Connection& c) {
    c.Welcome(absl::Milliseconds(5));
    c.Read();
    c.Grant(7);
    c.ReadHeartbeat();
    worker->Stop();
    ended.WaitForNotificationWithTimeout(absl::Minutes(1));  // Never an Ack.
    return grpc::Status::OK;
  }});
  coordinator.MakeEndless();
  worker = std::make_unique<Worker>(
      coordinator.Channel(),
      Worker::Options{.name = "w", .stop_grace = absl::Milliseconds(200)});
  const absl::Status status = RunToEnd(*worker);
  ended.Notify();
  EXPECT_FALSE(status.ok());
}

TEST(WorkerTest, HeartbeatsTellHowFarItIs) {
  std::vector<int64_t> steps;
  PlayedCoordinator coordinator({[&](Connection& c) {
    c.Welcome(absl::Milliseconds(10));
    c.Read();
    c.Grant(7);
    while (steps.size() < 2 || steps.back() <= steps.front()) {
      const v1::Heartbeat heartbeat = c.ReadHeartbeat();
      if (heartbeat.progress().empty()) break;
      EXPECT_EQ(heartbeat.progress(0).lease_id(), 7);
      steps.push_back(heartbeat.progress(0).steps());
    }
    return kAway;
  }});
  coordinator.MakeEndless();
  Worker worker(coordinator.Channel(), {.name = "w"});
  EXPECT_FALSE(RunToEnd(worker).ok());
  ASSERT_THAT(steps, Not(IsEmpty()));
  EXPECT_THAT(steps.back(), Gt(steps.front()));
}

// In the process of its coordinator there is nobody to come back to.
TEST(WorkerTest, WithoutReconnectingTheFirstBreakIsTheEnd) {
  PlayedCoordinator coordinator({[](Connection& c) {
                                   c.Welcome();
                                   return kAway;
                                 },
                                 [](Connection& c) {
                                   c.Welcome();
                                   return kAway;
                                 }});
  Worker worker(coordinator.Channel(), {.name = "w", .reconnect = false});
  EXPECT_THAT(RunToEnd(worker), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(coordinator.left(), 1u);
}

TEST(WorkerTest, ACoordinatorThatDoesNotAnswerAtFirstIsGivenUp) {
  PlayedCoordinator coordinator({[](Connection& c) {
    c.Read();  // The Hello.
    c.Read();  // Until the worker goes.
    return grpc::Status::OK;
  }});
  Worker worker(coordinator.Channel(),
                {.name = "w", .connect_timeout = absl::Milliseconds(200)});
  EXPECT_THAT(RunToEnd(worker), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace fathom::worker
