#include "client/ui/data/jobs.h"

#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"

namespace fathom::client {
namespace {

// Keeps what pages are told.
class Told final : public EventSink {
 public:
  void JobProgressed(int64_t sweep_id, absl::string_view what,
                     double done) override {
    absl::MutexLock lock(&mutex_);
    absl::StrAppend(&text_, sweep_id, " ", what, " ", done, ";");
  }
  std::string text() {
    absl::MutexLock lock(&mutex_);
    return text_;
  }

 private:
  absl::Mutex mutex_;
  std::string text_;
};

constexpr absl::Duration kLong = absl::Seconds(60);

TEST(JobsTest, AJobIsRunOnceAndShowsWhatItHas) {
  Told told;
  int runs = 0;
  absl::Notification go_on;
  Jobs jobs(1, &told);
  const auto work = [&](Jobs::Control& control) -> absl::StatusOr<std::string> {
    ++runs;
    control.Publish(0.5, "half");
    go_on.WaitForNotification();
    return std::string("whole");
  };
  Jobs::Look look = jobs.Ask("a", 3, "density", work, kLong);
  EXPECT_EQ(*look.found, "half");
  EXPECT_EQ(look.done, 0.5);
  // Whoever waits for the end gets what there is when the patience is over.
  look = jobs.Ask("a", 3, "density", work, absl::Milliseconds(1), false);
  EXPECT_EQ(*look.found, "half");
  go_on.Notify();
  look = jobs.Ask("a", 3, "density", work, kLong, /*any_will_do=*/false);
  EXPECT_EQ(*look.found, "whole");
  EXPECT_EQ(look.done, 1);
  EXPECT_EQ(runs, 1);
  EXPECT_THAT(told.text(), testing::HasSubstr("3 density 0.5;"));
}

TEST(JobsTest, AnErrorIsToldOnceAndThenTheJobIsTriedAgain) {
  Jobs jobs(2, nullptr);
  int runs = 0;
  const auto work = [&](Jobs::Control&) -> absl::StatusOr<std::string> {
    if (++runs == 1) return absl::UnavailableError("gone");
    return std::string("back");
  };
  EXPECT_EQ(jobs.Ask("a", 1, "heat", work, kLong).status.message(), "gone");
  EXPECT_EQ(*jobs.Ask("a", 1, "heat", work, kLong).found, "back");
}

TEST(JobsTest, TooManyAreRefusedAndTheEndCancelsAll) {
  absl::Notification started;
  bool cancelled = false;
  {
    Jobs jobs(1, nullptr);
    jobs.Ask(
        "first", 1, "heat",
        [&](Jobs::Control& control) -> absl::StatusOr<std::string> {
          started.Notify();
          while (!control.IsCancelled()) std::this_thread::yield();
          cancelled = true;
          return absl::CancelledError("");
        },
        absl::ZeroDuration());
    started.WaitForNotification();
    absl::Status status;
    for (int i = 0; i < 100 && status.ok(); ++i) {
      status = jobs.Ask(
                       absl::StrCat(i), 1, "heat",
                       [](Jobs::Control&) -> absl::StatusOr<std::string> {
                         return std::string();
                       },
                       absl::ZeroDuration())
                   .status;
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_TRUE(cancelled);
}

TEST(JobsTest, WhatIsKeptIsBounded) {
  Jobs jobs(1, nullptr);
  int runs = 0;
  const auto ask = [&](int key) {
    return jobs.Ask(
        absl::StrCat(key), 1, "heat",
        [&](Jobs::Control&) -> absl::StatusOr<std::string> {
          ++runs;
          return std::string(8 << 20, 'x');
        },
        kLong);
  };
  for (int key = 0; key < 10; ++key) ask(key);
  EXPECT_EQ(runs, 10);
  ask(9);
  EXPECT_EQ(runs, 10);
  ask(0);
  EXPECT_EQ(runs, 11);
}

}  // namespace
}  // namespace fathom::client
