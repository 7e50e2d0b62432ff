#include "server/api/read_pool.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/within.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

// One name has all that it may have, for as long as it likes; another one must
// not notice.
TEST(ReadPool, OneNameCannotTakeAllThreads) {
  absl::Notification release;
  absl::Notification other_ran;
  ReadPool pool({.threads = 2, .waiting = 10, .threads_per_name = 1});
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(pool.Post([&] { release.WaitForNotification(); }, "greedy"));
  }
  ASSERT_OK(pool.Post([&] { other_ran.Notify(); }, "other"));
  EXPECT_TRUE(other_ran.WaitForNotificationWithTimeout(absl::Seconds(30)));
  release.Notify();
}

TEST(ReadPool, OneNameCannotTakeAllPlacesInTheQueue) {
  absl::Notification release;
  absl::BlockingCounter running(1);
  ReadPool pool({.threads = 1,
                 .waiting = 4,
                 .threads_per_name = 1,
                 .waiting_per_name = 2});
  ASSERT_OK(pool.Post(
      [&] {
        running.DecrementCount();
        release.WaitForNotification();
      },
      "greedy"));
  running.Wait();
  ASSERT_OK(pool.Post([] {}, "greedy"));
  ASSERT_OK(pool.Post([] {}, "greedy"));
  EXPECT_THAT(pool.Post([] {}, "greedy"),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("2 calls of greedy")));
  EXPECT_OK(pool.Post([] {}, "other"));
  EXPECT_OK(pool.Post([] {}, "another"));
  EXPECT_THAT(pool.Post([] {}, "late"),
              StatusIs(absl::StatusCode::kUnavailable));
  release.Notify();
}

// In order, and each name goes on when its last task has ended.
TEST(ReadPool, RunsWhatItAcceptedInOrderOfItsName) {
  std::vector<int> order;
  {
    ReadPool pool({.threads = 1, .waiting = 100, .threads_per_name = 1});
    for (int i = 0; i < 50; ++i) {
      ASSERT_OK(pool.Post([&order, i] { order.push_back(i); }, "name"));
    }
  }
  ASSERT_EQ(order.size(), 50u);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order[i], i);
}

TEST(ReadPool, NobodyInParticularMayHaveAllThreads) {
  absl::Notification met[2];
  ReadPool pool({.threads = 2, .waiting = 10, .threads_per_name = 1});
  for (int i = 0; i < 2; ++i) {
    ASSERT_OK(pool.Post([&met, i] {  // Ends when both run at a time.
      met[i].Notify();
      EXPECT_TRUE(met[1 - i].WaitForNotificationWithTimeout(absl::Seconds(30)));
    }));
  }
}

TEST(ReadPool, WhatDoesNotFitIntoTheQueueIsRefusedAndNeverRun) {
  constexpr int kThreads = 2, kCapacity = 3;
  absl::Notification go;
  std::atomic<int> run = 0;
  bool refused_ran = false;
  {
    ReadPool pool({.threads = kThreads, .waiting = kCapacity});
    absl::BlockingCounter busy(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      ASSERT_OK(pool.Post([&] {
        busy.DecrementCount();
        go.WaitForNotification();
        ++run;
      }));
    }
    busy.Wait();  // Both threads are at work; the queue is empty.
    for (int i = 0; i < kCapacity; ++i) {
      EXPECT_OK(pool.Post([&] { ++run; })) << i;
    }
    EXPECT_THAT(pool.Post([&] { refused_ran = true; }),
                StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_THAT(pool.Post([&] { refused_ran = true; }),
                StatusIs(absl::StatusCode::kUnavailable));
    go.Notify();
  }  // Runs what was accepted.
  EXPECT_EQ(run, kThreads + kCapacity);
  EXPECT_FALSE(refused_ran);
}

TEST(ReadPool, APlaceInTheQueueIsFreeOnceItsTaskHasBegun) {
  ReadPool pool({.threads = 1, .waiting = 1});
  for (int i = 0; i < 100; ++i) {
    absl::Notification begun;
    ASSERT_OK(pool.Post([&] { begun.Notify(); })) << i;
    EXPECT_TRUE(begun.WaitForNotificationWithTimeout(test::kPatience));
  }
}

TEST(ReadPool, AsManyTasksAsThreadsRunAtATime) {
  ReadPool pool({.threads = 3, .waiting = 10});
  auto* together = new absl::Barrier(3);
  absl::Notification done;
  std::atomic<int> ended = 0;
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(pool.Post([&] {
      // Only when all three have come this far.
      if (together->Block()) delete together;
      if (++ended == 3) done.Notify();
    }));
  }
  EXPECT_TRUE(done.WaitForNotificationWithTimeout(test::kPatience));
}

// The threads of a pool for readers give way to the rest of the process.
TEST(ReadPoolTest, ThreadsStandAsFarBackAsTheyAreTold) {
  const int own = getpriority(PRIO_PROCESS, 0);
  for (const int courtesy : {0, 3}) {
    int seen = -100;
    {
      ReadPool pool({.threads = 1, .waiting = 1, .courtesy = courtesy});
      ASSERT_OK(pool.Post([&] { seen = getpriority(PRIO_PROCESS, 0); }, ""));
    }
    EXPECT_EQ(seen, std::min(19, own + courtesy));
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), own);
  }
}

}  // namespace
}  // namespace fathom::server
