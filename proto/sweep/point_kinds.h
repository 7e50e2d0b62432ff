#ifndef FATHOM_PROTO_SWEEP_POINT_KINDS_H_
#define FATHOM_PROTO_SWEEP_POINT_KINDS_H_

#include "fathom/v1/sweep.pb.h"
#include "google/protobuf/repeated_field.h"

namespace fathom {

// The kinds of points of a trial. Each kind has steps and metrics of its own,
// so points of both kinds never share a chunk.
enum class PointKind {
  // All metrics, at the steps of `record`; but those of the other kind.
  kRecorded,
  // The metrics of rows that are held out, at the steps of `record.evaluate`.
  // Trials without `record.evaluate` have no points of this kind.
  kEvaluated,
};
inline constexpr int kPointKinds = 2;

// Returns the kind of the points in which a trial that records `record` has
// `metric`. A metric that this program does not know is recorded.
PointKind KindOf(const v1::RecordSpec& record, v1::Metric metric);

// Returns the metrics of `record` that points of `kind` have, in their order.
google::protobuf::RepeatedField<int> MetricsOfKind(const v1::RecordSpec& record,
                                                   PointKind kind);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_POINT_KINDS_H_
