#ifndef FATHOM_PROTO_SWEEP_MESSAGE_JSON_H_
#define FATHOM_PROTO_SWEEP_MESSAGE_JSON_H_

#include <string>

#include "fathom/v1/sweep.pb.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace fathom {

// Returns a message as JSON for other programs, the same from commands and in
// the ledger: field names as in the proto file, but `sweep`, `trial` and
// `trials` for numbers of those as in SQL; enum values in lower case without
// prefix, timestamps as RFC 3339 in UTC, durations in seconds, integers as
// numbers, numbers that are not finite as null. Messages of sweep.proto show
// what is set, and zeros that mean something: see MayBeZero(). All others show
// every scalar field, also where it is zero.
nlohmann::ordered_json ToJson(const google::protobuf::Message& message);

// Returns the bare value: 0.001, 3, "gaussian", true.
nlohmann::ordered_json ToJson(const v1::Value& value);

// Returns `json` in one line. Bytes that are not UTF-8 are replaced.
std::string JsonText(const nlohmann::ordered_json& json);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_MESSAGE_JSON_H_
