// What the time of day does to the timers of a worker. clock_gettime() is the
// one below in this program.
#include "worker/session/steady.h"

#include <dlfcn.h>

#include <atomic>
#include <ctime>
#include <optional>
#include <thread>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "worker/session/mailbox.h"

namespace {

std::atomic<int64_t> seconds_put_forward = 0;

}  // namespace

extern "C" int clock_gettime(clockid_t id, timespec* time) noexcept {
  using Function = int (*)(clockid_t, timespec*);
  static const auto real =
      reinterpret_cast<Function>(dlsym(RTLD_NEXT, "clock_gettime"));
  const int result = real(id, time);
  if (id == CLOCK_REALTIME) time->tv_sec += seconds_put_forward;
  return result;
}

namespace fathom::worker {
namespace {

// To a wait that ends by the time of day, a clock that is put back while it
// lasts is the same as one that was ahead when it began.
class SteadyTest : public ::testing::Test {
 protected:
  SteadyTest() {
    const absl::Time before = absl::Now();
    seconds_put_forward = 36'000;
    EXPECT_GT(absl::Now(), before + absl::Hours(9));
  }
  ~SteadyTest() override { seconds_put_forward = 0; }

  // Whether `wait` ends within a minute; else `unblock` ends it.
  template <typename Wait, typename Unblock>
  static bool Ends(Wait wait, Unblock unblock) {
    SteadyFlag ended;
    std::thread waiter([&] {
      wait();
      ended.Raise();
    });
    const bool in_time = ended.WaitUntil(SteadyIn(absl::Minutes(1)));
    if (!in_time) unblock();
    waiter.join();
    return in_time;
  }

  Mailbox mailbox_{1, int64_t{1} << 20};
};

TEST_F(SteadyTest, AHeartbeatIsNotLateWhenTheClockIsPutBack) {
  mailbox_.BeginConnection(kSteadyNever);
  v1::CoordinatorMessage welcome;
  welcome.mutable_welcome()->mutable_heartbeat_period()->set_nanos(1'000'000);
  mailbox_.OnMessage(welcome);
  std::optional<v1::WorkerMessage> heartbeat;
  EXPECT_TRUE(Ends([&] { heartbeat = mailbox_.NextHeartbeat(); },
                   [&] { mailbox_.StopHeartbeats(); }));
  ASSERT_TRUE(heartbeat.has_value());
}

TEST_F(SteadyTest, NeitherIsAPauseBetweenAttempts) {
  EXPECT_TRUE(Ends(
      [&] { EXPECT_TRUE(mailbox_.SleepUnlessStopping(absl::Milliseconds(1))); },
      [&] { mailbox_.Stop(); }));
}

TEST_F(SteadyTest, NorAConnectionThatNobodyAnswers) {
  mailbox_.BeginConnection(SteadyIn(absl::Milliseconds(1)));
  EXPECT_TRUE(Ends([&] { EXPECT_FALSE(mailbox_.NextMessage().has_value()); },
                   [&] { mailbox_.OnBroken(); }));
}

}  // namespace
}  // namespace fathom::worker
