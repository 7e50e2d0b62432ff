#include "worker/session/mailbox.h"

#include <memory>
#include <optional>
#include <thread>

#include "gmock/gmock.h"
#include "tests/worker/session/mailbox_fixture.h"

namespace fathom::worker {
namespace {

using test::kSoon;
using test::PlayedMailbox;
using test::ReportOn;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(MailboxTest, ADemandIsAnsweredWithALease) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  EXPECT_EQ(mailbox.TakeLease(7)->lease.lease_id(), 7);
}

TEST(MailboxTest, ReportsAreSentAgainUntilTheyAreAcknowledged) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  auto held = mailbox.TakeLease(7);
  mailbox.Put(ReportOn(7));
  mailbox.Put(ReportOn(7));
  EXPECT_EQ(mailbox.Next().sequence(), 1);
  EXPECT_EQ(mailbox.Next().sequence(), 2);
  mailbox.Ack(1);
  mailbox->OnBroken();
  EXPECT_TRUE(mailbox.HasEnded());

  mailbox.Connect();

  EXPECT_EQ(mailbox.Next().sequence(), 2);
}

TEST(MailboxTest, AHelloNamesLeasesInWorkAndLeasesWithReportsUnderway) {
  PlayedMailbox mailbox;
  EXPECT_THAT(mailbox.Connect(), IsEmpty());
  auto held = mailbox.TakeLease(7);
  mailbox.Put(ReportOn(7));
  mailbox->EndLease(*held, /*finished=*/true);
  EXPECT_TRUE(mailbox.Next().has_report());
  auto next = mailbox.TakeLease(8);
  EXPECT_THAT(mailbox.Connect(), ElementsAre(7, 8));
}

TEST(MailboxTest, ADemandIsRepeatedOnTheNextConnection) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  std::thread slot([&] { mailbox->WaitForLease(0, 5); });
  EXPECT_TRUE(mailbox.Next().has_demand());
  mailbox->OnBroken();
  mailbox.Connect();
  EXPECT_TRUE(mailbox.Next().has_demand());
  mailbox->Stop();
  mailbox.Join("a stopped slot does not end", slot);
}

TEST(MailboxTest, WhatIsNotFinishedIsReleased) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  auto held = mailbox.TakeLease(7);
  EXPECT_FALSE(held->ended());
  mailbox->Stop();
  EXPECT_TRUE(held->ended());
  // Nobody has dropped it: what was found on it is reported.
  EXPECT_FALSE(held->dropped);
  EXPECT_TRUE(mailbox->Holds(7));
  mailbox->EndLease(*held, /*finished=*/false);
  EXPECT_TRUE(mailbox.Next().has_leaving());
  const v1::WorkerMessage message = mailbox.Next();
  EXPECT_THAT(message.released().lease_ids(), ElementsAre(7));
  EXPECT_FALSE(mailbox->Holds(7));
  mailbox->SlotEnded();
  EXPECT_FALSE(mailbox->finished());
  mailbox.Ack(message.sequence());
  EXPECT_TRUE(mailbox->finished());
}

// The coordinator that it comes back to may be another one.
TEST(MailboxTest, AStoppingWorkerSaysSoOnEveryConnection) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  auto held = mailbox.TakeLease(7);
  mailbox.Put(ReportOn(7));
  mailbox->EndLease(*held, /*finished=*/true);
  mailbox->Stop();
  mailbox->SlotEnded();
  for (int connection = 0; connection < 3; ++connection) {
    EXPECT_TRUE(mailbox.Next().has_leaving()) << connection;
    EXPECT_TRUE(mailbox.Next().has_report()) << connection;
    mailbox->OnBroken();
    mailbox.Connect();
  }
}

TEST(MailboxTest, WhatIsFinishedIsNotReleased) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  auto held = mailbox.TakeLease(7);
  mailbox->EndLease(*held, /*finished=*/true);
  mailbox->Stop();
  EXPECT_TRUE(mailbox.Next().has_leaving());
  mailbox->SlotEnded();
  EXPECT_TRUE(mailbox->finished());
  EXPECT_TRUE(mailbox.HasEnded());
}

// The coordinator may have lost results of it that it had acknowledged.
TEST(MailboxTest,
     WhatIsFinishedAfterAReconnectionIsReleasedAfterItsLastReport) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  auto held = mailbox.TakeLease(7);
  mailbox.Put(ReportOn(7));
  EXPECT_TRUE(mailbox.Next().has_report());
  mailbox.Ack(1);
  mailbox->OnBroken();
  EXPECT_THAT(mailbox.Connect(), ElementsAre(7));
  mailbox.Put(ReportOn(7));
  mailbox->EndLease(*held, /*finished=*/true);
  EXPECT_TRUE(mailbox.Next().has_report());
  EXPECT_THAT(mailbox.Next().released().lease_ids(), ElementsAre(7));
  mailbox.Ack(3);
  auto next = mailbox.TakeLease(8);
  mailbox->EndLease(*next, /*finished=*/true);
  mailbox->Stop();
  EXPECT_TRUE(mailbox.Next().has_leaving());
  mailbox->SlotEnded();
  EXPECT_TRUE(mailbox->finished());
}

