#include "proto/sweep/point_kinds.h"

#include "gmock/gmock.h"
#include "proto/sweep/facts/metrics.h"

namespace fathom::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::RecordSpec Record() {
  v1::RecordSpec record;
  for (const v1::Metric metric : {v1::METRIC_VALIDATION_LOSS, v1::METRIC_LOSS,
                                  v1::METRIC_TEST_ERROR, v1::METRIC_ACCURACY}) {
    record.add_metrics(metric);
  }
  return record;
}

TEST(PointKindsTest, WithoutEvaluateAllMetricsAreRecordedTogether) {
  const v1::RecordSpec record = Record();
  EXPECT_THAT(MetricsOfKind(record, PointKind::kRecorded),
              ElementsAre(v1::METRIC_VALIDATION_LOSS, v1::METRIC_LOSS,
                          v1::METRIC_TEST_ERROR, v1::METRIC_ACCURACY));
  EXPECT_THAT(MetricsOfKind(record, PointKind::kEvaluated), IsEmpty());
}

TEST(PointKindsTest, WithEvaluateHeldOutRowsAreMeasuredApart) {
  v1::RecordSpec record = Record();
  record.mutable_evaluate();
  EXPECT_THAT(MetricsOfKind(record, PointKind::kRecorded),
              ElementsAre(v1::METRIC_LOSS, v1::METRIC_ACCURACY));
  EXPECT_THAT(MetricsOfKind(record, PointKind::kEvaluated),
              ElementsAre(v1::METRIC_VALIDATION_LOSS, v1::METRIC_TEST_ERROR));
}

TEST(PointKindsTest, AMetricThatNobodyKnowsIsRecorded) {
  v1::RecordSpec record;
  record.mutable_evaluate();
  EXPECT_EQ(KindOf(record, static_cast<v1::Metric>(12345)),
            PointKind::kRecorded);
}

}  // namespace
}  // namespace fathom::test
