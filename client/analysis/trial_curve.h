#ifndef FATHOM_CLIENT_ANALYSIS_TRIAL_CURVE_H_
#define FATHOM_CLIENT_ANALYSIS_TRIAL_CURVE_H_

#include <cstdint>
#include <optional>

#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// How a trial that was given out stands, and what its current attempt recorded
// of one metric. The spans refer to memory that belongs to whoever passes the
// curve.
struct TrialCurve {
  int64_t trial = 0;
  v1::TrialState state = v1::TRIAL_STATE_UNSPECIFIED;
  int64_t steps = 0;                      // Steps taken; 0 before its end.
  std::optional<double> final_loss = {};  // Finite if set.
  absl::Span<const int64_t> at = {};      // Steps, strictly ascending.
  absl::Span<const double> values = {};   // One per step; finite
                                          // unless all points were asked for.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_TRIAL_CURVE_H_
