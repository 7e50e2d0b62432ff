#ifndef FATHOM_CLIENT_VIEW_MESSAGE_JSON_H_
#define FATHOM_CLIENT_VIEW_MESSAGE_JSON_H_

#include <optional>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "proto/sweep/message_json.h"

namespace fathom {

// Returns null for no number.
nlohmann::ordered_json NumberOrNull(const std::optional<double>& number);

// Returns an object of the values by the names of their axes, in order. `axes`
// has a name for every value.
nlohmann::ordered_json SettingsJson(const std::vector<std::string>& axes,
                                    const std::vector<v1::Value>& values);

}  // namespace fathom

#endif  // FATHOM_CLIENT_VIEW_MESSAGE_JSON_H_
