#include "worker/session/mailbox.h"

#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fathom {
namespace {

using ::testing::ElementsAre;

// Far enough for every machine.
const SteadyTime kSoon = SteadyIn(absl::Minutes(2));

// The stream's side, played by the test; a slot runs on a thread of its own.
class MailboxTest : public ::testing::Test {
 protected:
  void Connect() {
    mailbox_.BeginConnection(kSoon);
    v1::CoordinatorMessage message;
    message.mutable_welcome()->mutable_heartbeat_period()->set_seconds(3600);
    mailbox_.OnMessage(message);
  }

  void Grant(int64_t id) {
    v1::CoordinatorMessage message;
    message.mutable_lease()->set_lease_id(id);
    mailbox_.OnMessage(message);
  }

  void Ack(int64_t sequence) {
    v1::CoordinatorMessage message;
    message.mutable_ack()->set_sequence(sequence);
    mailbox_.OnMessage(message);
  }

  // Lets a slot ask for a lease and gives it number `id`.
  std::shared_ptr<HeldLease> TakeLease(int64_t id) {
    std::shared_ptr<HeldLease> held;
    std::thread slot([&] { held = mailbox_.WaitForLease(0, 5); });
    const std::optional<v1::WorkerMessage> demand = mailbox_.NextMessage();
    EXPECT_EQ(demand->demand().trials(), 5);
    Grant(id);
    slot.join();
    return held;
  }

  v1::Report ReportFor(int64_t lease_id) {
    v1::Report report;
    report.set_lease_id(lease_id);
    report.add_results();
    return report;
  }

