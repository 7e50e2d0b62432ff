// What the coordinator makes of checkpoints: which count, and who gets them.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/coordinator/coordinator.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::SmallSpec;
using ::fathom::test::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A sweep of 2 trials of 100 steps; session "a" holds trial 0 in lease 1.
class CheckpointsTest : public ::fathom::test::CoordinatorTest {
 protected:
  static std::string Digest(int i = 1) {
    return absl::StrCat("sha256:", std::string(63, 'a'), i);
  }

  void SetUp() override {
    Start();
    Create(SmallSpec(2));
    Hello(1, "a");
    Demand(1, 1);
    ASSERT_THAT(Leases(1), SizeIs(1));
    lease_ = Leases(1)[0];
  }

  // Begins a report on the lease.
  v1::Report NewReport(const v1::Lease& lease) {
    v1::Report report;
    report.set_lease_id(lease.lease_id());
    report.set_sweep_id(lease.sweep_id());
    return report;
  }

  void AddPoint(v1::Report& report, int32_t chunk, int64_t step,
                int32_t attempt = 1) {
    v1::TrialPoints& points = *report.add_points();
    points.set_attempt(attempt);
    points.set_chunk(chunk);
    points.add_metrics(v1::METRIC_LOSS);
    points.add_steps(step);
    points.add_values(1);
  }

  v1::TrialCheckpoint& AddCheckpoint(v1::Report& report, int64_t step,
                                     int32_t chunks,
                                     const std::string& digest = "",
                                     int32_t attempt = 1) {
    v1::TrialCheckpoint& checkpoint = *report.add_checkpoints();
    checkpoint.set_attempt(attempt);
    checkpoint.set_step(step);
    checkpoint.set_chunks(chunks);
    checkpoint.set_digest(digest);
    checkpoint.set_bytes(digest.empty() ? 0 : 77);
    return checkpoint;
  }

  void Send(ConnectionId connection, v1::Report report) {
    v1::WorkerMessage message;
    message.set_sequence(++sequence_[connection]);
    *message.mutable_report() = std::move(report);
    Receive(connection, std::move(message));
  }

  // Announces a checkpoint before `step` after a point of each of the `chunks`
  // chunks, and names it.
  void Take(int64_t step, int32_t chunks) {
    v1::Report report = NewReport(lease_);
    for (int32_t chunk = 0; chunk < chunks; ++chunk) {
      AddPoint(report, chunk, chunk);
    }
    AddCheckpoint(report, step, chunks);
    Send(1, report);
    PutAside(step, chunks);
    v1::Report named = NewReport(lease_);
    AddCheckpoint(named, step, chunks, Digest());
    Send(1, named);
  }

  void PutAside(int64_t step, int32_t chunks) {
    v1::Report named;
    coordinator_->NotePutAside("", "a", lease_.lease_id(),
                               AddCheckpoint(named, step, chunks, Digest()));
  }

  // The checkpoints that the ledger was told of.
  std::vector<v1::TrialCheckpoint> Recorded() {
    std::vector<v1::TrialCheckpoint> all;
    for (const RecordReport& write : Writes<RecordReport>()) {
      all.insert(all.end(), write.report.checkpoints().begin(),
                 write.report.checkpoints().end());
    }
    return all;
  }

  // Session "b" gets the trial after "a" was silent; returns its lease.
  v1::Lease PassOn() {
    Tick(absl::Seconds(31));
    Hello(2, "b");
    Demand(2, 1);
    EXPECT_THAT(Leases(2), SizeIs(1));
    return Leases(2)[0];
  }

  v1::Resumption& AddResumption(v1::Report& report, int32_t attempt,
                                const std::string& unusable = "") {
    v1::Resumption& resumption = *report.add_resumptions();
    resumption.set_attempt(attempt);
    resumption.set_digest(Digest());
    resumption.set_unusable(unusable);
    return resumption;
  }

  v1::Lease lease_;
  std::map<ConnectionId, int64_t> sequence_;
};

TEST_F(CheckpointsTest, AnAnnouncedOneCountsOnceItIsNamed) {
  Take(10, 2);
  ASSERT_THAT(Recorded(), SizeIs(1));
  EXPECT_EQ(Recorded()[0].digest(), Digest());
  EXPECT_EQ(Recorded()[0].step(), 10);
}

