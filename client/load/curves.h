#ifndef FATHOM_CLIENT_LOAD_CURVES_H_
#define FATHOM_CLIENT_LOAD_CURVES_H_

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "client/analysis/trial_curve.h"
#include "client/analysis/trial_filter.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// The trials of a sweep whose curves are read, and which of their points.
struct CurveChoice {
  // Trials `first` to `end` - 1, or all from `first` on when `end` is 0.
  int64_t first = 0;
  int64_t end = 0;
  // If set, only these trials, in any order and possibly none; `first` and
  // `end` do not count.
  std::optional<absl::Span<const int64_t>> trials = {};
  v1::CurveDetail detail = v1::CURVE_DETAIL_FULL;
  // Whether points that are not finite are left out; if not, they are NaN.
  bool finite_only = true;
};

// Calls `consume` on this thread with each chosen trial that was given out at
// least once, in ascending order, until `consume` fails. The spans of a curve
// are valid during the call only. Memory does not grow with the number of
// trials.
//
// A running sweep goes on meanwhile: each trial is shown as it was at one
// moment, and trials far apart at different moments.
//
// Errors are those of `consume` and of Connection::ReadCurves, and INTERNAL
// when what the coordinator sends breaks the promises of its protocol.
absl::Status ForEachCurve(
    Connection& connection, int64_t sweep_id, v1::Metric metric,
    const CurveChoice& choice,
    absl::FunctionRef<absl::Status(const TrialCurve&)> consume);

// Does so with the chosen trials that `filter` takes, in ascending order. Where
// they are few, the others are not read.
absl::Status ForEachCurveOf(
    const TrialFilter& filter, Connection& connection, int64_t sweep_id,
    v1::Metric metric, const CurveChoice& choice,
    absl::FunctionRef<absl::Status(const TrialCurve&)> consume);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_LOAD_CURVES_H_
