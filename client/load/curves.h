#ifndef FATHOM_CLIENT_LOAD_CURVES_H_
#define FATHOM_CLIENT_LOAD_CURVES_H_

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "client/analysis/trial_curve.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Which trials of a sweep, and which points of their curves.
struct CurveChoice {
  // Trials `first` to `end` - 1; with an `end` of 0 all from `first` on.
  int64_t first = 0;
  int64_t end = 0;
  // When set: these alone, in any order, even when there are none.
  std::optional<absl::Span<const int64_t>> trials = {};
  v1::CurveDetail detail = v1::CURVE_DETAIL_FULL;
};

// Calls `consume`, on this thread, with each trial that was chosen and was
// given out at least once, ascending, until it fails. The spans of a curve live
// during the call only. Memory does not grow with the number of trials.
//
// A sweep that runs goes on meanwhile: each trial is shown as it is at one
// time, far ones at different times.
//
// The error of `consume`; those of Connection::ReadCurves; INTERNAL when what
// the coordinator sends is not what it promised.
absl::Status ForEachCurve(
    Connection& connection, int64_t sweep_id, v1::Metric metric,
    const CurveChoice& choice,
    absl::FunctionRef<absl::Status(const TrialCurve&)> consume);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_LOAD_CURVES_H_
