// Attacks with a worker's rights: falsified, bloated and endless messages. The
// comments say what each attack did before it was bounded.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/limits.h"
#include "tests/attacks/attack_fixture.h"

namespace fathom::test {
namespace {

using ::testing::HasSubstr;

using WorkerAttack = AttackTest;

constexpr int64_t kMib = int64_t{1} << 20;

// A message of 41 MB made a row of 12 * 41 million numbers. The row was too
// large for the ledger, which counted as a broken disk and stopped the
// coordinator.
TEST_F(WorkerAttack, PointsThatGrowInTheLedgerEndTheirStreamOnly) {
  MustCreate(HonestSpec("victim", 1));
  RawWorker worker(*workers_, "liar");
  worker.Hello();
  worker.Demand(1);
  const std::optional<v1::Lease> lease = worker.ReadLease();
  ASSERT_TRUE(lease.has_value());
  v1::WorkerMessage message;
  message.set_sequence(1);
  v1::Report& report = *message.mutable_report();
  report.set_lease_id(lease->lease_id());
  report.set_sweep_id(lease->sweep_id());
  v1::TrialPoints& points = *report.add_points();
  points.set_attempt(1);
  for (int i = 0; i < 41 * kMib; ++i) {
    points.add_metrics(v1::METRIC_AZIMUTH_SHARE);
  }
  worker.Send(message);
  EXPECT_FALSE(worker.Finish().ok());
  ExpectUnharmed(5, 400);
}

// A heartbeat of 403 bytes took 8 s of the thread that decides.
TEST_F(WorkerAttack, ManyEntriesOfAHeartbeatCostNoMoreThanTheirBytes) {
  v1::SweepSpec spec = HonestSpec("victim", 60'000);
  v1::Axis& axis = *spec.mutable_axes(0)->mutable_axes(0);
  axis.set_field("steps");
  axis.mutable_range()->set_from(1);
  axis.mutable_range()->set_to(60'001);
  MustCreate(spec);
  RawWorker worker(*workers_, "beats");
  worker.Hello();
  worker.Demand(65'536);
  const std::optional<v1::Lease> lease = worker.ReadLease();
  ASSERT_TRUE(lease.has_value());
  const int64_t count = lease->trials(0).count();
  ASSERT_EQ(count, 60'000);
  ASSERT_TRUE(worker.Succeed(*lease, 0, count - 1));
  BeginAttack();
  v1::WorkerMessage message;
  for (int i = 0; i < 10'000; ++i) {
    message.mutable_heartbeat()->add_progress()->set_lease_id(
        lease->lease_id());
  }
  for (int i = 0; i < 20 && worker.Send(message); ++i) {
  }
  ExpectUnharmed(4, 400);
}

// 80 bytes of demands made one transaction of 1.3 million trials.
TEST_F(WorkerAttack, DemandsThatWaitAreMetInBoundedPieces) {
  RawWorker worker(*workers_, "greedy");
  worker.Hello();
  for (int i = 0; i < 20; ++i) worker.Demand(65'536);
  RawWorker modest(*workers_, "modest");
  modest.Hello();
  while (const auto message = modest.Read()) {
    if (message->has_welcome()) break;
  }
  v1::GetSweepRequest get;
  get.set_sweep(
      absl::StrCat(MustCreate(HonestSpec("victim", 1'000'000'000)).sweep_id()));
  ExpectUnharmed(5, 400);
  v1::Sweep victim;
  ASSERT_TRUE(sweeps_->GetSweep(Within(20).get(), get, &victim).ok());
  EXPECT_LE(victim.progress().leased(), server::MaxLeasedTrials(1));
}

// 33 MB of numerics made every list of sweeps too large to be received.
TEST_F(WorkerAttack, TextsOfAHelloAreShort) {
  RawWorker worker(*workers_, "long");
  worker.hello().set_numerics(std::string(33 * kMib, 'n'));
  worker.Hello();
  EXPECT_THAT(worker.Finish().error_message(), HasSubstr("numerics"));
  ExpectUnharmed(3, 400);
}

TEST_F(WorkerAttack, TextsOfAHelloCannotWriteOnTerminals) {
  for (const char* const text : {"\x1b]0;x\x07\x1b[2J",
                                 "\xc2\x9b"
                                 "2J",
                                 "\xe2\x80\xae"
                                 "abc",
                                 "a\nb"}) {
    RawWorker worker(*workers_, "paints");
    worker.hello().set_worker(text);
    worker.Hello();
    EXPECT_FALSE(worker.Finish().ok());
  }
  ExpectUnharmed(2, 200);
}

// 10 million ids of leases took 20 s of the thread that decides.
TEST_F(WorkerAttack, HeldLeasesOfAHelloAreBounded) {
  RawWorker worker(*workers_, "many");
  worker.hello().mutable_held_lease_ids()->Resize(10'000'000, 1);
  worker.Hello();
  EXPECT_FALSE(worker.Finish().ok());
  ExpectUnharmed(3, 500);
}

// Every honest worker measured its excess loss against an optimum of -1000.
TEST_F(WorkerAttack, AnOptimumOfDataThatItDoesNotHoldIsNotKept) {
  const v1::SweepSpec spec = HonestSpec("victim", 1);
  RawWorker worker(*workers_, "liar");
  worker.hello().set_numerics("honest numerics");
  worker.Hello();
  v1::WorkerMessage message;
  message.set_sequence(1);
  v1::Optimum& optimum = *message.mutable_report()->add_optima();
  *optimum.mutable_data() = spec.trial().data();
  *optimum.mutable_loss() = spec.trial().loss();
  for (const double value : {-1000.0, 0.001}) {
    optimum.set_value(value);
    RawWorker again(*workers_, absl::StrCat("liar", value));
    again.hello().set_numerics("honest numerics");
    again.Hello();
    again.Send(message);
    again.Finish();
  }
  v1::GetOptimumRequest request;
  *request.mutable_data() = spec.trial().data();
  *request.mutable_loss() = spec.trial().loss();
  request.set_numerics("honest numerics");
  v1::Optimum found;
  EXPECT_EQ(
      workers_->GetOptimum(Within(20).get(), request, &found).error_code(),
      grpc::StatusCode::NOT_FOUND);
  ExpectUnharmed(2, 200);
}

// 4 MB of results for no lease took 337 MB of memory.
TEST_F(WorkerAttack, ResultsForNoLeaseAreBounded) {
  MustCreate(HonestSpec("victim", 1));
  RawWorker worker(*workers_, "late");
  worker.Hello();
  v1::WorkerMessage message;
  message.set_sequence(1);
  v1::Report& report = *message.mutable_report();
  report.set_sweep_id(1);
  for (int i = 0; i < 1'000'000; ++i) {
    report.add_results()->set_outcome(v1::TRIAL_STATE_DIVERGED);
  }
  worker.Send(message);
  EXPECT_FALSE(worker.Finish().ok());
  ExpectUnharmed(4, 400);
}

TEST_F(WorkerAttack, MoreSlotsThanAMachineHasAreRefused) {
  RawWorker worker(*workers_, "wide", INT32_MAX);
  worker.Hello();
  EXPECT_THAT(worker.Finish().error_message(), HasSubstr("slots"));
  ExpectUnharmed(2, 200);
}

// Ten deaths of one machine failed three innocent trials.
TEST_F(WorkerAttack, ALeaseThatIsHandedBackAgainAndAgainFailsNothing) {
  const v1::Sweep victim = MustCreate(HonestSpec("victim", 3));
  for (int i = 0; i < 50; ++i) {
    RawWorker worker(*workers_, absl::StrCat("dies", i));
    worker.hello().set_host("one machine");
    worker.Hello();
    worker.Demand(1);
    const std::optional<v1::Lease> lease = worker.ReadLease();
    ASSERT_TRUE(lease.has_value());
    v1::WorkerMessage message;
    message.mutable_released()->add_lease_ids(lease->lease_id());
    worker.Send(message);
    worker.Finish();
  }
  v1::GetSweepRequest get;
  get.set_sweep(absl::StrCat(victim.sweep_id()));
  v1::Sweep seen;
  ASSERT_TRUE(sweeps_->GetSweep(Within(20).get(), get, &seen).ok());
  EXPECT_EQ(seen.progress().failed(), 0);
  ExpectUnharmed(3, 200);
}

// Messages that make no sense end their stream, whatever they are.
TEST_F(WorkerAttack, NonsenseEndsItsStreamOnly) {
  std::vector<v1::WorkerMessage> nonsense(6);
  nonsense[1].mutable_demand()->set_trials(-5);
  nonsense[2].mutable_report()->set_lease_id(INT64_MIN);
  nonsense[3].mutable_released()->add_lease_ids(-1);
  nonsense[4].mutable_heartbeat()->add_progress()->set_steps(INT64_MAX);
  nonsense[5].set_sequence(INT64_MAX);
  for (const v1::WorkerMessage& message : nonsense) {
    RawWorker first(*workers_, "no hello");
    first.Send(message);
    first.Finish();
    RawWorker second(*workers_, "hello");
    second.Hello();
    for (int i = 0; i < 100 && second.Send(message); ++i) {
    }
    second.Finish();
  }
  ExpectUnharmed(3, 200);
}

}  // namespace
}  // namespace fathom::test
