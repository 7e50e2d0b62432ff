#include "client/spec/scalar_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/limits.h"

namespace fathom::client {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The largest double up to which all integers are doubles. Beyond it
// neighbouring doubles are more than 1 apart, and the integer meant by "2e17"
// would be a guess.
constexpr double kMaxExactInteger = 9007199254740992;  // 2^53.

// Reads a finite decimal number. Words such as nan and inf, hexadecimal numbers
// and "1_000" are refused.
std::optional<double> ParseNumber(const YamlNode& node) {
  double number = 0;
  if (node.kind != YamlNode::Kind::kScalar || node.quoted ||
      node.text.find_first_not_of("+-.0123456789eE") != std::string::npos ||
      !absl::SimpleAtod(node.text, &number) || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

// Reads an integer in plain digits ("12") or as a decimal number with an
// integer value ("1.2e1").
std::optional<int64_t> ParseInteger(const YamlNode& node) {
  const std::optional<double> number = ParseNumber(node);
  if (!number.has_value()) return std::nullopt;
  int64_t integer = 0;
  if (absl::SimpleAtoi(node.text, &integer)) return integer;
  if (std::trunc(*number) != *number || std::abs(*number) > kMaxExactInteger) {
    return std::nullopt;
  }
  return static_cast<int64_t>(*number);
}

// Returns the words after "expected" for a field of integers from `low` to
// `high`, where the text was `number` (nothing: no number at all).
std::string ExpectedInteger(const FieldDescriptor& field,
                            std::optional<double> number, int64_t low,
                            int64_t high) {
  if (!number.has_value() || std::trunc(*number) != *number) {
    return "an integer";
  }
  if (std::string range = RangeText(field); !range.empty()) return range;
  // An integer within the range was refused because a double does not hold it
  // exactly.
  return *number >= static_cast<double>(low) &&
                 *number < static_cast<double>(high)
             ? "an integer in plain digits, as beyond 2^53 no other is exact"
             : absl::StrCat("an integer from ", low, " to ", high);
}

template <typename T>
std::optional<v1::Value> ReadInteger(const YamlNode& node,
                                     const FieldDescriptor& field,
                                     ErrorList* errors) {
  constexpr int64_t kMin = std::numeric_limits<T>::min();
  constexpr int64_t kMax = static_cast<int64_t>(std::min<uint64_t>(
      std::numeric_limits<T>::max(), std::numeric_limits<int64_t>::max()));
  const std::optional<int64_t> integer = ParseInteger(node);
  if (integer.has_value() && *integer >= kMin && *integer <= kMax) {
    v1::Value value;
    value.set_integer(*integer);
    return value;
  }
  errors->Add(node.position, Describe(node),
              ExpectedInteger(field, ParseNumber(node), kMin, kMax));
  return std::nullopt;
}

std::optional<v1::Value> ReadNumber(const YamlNode& node, ErrorList* errors) {
  const std::optional<double> number = ParseNumber(node);
  if (!number.has_value()) {
    errors->Add(node.position, Describe(node), "a finite number");
    return std::nullopt;
  }
  v1::Value value;
  value.set_number(*number);
  return value;
}

std::optional<v1::Value> ReadFlag(const YamlNode& node, ErrorList* errors) {
  // The words are those of the core schema of YAML 1.2, which does not know
  // "yes" and "on".
  const auto is = [&](absl::string_view lower, absl::string_view capitalized,
                      absl::string_view upper) {
    return node.kind == YamlNode::Kind::kScalar && !node.quoted &&
           (node.text == lower || node.text == capitalized ||
            node.text == upper);
  };
  const bool flag = is("true", "True", "TRUE");
  if (!flag && !is("false", "False", "FALSE")) {
    errors->Add(node.position, Describe(node), "true or false");
    return std::nullopt;
  }
  v1::Value value;
  value.set_flag(flag);
  return value;
}

std::optional<v1::Value> ReadText(const YamlNode& node, ErrorList* errors) {
  if (node.kind != YamlNode::Kind::kScalar) {
    errors->Add(node.position, Describe(node), "a text");
    return std::nullopt;
  }
  v1::Value value;
  value.set_text(node.text);
  return value;
}

// Returns the enum value of `type` that people write as `text`, or null when
// there is none.
const EnumValueDescriptor* FindEnumValue(const EnumDescriptor& type,
                                         const std::string& text) {
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor* value = type.value(i);
    if (value->number() != 0 && EnumText(*value) == text) return value;
  }
  return nullptr;
}

std::optional<v1::Value> ReadEnum(const YamlNode& node,
                                  const EnumDescriptor& type,
                                  ErrorList* errors) {
  if (FindEnumValue(type, node.text) != nullptr) return ReadText(node, errors);
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor* value = type.value(i);
    if (value->number() != 0) names.push_back(EnumText(*value));
  }
  errors->Add(node.position, Describe(node),
              absl::StrCat(names.size() > 1 ? "one of " : "",
                           absl::StrJoin(names, ", ")),
              NearestName(node.text, names));
  return std::nullopt;
}

}  // namespace

std::optional<v1::Value> ReadScalar(const YamlNode& node,
                                    const FieldDescriptor& field,
                                    ErrorList* errors) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return ReadInteger<int32_t>(node, field, errors);
    case FieldDescriptor::CPPTYPE_INT64:
      return ReadInteger<int64_t>(node, field, errors);
    case FieldDescriptor::CPPTYPE_UINT32:
      return ReadInteger<uint32_t>(node, field, errors);
    case FieldDescriptor::CPPTYPE_UINT64:
      return ReadInteger<uint64_t>(node, field, errors);
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ReadNumber(node, errors);
    case FieldDescriptor::CPPTYPE_BOOL:
      return ReadFlag(node, errors);
    case FieldDescriptor::CPPTYPE_ENUM:
      return ReadEnum(node, *field.enum_type(), errors);
    case FieldDescriptor::CPPTYPE_STRING:
      return ReadText(node, errors);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;  // A message is no scalar.
  }
  return std::nullopt;
}

void PutScalar(const v1::Value& value, const FieldDescriptor& field,
               Message* message) {
  const Reflection* reflection = message->GetReflection();
  const auto put = [&](auto set, auto add, const auto& scalar) {
    const auto method = field.is_repeated() ? add : set;
    (reflection->*method)(message, &field, scalar);
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return put(&Reflection::SetInt32, &Reflection::AddInt32, value.integer());
    case FieldDescriptor::CPPTYPE_INT64:
      return put(&Reflection::SetInt64, &Reflection::AddInt64, value.integer());
    case FieldDescriptor::CPPTYPE_UINT32:
      return put(&Reflection::SetUInt32, &Reflection::AddUInt32,
                 value.integer());
    case FieldDescriptor::CPPTYPE_UINT64:
      return put(&Reflection::SetUInt64, &Reflection::AddUInt64,
                 value.integer());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return put(&Reflection::SetFloat, &Reflection::AddFloat, value.number());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return put(&Reflection::SetDouble, &Reflection::AddDouble,
                 value.number());
    case FieldDescriptor::CPPTYPE_BOOL:
      return put(&Reflection::SetBool, &Reflection::AddBool, value.flag());
    case FieldDescriptor::CPPTYPE_ENUM:
      return put(&Reflection::SetEnum, &Reflection::AddEnum,
                 FindEnumValue(*field.enum_type(), value.text()));
    case FieldDescriptor::CPPTYPE_STRING:
      return put(&Reflection::SetString, &Reflection::AddString, value.text());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return;  // A message is no scalar.
  }
}

}  // namespace fathom::client
