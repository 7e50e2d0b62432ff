#include "proto/sweep/checks/schedule.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/proto/sweep/specs.h"

namespace fathom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A normalized spec with this in its optimizer, and more.
v1::SweepSpec WithOptimizer(const std::string& optimizer,
                            const std::string& more = "") {
  return Normalize(
      With(SmallSpec(), "trial { optimizer { " + optimizer + " } } " + more));
}

v1::SweepSpec WithSchedule(const std::string& schedule,
                           const std::string& more = "") {
  return WithOptimizer("schedule { " + schedule + " }", more);
}

constexpr char kAllShapes[] =
    "axes { axes { field: 'optimizer.schedule.name' list { "
    "values { text: 'constant' } values { text: 'exponential' } "
    "values { text: 'step' } values { text: 'cosine' } } } } ";
constexpr char kDecays[] =
    "axes { axes { field: 'decay' list { "
    "values { number: 0.9 } values { number: 0.5 } } } } ";

void ExpectRefused(const v1::SweepSpec& spec, const std::string& field,
                   const std::string& found, const std::string& expected) {
  const std::vector<Violation> violations = Validate(spec);
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_EQ(violations[0].field, field);
  EXPECT_THAT(violations[0].found, HasSubstr(found));
  EXPECT_THAT(violations[0].expected, HasSubstr(expected));
}

TEST(CheckScheduleTest, AcceptsWhatHasAMeaning) {
  EXPECT_THAT(Validate(WithSchedule("")), IsEmpty());
  EXPECT_THAT(Validate(WithSchedule("name: SCHEDULE_NAME_CONSTANT")),
              IsEmpty());
  EXPECT_THAT(Validate(WithSchedule("warm_up: 10 unit: SCHEDULE_UNIT_STEPS")),
              IsEmpty());
  EXPECT_THAT(Validate(WithSchedule("name: SCHEDULE_NAME_STEP decay: 0.1 "
                                    "every: 30")),
              IsEmpty());
  EXPECT_THAT(Validate(WithSchedule("name: SCHEDULE_NAME_EXPONENTIAL decay: "
                                    "1")),
              IsEmpty());
  EXPECT_THAT(Validate(WithSchedule("name: SCHEDULE_NAME_COSINE floor: 0.1")),
              IsEmpty());
  EXPECT_THAT(Validate(WithSchedule("decay: 0.5 floor: 0", kAllShapes)),
              IsEmpty());
  EXPECT_THAT(Validate(WithSchedule("name: SCHEDULE_NAME_STEP", kDecays)),
              IsEmpty());
}

TEST(CheckScheduleTest, RefusesFieldsOfOtherShapes) {
  ExpectRefused(WithSchedule("decay: 0.5"), "trial.optimizer.schedule.decay",
                "decay with a schedule that is constant",
                "schedule: {name: exponential or step}");
  ExpectRefused(WithSchedule("name: SCHEDULE_NAME_COSINE every: 2"),
                "trial.optimizer.schedule.every",
                "every with a schedule that is cosine", "no every");
  ExpectRefused(WithSchedule("name: SCHEDULE_NAME_STEP decay: 1 floor: 0.5"),
                "trial.optimizer.schedule.floor",
                "floor with a schedule that is step", "cosine");
  // An axis that means nothing to some of the trials.
  ExpectRefused(WithSchedule("", std::string(kAllShapes) + kDecays),
                "trial.optimizer.schedule.decay",
                "decay with a schedule that is constant, cosine", "no decay");
}

TEST(CheckScheduleTest, RefusesADecayWithoutItsFactor) {
  ExpectRefused(WithSchedule("name: SCHEDULE_NAME_STEP"),
                "trial.optimizer.schedule.decay", "no decay",
                "above 0 and at most 1");
  ExpectRefused(WithSchedule("", kAllShapes), "trial.optimizer.schedule.decay",
                "no decay", "above 0 and at most 1");
}

TEST(CheckScheduleTest, RefusesNumbersOutOfRange) {
  for (const char* const bad :
       {"name: SCHEDULE_NAME_STEP decay: 0",
        "name: SCHEDULE_NAME_STEP "
        "decay: 1.5",
        "name: SCHEDULE_NAME_STEP decay: 0.5 every: 0",
        "name: SCHEDULE_NAME_COSINE floor: -0.1",
        "name: SCHEDULE_NAME_COSINE floor: nan", "warm_up: -1",
        "warm_up: 1000000000001", "name: 9", "unit: 9"}) {
    EXPECT_THAT(Validate(WithSchedule(bad)), SizeIs(1)) << bad;
  }
}

TEST(CheckScheduleTest, AnOrderOfBatchesNeedsBatches) {
  ExpectRefused(WithOptimizer("batch_order: BATCH_ORDER_IN_ORDER"),
                "trial.optimizer.batch_order", "batch_order without batch_size",
                "a batch_size");
  EXPECT_THAT(
      Validate(WithOptimizer("batch_order: BATCH_ORDER_DRAWN batch_size: 8")),
      IsEmpty());
}

}  // namespace
}  // namespace fathom::test
