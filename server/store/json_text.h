#ifndef FATHOM_SERVER_STORE_JSON_TEXT_H_
#define FATHOM_SERVER_STORE_JSON_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "fathom/v1/worker_service.pb.h"

// The JSON in the ledger's tables, which SQLite's json_each() can read.
namespace fathom::server {

// Appends `number` in a form that SQLite reads back bit for bit.
//
// SQLite 3.40 multiplies the digits by a power of ten in 80-bit arithmetic,
// with a relative error of a few 2^-64. It reads numbers of 17 significant
// digits correctly, because these are within 2^-57.3 of the double and so
// clearly on its side of the halfway points to its neighbours; the shortest
// digits of a double may lie close to such a point. Below 1e-291 SQLite rounds
// three times and cannot reach every double. Numbers below 1e-280 are therefore
// written as text, "4.1e-110*2^-600": the number before the star times a power
// of two, exactly. NaN and infinities become null.
void AppendJsonNumber(double number, std::string* out);

// The SQL expression for a number that AppendJsonNumber wrote; $0 is the column
// `value` of json_each().
inline constexpr char kJsonNumberSql[] =
    "CASE typeof($0) WHEN 'text' "
    "THEN CAST($0 AS REAL) * 2.4099198651028841e-181 "
    "ELSE CAST($0 AS REAL) END";

// Appends `text`, which must be UTF-8, as a JSON string.
void AppendJsonString(absl::string_view text, std::string* out);

// Returns the metric names of a chunk as JSON: ["loss","weight_norm"].
std::string MetricsJson(const v1::TrialPoints& points);

// Appends the points of a chunk as JSON: [[step,value,...],...], with the
// values in the order of the metrics. `points` must have a value for every step
// and metric.
void AppendPointsJson(const v1::TrialPoints& points, std::string* out);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_JSON_TEXT_H_