TEST(MailboxTest, ALeaseWhoseLastReportIsSentAgainIsReleasedOnce) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  auto held = mailbox.TakeLease(7);
  mailbox.Put(ReportOn(7));
  mailbox->EndLease(*held, /*finished=*/true);
  EXPECT_TRUE(mailbox.Next().has_report());
  for (int connection = 0; connection < 3; ++connection) {
    mailbox->OnBroken();
    EXPECT_THAT(mailbox.Connect(), ElementsAre(7)) << connection;
    EXPECT_TRUE(mailbox.Next().has_report()) << connection;
    EXPECT_THAT(mailbox.Next().released().lease_ids(), ElementsAre(7));
  }
  mailbox->Stop();
  EXPECT_TRUE(mailbox.Next().has_leaving());
  mailbox->SlotEnded();
  EXPECT_FALSE(mailbox->finished());
  mailbox.Ack(2);
  EXPECT_TRUE(mailbox->finished());
}

TEST(MailboxTest, ADeclinedLeaseIsHandedBackWithTheReason) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  auto held = mailbox.TakeLease(7);
  mailbox->EndLease(*held, /*finished=*/false, "out of memory");
  const v1::WorkerMessage message = mailbox.Next();
  EXPECT_THAT(message.released().lease_ids(), ElementsAre(7));
  EXPECT_EQ(message.released().declined(), "out of memory");
}

// Between a demand and its answer a connection breaks: whether there is a lease
// that did not come is settled by the next Hello, and not before.
TEST(MailboxTest, ADemandThatWasCutOffTakesAnotherHello) {
  for (const bool answered : {true, false}) {
    PlayedMailbox mailbox;
    mailbox.Connect();
    std::shared_ptr<HeldLease> held;
    std::thread slot([&] { held = mailbox->WaitForLease(0, 5); });
    EXPECT_TRUE(mailbox.Next().has_demand());
    if (answered) {
      mailbox.Grant(7);
    } else {
      mailbox->OnBroken();
      mailbox->Stop();
    }
    mailbox.Join("the slot does not end", slot);
    if (answered) {
      mailbox->EndLease(*held, /*finished=*/true);
      mailbox->OnBroken();
      mailbox->Stop();
    }
    mailbox->SlotEnded();
    EXPECT_TRUE(mailbox->handed_over());
    EXPECT_EQ(mailbox->finished(), answered);
    EXPECT_THAT(mailbox->BeginConnection(kSoon), IsEmpty());
    EXPECT_EQ(mailbox->finished(), answered);
    v1::CoordinatorMessage welcome;
    welcome.mutable_welcome();
    mailbox->OnMessage(welcome);
    EXPECT_TRUE(mailbox->finished());
    EXPECT_TRUE(mailbox.HasEnded());
  }
}

TEST(MailboxTest, ADemandThatWasHeardOutIsSettled) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  std::thread slot([&] { mailbox->WaitForLease(0, 5); });
  EXPECT_TRUE(mailbox.Next().has_demand());
  mailbox->Drain();
  mailbox.Join("a draining slot waits for more", slot);
  mailbox->SlotEnded();
  EXPECT_TRUE(mailbox.HasEnded());
  mailbox->OnBroken();
  mailbox->OnEnded();
  EXPECT_TRUE(mailbox->finished());
}

TEST(MailboxTest, ARevokedLeaseIsDroppedAndReportsOnItAreSwallowed) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  auto held = mailbox.TakeLease(7);
  v1::CoordinatorMessage revoke;
  revoke.mutable_revoke()->add_lease_ids(7);

  mailbox->OnMessage(revoke);

  EXPECT_TRUE(held->dropped);
  mailbox.Put(ReportOn(7));
  mailbox->EndLease(*held, /*finished=*/false);
  mailbox->Stop();
  mailbox->SlotEnded();
  EXPECT_TRUE(mailbox->finished());
}

