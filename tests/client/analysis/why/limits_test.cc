#include "client/analysis/why/limits.h"

#include <vector>

#include "gtest/gtest.h"

namespace fathom::client {
namespace {

v1::Worker MakeWorker(int slots) {
  v1::Worker worker;
  worker.set_connected(true);
  worker.set_slots(slots);
  return worker;
}

// 10 trials of 100 steps: 4 are done, 2 leased.
SweepLook Look() {
  SweepLook look;
  look.sweep.set_sweep_id(3);
  look.sweep.set_state(v1::SWEEP_STATE_RUNNING);
  look.sweep.set_trial_count(10);
  look.sweep.set_weight(1);
  look.sweep.mutable_progress()->set_pending(4);
  look.sweep.mutable_progress()->set_leased(2);
  look.sweep.mutable_progress()->set_succeeded(4);
  look.sweep.mutable_progress()->set_fraction(0.5);
  look.total_steps = 1000;
  look.workers = {MakeWorker(2), MakeWorker(3)};
  return look;
}

void Decline(v1::Worker* worker, int64_t sweep) {
  worker->add_declined()->set_sweep_id(sweep);
}

TEST(LimitsTest, TrialsThatAreTrainedAreLimitedByTheWork) {
  EXPECT_EQ(FindLimit(Look()).limit, Limit::kWork);
  SweepLook unknown = Look();
  unknown.workers.reset();
  EXPECT_EQ(FindLimit(unknown).limit, Limit::kWork);
}

// Each change is stronger than those before it.
TEST(LimitsTest, TheFirstReasonThatHoldsIsGiven) {
  SweepLook look = Look();
  look.beside = 1;
  EXPECT_EQ(FindLimit(look).limit, Limit::kShared);
  look.sweep.mutable_progress()->set_pending(0);
  EXPECT_EQ(FindLimit(look).limit, Limit::kTail);
  look.sweep.mutable_progress()->set_leased(0);
  EXPECT_EQ(FindLimit(look).limit, Limit::kWaiting);
  look.outranking = 1;
  EXPECT_EQ(FindLimit(look).limit, Limit::kOutranked);
  Decline(&(*look.workers)[0], 3);
  EXPECT_EQ(FindLimit(look).limit, Limit::kOutranked);
  (*look.workers)[1].set_draining(true);
  EXPECT_EQ(FindLimit(look).limit, Limit::kLeaving);
  Decline(&(*look.workers)[1], 3);
  EXPECT_EQ(FindLimit(look).limit, Limit::kDeclined);
  (*look.workers)[0].set_connected(false);
  (*look.workers)[1].set_connected(false);
  EXPECT_EQ(FindLimit(look).limit, Limit::kNoWorkers);
  look.sweep.set_interrupted(true);
  EXPECT_EQ(FindLimit(look).limit, Limit::kUnattended);
  look.sweep.set_paused(true);
  EXPECT_EQ(FindLimit(look).limit, Limit::kPaused);
  look.sweep.set_unreadable("of another day");
  EXPECT_EQ(FindLimit(look).limit, Limit::kUnreadable);
  look.sweep.set_state(v1::SWEEP_STATE_CANCELLED);
  EXPECT_EQ(FindLimit(look).limit, Limit::kEnded);
}

TEST(LimitsTest, WorkersThatDeclinedAnotherSweepMayTakeThisOne) {
  SweepLook look = Look();
  Decline(&(*look.workers)[0], 4);
  EXPECT_EQ(FindLimit(look).slots, 5);
  Decline(&(*look.workers)[0], 3);
  const LimitFound found = FindLimit(look);
  EXPECT_EQ(found.slots, 3);
  EXPECT_EQ(found.declining, 1);
  EXPECT_EQ(found.connected, 2);
}

TEST(LimitsTest, TheRestFollowsFromThePaceAndFromTheSlots) {
  SweepLook look = Look();
  EXPECT_FALSE(FindLimit(look).rest_at_pace.has_value());
  look.window = 20;
  look.ended = 4;
  look.busy_seconds = 60;
  const LimitFound found = FindLimit(look);
  EXPECT_EQ(found.steps_left, 500);
  EXPECT_EQ(found.trials_per_second, 0.2);
  EXPECT_EQ(found.seconds_per_trial, 15);
  EXPECT_EQ(found.rest_at_pace, 25);  // 5 trials.
  EXPECT_EQ(found.rest_alone, 15);    // 5 * 15 s on 5 slots.
}

TEST(LimitsTest, TheShareIsThatOfTheWeights) {
  SweepLook look = Look();
  EXPECT_EQ(FindLimit(look).share, 1);
  look.beside = 2;
  look.weight_beside = 3;
  EXPECT_EQ(FindLimit(look).share, 0.25);
  look.outranking = 1;
  EXPECT_EQ(FindLimit(look).share, 0);
}

}  // namespace
}  // namespace fathom::client
