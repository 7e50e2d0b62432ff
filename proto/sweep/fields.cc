#include "proto/sweep/fields.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "proto/sweep/field_names.h"
#include "proto/sweep/printable.h"

namespace fathom {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

using Chain = FieldNames::Chain;

// Returns the chain of `path`, or null when `path` is no axis field.
const Chain* FindChain(absl::string_view path) {
  return FieldNames::OfTrials().FindChain(path);
}

// Returns the chain of `path`, which must be one of AxisFields().
const Chain& ChainOf(absl::string_view path) { return *FindChain(path); }

// Returns the message that holds the last field of `chain`.
const Message& Holder(const v1::TrialSpec& trial, const Chain& chain) {
  const Message* message = &trial;
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    message = &message->GetReflection()->GetMessage(*message, chain[i]);
  }
  return *message;
}

// The same for writing; creates the messages on the way where they are unset.
Message* MutableHolder(const Chain& chain, v1::TrialSpec* trial) {
  Message* message = trial;
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, chain[i]);
  }
  return message;
}

v1::Value Number(double number) {
  v1::Value value;
  value.set_number(number);
  return value;
}

v1::Value Integer(int64_t integer) {
  v1::Value value;
  value.set_integer(integer);
  return value;
}

v1::Value Text(std::string text) {
  v1::Value value;
  value.set_text(std::move(text));
  return value;
}

// Returns the enum value whose lower-case name is `text`, or null. The value of
// number 0 means that the field is not set, and has no name.
const EnumValueDescriptor* FindEnumValue(const EnumDescriptor& type,
                                         absl::string_view text) {
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0 && EnumText(*type.value(i)) == text) {
      return type.value(i);
    }
  }
  return nullptr;
}

// Stores `value` in `*integer` and returns true if it is an integer, or a
// number without a fraction that an int64 can hold.
bool AsInteger(const v1::Value& value, int64_t* integer) {
  if (value.kind_case() == v1::Value::kInteger) {
    *integer = value.integer();
    return true;
  }
  constexpr double kTwoTo63 = 9223372036854775808.0;
  const double number = value.number();
  if (value.kind_case() != v1::Value::kNumber || !std::isfinite(number) ||
      std::trunc(number) != number || number < -kTwoTo63 ||
      number >= kTwoTo63) {
    return false;
  }
  *integer = static_cast<int64_t>(number);
  return true;
}

// Returns the smallest and the largest integer of an integer field that a Value
// can hold, or an empty range for other fields.
std::pair<int64_t, int64_t> IntegerLimits(const FieldDescriptor& field) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return {std::numeric_limits<int32_t>::min(),
              std::numeric_limits<int32_t>::max()};
    case FieldDescriptor::CPPTYPE_INT64:
      return {std::numeric_limits<int64_t>::min(), kMax};
    case FieldDescriptor::CPPTYPE_UINT32:
      return {0, std::numeric_limits<uint32_t>::max()};
    case FieldDescriptor::CPPTYPE_UINT64:
      return {0, kMax};
    default:
      return {1, 0};
  }
}

// Returns what `field` holds, in words; see FieldTypeText.
std::string TypeText(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "a number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_STRING:
      return "a text";
    case FieldDescriptor::CPPTYPE_ENUM: {
      std::vector<std::string> names;
      for (int i = 0; i < field.enum_type()->value_count(); ++i) {
        const EnumValueDescriptor* value = field.enum_type()->value(i);
        if (value->number() != 0) names.push_back(EnumText(*value));
      }
      return absl::StrCat(names.size() > 1 ? "one of " : "",
                          absl::StrJoin(names, ", "));
    }
    default:
      return "an integer";
  }
}

// Returns `value` converted to the type of `field`, or a Value without a kind
// when it cannot be converted.
v1::Value Coerce(const FieldDescriptor& field, const v1::Value& value) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      if (value.kind_case() == v1::Value::kNumber) return value;
      if (value.kind_case() != v1::Value::kInteger) return {};
      return Number(static_cast<double>(value.integer()));
    case FieldDescriptor::CPPTYPE_BOOL:
      return value.kind_case() == v1::Value::kFlag ? value : v1::Value();
    case FieldDescriptor::CPPTYPE_STRING:
      return value.kind_case() == v1::Value::kText ? value : v1::Value();
    case FieldDescriptor::CPPTYPE_ENUM:
      return value.kind_case() == v1::Value::kText &&
                     FindEnumValue(*field.enum_type(), value.text()) != nullptr
                 ? value
                 : v1::Value();
    default: {
      const auto [low, high] = IntegerLimits(field);
      int64_t integer = 0;
      if (!AsInteger(value, &integer) || integer < low || integer > high) {
        return {};
      }
      return Integer(integer);
    }
  }
}

}  // namespace

const std::vector<std::string>& AxisFields() {
  return FieldNames::OfTrials().paths();
}

