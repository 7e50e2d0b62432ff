// What the coordinator does with optima that workers report.
#include <cmath>
#include <string>

#include "gmock/gmock.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::CoordinatorTest;
using ::fathom::test::SmallSpec;
using ::fathom::test::StatusIs;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Of what trials of `spec` are measured against.
v1::WorkerMessage ReportOptimum(int64_t sequence, int64_t lease_id,
                                double value,
                                const v1::SweepSpec& spec = SmallSpec(2)) {
  v1::WorkerMessage message;
  message.set_sequence(sequence);
  message.mutable_report()->set_lease_id(lease_id);
  v1::Optimum& optimum = *message.mutable_report()->add_optima();
  *optimum.mutable_data() = spec.trial().data();
  *optimum.mutable_loss() = spec.trial().loss();
  optimum.set_value(value);
  return message;
}

TEST_F(CoordinatorTest, AReportedOptimumIsWrittenWithItsNumerics) {
  Start();
  v1::WorkerMessage hello;
  hello.mutable_hello()->set_protocol_version(kProtocolVersion);
  hello.mutable_hello()->set_session_id("s");
  hello.mutable_hello()->set_slots(1);
  hello.mutable_hello()->set_numerics("n1");
  Receive(1, hello);
  Demand(1, 4);
  Create(SmallSpec(2));
  ASSERT_THAT(Leases(1), SizeIs(1));

  Receive(1, ReportOptimum(1, Leases(1)[0].lease_id(), 0.5));

  ASSERT_THAT(Writes<RecordOptimum>(), SizeIs(1));
  EXPECT_EQ(Writes<RecordOptimum>()[0].optimum.value(), 0.5);
  EXPECT_EQ(Writes<RecordOptimum>()[0].numerics, "n1");
  EXPECT_EQ(Writes<RecordOptimum>()[0].session_id, "s");
  EXPECT_THAT(Writes<RecordReport>(), IsEmpty());  // It carried nothing else.
}

// Whoever has no such trial has no business to say what they are measured
// against. Nobody is to blame: the lease may just have been lost.
TEST_F(CoordinatorTest, AnOptimumCountsOnlyFromWhoHoldsATrialOfIt) {
  Start();
  Hello(1, "s");
  Hello(2, "t");
  Create(SmallSpec(2));
  Demand(1, 2);
  const int64_t lease = Leases(1)[0].lease_id();
  v1::SweepSpec other = SmallSpec(2);
  other.mutable_trial()->mutable_data()->mutable_synthetic()->set_seed(77);
  v1::SweepSpec other_loss = SmallSpec(2);
  other_loss.mutable_trial()->mutable_loss()->set_lp(4);
  Receive(1, ReportOptimum(1, 77, 0.5));
  Receive(2, ReportOptimum(1, lease, 0.5));
  Receive(1, ReportOptimum(2, lease, 0.5, other));
  Receive(1, ReportOptimum(3, lease, 0.5, other_loss));
  EXPECT_THAT(Writes<RecordOptimum>(), IsEmpty());
  EXPECT_THAT(closes_, IsEmpty());

  Receive(1, ReportOptimum(4, lease, 0.5));
  EXPECT_THAT(Writes<RecordOptimum>(), SizeIs(1));
  Receive(1, ReportOptimum(4, lease, 0.5));  // The same message once more.
  EXPECT_THAT(Writes<RecordOptimum>(), SizeIs(1));
}

// Each trial of the sweep has data of its own; the lease has two of them.
TEST_F(CoordinatorTest, WhereDataVaryTheOptimumIsOfATrialOfTheLease) {
  v1::SweepSpec spec = SmallSpec(4);
  spec.mutable_axes(0)->mutable_axes(0)->set_field("data.synthetic.seed");
  Start();
  Hello(1, "s");
  Create(spec);
  Demand(1, 2);
  ASSERT_EQ(Trials(Leases(1)[0]), 2);
  for (int seed = 0; seed < 4; ++seed) {
    v1::SweepSpec trial = spec;
    trial.mutable_trial()->mutable_data()->mutable_synthetic()->set_seed(seed);
    Receive(1, ReportOptimum(seed + 1, Leases(1)[0].lease_id(), seed, trial));
  }
  ASSERT_THAT(Writes<RecordOptimum>(), SizeIs(2));
  EXPECT_EQ(Writes<RecordOptimum>()[0].optimum.value(), 0);
  EXPECT_EQ(Writes<RecordOptimum>()[1].optimum.value(), 1);
}

TEST_F(CoordinatorTest, AnOptimumThatNoLossHasIsRefused) {
  for (const double value : {std::nan(""), HUGE_VAL, -1000.0}) {
    closes_.clear();
    Start();
    Hello(1, "s");
    Receive(1, ReportOptimum(1, 77, value));
    EXPECT_THAT(Writes<RecordOptimum>(), IsEmpty());
    EXPECT_THAT(closes_[1], StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace fathom::server
