// Reports that do not fit into memory go through a file, and nobody notices.
#include "worker/session/spool.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/session/mailbox_fixture.h"

namespace fathom::worker {
namespace {

using test::kSoon;
using test::PlayedMailbox;
using test::ReportOn;
using ::testing::ElementsAre;

std::unique_ptr<Spool> NewSpool(int64_t bytes = 1 << 20) {
  return std::make_unique<Spool>(::testing::TempDir(), bytes);
}

// More than fits into memory, while nobody takes it.
TEST(SpoolingTest, SlotsGoOnWhileTheCoordinatorIsAwayAndAllComesInOrder) {
  constexpr int kReports = 200;
  PlayedMailbox mailbox(/*max_bytes=*/1000, NewSpool());
  mailbox.Connect();
  const auto held = mailbox.TakeLease(7);
  mailbox->OnBroken();

  // Would wait for ever without the spool: 200 x about 100 bytes.
  for (int i = 0; i < kReports; ++i) {
    v1::Report report = ReportOn(7, std::string(90, 'x'));
    report.set_sweep_id(i);
    mailbox.Put(std::move(report));
  }

  for (int connection = 0; connection < 2; ++connection) {
    mailbox.Connect();
    for (int i = connection * 50; i < kReports; ++i) {
      const v1::WorkerMessage message = mailbox.Next();
      ASSERT_TRUE(message.has_report());
      EXPECT_EQ(message.sequence(), i + 1);
      EXPECT_EQ(message.report().sweep_id(), i);
      EXPECT_EQ(message.report().results(0).error(), std::string(90, 'x'));
    }
    mailbox.Ack(connection == 0 ? 50 : kReports);
  }
}

// What is acknowledged is forgotten up to its number: a report that came late
// into memory must not overtake one in the file.
TEST(SpoolingTest, MemoryAfterTheFileAfterMemoryComesInOrder) {
  PlayedMailbox mailbox(/*max_bytes=*/1, NewSpool());
  mailbox.Connect();
  const auto held = mailbox.TakeLease(7);
  const auto put = [&](int64_t number) {
    v1::Report report = ReportOn(7);
    report.set_sweep_id(number);
    mailbox.Put(std::move(report));
  };
  const auto expect_next = [&](int64_t number) {
    const v1::WorkerMessage message = mailbox.Next();
    EXPECT_EQ(message.sequence(), number);
    EXPECT_EQ(message.report().sweep_id(), number);
  };
  put(1);  // In memory.
  put(2);  // In the file.
  put(3);
  expect_next(1);
  mailbox.Ack(1);
  put(4);  // In memory again, while 2 and 3 are in the file.
  put(5);  // And in the file again.
  expect_next(2);
  mailbox.Ack(2);
  put(6);
  for (const int64_t number : {3, 4, 5, 6}) expect_next(number);
  mailbox->OnBroken();

  EXPECT_THAT(mailbox.Connect(), ElementsAre(7));
  for (const int64_t number : {3, 4}) expect_next(number);
  mailbox.Ack(4);
  put(7);
  for (const int64_t number : {5, 6, 7}) expect_next(number);
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
  DamagedSpoolTest() : mailbox_(/*max_bytes=*/1, Own(spool_)) {
    mailbox_.Connect();
    held_ = mailbox_.TakeLease(7);
    // The first one stays in memory.
    for (int i = 0; i < 3; ++i) mailbox_.Put(ReportOn(7, "x"));
    EXPECT_TRUE(mailbox_.Next().has_report());
  }

  static std::unique_ptr<Spool> Own(ForgetfulSpool*& spool) {
    auto owned = std::make_unique<ForgetfulSpool>();
    spool = owned.get();
    return owned;
  }

  // What cannot be read comes as the lease handed back, under its number.
  void ExpectHandedBack() {
    for (const int64_t sequence : {2, 3}) {
      const v1::WorkerMessage message = mailbox_.Next();
      EXPECT_EQ(message.sequence(), sequence);
      EXPECT_THAT(message.released().lease_ids(), ElementsAre(7));
    }
    EXPECT_TRUE(held_->dropped);
  }

  ForgetfulSpool* spool_ = nullptr;
  PlayedMailbox mailbox_;
  std::shared_ptr<HeldLease> held_;
};

TEST_F(DamagedSpoolTest, WhatCannotBeReadIsDroppedAndItsLeaseHandedBack) {
  ExpectHandedBack();
  // As it is on the next connection: the lease is named for the report that is
  // in memory.
  mailbox_->OnBroken();
  EXPECT_THAT(mailbox_.Connect(), ElementsAre(7));
  EXPECT_TRUE(mailbox_.Next().has_report());
  ExpectHandedBack();
}

TEST_F(DamagedSpoolTest, ChangedBytesAreNotSent) {
  spool_->end = 1 << 20;
  spool_->changed = true;
  ExpectHandedBack();
}

TEST_F(DamagedSpoolTest, TheSlotGoesOnAndTheWorkerCanEnd) {
  ExpectHandedBack();
  mailbox_->EndLease(*held_, /*finished=*/false);  // Is handed back already.
  mailbox_.Ack(3);
  std::thread slot([&] { held_ = mailbox_->WaitForLease(0, 6); });
  EXPECT_EQ(mailbox_.Next().demand().trials(), 6);
  mailbox_->Stop();
  mailbox_.Join("a stopped slot does not end", slot);
  EXPECT_EQ(held_, nullptr);
  mailbox_->SlotEnded();
  EXPECT_TRUE(mailbox_->finished());
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
  void WaitUntilStuck() {
    EXPECT_TRUE(stuck_.WaitForNotificationWithTimeout(test::kPatience))
        << "nothing goes to the disk";
  }

 private:
  absl::Notification* const go_;
  absl::Notification stuck_;
};

TEST(SpoolingTest, AStuckDiskDelaysNoHeartbeat) {
  absl::Notification go;
  auto owned = std::make_unique<StuckSpool>(&go);
  StuckSpool& spool = *owned;
  PlayedMailbox mailbox(/*max_bytes=*/1, std::move(owned));
  mailbox.Connect(absl::Milliseconds(1));
  const auto held = mailbox.TakeLease(7);
  held->steps = 42;
  std::thread slot([&] {
    for (int i = 0; i < 2; ++i) {  // The second one goes to the disk.
      mailbox->PutReport(ReportOn(7));
    }
  });
  spool.WaitUntilStuck();

  for (int i = 0; i < 3; ++i) {  // Would wait for `go`.
    const v1::WorkerMessage heartbeat = mailbox.NextHeartbeat();
    EXPECT_EQ(heartbeat.heartbeat().progress_size(), 1);
    if (heartbeat.heartbeat().progress().empty()) break;
    EXPECT_EQ(heartbeat.heartbeat().progress(0).lease_id(), 7);
    EXPECT_EQ(heartbeat.heartbeat().progress(0).steps(), 42);
  }

  go.Notify();
  mailbox.Join("the slot still waits", slot);
  mailbox->StopHeartbeats();
  EXPECT_FALSE(mailbox->NextHeartbeat().has_value());
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

// A disk that was full has room again.
TEST(SpoolTest, AfterARefusalItIsUsedAgainOnceItIsEmpty) {
  // From here on no file of this process may have more than 8 bytes.
  struct rlimit saved;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &saved), 0);
  signal(SIGXFSZ, SIG_IGN);
  struct rlimit limit = saved;
  limit.rlim_cur = 8;
  Spool spool(::testing::TempDir(), 1000);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto first = spool.Append("first");
  const auto refused = spool.Append("second");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &saved), 0);
  EXPECT_OK(first);
  EXPECT_THAT(refused, test::StatusIs(absl::StatusCode::kResourceExhausted));

  EXPECT_FALSE(spool.HasRoom());  // In order, or not at all.
  spool.Release(5);
  EXPECT_TRUE(spool.HasRoom());
  EXPECT_EQ(*spool.Append("third"), 0);
  EXPECT_EQ(*spool.Read(0, 5), "third");
}

