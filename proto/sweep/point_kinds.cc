#include "proto/sweep/point_kinds.h"

#include "proto/sweep/facts/metrics.h"

namespace fathom {

PointKind KindOf(const v1::RecordSpec& record, v1::Metric metric) {
  return record.has_evaluate() && FactsOf(metric).part != DataPart::kTraining
             ? PointKind::kEvaluated
             : PointKind::kRecorded;
}

google::protobuf::RepeatedField<int> MetricsOfKind(const v1::RecordSpec& record,
                                                   PointKind kind) {
  google::protobuf::RepeatedField<int> metrics;
  for (const int metric : record.metrics()) {
    if (KindOf(record, static_cast<v1::Metric>(metric)) == kind) {
      metrics.Add(metric);
    }
  }
  return metrics;
}

}  // namespace fathom
