#ifndef FATHOM_PROTO_SWEEP_MESSAGE_JSON_H_
#define FATHOM_PROTO_SWEEP_MESSAGE_JSON_H_

#include <string>

#include "fathom/v1/sweep.pb.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace fathom {

// Returns `message` as JSON for other programs. Commands and the ledger use the
// same form:
// - Fields have their names of the proto file, but numbers of sweeps and trials
//   and the number of trials are called `sweep`, `trial` and `trials`, as in
//   SQL.
// - Enum values are in lower case without the prefix of their type. Timestamps
//   are RFC 3339 in UTC, durations are seconds, integers are numbers, bytes are
//   hex digits, and numbers that are not finite become null in the text.
// - Messages of sweep.proto have the fields that are set, and zeros that are
//   ordinary values (see MayBeZero()). All other messages have every scalar
//   field, even where it is zero.
nlohmann::ordered_json ToJson(const google::protobuf::Message& message);

// Returns the value itself, without a message around it: 0.001, 3, "gaussian",
// true.
nlohmann::ordered_json ToJson(const v1::Value& value);

// Returns the text of `json` in one line. Bytes that are not UTF-8 become the
// replacement character U+FFFD.
std::string JsonText(const nlohmann::ordered_json& json);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_MESSAGE_JSON_H_