TEST_F(CheckpointsTest, OneThatWasNotAnnouncedRightThereDoesNotCount) {
  PutAside(10, 0);
  // Not at all.
  v1::Report named = NewReport(lease_);
  AddCheckpoint(named, 10, 0, Digest());
  Send(1, named);
  // Behind a point of a later step; after more chunks than there are; of
  // another step than was announced; beyond the end; with fewer chunks.
  struct Case {
    int64_t announced, step;
    int32_t announced_chunks, chunks;
  };
  int32_t chunk = 0;
  for (const Case& bad :
       {Case{5, 5, 1, 1}, Case{50, 50, 9, 9}, Case{50, 51, 3, 3},
        Case{101, 101, 4, 4}, Case{60, 60, 5, 4}}) {
    v1::Report report = NewReport(lease_);
    AddPoint(report, chunk, 10 + chunk);
    ++chunk;
    AddCheckpoint(report, bad.announced, bad.announced_chunks);
    AddCheckpoint(report, bad.step, bad.chunks, Digest());
    Send(1, report);
  }
  EXPECT_THAT(Recorded(), IsEmpty());
  EXPECT_THAT(closes_, IsEmpty());
}

// An older one may come after the next was announced, but not after it counts.
TEST_F(CheckpointsTest, OfTwoAnnouncedOnesTheNewerStays) {
  v1::Report report = NewReport(lease_);
  AddPoint(report, 0, 0);
  AddCheckpoint(report, 5, 1);
  AddCheckpoint(report, 9, 1);
  Send(1, report);
  for (const int64_t step : {5, 9, 5}) {
    PutAside(step, 1);
    v1::Report named = NewReport(lease_);
    AddCheckpoint(named, step, 1, Digest());
    Send(1, named);
  }
  ASSERT_THAT(Recorded(), SizeIs(2));
  EXPECT_EQ(Recorded()[1].step(), 9);
}

TEST_F(CheckpointsTest, OneWhoseFileIsNotThereDoesNotCount) {
  v1::Report report = NewReport(lease_);
  AddPoint(report, 0, 0);
  AddCheckpoint(report, 5, 1);
  AddCheckpoint(report, 5, 1, Digest());
  Send(1, report);
  EXPECT_THAT(Recorded(), IsEmpty());
}

// Its worker goes on from what this ledger does not have, as after a backup was
// put in its place: even a result without points cannot be taken.
TEST_F(CheckpointsTest, WhoGoesOnFromSomethingUnknownBeginsAgain) {
  v1::Report report = NewReport(lease_);
  AddResumption(report, 1);
  v1::TrialResult& result = *report.add_results();
  result.set_attempt(1);
  result.set_outcome(v1::TRIAL_STATE_DIVERGED);
  Send(1, report);
  EXPECT_THAT(Writes<RecordReport>(), IsEmpty());
  EXPECT_THAT(Writes<ReturnTrial>(), SizeIs(1));
  EXPECT_FALSE(closes_.contains(1));
}

// The curve is torn by a chunk that is too far ahead.
TEST_F(CheckpointsTest, AResumptionIsRecordedBeforeItsTrialIsTakenBack) {
  Take(10, 2);
  const v1::Lease next = PassOn();
  v1::Report report = NewReport(next);
  AddResumption(report, 2);
  AddPoint(report, 7, 20, 2);
  const size_t before = writes_.size();
  Send(2, report);
  std::string order;
  for (size_t i = before; i < writes_.size(); ++i) {
    if (std::holds_alternative<RecordReport>(writes_[i])) order += "report ";
    if (std::holds_alternative<ReturnTrial>(writes_[i])) order += "return ";
  }
  EXPECT_EQ(order, "report return ");
  EXPECT_FALSE(closes_.contains(2));
}

// It comes when its lease has been lost: the ledger has the points before the
// checkpoint under another attempt.
TEST_F(CheckpointsTest, ALateResultOfWhoHadGoneOnIsNotTaken) {
  Take(10, 2);
  const v1::Lease next = PassOn();
  Tick(absl::Seconds(31));
  Hello(3, "b", 1, {next.lease_id()});
  v1::Report report = NewReport(next);
  AddResumption(report, 2);
  v1::TrialResult& result = *report.add_results();
  result.set_attempt(2);
  result.set_outcome(v1::TRIAL_STATE_DIVERGED);
  sequence_[3] = sequence_[2];
  Send(3, report);
  EXPECT_THAT(Writes<RecordLateReport>(), IsEmpty());
  EXPECT_THAT(Writes<CompareResult>(), SizeIs(1));
}

