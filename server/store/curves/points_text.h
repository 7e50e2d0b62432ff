#ifndef FATHOM_SERVER_STORE_CURVES_POINTS_TEXT_H_
#define FATHOM_SERVER_STORE_CURVES_POINTS_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Reads the chunks of points that json_text.h writes, without SQLite. A value
// is read back bit for bit, null as NaN. Text of another form is
// INVALID_ARGUMENT, with the place and what was expected there; values that are
// skipped are not checked.
namespace fathom::server {

// Steps, and the value at each step.
struct PointColumn {
  std::vector<int64_t> steps = {};
  std::vector<double> values = {};
};

// The position of the values of a metric in a chunk.
struct ColumnPlace {
  int column = -1;  // Counted from 0; -1 when the chunk lacks the metric.
  int columns = 0;
};

// Returns the position of `metric` among the metric names of a chunk,
// ["loss",...]. If a name occurs several times, the first one counts.
absl::StatusOr<ColumnPlace> FindColumn(absl::string_view metrics,
                                       absl::string_view metric);

// Appends the points of a chunk, [[step,value,...],...]. `place.column` must be
// one of its columns. INVALID_ARGUMENT also when `out` would have `most` points
// or more. Takes time proportional to the length of the text.
absl::Status AppendPoints(absl::string_view points, ColumnPlace place,
                          size_t most, PointColumn* out);

// A point of a chunk.
struct Point {
  int64_t step = 0;
  double value = 0;
};

// Return the first or the last point whose value is finite, or nothing when
// there is none. They read the text from its begin or its end, up to that point
// only.
absl::StatusOr<std::optional<Point>> FirstFinitePoint(absl::string_view points,
                                                      ColumnPlace place);
absl::StatusOr<std::optional<Point>> LastFinitePoint(absl::string_view points,
                                                     ColumnPlace place);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_CURVES_POINTS_TEXT_H_
