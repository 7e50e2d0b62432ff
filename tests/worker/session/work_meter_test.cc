// What a worker says about itself: never less than before, and no heartbeat
// waits for it.
#include "worker/session/work_meter.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "tests/worker/session/lease_fixture.h"
#include "tests/worker/session/mailbox_fixture.h"

namespace fathom::worker {
namespace {

using test::ReportOn;
using test::SpecOf;

TEST(WorkMeterTest, CountsWhatIsInTrainingAndWhatHasEnded) {
  WorkMeter meter;
  EXPECT_EQ(meter.Read().busy_slots(), 0);
  {
    WorkMeter::Bundle one(&meter, 10);
    WorkMeter::Bundle other(&meter, 1);
    one.NoteSteps(5);
    one.NoteSteps(3);  // Late news.
    other.NoteSteps(2);
    const v1::WorkerTelemetry now = meter.Read();
    EXPECT_EQ(now.busy_slots(), 2);
    EXPECT_EQ(now.steps(), 7);
    EXPECT_EQ(now.flops(), 52);
    one.NoteFlops(60);     // More than the mean said.
    other.NoteFlops(0.5);  // Less: it has been told already.
  }
  const v1::WorkerTelemetry after = meter.Read();
  EXPECT_EQ(after.busy_slots(), 0);
  EXPECT_EQ(after.steps(), 7);
  EXPECT_EQ(after.flops(), 62);
  EXPECT_EQ(meter.Read().busy_seconds(), after.busy_seconds());
}

TEST(WorkMeterTest, CountersNeverFallWhileBundlesEnd) {
  WorkMeter meter;
  std::atomic<bool> done = false;
  std::thread slot([&] {
    for (int i = 0; i < 2000; ++i) {
      WorkMeter::Bundle bundle(&meter, 2);
      bundle.NoteSteps(1);
      bundle.NoteFlops(2);
    }
    done = true;
  });
  v1::WorkerTelemetry last;
  while (!done) {
    const v1::WorkerTelemetry now = meter.Read();
    EXPECT_GE(now.steps(), last.steps());
    EXPECT_GE(now.flops(), last.flops());
    EXPECT_GE(now.busy_seconds(), last.busy_seconds());
    last = now;
  }
  slot.join();
  EXPECT_EQ(meter.Read().steps(), 2000);
}

TEST(WorkMeterTest, AReportIsMeasuredFromSendingToItsAcknowledgement) {
  test::PlayedMailbox mailbox;
  mailbox.Connect();
  const auto said = [&] { return mailbox->meter().Read(); };
  const auto held = mailbox.TakeLease(7);
  mailbox.Put(ReportOn(7));
  mailbox.Put(ReportOn(7));
  EXPECT_EQ(said().unacknowledged_reports(), 0);  // None is sent.
  mailbox.Next();
  mailbox.Next();
  EXPECT_EQ(said().unacknowledged_reports(), 2);
  mailbox.Ack(1);
  EXPECT_EQ(said().unacknowledged_reports(), 1);
  int64_t acks = 0;
  const v1::WorkerTelemetry now = said();
  for (const int64_t count : now.ack_seconds().counts()) acks += count;
  EXPECT_EQ(acks, 1);
  // On a new connection the rest is sent again.
  mailbox->OnBroken();
  EXPECT_EQ(said().reconnections(), 0);
  mailbox.Connect();
  EXPECT_EQ(said().reconnections(), 1);
  EXPECT_EQ(said().unacknowledged_reports(), 0);
  mailbox.Next();
  EXPECT_EQ(said().unacknowledged_reports(), 1);
  mailbox.Ack(2);
  EXPECT_EQ(said().unacknowledged_reports(), 0);
}

TEST(WorkMeterTest, AHeartbeatTellsIt) {
  test::PlayedMailbox mailbox;
  mailbox->meter().NotePeak(3e9);
  mailbox.Connect(absl::Milliseconds(1));
  const v1::Heartbeat heartbeat = mailbox.NextHeartbeat().heartbeat();
  EXPECT_EQ(heartbeat.telemetry().peak_flops_per_second(), 3e9);
  EXPECT_EQ(heartbeat.telemetry().busy_slots(), 0);
}

class MeteredLeaseTest : public test::LeaseTest {
 protected:
  MeteredLeaseTest() = default;

  v1::WorkerTelemetry Train(const v1::SweepSpec& spec) {
    service_.spec = spec;
    LeaseWork work;
    EXPECT_TRUE(test::Within(
        "the lease does not end",
        [&] { return RunLease(*held_, Tools(AllEngines()), work); },
        [&] { mailbox_->Stop(); }));
    flops_ = work.flops;
    return mailbox_->meter().Read();
  }

  double flops_ = 0;
};

TEST_F(MeteredLeaseTest, UpdatesAndTheirWorkAreThoseOfTheTrials) {
  v1::SweepSpec spec = SpecOf(20, 3);
  spec.mutable_trial()->set_steps(1000);
  const v1::WorkerTelemetry said = Train(Normalize(spec));
  EXPECT_EQ(said.steps(), 2000);
  EXPECT_DOUBLE_EQ(said.flops(), flops_);
  EXPECT_GT(said.busy_seconds(), 0);
  EXPECT_EQ(said.busy_slots(), 0);
}

// What a lane that ended early no longer needs was not taken.
TEST_F(MeteredLeaseTest, UpdatesThatWereNotTakenDoNotCount) {
  v1::SweepSpec spec = SpecOf(20, 3);
  spec.mutable_trial()->set_steps(1'000'000'000);
  spec.mutable_trial()->mutable_optimizer()->set_learning_rate(1e6);
  const v1::WorkerTelemetry said = Train(Normalize(spec));
  EXPECT_GT(said.steps(), 0);
  EXPECT_LT(said.steps(), 10'000);
}

}  // namespace
}  // namespace fathom::worker
