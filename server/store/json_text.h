#ifndef FATHOM_SERVER_STORE_JSON_TEXT_H_
#define FATHOM_SERVER_STORE_JSON_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "fathom/v1/worker_service.pb.h"

// The JSON inside the ledger: what SQLite's json_each() takes apart again.
namespace fathom::server {

// Appends `number` so that SQLite's own reader gives back the same bits.
//
// SQLite 3.40 multiplies the digits with a power of ten in 80-bit arithmetic, a
// few 2^-64 off. It thereby reads 17 significant digits right, because these
// lie within 2^-57.3 of the double's side of the halfway points; the shortest
// digits may lie next to one. Below 1e-291 it rounds three times and cannot
// reach every double. Those are written as text, "4.1e-110*2^-600": the number
// before the star times a power of two, exactly. NaN and infinities become
// null.
void AppendJsonNumber(double number, std::string* out);

// SQL for the number in `value`, a column that json_each() made of the above.
inline constexpr char kJsonNumberSql[] =
    "CASE typeof($0) WHEN 'text' "
    "THEN CAST($0 AS REAL) * 2.4099198651028841e-181 "
    "ELSE CAST($0 AS REAL) END";

// Appends `text` as a JSON string. It must be UTF-8.
void AppendJsonString(absl::string_view text, std::string* out);

// Returns the metric names of a chunk: ["loss","weight_norm"].
std::string MetricsJson(const v1::TrialPoints& points);

// Appends the points of a chunk: [[step,value,...],...], values in the order of
// the metrics. `points` holds a value for every step and metric.
void AppendPointsJson(const v1::TrialPoints& points, std::string* out);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_JSON_TEXT_H_
