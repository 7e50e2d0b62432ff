#include "client/scale/decision.h"

#include <set>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using State = BatchJob::State;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DecisionTest : public ::testing::Test {
 protected:
  // `count` jobs of this state; their ids go on from those that there are.
  void AddJobs(int count, State state) {
    for (int i = 0; i < count; ++i) {
      jobs_.push_back({absl::StrCat("7_", jobs_.size()), state});
    }
  }
  void SayHello(const std::string& job, int slots = 2, bool leaving = false) {
    v1::LoadWorker& worker = *load_.add_workers();
    worker.set_job_id(job.empty() ? "" : absl::StrCat("slurm:", job));
    worker.set_slots(slots);
    worker.set_connected(true);
    worker.set_leaving(leaving);
  }
  void SayHelloAll() {
    for (const BatchJob& job : jobs_) {
      if (job.state == State::kRunning) SayHello(job.id);
    }
  }
  // Work for this many slots.
  void SetWork(int64_t slots) {
    load_.set_pending_trials(slots == 0 ? 0 : 1'000'000);
    load_.set_slot_seconds(600.0 * static_cast<double>(slots));
  }
  ScaleDecision Next() { return Decide(load_, jobs_, limits_, now_, memory_); }

  v1::Load load_;
  std::vector<BatchJob> jobs_;
  ScaleLimits limits_{.max = 10, .backlog = 100, .slots = 2};
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  ScaleMemory memory_;
};

TEST_F(DecisionTest, StartsAsManyAsTheWorkTakes) {
  SetWork(0);
  EXPECT_EQ(Next().submit, 0);
  SetWork(7);
  EXPECT_EQ(Next().submit, 4);  // Of two slots.
  EXPECT_EQ(Next().wanted, 4);
  SetWork(1000);
  EXPECT_EQ(Next().submit, 10);  // Not more than there may be.
  limits_.min = 3;
  SetWork(0);
  EXPECT_EQ(Next().submit, 3);  // Not fewer than there have to be.
  limits_.backlog = 2;
  const ScaleDecision decision = Next();
  EXPECT_EQ(decision.submit, 2);
  EXPECT_THAT(decision.reason, HasSubstr("at most 2 may be queued at a time"));
}

TEST_F(DecisionTest, WhatIsThereOrOnItsWayIsNotStartedAgain) {
  SetWork(12);
  AddJobs(2, State::kRunning);
  SayHelloAll();
  AddJobs(1, State::kRunning);  // Has not said hello yet.
  AddJobs(1, State::kQueued);
  AddJobs(3, State::kOver);
  EXPECT_EQ(Next().submit, 2);
  SayHello("", 3);  // Somebody's own worker.
  EXPECT_EQ(Next().submit, 1);
  SayHello("", 64, /*leaving=*/true);
  EXPECT_EQ(Next().submit, 1);
}

TEST_F(DecisionTest, OnlyQueuedJobsAreCancelledTheLastOnesFirst) {
  SetWork(4);
  AddJobs(3, State::kRunning);
  SayHelloAll();
  AddJobs(3, State::kQueued);
  const ScaleDecision decision = Next();
  EXPECT_EQ(decision.submit, 0);
  EXPECT_THAT(decision.cancel, ElementsAre("7_5", "7_4", "7_3"));
  SetWork(8);
  EXPECT_THAT(Next().cancel, ElementsAre("7_5", "7_4"));
  SetWork(12);
  EXPECT_THAT(Next().cancel, IsEmpty());
}

TEST_F(DecisionTest, AWorkerThatLeavesIsReplacedOnceItIsWanted) {
  SetWork(2);
  AddJobs(1, State::kRunning);
  SayHello("7_0", 2, /*leaving=*/true);
  EXPECT_EQ(Next().submit, 1);
}

// All workers are away for a moment when the coordinator starts again.
TEST_F(DecisionTest, ACoordinatorThatCameBackIsNotFlooded) {
  SetWork(20);
  AddJobs(10, State::kRunning);
  SayHelloAll();
  EXPECT_EQ(Next().submit, 0);
  load_.clear_workers();
  for (int minute = 0; minute < 10; ++minute, now_ += absl::Minutes(1)) {
    EXPECT_EQ(Next().submit, 0) << minute;
    EXPECT_FALSE(Next().gave_up);
  }
  jobs_.clear();  // Until they really are gone.
  EXPECT_EQ(Next().submit, 10);
}

TEST_F(DecisionTest, StartsThatNeverSayHelloEndIt) {
  SetWork(20);
  limits_.max = 3;
  AddJobs(1, State::kRunning);
  EXPECT_EQ(Next().submit, 2);  // It has time.
  now_ += absl::Seconds(121);
  EXPECT_EQ(Next().wanted, 3);
  EXPECT_EQ(Next().submit, 2);  // Its place is taken.
  EXPECT_EQ(memory_.failed_starts, 1);
  EXPECT_EQ(Next().submit, 2);
  EXPECT_EQ(memory_.failed_starts, 1);  // Nor twice.
  // Two that ended before they were heard.
  jobs_ = {{"8_0", State::kRunning}, {"8_1", State::kRunning}};
  Next();
  jobs_ = {{"8_0", State::kOver}};
  const ScaleDecision decision = Next();
  EXPECT_TRUE(decision.gave_up);
  EXPECT_EQ(decision.submit, 0);
  EXPECT_THAT(decision.reason, HasSubstr("3 jobs in a row have run without"));
}