TEST_F(CheckpointsTest, TheNextAttemptGetsItAndGoesOn) {
  Take(10, 2);
  const v1::Lease next = PassOn();
  ASSERT_THAT(next.checkpoints(), SizeIs(1));
  EXPECT_EQ(next.checkpoints(0).digest(), Digest());
  EXPECT_EQ(next.checkpoints(0).attempt(), 1);
  v1::Report report = NewReport(next);
  AddResumption(report, 2);
  AddPoint(report, 2, 10, 2);
  Send(2, report);
  EXPECT_FALSE(closes_.contains(2));
  const std::vector<RecordReport> writes = Writes<RecordReport>();
  EXPECT_THAT(writes[writes.size() - 2].report.resumptions(), SizeIs(1));
  EXPECT_THAT(writes.back().report.points(), SizeIs(1));
  // Once it goes on, the checkpoint is one of its own attempt.
  Tick(absl::Seconds(31));
  Hello(3, "c");
  Demand(3, 1);
  ASSERT_THAT(Leases(3), SizeIs(1));
  EXPECT_EQ(Leases(3)[0].checkpoints(0).attempt(), 2);
}

TEST_F(CheckpointsTest, NothingBeforeItIsMeasuredTwice) {
  Take(10, 2);
  const v1::Lease next = PassOn();
  v1::Report report = NewReport(next);
  AddResumption(report, 2);
  AddPoint(report, 2, 9, 2);
  Send(2, report);
  EXPECT_THAT(closes_[2], StatusIs(absl::StatusCode::kInvalidArgument,
                                   HasSubstr("step 9 after 9")));
  // The refused report has had no effect: the trial has not gone on.
  Hello(3, "b", 1, {next.lease_id()});
  sequence_[3] = sequence_[2] - 1;
  v1::Report anew = NewReport(next);
  AddResumption(anew, 2);
  AddPoint(anew, 2, 10, 2);
  Send(3, anew);
  EXPECT_FALSE(closes_.contains(3));
  const std::vector<RecordReport> writes = Writes<RecordReport>();
  EXPECT_THAT(writes[writes.size() - 2].report.resumptions(), SizeIs(1));
}

TEST_F(CheckpointsTest, WhoCannotUseItSaysSoAndBeginsAnew) {
  Take(10, 2);
  const v1::Lease next = PassOn();
  v1::Report report = NewReport(next);
  AddResumption(report, 2, "\x1b[2Jdamaged");
  AddPoint(report, 0, 0, 2);
  Send(2, report);
  EXPECT_THAT(Writes<RecordReport>().back().report.points(), SizeIs(1));
  bool told = false;
  for (const InsertEvent& event : Writes<InsertEvent>()) {
    if (event.kind != "checkpoint_unusable") continue;
    told = true;
    EXPECT_EQ(event.trial_index, 0);
    EXPECT_THAT(event.message, HasSubstr("\\x1b[2Jdamaged"));
  }
  EXPECT_TRUE(told);
  Tick(absl::Seconds(31));
  Hello(3, "c");
  Demand(3, 1);
  EXPECT_THAT(Leases(3)[0].checkpoints(), IsEmpty());
}

// It is of another trial, of a lease that is over, or only says that another
// checkpoint is unusable.
TEST_F(CheckpointsTest, AResumptionOfSomethingElseHasNoEffect) {
  Take(10, 2);
  const v1::Lease next = PassOn();
  for (const int kind : {0, 1, 2}) {
    v1::Report report = NewReport(kind == 2 ? lease_ : next);
    v1::Resumption& resumption = AddResumption(report, 2);
    if (kind == 0) resumption.set_digest(Digest(2));
    if (kind == 0) resumption.set_unusable("damaged");
    if (kind == 1) resumption.set_trial_index(1);
    const size_t before = Writes<RecordReport>().size();
    Send(2, report);
    EXPECT_THAT(Writes<RecordReport>(), SizeIs(before)) << kind;
  }
  EXPECT_THAT(closes_, SizeIs(1));  // That of "a", which was silent.
}

