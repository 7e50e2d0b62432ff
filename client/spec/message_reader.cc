#include "client/spec/message_reader.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/spec/axis_reader.h"
#include "client/spec/scalar_reader.h"
#include "client/spec/scales.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Fields below this path can be written at the top level or in the map `trial`,
// so that ReadEntry() must notice when one is written twice.
constexpr char kTrialPrefix[] = "trial.";

std::string Join(absl::string_view path, absl::string_view name) {
  return path.empty() ? std::string(name) : absl::StrCat(path, ".", name);
}

// Returns the keys that a map for `type` can have.
std::vector<std::string> KeysOf(const Descriptor& type) {
  std::vector<std::string> keys;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsFlattened(field)) {
      keys.push_back(field.name());
      continue;
    }
    for (std::string& key : KeysOf(*field.message_type())) {
      keys.push_back(std::move(key));
    }
  }
  // `scales` is a key of the file and no field. A file that is read at one of
  // its scales has lost the key already, but messages name it.
  if (&type == v1::SweepSpec::descriptor()) keys.push_back(kScalesKey);
  return keys;
}

// Returns the path of the field of the trial, or of `axes.zip`, that `key`
// could mean when it stands in the wrong map; "" when there is none.
std::string FindElsewhere(const std::string& key) {
  if (key == "zip") return "axes.zip";
  std::vector<std::string> names;
  for (const std::string& path : AxisFields()) {
    names.push_back(ShortFieldName(path));
  }
  return ResolveAxisField(NearestName(key, names)).value_or("");
}

// Returns whether fields of the trial would not be looked for in a map of the
// message `type`. These messages are the formulas of axes and the summary.
bool IsApart(const Descriptor& type) {
  return &type == v1::IntegerRange::descriptor() ||
         &type == v1::LogRange::descriptor() ||
         &type == v1::Linspace::descriptor() ||
         &type == v1::SummarySpec::descriptor();
}

void AddUnknownKey(const YamlEntry& entry, const Descriptor& type,
                   ErrorList* errors) {
  const std::vector<std::string> keys = KeysOf(type);
  std::string suggestion = NearestName(entry.key, keys);
  if (suggestion.empty() && !IsApart(type)) {
    suggestion = FindElsewhere(entry.key);
  }
  errors->Add(
      entry.position, absl::StrCat("unknown key ", Quoted(entry.key)),
      absl::StrCat(keys.size() > 1 ? "one of " : "", absl::StrJoin(keys, ", ")),
      suggestion);
}

// Reads one item of a repeated field, or the value of a singular field.
void ReadItem(const YamlNode& node, const std::string& path,
              const FieldDescriptor& field, Message* message,
              ReadContext* context) {
  context->positions[path] = node.position;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const auto* reflection = message->GetReflection();
    ReadMessage(node, path,
                field.is_repeated()
                    ? reflection->AddMessage(message, &field)
                    : reflection->MutableMessage(message, &field),
                context);
    return;
  }
  const std::optional<v1::Value> value =
      ReadScalar(node, field, &context->errors);
  if (!value.has_value()) return;
  PutScalar(*value, field, message);
  const bool is_zero = (value->has_integer() && value->integer() == 0) ||
                       (value->has_number() && value->number() == 0);
  if (is_zero && !field.is_repeated() && !field.has_presence()) {
    context->zeros.push_back(path);
  }
}

void ReadField(const YamlNode& node, const std::string& path,
               const FieldDescriptor& field, Message* message,
               ReadContext* context) {
  context->positions[path] = node.position;
  if (field.message_type() == v1::AxisGroup::descriptor()) {
    ReadAxes(node, static_cast<v1::SweepSpec*>(message), context);
  } else if (field.is_repeated() && node.kind == YamlNode::Kind::kList) {
    for (size_t i = 0; i < node.items.size(); ++i) {
      ReadItem(*node.items[i], absl::StrCat(path, "[", i, "]"), field, message,
               context);
    }
  } else if (field.is_repeated()) {
    ReadItem(node, absl::StrCat(path, "[0]"), field, message, context);
  } else {
    ReadItem(node, path, field, message, context);
  }
}

// Reads `entry` into the field of `message`, or of a message flattened into it,
// that has the name of the key. Returns whether there is such a field. A
// flattened message may also stand as a map of its own, as it does in JSON.
bool ReadEntry(const YamlEntry& entry, absl::string_view path, Message* message,
               ReadContext* context) {
  const Descriptor& type = *message->GetDescriptor();
  const FieldDescriptor* field = type.FindFieldByName(entry.key);
  if (field != nullptr &&
      (!IsFlattened(*field) || entry.value->kind == YamlNode::Kind::kMap)) {
    const std::string at = Join(path, entry.key);
    if (absl::StartsWith(at, kTrialPrefix) && context->positions.contains(at)) {
      context->errors.Add(entry.position,
                          absl::StrCat("the key ", Quoted(entry.key), " again"),
                          "every key once, in a map of its own or around it");
      return true;
    }
    ReadField(*entry.value, at, *field, message, context);
    return true;
  }
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& inner = *type.field(i);
    if (!IsFlattened(inner)) continue;
    if (inner.message_type()->FindFieldByName(entry.key) == nullptr) continue;
    return ReadEntry(entry, Join(path, inner.name()),
                     message->GetReflection()->MutableMessage(message, &inner),
                     context);
  }
  return false;
}

}  // namespace

bool IsFlattened(const FieldDescriptor& field) {
  return (field.containing_type() == v1::SweepSpec::descriptor() &&
          field.number() == v1::SweepSpec::kTrialFieldNumber) ||
         (field.containing_type() == v1::DataSpec::descriptor() &&
          field.number() == v1::DataSpec::kImportFieldNumber);
}

void ReadMessage(const YamlNode& node, absl::string_view path, Message* message,
                 ReadContext* context) {
  const Descriptor& type = *message->GetDescriptor();
  if (node.kind != YamlNode::Kind::kMap) {
    context->errors.Add(
        node.position, Describe(node),
        absl::StrCat("a map with ", absl::StrJoin(KeysOf(type), ", ")));
    return;
  }
  for (const YamlEntry& entry : node.entries) {
    if (!ReadEntry(entry, path, message, context)) {
      AddUnknownKey(entry, type, &context->errors);
      context->incomplete.insert(std::string(path));
    }
  }
}

}  // namespace fathom::client