TEST_F(DecisionTest, OneThatSaysHelloClearsTheFailures) {
  SetWork(20);
  for (int i = 0; i < 2; ++i) {
    jobs_ = {{absl::StrCat("8_", i), State::kRunning}};
    Next();
    jobs_.clear();
    Next();
  }
  EXPECT_EQ(memory_.failed_starts, 2);
  jobs_ = {{"9_0", State::kRunning}};
  SayHello("9_0");
  EXPECT_FALSE(Next().gave_up);
  EXPECT_EQ(memory_.failed_starts, 0);
  // What left after it was heard is no failure.
  jobs_.clear();
  load_.clear_workers();
  Next();
  EXPECT_EQ(memory_.failed_starts, 0);
}

TEST_F(DecisionTest, ARefusalIsWaitedForLongerEachTime) {
  SetWork(2);
  std::vector<int64_t> waits;
  for (int i = 0; i < 9; ++i) {
    NoteSubmission(false, now_, memory_);
    waits.push_back(absl::ToInt64Seconds(memory_.not_before - now_));
    EXPECT_EQ(Next().submit, 0);
    EXPECT_THAT(Next().reason, HasSubstr("refused"));
    now_ = memory_.not_before;
    EXPECT_EQ(Next().submit, 1);
  }
  EXPECT_THAT(waits, ElementsAre(15, 30, 60, 120, 240, 480, 900, 900, 900));
  NoteSubmission(true, now_, memory_);
  EXPECT_EQ(Next().submit, 1);
  EXPECT_THAT(Next().reason, Not(HasSubstr("refused")));
}

// Whatever happens, there are never more than `max`, never more than `backlog`
// wait, what runs is left alone, and enough work in the end gets enough
// workers.
TEST_F(DecisionTest, LawsHoldForAnyHistory) {
  absl::BitGen random;
  for (int round = 0; round < 300; ++round) {
    jobs_.clear();
    load_.Clear();
    memory_ = {};
    limits_.max = absl::Uniform(random, 1, 12);
    limits_.min = absl::Uniform<int64_t>(random, 0, limits_.max + 1);
    limits_.backlog = absl::Uniform(random, 1, 6);
    int next = 0;
    for (int step = 0; step < 60; ++step, now_ += absl::Minutes(1)) {
      SetWork(absl::Uniform(random, 0, 30));
      const ScaleDecision decision = Next();
      std::set<std::string> cancelled(decision.cancel.begin(),
                                      decision.cancel.end());
      EXPECT_TRUE(decision.submit == 0 || cancelled.empty());
      EXPECT_GE(decision.wanted, limits_.min);
      EXPECT_LE(decision.wanted, limits_.max);
      int64_t queued = decision.submit, there = decision.submit;
      for (BatchJob& job : jobs_) {
        if (cancelled.contains(job.id)) {
          ASSERT_EQ(job.state, State::kQueued);
          job.state = State::kOver;
        }
        queued += job.state == State::kQueued;
        there += job.state != State::kOver;
      }
      EXPECT_TRUE(decision.submit == 0 || queued <= limits_.backlog);
      EXPECT_LE(there, limits_.max);
      for (int i = 0; i < decision.submit; ++i) {
        jobs_.push_back({absl::StrCat("j", next++), State::kQueued});
      }
      // The batch system goes on: jobs start, say hello, and end.
      load_.clear_workers();
      for (BatchJob& job : jobs_) {
        if (job.state == State::kQueued && absl::Bernoulli(random, 0.5)) {
          job.state = State::kRunning;
        } else if (job.state == State::kRunning &&
                   absl::Bernoulli(random, 0.1)) {
          job.state = State::kOver;
        }
        if (job.state == State::kRunning) SayHello(job.id);
      }
      if (absl::Bernoulli(random, 0.05)) memory_ = {};  // A restart.
    }
    ASSERT_EQ(memory_.failed_starts, 0);
    SetWork(limits_.max * 2);
    for (int step = 0; step < 60; ++step) {
      for (int i = static_cast<int>(Next().submit); i > 0; --i) {
        jobs_.push_back({absl::StrCat("j", next++), State::kQueued});
      }
      load_.clear_workers();
      for (BatchJob& job : jobs_) {
        if (job.state == State::kQueued) job.state = State::kRunning;
      }
      SayHelloAll();
    }
    EXPECT_EQ(load_.workers_size(), limits_.max);
  }
}

}  // namespace
}  // namespace fathom::client