TEST_F(CheckpointsTest, AGivenBackTrialKeepsIt) {
  Take(10, 2);
  v1::WorkerMessage released;
  released.set_sequence(++sequence_[1]);
  released.mutable_released()->add_lease_ids(lease_.lease_id());
  Receive(1, released);
  Demand(1, 1);
  ASSERT_THAT(Leases(1), SizeIs(2));
  EXPECT_THAT(Leases(1)[1].checkpoints(), SizeIs(1));
}

TEST_F(CheckpointsTest, ARestartedCoordinatorKnowsIt) {
  LedgerState state;
  LedgerState::OpenSweep& open = state.running_sweeps.emplace_back();
  open.sweep.set_sweep_id(1);
  *open.sweep.mutable_spec() = SmallSpec(2);
  open.sweep.set_state(v1::SWEEP_STATE_RUNNING);
  open.sweep.set_trial_count(2);
  open.sweep.mutable_progress()->set_pending(2);
  open.next_index = 1;
  v1::TrialCheckpoint checkpoint;
  checkpoint.set_digest(Digest());
  open.open_trials.push_back(
      {.attempt = 1,
       .checkpoint = std::make_shared<v1::TrialCheckpoint>(checkpoint)});
  state.next_sweep_id = 2;
  Start(std::move(state));
  Hello(4, "d");
  Demand(4, 1);
  ASSERT_THAT(Leases(4), SizeIs(1));
  ASSERT_THAT(Leases(4)[0].checkpoints(), SizeIs(1));
  EXPECT_EQ(Leases(4)[0].checkpoints(0).digest(), Digest());
}

TEST_F(CheckpointsTest, OnlyWhoHoldsATrialMayPutOneAside) {
  v1::TrialCheckpoint checkpoint;
  checkpoint.set_attempt(1);
  const int64_t lease = lease_.lease_id();
  EXPECT_OK(coordinator_->CheckHolds("", "a", lease, checkpoint));
  const auto refused = StatusIs(absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(coordinator_->CheckHolds("eve", "a", lease, checkpoint), refused);
  EXPECT_THAT(coordinator_->CheckHolds("", "b", lease, checkpoint), refused);
  EXPECT_THAT(coordinator_->CheckHolds("", "a", lease + 1, checkpoint),
              refused);
  checkpoint.set_attempt(2);
  EXPECT_THAT(coordinator_->CheckHolds("", "a", lease, checkpoint), refused);
  checkpoint.set_attempt(1);
  checkpoint.set_trial_index(1);
  EXPECT_THAT(coordinator_->CheckHolds("", "a", lease, checkpoint), refused);
}

// What comes from outside is bounded and of the right form.
TEST_F(CheckpointsTest, WhatIsNoCheckpointIsRefused) {
  ConnectionId connection = 10;
  const auto refuses = [&](auto change) {
    ++connection;
    Hello(connection, absl::StrCat("w", connection));
    v1::Report report;
    v1::TrialCheckpoint& checkpoint = AddCheckpoint(report, 10, 0, Digest());
    v1::Resumption& resumption = AddResumption(report, 1);
    change(checkpoint, resumption);
    Send(connection, report);
    return absl::IsInvalidArgument(closes_[connection]);
  };
  EXPECT_FALSE(refuses([](auto&, auto&) {}));
  EXPECT_TRUE(refuses([](auto& c, auto&) { c.set_digest("sha256:zz"); }));
  EXPECT_TRUE(refuses([](auto& c, auto&) { c.set_step(0); }));
  EXPECT_TRUE(refuses([](auto& c, auto&) { c.set_chunks(-1); }));
  EXPECT_TRUE(refuses([](auto& c, auto&) { c.set_bytes(0); }));
  EXPECT_TRUE(refuses([](auto& c, auto&) { c.set_bytes(int64_t{1} << 40); }));
  EXPECT_TRUE(
      refuses([](auto& c, auto&) { c.set_numerics(std::string(999, 'x')); }));
  EXPECT_TRUE(refuses([](auto&, auto& r) { r.set_digest("../x"); }));
}

}  // namespace
}  // namespace fathom::server
