#include "proto/sweep/checks/axes.h"

#include <utility>

#include "gmock/gmock.h"
#include "proto/sweep/validate.h"
#include "tests/proto/sweep/specs.h"

namespace fathom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A trial is named by its parameters, and both zeros are one value.
TEST(CheckAxesTest, AListHasZeroOnceWhateverItsSign) {
  for (const auto& [a, b] :
       {std::pair(0.0, -0.0), std::pair(-0.0, 0.0), std::pair(0.0, 0.0)}) {
    v1::SweepSpec spec = SmallSpec();
    v1::Axis& axis = *spec.add_axes()->add_axes();
    axis.set_field("optimizer.weight_decay");
    *axis.mutable_list()->add_values() = Number(a);
    *axis.mutable_list()->add_values() = Number(0.5);
    EXPECT_THAT(Validate(Normalize(spec)), IsEmpty());
    *axis.mutable_list()->add_values() = Number(b);
    const std::vector<Violation> violations = Validate(Normalize(spec));
    ASSERT_THAT(violations, SizeIs(1));
    EXPECT_EQ(violations[0].field, "axes[0].axes[0].list.values[2]");
    EXPECT_THAT(violations[0].found, HasSubstr("once more"));
  }
}

// However they are written.
TEST(CheckAxesTest, AListHasEveryNumberOnce) {
  v1::SweepSpec spec = SmallSpec();
  v1::Axis& axis = *spec.add_axes()->add_axes();
  axis.set_field("optimizer.weight_decay");
  *axis.mutable_list()->add_values() = Number(2);
  *axis.mutable_list()->add_values() = Integer(2);
  EXPECT_THAT(Validate(Normalize(spec)), SizeIs(1));
  // Zipped with another axis, the pair counts.
  v1::Axis& other = *spec.mutable_axes(0)->add_axes();
  other.set_field("seed");
  *other.mutable_list()->add_values() = Integer(0);
  *other.mutable_list()->add_values() = Integer(1);
  EXPECT_THAT(Validate(Normalize(spec)), IsEmpty());
  other.mutable_list()->mutable_values(1)->set_integer(0);
  EXPECT_THAT(Validate(Normalize(spec)), SizeIs(1));
}

}  // namespace
}  // namespace fathom::test
