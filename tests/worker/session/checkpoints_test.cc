// When the lanes of a bundle are written down, and what becomes of the states.
#include "worker/session/checkpoints.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "tests/worker/session/checkpoint_fixture.h"

namespace fathom::worker {
namespace {

using test::DigestOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const grpc::Status kNoPlace = {grpc::StatusCode::RESOURCE_EXHAUSTED, "full"};

class CheckpointsTest : public test::CheckpointTest {
 protected:
  // Each step takes a second, and lets the states arrive that are on their way.
  void Tick() {
    ++clock_;
    Settle();
  }

  // Each step after the first, before which there is nothing to keep, takes as
  // long as the interval.
  void Leap() {
    if (++steps_ > 1) clock_ += 10;
  }

  std::vector<int64_t> StepsPut(int64_t trial) {
    std::vector<int64_t> steps;
    for (const v1::CheckpointPiece& put : service_.puts()) {
      if (put.checkpoint().trial_index() == trial) {
        steps.push_back(put.checkpoint().step());
      }
    }
    return steps;
  }

  static int CheckpointsIn(const std::vector<v1::WorkerMessage>& messages) {
    int count = 0;
    for (const v1::WorkerMessage& message : messages) {
      for (const v1::TrialCheckpoint& told : message.report().checkpoints()) {
        count += told.digest().empty() ? 0 : 1;
      }
    }
    return count;
  }

