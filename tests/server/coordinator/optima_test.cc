// What the coordinator does with optima that workers report.
#include <cmath>
#include <string>

#include "gmock/gmock.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom {
namespace {

using ::fathom::test::CoordinatorTest;
using ::fathom::test::SmallSpec;
using ::fathom::test::StatusIs;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::WorkerMessage ReportOptimum(int64_t sequence, int64_t lease_id,
                                double value) {
  v1::WorkerMessage message;
  message.set_sequence(sequence);
  message.mutable_report()->set_lease_id(lease_id);
  message.mutable_report()->add_optima()->set_value(value);
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

// It is true whoever holds the trials.
TEST_F(CoordinatorTest, AnOptimumCountsWithoutALease) {
  Start();
  Hello(1, "s");
  Receive(1, ReportOptimum(1, 77, 0.5));
  EXPECT_THAT(Writes<RecordOptimum>(), SizeIs(1));
  Receive(1, ReportOptimum(1, 77, 0.5));  // The same message once more.
  EXPECT_THAT(Writes<RecordOptimum>(), SizeIs(1));
  EXPECT_THAT(closes_, IsEmpty());
}

TEST_F(CoordinatorTest, AnOptimumThatIsNoNumberIsRefused) {
  for (const double value : {std::nan(""), HUGE_VAL}) {
    closes_.clear();
    Start();
    Hello(1, "s");
    Receive(1, ReportOptimum(1, 77, value));
    EXPECT_THAT(Writes<RecordOptimum>(), IsEmpty());
    EXPECT_THAT(closes_[1], StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace fathom