// By the answer to a Hello as well, and no other lease with it.
TEST(MailboxTest, AWelcomeDropsTheLeasesThatItNames) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  auto held = mailbox.TakeLease(7);
  mailbox->OnBroken();
  for (const int64_t named : {8, 7}) {
    EXPECT_FALSE(held->dropped);
    EXPECT_THAT(mailbox->BeginConnection(kSoon), ElementsAre(7));
    v1::CoordinatorMessage welcome;
    welcome.mutable_welcome()->add_dropped_lease_ids(named);
    mailbox->OnMessage(welcome);
  }
  EXPECT_TRUE(held->dropped);
  EXPECT_THAT(mailbox.Connect(), IsEmpty());
}

TEST(MailboxTest, HeartbeatsBeginWithTheWelcomeThoughThereIsNothingToSay) {
  PlayedMailbox mailbox;
  mailbox->BeginConnection(kSoon);
  v1::WorkerMessage message;
  std::thread heart([&] { message = mailbox.NextHeartbeat(); });
  v1::CoordinatorMessage welcome;
  welcome.mutable_welcome()->mutable_heartbeat_period()->set_nanos(1'000'000);

  mailbox->OnMessage(welcome);

  heart.join();  // NextHeartbeat is bounded.
  EXPECT_TRUE(message.has_heartbeat());
}

// A worker whose heart beats a thousand times too slowly loses every lease of
// a long trial; one that beats too fast keeps everybody busy.
TEST(MailboxTest, HeartbeatsComeAsOftenAsTheCoordinatorSays) {
  PlayedMailbox mailbox;
  const absl::Duration period = absl::Milliseconds(25);
  const SteadyTime start = SteadyNow();
  mailbox.Connect(period);
  constexpr int kBeats = 8;
  for (int i = 0; i < kBeats; ++i) mailbox.NextHeartbeat();
  EXPECT_GE(SteadySince(start), kBeats * period);
  EXPECT_LT(SteadySince(start), 100 * kBeats * period);
  // Anew on the next connection.
  const SteadyTime again = SteadyNow();
  mailbox.Connect(4 * period);
  mailbox.NextHeartbeat();
  EXPECT_GE(SteadySince(again), 4 * period);
}

TEST(MailboxTest, AConnectionWithoutAWelcomeIsGivenUp) {
  PlayedMailbox mailbox;
  mailbox->BeginConnection(SteadyNow());
  EXPECT_TRUE(mailbox.HasEnded());
}

TEST(MailboxTest, ALeaseThatNobodyWaitsForIsReleased) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  mailbox.Grant(9);
  EXPECT_THAT(mailbox.Next().released().lease_ids(), ElementsAre(9));
}

// So does one that comes after Stop.
TEST(MailboxTest, ALeaseForASlotThatStopsIsReleased) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  std::shared_ptr<HeldLease> held;
  std::thread slot([&] { held = mailbox->WaitForLease(0, 5); });
  EXPECT_TRUE(mailbox.Next().has_demand());
  mailbox->Stop();
  mailbox.Join("a stopped slot does not end", slot);
  EXPECT_EQ(held, nullptr);
  mailbox.Grant(9);
  EXPECT_TRUE(mailbox.Next().has_leaving());
  EXPECT_THAT(mailbox.Next().released().lease_ids(), ElementsAre(9));
}

TEST(MailboxTest, ADrainingSlotFinishesWhatItHasAndAsksForNothing) {
  PlayedMailbox mailbox;
  mailbox.Connect();
  auto held = mailbox.TakeLease(7);
  v1::CoordinatorMessage drain;
  drain.mutable_drain();
  mailbox->OnMessage(drain);
  EXPECT_FALSE(held->dropped);
  mailbox.Put(ReportOn(7));
  EXPECT_TRUE(mailbox.Next().has_report());
  mailbox->EndLease(*held, /*finished=*/true);
  std::shared_ptr<HeldLease> next;
  std::thread slot([&] { next = mailbox->WaitForLease(0, 5); });
  mailbox.Join("a draining slot waits for more", slot);
  EXPECT_EQ(next, nullptr);
  mailbox->SlotEnded();
  EXPECT_FALSE(mailbox->finished());
  mailbox.Ack(1);
  EXPECT_TRUE(mailbox->finished());
  EXPECT_TRUE(mailbox.HasEnded());
}

TEST(MailboxTest, AFullMailboxMakesTheSlotWait) {
  PlayedMailbox small(/*max_bytes=*/1);
  small.Connect();
  std::thread slot([&] {
    auto held = small->WaitForLease(0, 1);
    small->PutReport(ReportOn(7));
    small->PutReport(ReportOn(7));  // Waits for the first to be acknowledged.
  });
  EXPECT_TRUE(small.Next().has_demand());
  small.Grant(7);
  EXPECT_EQ(small.Next().sequence(), 1);
  small.Ack(1);
  EXPECT_EQ(small.Next().sequence(), 2);
  small.Join("the slot still waits", slot);
}

}  // namespace
}  // namespace fathom::worker
