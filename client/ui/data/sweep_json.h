#ifndef FATHOM_CLIENT_UI_DATA_SWEEP_JSON_H_
#define FATHOM_CLIENT_UI_DATA_SWEEP_JSON_H_

#include "client/ui/data/axis_values.h"
#include "client/ui/data/rates.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Returns how a sweep stands, as lists of sweeps have it.
nlohmann::ordered_json SweepJson(const v1::Sweep& sweep,
                                 const Rates::Rate& rate);

// Returns an axis with its name, its kind and its values, of which at most
// 10,000 are listed.
nlohmann::ordered_json AxisJson(const AxisValues& axis);

// Returns a value of an axis as JSON.
nlohmann::ordered_json AxisValueJson(const v1::Value& value);

// Returns a metric with its name, its label and whether it wants a logarithmic
// scale.
nlohmann::ordered_json MetricJson(v1::Metric metric);

// Whether the values of a metric want a logarithmic scale.
bool IsLogMetric(v1::Metric metric);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_SWEEP_JSON_H_
