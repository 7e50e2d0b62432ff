#ifndef FATHOM_CLIENT_DATA_OVERLAY_H_
#define FATHOM_CLIENT_DATA_OVERLAY_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "client/data/input_file.h"
#include "client/view/plots/overlay.h"

namespace fathom::client {

// Most bytes, points and curves of an overlay: more is no picture.
inline constexpr int64_t kMaxOverlayBytes = 4 << 20;
inline constexpr size_t kMostOverlayPoints = 20'000;
inline constexpr size_t kMostOverlayCurves = 32;

// Reads values to lay over curves from a csv file with a header line. Lines
// whose first cell begins with # are comments. Columns, in any order:
//   curve, iteration, value   name of the curve (any text), iteration (a
//   number,
//                             at least 0) and value (a number)
//   updates_per_iteration     optional, a number above 0; empty: 1
//   offset                    optional, a number to add to the value; empty: 0
//   any axis, such as depth   optional: with which line the curve goes; empty:
//                             with any
// All rows of one curve agree in the optional columns.
//
// INVALID_ARGUMENT with path, line and column, what was found and what was
// expected; also for a file that is too large or without a point.
absl::StatusOr<Overlay> ReadOverlay(InputFile* file);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_OVERLAY_H_
