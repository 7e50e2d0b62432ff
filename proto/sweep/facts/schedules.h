#ifndef FATHOM_PROTO_SWEEP_FACTS_SCHEDULES_H_
#define FATHOM_PROTO_SWEEP_FACTS_SCHEDULES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// One row of the table of learning-rate schedules: a shape and the scalar
// fields of ScheduleSpec that it uses beside those that all shapes use, as
// paths: "optimizer.schedule.decay". How a shape is computed is
// worker/engine/rate_schedule.h.
struct ScheduleFacts {
  v1::ScheduleName name = v1::SCHEDULE_NAME_UNSPECIFIED;
  absl::Span<const char* const> fields;
};

// Returns all rows, in the order of the enum.
absl::Span<const ScheduleFacts> Schedules();

// Returns the name of a shape in specs, "cosine".
std::string ScheduleText(v1::ScheduleName name);

// Whether the field at `path` belongs to some shapes only.
bool IsShapeField(absl::string_view path);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FACTS_SCHEDULES_H_
