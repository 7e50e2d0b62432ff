#include "server/api/read_pool.h"

#include <atomic>
#include <memory>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "tests/testing/within.h"

namespace fathom {
namespace {

TEST(ReadPoolTest, WhatDoesNotFitIntoTheQueueIsRefusedAndNeverRun) {
  constexpr int kThreads = 2, kCapacity = 3;
  absl::Notification go;
  std::atomic<int> run = 0;
  bool refused_ran = false;
  {
    ReadPool pool(kThreads, kCapacity);
    absl::BlockingCounter busy(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      ASSERT_TRUE(pool.Post([&] {
        busy.DecrementCount();
        go.WaitForNotification();
        ++run;
      }));
    }
    busy.Wait();  // Both threads are at work; the queue is empty.
    for (int i = 0; i < kCapacity; ++i) {
      EXPECT_TRUE(pool.Post([&] { ++run; })) << i;
    }
    EXPECT_FALSE(pool.Post([&] { refused_ran = true; }));
    EXPECT_FALSE(pool.Post([&] { refused_ran = true; }));
    go.Notify();
  }  // Runs what was accepted.
  EXPECT_EQ(run, kThreads + kCapacity);
  EXPECT_FALSE(refused_ran);
}

TEST(ReadPoolTest, APlaceInTheQueueIsFreeOnceItsTaskHasBegun) {
  ReadPool pool(1, 1);
  for (int i = 0; i < 100; ++i) {
    absl::Notification begun;
    ASSERT_TRUE(pool.Post([&] { begun.Notify(); })) << i;
    EXPECT_TRUE(begun.WaitForNotificationWithTimeout(test::kPatience));
  }
}

TEST(ReadPoolTest, AsManyTasksAsThreadsRunAtATime) {
  ReadPool pool(3, 10);
  auto* together = new absl::Barrier(3);
  absl::Notification done;
  std::atomic<int> ended = 0;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pool.Post([&] {
      // Only when all three have come this far.
      if (together->Block()) delete together;
      if (++ended == 3) done.Notify();
    }));
  }
  EXPECT_TRUE(done.WaitForNotificationWithTimeout(test::kPatience));
}

}  // namespace
}  // namespace fathom
