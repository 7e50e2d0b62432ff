#ifndef FATHOM_CLIENT_VIEW_MESSAGE_JSON_H_
#define FATHOM_CLIENT_VIEW_MESSAGE_JSON_H_

#include <optional>

#include "fathom/v1/sweep.pb.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace fathom {

// Returns a message as JSON for other programs: field names as in the proto
// file, enum values in lower case without prefix, timestamps as RFC 3339 in
// UTC, durations in seconds, integers as numbers, numbers that are not finite
// as null. Messages of sweep.proto show what is set; all others show every
// scalar field, also where it is zero.
nlohmann::ordered_json ToJson(const google::protobuf::Message& message);

// Returns the bare value: 0.001, 3, "gaussian", true.
nlohmann::ordered_json ToJson(const v1::Value& value);

// Returns null for no number.
nlohmann::ordered_json NumberOrNull(const std::optional<double>& number);

}  // namespace fathom

#endif  // FATHOM_CLIENT_VIEW_MESSAGE_JSON_H_
