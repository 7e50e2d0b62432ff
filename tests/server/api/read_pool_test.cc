#include "server/api/read_pool.h"

#include <string>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
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

}  // namespace
}  // namespace fathom