  Mailbox mailbox_{1, int64_t{1} << 20};
};

TEST_F(MailboxTest, ADemandIsAnsweredWithALease) {
  Connect();
  EXPECT_EQ(TakeLease(7)->lease.lease_id(), 7);
}

TEST_F(MailboxTest, ReportsAreSentAgainUntilTheyAreAcknowledged) {
  Connect();
  auto held = TakeLease(7);
  mailbox_.PutReport(ReportFor(7));
  mailbox_.PutReport(ReportFor(7));
  EXPECT_EQ(mailbox_.NextMessage()->sequence(), 1);
  EXPECT_EQ(mailbox_.NextMessage()->sequence(), 2);
  Ack(1);
  mailbox_.OnBroken();
  EXPECT_FALSE(mailbox_.NextMessage().has_value());

  Connect();

  EXPECT_EQ(mailbox_.NextMessage()->sequence(), 2);
}

TEST_F(MailboxTest, AHelloNamesLeasesInWorkAndLeasesWithReportsUnderway) {
  Connect();
  auto held = TakeLease(7);
  mailbox_.PutReport(ReportFor(7));
  mailbox_.EndLease(*held, /*finished=*/true);
  EXPECT_TRUE(mailbox_.NextMessage()->has_report());
  auto next = TakeLease(8);
  EXPECT_THAT(mailbox_.BeginConnection(kSoon), ElementsAre(7, 8));
}

TEST_F(MailboxTest, ADemandIsRepeatedOnTheNextConnection) {
  Connect();
  std::thread slot([&] { mailbox_.WaitForLease(0, 5); });
  EXPECT_TRUE(mailbox_.NextMessage()->has_demand());
  mailbox_.OnBroken();
  Connect();
  EXPECT_TRUE(mailbox_.NextMessage()->has_demand());
  mailbox_.Stop();
  slot.join();
}

TEST_F(MailboxTest, WhatIsNotFinishedIsReleased) {
  Connect();
  auto held = TakeLease(7);
  mailbox_.Stop();
  EXPECT_TRUE(held->dropped);
  mailbox_.EndLease(*held, /*finished=*/false);
  EXPECT_TRUE(mailbox_.NextMessage()->has_leaving());
  const auto message = mailbox_.NextMessage();
  EXPECT_THAT(message->released().lease_ids(), ElementsAre(7));
  mailbox_.SlotEnded();
  EXPECT_FALSE(mailbox_.finished());
  Ack(message->sequence());
  EXPECT_TRUE(mailbox_.finished());
}

TEST_F(MailboxTest, ARevokedLeaseIsDroppedAndReportsOnItAreSwallowed) {
  Connect();
  auto held = TakeLease(7);
  v1::CoordinatorMessage revoke;
  revoke.mutable_revoke()->add_lease_ids(7);

  mailbox_.OnMessage(revoke);

  EXPECT_TRUE(held->dropped);
  mailbox_.PutReport(ReportFor(7));
  mailbox_.EndLease(*held, /*finished=*/false);
  mailbox_.Stop();
  mailbox_.SlotEnded();
  EXPECT_TRUE(mailbox_.finished());
}

TEST_F(MailboxTest, HeartbeatsBeginWithTheWelcomeThoughThereIsNothingToSay) {
  mailbox_.BeginConnection(kSoon);
  std::optional<v1::WorkerMessage> message;
  std::thread heart([&] { message = mailbox_.NextHeartbeat(); });
  v1::CoordinatorMessage welcome;
  welcome.mutable_welcome()->mutable_heartbeat_period()->set_nanos(1'000'000);

  mailbox_.OnMessage(welcome);

  heart.join();  // Would be two minutes without a heartbeat.
  EXPECT_TRUE(message->has_heartbeat());
  EXPECT_LT(SteadyNow(), kSoon);
}

TEST_F(MailboxTest, AConnectionWithoutAWelcomeIsGivenUp) {
  mailbox_.BeginConnection(SteadyNow());
  EXPECT_FALSE(mailbox_.NextMessage().has_value());
}

TEST_F(MailboxTest, ALeaseThatNobodyWaitsForIsReleased) {
  Connect();
  Grant(9);
  EXPECT_THAT(mailbox_.NextMessage()->released().lease_ids(), ElementsAre(9));
}

TEST_F(MailboxTest, AFullMailboxMakesTheSlotWait) {
  Mailbox small(1, /*max_bytes=*/1);
  v1::CoordinatorMessage lease;
  lease.mutable_lease()->set_lease_id(7);
  small.BeginConnection(kSoon);
  v1::CoordinatorMessage welcome;
  welcome.mutable_welcome()->mutable_heartbeat_period()->set_seconds(3600);
  small.OnMessage(welcome);
  std::thread slot([&] {
    auto held = small.WaitForLease(0, 1);
    small.PutReport(ReportFor(7));
    small.PutReport(ReportFor(7));  // Waits for the first to be acknowledged.
  });
  EXPECT_TRUE(small.NextMessage()->has_demand());
  small.OnMessage(lease);
  EXPECT_EQ(small.NextMessage()->sequence(), 1);
  v1::CoordinatorMessage ack;
  ack.mutable_ack()->set_sequence(1);
  small.OnMessage(ack);
  EXPECT_EQ(small.NextMessage()->sequence(), 2);
  slot.join();
}

// More than fits into memory, while nobody takes it.
TEST(SpoolingTest, SlotsGoOnWhileTheCoordinatorIsAwayAndAllComesInOrder) {
  constexpr int kReports = 200;
  Mailbox mailbox(1, /*max_bytes=*/1000,
                  std::make_unique<Spool>(::testing::TempDir(), 1 << 20));
  std::shared_ptr<HeldLease> held;
  v1::CoordinatorMessage welcome;
  welcome.mutable_welcome()->mutable_heartbeat_period()->set_seconds(3600);
  v1::CoordinatorMessage lease;
  lease.mutable_lease()->set_lease_id(7);
  mailbox.BeginConnection(kSoon);
  mailbox.OnMessage(welcome);
  std::thread slot([&] { held = mailbox.WaitForLease(0, 5); });
  EXPECT_TRUE(mailbox.NextMessage()->has_demand());
  mailbox.OnMessage(lease);
  slot.join();
  mailbox.OnBroken();

  // Would wait for ever without the spool: 200 x about 100 bytes.
  for (int i = 0; i < kReports; ++i) {
    v1::Report report;
    report.set_lease_id(7);
    report.set_sweep_id(i);
    report.add_results()->set_error(std::string(90, 'x'));
    mailbox.PutReport(std::move(report));
  }

  for (int connection = 0; connection < 2; ++connection) {
    mailbox.BeginConnection(kSoon);
    mailbox.OnMessage(welcome);
    for (int i = connection * 50; i < kReports; ++i) {
      const auto message = mailbox.NextMessage();
      ASSERT_TRUE(message.has_value() && message->has_report());
      EXPECT_EQ(message->sequence(), i + 1);
      EXPECT_EQ(message->report().sweep_id(), i);
      EXPECT_EQ(message->report().results(0).error(), std::string(90, 'x'));
    }
    v1::CoordinatorMessage ack;
    ack.mutable_ack()->set_sequence(connection == 0 ? 50 : kReports);
    mailbox.OnMessage(ack);
  }
}

// A disk that has forgotten some of what was written.
class ForgetfulSpool final : public Spool {
 public:
  ForgetfulSpool() : Spool(::testing::TempDir(), 1 << 20) {}
  absl::StatusOr<std::string> Read(int64_t offset,
                                   int64_t size) const override {
    if (offset >= end) return absl::InternalError("the spool ends too early");
    absl::StatusOr<std::string> bytes = Spool::Read(offset, size);
    if (changed) bytes->assign(bytes->size(), '\0');
    return bytes;
  }
  int64_t end = 0;
  bool changed = false;
};

class DamagedSpoolTest : public ::testing::Test {
 protected:
  DamagedSpoolTest() : mailbox_(1, /*max_bytes=*/1, Own(spool_)) {
    welcome_.mutable_welcome()->mutable_heartbeat_period()->set_seconds(3600);
    mailbox_.BeginConnection(kSoon);
    mailbox_.OnMessage(welcome_);
    std::thread slot([&] { held_ = mailbox_.WaitForLease(0, 5); });
    EXPECT_TRUE(mailbox_.NextMessage()->has_demand());
    v1::CoordinatorMessage lease;
    lease.mutable_lease()->set_lease_id(7);
    mailbox_.OnMessage(lease);
    slot.join();
    for (int i = 0; i < 3; ++i) {  // The first one stays in memory.
      v1::Report report;
      report.set_lease_id(7);
      report.add_results()->set_error("x");
      mailbox_.PutReport(std::move(report));
    }
    EXPECT_TRUE(mailbox_.NextMessage()->has_report());
  }

