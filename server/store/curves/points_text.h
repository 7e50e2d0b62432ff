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
// comes back to the bit, null as NaN. Text of another form is INVALID_ARGUMENT,
// with the place and what was expected there; what is skipped is not looked at.
namespace fathom::server {

// Steps, and the value at each.
struct PointColumn {
  std::vector<int64_t> steps = {};
  std::vector<double> values = {};
};

// Where the values of a metric are in a chunk.
struct ColumnPlace {
  int column = -1;  // Of `columns`, from 0; -1: the chunk has none.
  int columns = 0;
};

// Finds `metric` in the metric names of a chunk, ["loss",...]; the first of
// several.
absl::StatusOr<ColumnPlace> FindColumn(absl::string_view metrics,
                                       absl::string_view metric);

// Appends the points of a chunk, [[step,value,...],...]; `place.column` is one
// of its columns. More than `most` points in all are an error, too. O(text).
absl::Status AppendPoints(absl::string_view points, ColumnPlace place,
                          size_t most, PointColumn* out);

// A point of a chunk.
struct Point {
  int64_t step = 0;
  double value = 0;
};

// Returns the first point, or the last one, whose value is finite; nothing when
// there is none. Looks at the text up to there alone.
absl::StatusOr<std::optional<Point>> FirstFinitePoint(absl::string_view points,
                                                      ColumnPlace place);
absl::StatusOr<std::optional<Point>> LastFinitePoint(absl::string_view points,
                                                     ColumnPlace place);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_CURVES_POINTS_TEXT_H_
