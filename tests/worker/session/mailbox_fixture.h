#ifndef FATHOM_TESTS_WORKER_SESSION_MAILBOX_FIXTURE_H_
#define FATHOM_TESTS_WORKER_SESSION_MAILBOX_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/within.h"
#include "worker/session/mailbox.h"

namespace fathom::test {

// A deadline far enough away for every machine.
inline const worker::SteadyTime kSoon = worker::SteadyIn(absl::Minutes(2));

// A mailbox of one slot, whose stream the test plays. What a test waits for
// comes, or the test fails and says what did not come.
class PlayedMailbox {
 public:
  explicit PlayedMailbox(int64_t max_bytes = int64_t{1} << 20,
                         std::unique_ptr<worker::Spool> spool = nullptr)
      : mailbox_(1, max_bytes, std::move(spool)) {}

  worker::Mailbox* operator->() { return &mailbox_; }
  worker::Mailbox& operator*() { return mailbox_; }

  // Begins a connection and welcomes it. Returns the leases that its Hello
  // names.
  std::vector<int64_t> Connect(absl::Duration period = absl::Hours(1)) {
    std::vector<int64_t> named = mailbox_.BeginConnection(kSoon);
    v1::CoordinatorMessage message;
    message.mutable_welcome()->mutable_heartbeat_period()->set_seconds(
        period / absl::Seconds(1));
    message.mutable_welcome()->mutable_heartbeat_period()->set_nanos(
        static_cast<int32_t>(period % absl::Seconds(1) / absl::Nanoseconds(1)));
    mailbox_.OnMessage(message);
    return named;
  }

  void Grant(int64_t id, const v1::Lease& lease = {}) {
    v1::CoordinatorMessage message;
    *message.mutable_lease() = lease;
    message.mutable_lease()->set_lease_id(id);
    mailbox_.OnMessage(message);
  }

  void Ack(int64_t sequence) {
    v1::CoordinatorMessage message;
    message.mutable_ack()->set_sequence(sequence);
    mailbox_.OnMessage(message);
  }

  // Returns the next message to send, or an empty message if there will be
  // none.
  v1::WorkerMessage Next() {
    const std::optional<v1::WorkerMessage> message = Within(
        "there is no next message", [&] { return mailbox_.NextMessage(); },
        [&] { GiveUp(); });
    EXPECT_TRUE(message.has_value()) << "nothing is left to send";
    return message.value_or(v1::WorkerMessage());
  }

  // Returns whether the stream is told to end.
  bool HasEnded() {
    return !Within(
                "the stream is not told to end",
                [&] { return mailbox_.NextMessage(); }, [&] { GiveUp(); })
                .has_value();
  }

  v1::WorkerMessage NextHeartbeat() {
    const std::optional<v1::WorkerMessage> message = Within(
        "there is no heartbeat", [&] { return mailbox_.NextHeartbeat(); },
        [&] { mailbox_.StopHeartbeats(); });
    EXPECT_TRUE(message.has_value());
    return message.value_or(v1::WorkerMessage());
  }

  // Joins the thread `slot`; `what` describes the failure when the thread does
  // not end.
  void Join(const std::string& what, std::thread& slot) {
    Within(
        what,
        [&] {
          slot.join();
          return true;
        },
        [&] { GiveUp(); });
  }

  // Lets a slot ask for a lease of `trials` trials and gives it the lease with
  // number `id`.
  std::shared_ptr<worker::HeldLease> TakeLease(int64_t id, int trials = 5,
                                               const v1::Lease& lease = {}) {
    std::shared_ptr<worker::HeldLease> held;
    std::thread slot([&] { held = mailbox_.WaitForLease(0, trials); });
    EXPECT_EQ(Next().demand().trials(), trials);
    Grant(id, lease);
    Join("the lease does not reach the slot", slot);
    if (held != nullptr) return held;
    ADD_FAILURE() << "the slot got no lease";
    return std::make_shared<worker::HeldLease>();
  }

  // Puts a report into the mailbox, and waits while the mailbox is full.
  void Put(v1::Report report) {
    Within(
        "the mailbox has no room for a report",
        [&] {
          mailbox_.PutReport(std::move(report));
          return true;
        },
        [&] { mailbox_.Stop(); });
  }

 private:
  void GiveUp() {
    mailbox_.Stop();
    mailbox_.OnBroken();
  }

  worker::Mailbox mailbox_;
};

inline v1::Report ReportOn(int64_t lease_id, const std::string& text = "") {
  v1::Report report;
  report.set_lease_id(lease_id);
  report.add_results()->set_error(text);
  return report;
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_SESSION_MAILBOX_FIXTURE_H_
