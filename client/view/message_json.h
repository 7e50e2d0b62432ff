#ifndef FATHOM_CLIENT_VIEW_MESSAGE_JSON_H_
#define FATHOM_CLIENT_VIEW_MESSAGE_JSON_H_

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "proto/sweep/message_json.h"

namespace fathom::client {

// The version of the JSON documents of all commands. A new field leaves the
// version as it is; a field that is removed or changes its meaning raises it.
inline constexpr int kJsonSchema = 1;

// Writes a document for other programs, over several lines. It is an object
// that begins with `"schema": kJsonSchema`, or an array of such objects.
void WriteJson(const nlohmann::ordered_json& json, std::ostream& out);

// Returns the number, or null when there is none.
nlohmann::ordered_json NumberOrNull(const std::optional<double>& number);

// Returns an object that maps the names of axes to their values, in order.
// `axes` has a name for every value.
nlohmann::ordered_json SettingsJson(const std::vector<std::string>& axes,
                                    const std::vector<v1::Value>& values);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_MESSAGE_JSON_H_
