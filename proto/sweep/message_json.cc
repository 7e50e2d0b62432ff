#include "proto/sweep/message_json.h"

#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/limits.h"

namespace fathom {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Json = nlohmann::ordered_json;

std::string TimeJson(const google::protobuf::Timestamp& time) {
  return absl::FormatTime(
      "%Y-%m-%d%ET%H:%M:%E6SZ",
      absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos()),
      absl::UTCTimeZone());
}

// Returns the JSON of a message that is a field of another one: values, times
// and durations are scalars there.
Json MessageJson(const Message& message) {
  if (const auto* value = dynamic_cast<const v1::Value*>(&message)) {
    return ToJson(*value);
  }
  if (const auto* time =
          dynamic_cast<const google::protobuf::Timestamp*>(&message)) {
    return TimeJson(*time);
  }
  if (const auto* duration =
          dynamic_cast<const google::protobuf::Duration*>(&message)) {
    return static_cast<double>(duration->seconds()) + duration->nanos() * 1e-9;
  }
  return ToJson(message);
}

// Returns the key of a field. Numbers of sweeps and trials, and the number of
// trials of a sweep, are called as in SQL.
std::string KeyOf(const FieldDescriptor& field) {
  if (field.name() == "sweep_id") return "sweep";
  if (field.name() == "trial_index") return "trial";
  if (field.name() == "trial_count") return "trials";
  return field.name();
}

// An enum value that only a newer program knows is shown as its number.
Json EnumJson(const google::protobuf::EnumDescriptor& type, int number) {
  const auto* value = type.FindValueByNumber(number);
  if (value == nullptr) return number;
  return EnumText(*value);
}

// Returns element `index` of a repeated field or, for index -1, the value of a
// field that is not repeated.
Json FieldJson(const Message& message, const FieldDescriptor* field,
               int index) {
  const Reflection* r = message.GetReflection();
  const bool single = index < 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return single ? r->GetInt32(message, field)
                    : r->GetRepeatedInt32(message, field, index);
    case FieldDescriptor::CPPTYPE_INT64:
      return single ? r->GetInt64(message, field)
                    : r->GetRepeatedInt64(message, field, index);
    case FieldDescriptor::CPPTYPE_UINT32:
      return single ? r->GetUInt32(message, field)
                    : r->GetRepeatedUInt32(message, field, index);
    case FieldDescriptor::CPPTYPE_UINT64:
      return single ? r->GetUInt64(message, field)
                    : r->GetRepeatedUInt64(message, field, index);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return single ? r->GetDouble(message, field)
                    : r->GetRepeatedDouble(message, field, index);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return single ? r->GetFloat(message, field)
                    : r->GetRepeatedFloat(message, field, index);
    case FieldDescriptor::CPPTYPE_BOOL:
      return single ? r->GetBool(message, field)
                    : r->GetRepeatedBool(message, field, index);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumJson(*field->enum_type(),
                      single ? r->GetEnumValue(message, field)
                             : r->GetRepeatedEnumValue(message, field, index));
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text =
          single ? r->GetString(message, field)
                 : r->GetRepeatedString(message, field, index);
      return field->type() == FieldDescriptor::TYPE_BYTES
                 ? absl::BytesToHexString(text)
                 : text;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageJson(single ? r->GetMessage(message, field)
                                : r->GetRepeatedMessage(message, field, index));
  }
  return nullptr;
}

}  // namespace

Json ToJson(const Message& message) {
  const Reflection* reflection = message.GetReflection();
  const bool is_spec =
      message.GetDescriptor()->file() == v1::SweepSpec::descriptor()->file();
  Json json = Json::object();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    const std::string key = KeyOf(*field);
    if (field->is_repeated()) {
      const int size = reflection->FieldSize(message, field);
      if (size == 0 && is_spec) continue;
      Json list = Json::array();
      for (int j = 0; j < size; ++j) {
        list.push_back(FieldJson(message, field, j));
      }
      json[key] = std::move(list);
      continue;
    }
    const bool is_shown =
        reflection->HasField(message, field) ||
        (is_spec ? MayBeZero(message, *field) : !field->has_presence());
    if (is_shown) json[key] = FieldJson(message, field, -1);
  }
  return json;
}

Json ToJson(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kNumber:
      return value.number();
    case v1::Value::kInteger:
      return value.integer();
    case v1::Value::kText:
      return value.text();
    case v1::Value::kFlag:
      return value.flag();
    case v1::Value::KIND_NOT_SET:
      break;
  }
  return nullptr;
}

std::string JsonText(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace fathom