  int steps_ = 0;
};

TEST_F(CheckpointsTest, EveryIntervalTheStatesArePutAndThenReported) {
  engine_.before_step = [&] { Tick(); };
  ASSERT_TRUE(Run());
  // The clock is put on before each step, and there are 51 of them.
  for (const int64_t trial : {0, 1}) {
    EXPECT_THAT(StepsPut(trial), ElementsAre(9, 19, 29, 39, 49)) << trial;
  }
  EXPECT_EQ(engine_.written, 10);
  const std::vector<v1::CheckpointPiece> puts = service_.puts();
  size_t reported = 0;
  for (const v1::WorkerMessage& message : Messages()) {
    for (const v1::TrialCheckpoint& told : message.report().checkpoints()) {
      if (told.digest().empty()) continue;
      EXPECT_EQ(message.report().lease_id(), kLease);
      EXPECT_EQ(message.report().sweep_id(), 3);
      ASSERT_LT(reported, puts.size());
      const v1::CheckpointPiece& put = puts[reported++];
      EXPECT_EQ(told.SerializeAsString(), put.checkpoint().SerializeAsString());
      EXPECT_EQ(put.session_id(), "session");
      EXPECT_EQ(put.lease_id(), kLease);
      EXPECT_EQ(put.sweep_id(), 3);
      EXPECT_EQ(told.attempt(), 4);
      EXPECT_EQ(told.numerics(), engine_.numerics());
      EXPECT_EQ(told.digest(), DigestOf(engine_.StateAt(told.step())));
    }
  }
  EXPECT_EQ(reported, 10u);
}

// Otherwise an attempt that goes on from there would lack points, or have them
// twice.
TEST_F(CheckpointsTest, TheChunksThatACheckpointCountsHoldThePointsBeforeIt) {
  engine_.before_step = [&] { Tick(); };
  ASSERT_TRUE(Run());
  std::map<int64_t, std::vector<v1::TrialPoints>> chunks;
  int checkpoints = 0;
  std::vector<v1::TrialCheckpoint> told;
  std::map<int64_t, v1::TrialCheckpoint> announced;
  for (const v1::WorkerMessage& message : Messages()) {
    for (const v1::TrialPoints& chunk : message.report().points()) {
      EXPECT_EQ(chunk.chunk(), chunks[chunk.trial_index()].size());
      chunks[chunk.trial_index()].push_back(chunk);
    }
    for (const v1::TrialCheckpoint& checkpoint :
         message.report().checkpoints()) {
      const int64_t trial = checkpoint.trial_index();
      EXPECT_GE(checkpoint.step(), 1);
      if (checkpoint.digest().empty()) {
        // Right behind the points before it.
        EXPECT_EQ(checkpoint.chunks(), chunks[trial].size());
        announced[trial] = checkpoint;
        continue;
      }
      ++checkpoints;
      EXPECT_EQ(checkpoint.step(), announced[trial].step());
      EXPECT_EQ(checkpoint.chunks(), announced[trial].chunks());
      told.push_back(checkpoint);
    }
  }
  EXPECT_EQ(checkpoints, 10);
  for (const v1::TrialCheckpoint& checkpoint : told) {
    const auto& of = chunks[checkpoint.trial_index()];
    const auto count = static_cast<size_t>(checkpoint.chunks());
    int64_t before = 0;
    for (size_t i = 0; i < of.size(); ++i) {
      for (const int64_t step : of[i].steps()) {
        EXPECT_EQ(step < checkpoint.step(), i < count) << step;
        before += i < count;
      }
    }
    EXPECT_EQ(before, checkpoint.step());
  }
}

// A coordinator takes an announcement of step 0 for a mistake.
TEST_F(CheckpointsTest, BeforeTheFirstStepThereIsNothingToKeep) {
  engine_.before_step = [&] {
    if (++steps_ == 1) clock_ += 10;
  };
  ASSERT_TRUE(Run());
  EXPECT_EQ(engine_.written, 2);
  for (const v1::WorkerMessage& message : Messages()) {
    EXPECT_THAT(message.report().checkpoints(), IsEmpty());
  }
}

TEST_F(CheckpointsTest, WithoutAnIntervalNothingIsWritten) {
  options_.every = absl::InfiniteDuration();
  engine_.before_step = [&] { clock_ += 1'000'000; };
  ASSERT_TRUE(Run());
  EXPECT_EQ(engine_.written, 0);
}

// The compute thread waits for no network, and what comes too late is not said.
TEST_F(CheckpointsTest, WhileStatesAreOnTheirWayTrainingGoesOnWithoutMore) {
  // The call that waits for it may last longer than the test.
  const auto go_on = std::make_shared<absl::Notification>();
  service_.before_put = [go_on](grpc::ServerContext&) {
    go_on->WaitForNotification();
    return grpc::Status::OK;
  };
  engine_.before_step = [&] { Leap(); };
  EXPECT_TRUE(Run());  // Though nothing has been answered.
  EXPECT_EQ(engine_.written, 2);
  go_on->Notify();
  checkpoints_.reset();
  EXPECT_EQ(CheckpointsIn(Messages()), 0);
}

TEST_F(CheckpointsTest, AnOlderCoordinatorIsAskedOnce) {
  service_.older = true;
  engine_.before_step = [&] {
    Leap();
    while (engine_.written > 0 && checkpoints_->enabled()) {
      std::this_thread::yield();
    }
  };
  EXPECT_TRUE(Run());
  EXPECT_EQ(engine_.written, 2);
  EXPECT_EQ(CheckpointsIn(Messages()), 0);
}

TEST_F(CheckpointsTest, TheCallBelongsToTheTraceOfTheLease) {
  lease_.set_traceparent(
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  std::string trace;
  service_.before_put = [&](grpc::ServerContext& context) {
    const auto found = context.client_metadata().find("traceparent");
    if (found != context.client_metadata().end()) {
      trace.assign(found->second.data(), found->second.size());
    }
    return grpc::Status::OK;
  };
  engine_.before_step = [&] {
    if (engine_.written == 0) Leap();
    Settle();
  };
  EXPECT_TRUE(Run());
  EXPECT_EQ(trace, lease_.traceparent());
}

TEST_F(CheckpointsTest, WhatFindsNoPlaceIsSentAgain) {
  int calls = 0;
  service_.before_put = [&](grpc::ServerContext&) {
    return ++calls == 1 ? kNoPlace : grpc::Status::OK;
  };
  engine_.before_step = [&] {
    if (engine_.written == 0) Leap();
    Settle();
  };
  EXPECT_TRUE(Run());
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(CheckpointsIn(Messages()), 2);
}

// A refusal is about this state: the next one is tried.
TEST_F(CheckpointsTest, WhatIsRefusedIsDropped) {
  int calls = 0;
  service_.before_put = [&](grpc::ServerContext&) {
    ++calls;
    return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "not yours");
  };
  engine_.before_step = [&] { Tick(); };
  EXPECT_TRUE(Run());
  EXPECT_EQ(calls, 10);
  EXPECT_EQ(CheckpointsIn(Messages()), 0);
}

TEST_F(CheckpointsTest, StatesAreSentInPieces) {
  engine_.state_bytes = (size_t{3} << 20) + 5;  // The coordinator checks them.
  engine_.before_step = [&] {
    if (engine_.written == 0) Leap();
    Settle();
  };
  EXPECT_TRUE(Run());
  EXPECT_EQ(CheckpointsIn(Messages()), 2);
}

// Lanes that found no room come first the next time.
TEST_F(CheckpointsTest, StatesThatWaitAreBoundedAndAllLanesHaveTheirTurn) {
  service_.spec = test::WrittenSpec(kSteps, 3);
  lease_.mutable_trials(0)->set_count(3);
  engine_.state_bytes = 1000;
  options_.most_bytes = 1500;
  std::atomic<bool> open = false;
  service_.before_put = [&](grpc::ServerContext&) {
    while (!open) std::this_thread::yield();
    return grpc::Status::OK;
  };
  engine_.before_step = [&] {
    open = true;
    Tick();
    open = false;
  };
  EXPECT_TRUE(Run());
  EXPECT_EQ(engine_.written, 15);
  EXPECT_THAT(StepsPut(0), ElementsAre(9, 39));
  EXPECT_THAT(StepsPut(1), ElementsAre(19, 49));
  EXPECT_THAT(StepsPut(2), ElementsAre(29));
}

TEST_F(CheckpointsTest, AWorkerThatStopsWritesItsLanesDownFirst) {
  options_.every = absl::Hours(1);
  engine_.before_step = [&] {
    if (++clock_ == 21) mailbox_->Stop();
  };
  EXPECT_FALSE(Run());
  EXPECT_THAT(StepsPut(0), ElementsAre(20));
  EXPECT_THAT(StepsPut(1), ElementsAre(20));
  const std::vector<v1::WorkerMessage> messages = Messages();
  // Two of them announce the checkpoints.
  ASSERT_THAT(messages, SizeIs(5));
  EXPECT_THAT(messages[0].report().points(), SizeIs(2));
  EXPECT_EQ(CheckpointsIn(messages), 2);
  EXPECT_THAT(messages[4].released().lease_ids(), ElementsAre(kLease));
}

// At the one moment at which the engine would not be asked again.
TEST_F(CheckpointsTest, AStopThatComesAfterTheQuestionIsHeardAStepLater) {
  options_.every = absl::Hours(1);
  engine_.before_keep_going = [&] {
    if (++clock_ == 21) mailbox_->Stop();
  };
  EXPECT_FALSE(Run());
  EXPECT_THAT(StepsPut(0), ElementsAre(21));
  EXPECT_EQ(CheckpointsIn(Messages()), 2);
}

TEST_F(CheckpointsTest, WhatHasHardlyTrainedIsNotWrittenDown) {
  options_.every = absl::Hours(1);
  int steps = 0;
  engine_.before_step = [&] {
    if (++steps == 20) mailbox_->Stop();  // The clock stands still.
  };
  EXPECT_FALSE(Run());
  EXPECT_EQ(engine_.written, 0);
  EXPECT_THAT(Messages().back().released().lease_ids(), ElementsAre(kLease));
}

TEST_F(CheckpointsTest, ARevokedLeaseIsNotWrittenDown) {
  options_.every = absl::Seconds(100);
  engine_.before_step = [&] {
    if (++clock_ != 21) return;
    Revoke();
    clock_ += 100;  // It would be due.
  };
  EXPECT_FALSE(Run());
  EXPECT_EQ(engine_.written, 0);
  EXPECT_THAT(Messages(), IsEmpty());
}

TEST_F(CheckpointsTest, AStopWaitsForASlowCoordinatorNoLongerThanItMay) {
  options_.every = absl::Hours(1);
  service_.before_put = [&](grpc::ServerContext& context) {
    while (!context.IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  engine_.before_step = [&] {
    if (++clock_ != 21) return;
    checkpoints_->StopBy(SteadyIn(absl::Milliseconds(50)));
    mailbox_->Stop();
  };
  EXPECT_FALSE(Run());
  EXPECT_EQ(engine_.written, 2);
  const std::vector<v1::WorkerMessage> messages = Messages();
  EXPECT_EQ(CheckpointsIn(messages), 0);
  EXPECT_THAT(messages.back().released().lease_ids(), ElementsAre(kLease));
}

// As much as waits at a time: the lanes wait for each other then.
TEST_F(CheckpointsTest, AStopWritesAllLanesDownThoughThereIsRoomForOne) {
  options_.every = absl::Hours(1);
  engine_.state_bytes = 1000;
  options_.most_bytes = 1500;
  engine_.before_step = [&] {
    if (++clock_ == 21) mailbox_->Stop();
  };
  EXPECT_FALSE(Run());
  EXPECT_EQ(CheckpointsIn(Messages()), 2);
}

}  // namespace
}  // namespace fathom::worker
