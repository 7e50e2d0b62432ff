#ifndef FATHOM_CLIENT_DATA_OVERLAY_H_
#define FATHOM_CLIENT_DATA_OVERLAY_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "client/data/input_file.h"
#include "client/view/plots/overlay.h"

namespace fathom::client {

// The largest overlay in bytes, points and curves; a picture could not show
// more.
inline constexpr int64_t kMaxOverlayBytes = 4 << 20;
inline constexpr size_t kMostOverlayPoints = 20'000;
inline constexpr size_t kMostOverlayCurves = 32;

// Reads values to lay over curves, from a csv file with a header line. Lines
// whose first cell begins with # are comments. The columns may be in any order:
//   curve                     the name of the curve, any text
//   iteration                 a number, at least 0
//   value                     a number
//   updates_per_iteration     optional: a number above 0; empty means 1
//   offset                    optional: a number that is added to the value;
//                             empty means 0
//   any axis, such as depth   optional: the value of the lines that the curve
//                             goes with; empty means any value
// All rows of one curve must agree in the optional columns.
//
// Errors are INVALID_ARGUMENT with path, line and column, what was found and
// what was expected, also for a file that is too large or has no point.
absl::StatusOr<Overlay> ReadOverlay(InputFile* file);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_OVERLAY_H_