  static std::unique_ptr<Spool> Own(ForgetfulSpool*& spool) {
    auto owned = std::make_unique<ForgetfulSpool>();
    spool = owned.get();
    return owned;
  }

  // What cannot be read comes as the lease handed back, under its number.
  void ExpectHandedBack() {
    for (const int64_t sequence : {2, 3}) {
      const auto message = mailbox_.NextMessage();
      ASSERT_TRUE(message.has_value());
      EXPECT_EQ(message->sequence(), sequence);
      EXPECT_THAT(message->released().lease_ids(), ElementsAre(7));
    }
    EXPECT_TRUE(held_->dropped);
  }

  ForgetfulSpool* spool_ = nullptr;
  v1::CoordinatorMessage welcome_;
  Mailbox mailbox_;
  std::shared_ptr<HeldLease> held_;
};

TEST_F(DamagedSpoolTest, WhatCannotBeReadIsDroppedAndItsLeaseHandedBack) {
  ExpectHandedBack();
  // As it is on the next connection: the lease is named for the report that is
  // in memory.
  mailbox_.OnBroken();
  EXPECT_THAT(mailbox_.BeginConnection(kSoon), ElementsAre(7));
  mailbox_.OnMessage(welcome_);
  EXPECT_TRUE(mailbox_.NextMessage()->has_report());
  ExpectHandedBack();
}

TEST_F(DamagedSpoolTest, ChangedBytesAreNotSent) {
  spool_->end = 1 << 20;
  spool_->changed = true;
  ExpectHandedBack();
}

TEST_F(DamagedSpoolTest, TheSlotGoesOnAndTheWorkerCanEnd) {
  ExpectHandedBack();
  mailbox_.EndLease(*held_, /*finished=*/false);  // Is handed back already.
  v1::CoordinatorMessage ack;
  ack.mutable_ack()->set_sequence(3);
  mailbox_.OnMessage(ack);
  std::thread slot([&] { held_ = mailbox_.WaitForLease(0, 6); });
  EXPECT_EQ(mailbox_.NextMessage()->demand().trials(), 6);
  mailbox_.Stop();
  slot.join();
  EXPECT_EQ(held_, nullptr);
  mailbox_.SlotEnded();
  EXPECT_TRUE(mailbox_.finished());
}

// A disk on which every write takes until it is let go.
class StuckSpool final : public Spool {
 public:
  explicit StuckSpool(absl::Notification* go)
      : Spool(::testing::TempDir(), 1 << 20), go_(go) {}
  absl::StatusOr<int64_t> Append(absl::string_view bytes) override {
    stuck_.Notify();
    go_->WaitForNotification();
    return Spool::Append(bytes);
  }
  void WaitUntilStuck() { stuck_.WaitForNotification(); }