absl::StatusOr<std::string> ResolveAxisField(absl::string_view name) {
  return FieldNames::OfTrials().Resolve(name);
}

std::string AxisFieldHint(absl::string_view name) {
  return FieldNames::OfTrials().Hint(name);
}

std::string ShortFieldName(absl::string_view path) {
  return FieldNames::OfTrials().ShortName(path);
}

absl::StatusOr<v1::Value> CoerceValue(absl::string_view path,
                                      const v1::Value& value) {
  const Chain* chain = FindChain(path);
  if (chain == nullptr) return ResolveAxisField(path).status();
  v1::Value coerced = Coerce(*chain->back(), value);
  if (coerced.kind_case() == v1::Value::KIND_NOT_SET) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": found ", Excerpt(ValueText(value)), ", expected ",
                     TypeText(*chain->back())));
  }
  return coerced;
}

const FieldDescriptor& FieldAt(absl::string_view path) {
  return *ChainOf(path).back();
}

bool IsIntegerField(absl::string_view path) {
  const auto [low, high] = IntegerLimits(FieldAt(path));
  return low <= high;
}

std::string FieldTypeText(absl::string_view path) {
  return TypeText(FieldAt(path));
}

bool HasField(const v1::TrialSpec& trial, absl::string_view path) {
  const Chain& chain = ChainOf(path);
  const Message& holder = Holder(trial, chain);
  const google::protobuf::Reflection* reflection = holder.GetReflection();
  return chain.back()->is_repeated()
             ? reflection->FieldSize(holder, chain.back()) > 0
             : reflection->HasField(holder, chain.back());
}

void ClearField(absl::string_view path, v1::TrialSpec* trial) {
  if (!HasField(*trial, path)) return;
  const Chain& chain = ChainOf(path);
  Message* holder = MutableHolder(chain, trial);
  holder->GetReflection()->ClearField(holder, chain.back());
}

bool HasPresence(absl::string_view path) {
  return FieldAt(path).has_presence();
}

absl::Status SetField(absl::string_view path, const v1::Value& value,
                      v1::TrialSpec* trial) {
  const absl::StatusOr<v1::Value> coerced = CoerceValue(path, value);
  if (!coerced.ok()) return coerced.status();
  const Chain& chain = *FindChain(path);
  const FieldDescriptor* field = chain.back();
  Message* holder = MutableHolder(chain, trial);
  const google::protobuf::Reflection* reflection = holder->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      reflection->SetDouble(holder, field, coerced->number());
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      reflection->SetFloat(holder, field,
                           static_cast<float>(coerced->number()));
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      reflection->SetInt32(holder, field,
                           static_cast<int32_t>(coerced->integer()));
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      reflection->SetInt64(holder, field, coerced->integer());
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      reflection->SetUInt32(holder, field,
                            static_cast<uint32_t>(coerced->integer()));
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      reflection->SetUInt64(holder, field,
                            static_cast<uint64_t>(coerced->integer()));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection->SetBool(holder, field, coerced->flag());
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      reflection->SetEnum(holder, field,
                          FindEnumValue(*field->enum_type(), coerced->text()));
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      if (field->is_repeated()) {
        reflection->ClearField(holder, field);
        reflection->AddString(holder, field, coerced->text());
      } else {
        reflection->SetString(holder, field, coerced->text());
      }
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;  // Never the end of a chain.
  }
  return absl::OkStatus();
}

v1::Value GetField(const v1::TrialSpec& trial, absl::string_view path) {
  const Chain& chain = ChainOf(path);
  const FieldDescriptor* field = chain.back();
  const Message& holder = Holder(trial, chain);
  const google::protobuf::Reflection* reflection = holder.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Number(reflection->GetDouble(holder, field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Number(reflection->GetFloat(holder, field));
    case FieldDescriptor::CPPTYPE_INT32:
      return Integer(reflection->GetInt32(holder, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return Integer(reflection->GetInt64(holder, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return Integer(reflection->GetUInt32(holder, field));
    case FieldDescriptor::CPPTYPE_UINT64: {
      const uint64_t number = reflection->GetUInt64(holder, field);
      return number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())
                 ? Number(static_cast<double>(number))
                 : Integer(static_cast<int64_t>(number));
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      v1::Value value;
      value.set_flag(reflection->GetBool(holder, field));
      return value;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = reflection->GetEnumValue(holder, field);
      const EnumValueDescriptor* value =
          field->enum_type()->FindValueByNumber(number);
      return Text(value == nullptr ? absl::StrCat(number) : EnumText(*value));
    }
    case FieldDescriptor::CPPTYPE_STRING:
      if (!field->is_repeated()) {
        return Text(reflection->GetString(holder, field));
      }
      return Text(reflection->FieldSize(holder, field) == 0
                      ? ""
                      : reflection->GetRepeatedString(holder, field, 0));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;  // Never the end of a chain.
  }
  return {};
}

}  // namespace fathom