// Nothing is lost when the disk is full, and the slot waits.
TEST(SpoolingTest, WhatTheDiskDoesNotTakeStaysInMemory) {
  PlayedMailbox mailbox(
      /*max_bytes=*/1,
      std::make_unique<Spool>(::testing::TempDir() + "/no-such-folder", 1000));
  mailbox.Connect();
  const auto held = mailbox.TakeLease(7);
  mailbox.Put(ReportOn(7));
  mailbox.Put(ReportOn(7));  // Refused, and there nevertheless.
  std::thread slot([&] { mailbox->PutReport(ReportOn(7)); });
  EXPECT_EQ(mailbox.Next().sequence(), 1);
  EXPECT_EQ(mailbox.Next().sequence(), 2);
  mailbox.Ack(2);
  EXPECT_EQ(mailbox.Next().sequence(), 3);
  mailbox.Join("the slot still waits", slot);
}

TEST(SpoolTest, ADiskThatRefusesIsNotAskedAgain) {
  Spool spool(::testing::TempDir() + "/no-such-folder", 1000);
  EXPECT_FALSE(spool.Append("bytes").ok());
  EXPECT_FALSE(spool.HasRoom());
  EXPECT_FALSE(Spool("", 0).HasRoom());
}

}  // namespace
}  // namespace fathom::worker