 private:
  absl::Notification* const go_;
  absl::Notification stuck_;
};

TEST(SpoolingTest, AStuckDiskDelaysNoHeartbeat) {
  absl::Notification go;
  auto owned = std::make_unique<StuckSpool>(&go);
  StuckSpool& spool = *owned;
  Mailbox mailbox(1, /*max_bytes=*/1, std::move(owned));
  v1::CoordinatorMessage welcome;
  welcome.mutable_welcome()->mutable_heartbeat_period()->set_nanos(1'000'000);
  v1::CoordinatorMessage lease;
  lease.mutable_lease()->set_lease_id(7);
  mailbox.BeginConnection(kSoon);
  mailbox.OnMessage(welcome);
  std::thread slot([&] {
    const auto held = mailbox.WaitForLease(0, 5);
    held->steps = 42;
    for (int i = 0; i < 2; ++i) {  // The second one goes to the disk.
      v1::Report report;
      report.set_lease_id(7);
      report.add_results();
      mailbox.PutReport(std::move(report));
    }
  });
  EXPECT_TRUE(mailbox.NextMessage()->has_demand());
  mailbox.OnMessage(lease);
  spool.WaitUntilStuck();

  for (int i = 0; i < 3; ++i) {  // Would wait for `go`.
    const auto heartbeat = mailbox.NextHeartbeat();
    ASSERT_TRUE(heartbeat.has_value());
    ASSERT_EQ(heartbeat->heartbeat().progress_size(), 1);
    EXPECT_EQ(heartbeat->heartbeat().progress(0).lease_id(), 7);
    EXPECT_EQ(heartbeat->heartbeat().progress(0).steps(), 42);
  }

  go.Notify();
  slot.join();
  mailbox.StopHeartbeats();
  EXPECT_FALSE(mailbox.NextHeartbeat().has_value());
}

TEST(SpoolTest, IsBoundedAndUsesItsSpaceAgain) {
  Spool spool(::testing::TempDir(), 10);
  EXPECT_EQ(*spool.Append("first"), 0);
  EXPECT_EQ(*spool.Append("second"), 5);
  EXPECT_FALSE(spool.HasRoom());
  EXPECT_FALSE(spool.Append("third").ok());
  EXPECT_EQ(*spool.Read(5, 6), "second");
  spool.Release(5);
  EXPECT_FALSE(spool.HasRoom());
  spool.Release(6);
  EXPECT_EQ(*spool.Append("third"), 0);
  EXPECT_EQ(*spool.Read(0, 5), "third");
  EXPECT_FALSE(spool.Read(0, 50).ok());
}

TEST(SpoolTest, ADiskThatRefusesIsNotAskedAgain) {
  Spool spool(::testing::TempDir() + "/no-such-folder", 1000);
  EXPECT_FALSE(spool.Append("bytes").ok());
  EXPECT_FALSE(spool.HasRoom());
  EXPECT_FALSE(Spool("", 0).HasRoom());
}

}  // namespace
}  // namespace fathom
