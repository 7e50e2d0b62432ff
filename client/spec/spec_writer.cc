#include "client/spec/spec_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/spec/message_reader.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kMaxLine = 80;

struct Entry;

// A node of the YAML to be written: a scalar, a list, or a map. The text of a
// scalar has its quotes already where it needs them.
struct Piece {
  enum class Kind { kScalar, kList, kMap };
  Kind kind = Kind::kScalar;
  std::string scalar;
  std::vector<Piece> items;
  std::vector<Entry> entries;
};

struct Entry {
  std::string key;
  Piece value;
};

Piece Scalar(std::string text) {
  Piece piece;
  piece.scalar = std::move(text);
  return piece;
}

Piece Empty(Piece::Kind kind) {
  Piece piece;
  piece.kind = kind;
  return piece;
}

// Returns `text` without quotes where YAML reads it as the same text anywhere,
// else in quotes.
std::string TextScalar(const std::string& text) {
  const bool is_plain =
      !text.empty() && absl::ascii_isalpha(text[0]) &&
      absl::AsciiStrToLower(text) != "null" &&
      std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '/' ||
               c == '-';
      });
  return is_plain ? text : absl::StrCat("\"", Escaped(text), "\"");
}

std::string ValueScalar(const v1::Value& value) {
  return value.has_text() ? TextScalar(value.text()) : ValueText(value);
}

// Returns the text of item `i` of a repeated scalar field, or of the value of a
// singular field.
std::string FieldScalar(const Message& message, const FieldDescriptor& field,
                        int i) {
  const Reflection& reflection = *message.GetReflection();
  const auto get = [&](auto singular, auto repeated) {
    return field.is_repeated() ? (reflection.*repeated)(message, &field, i)
                               : (reflection.*singular)(message, &field);
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(
          get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(
          get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(
          get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(
          get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return NumberText(
          get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return NumberText(
          get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
    case FieldDescriptor::CPPTYPE_BOOL:
      return get(&Reflection::GetBool, &Reflection::GetRepeatedBool) ? "true"
                                                                     : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumText(*get(&Reflection::GetEnum, &Reflection::GetRepeatedEnum));
    case FieldDescriptor::CPPTYPE_STRING:
      return TextScalar(
          get(&Reflection::GetString, &Reflection::GetRepeatedString));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;  // A message is no scalar.
  }
  return "";
}

Piece MessagePiece(const Message& message);

Piece FieldPiece(const Message& message, const FieldDescriptor& field) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return MessagePiece(message.GetReflection()->GetMessage(message, &field));
  }
  if (!field.is_repeated()) return Scalar(FieldScalar(message, field, 0));
  Piece list = Empty(Piece::Kind::kList);
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) {
    list.items.push_back(Scalar(FieldScalar(message, field, i)));
  }
  return list;
}

// Returns the list [from, to], or [from, to, step] for a step other than 1.
Piece RangePiece(const v1::IntegerRange& range) {
  Piece list = Empty(Piece::Kind::kList);
  list.items = {Scalar(absl::StrCat(range.from())),
                Scalar(absl::StrCat(range.to()))};
  if (range.step() != 1) {
    list.items.push_back(Scalar(absl::StrCat(range.step())));
  }
  return list;
}

Piece AxisPiece(const v1::Axis& axis) {
  if (axis.has_list()) {
    Piece list = Empty(Piece::Kind::kList);
    for (const v1::Value& value : axis.list().values()) {
      list.items.push_back(Scalar(ValueScalar(value)));
    }
    return list;
  }
  Piece map = MessagePiece(axis);
  std::erase_if(map.entries, [](const Entry& e) { return e.key == "field"; });
  if (axis.has_range()) map.entries[0].value = RangePiece(axis.range());
  return map;
}

Entry GroupEntry(const v1::AxisGroup& group) {
  Piece map = Empty(Piece::Kind::kMap);
  for (const v1::Axis& axis : group.axes()) {
    map.entries.push_back({ShortFieldName(axis.field()), AxisPiece(axis)});
  }
  if (map.entries.size() == 1) return std::move(map.entries[0]);
  return {"zip", std::move(map)};
}

// Returns a map of axes. Where that map would have the key `zip` more than
// once, returns a list of maps with one axis or `zip` each instead.
Piece AxesPiece(const v1::SweepSpec& spec) {
  Piece map = Empty(Piece::Kind::kMap);
  for (const v1::AxisGroup& group : spec.axes()) {
    map.entries.push_back(GroupEntry(group));
  }
  const auto is_zip = [](const Entry& entry) { return entry.key == "zip"; };
  if (std::count_if(map.entries.begin(), map.entries.end(), is_zip) < 2) {
    return map;
  }
  Piece list = Empty(Piece::Kind::kList);
  for (Entry& entry : map.entries) {
    Piece item = Empty(Piece::Kind::kMap);
    item.entries.push_back(std::move(entry));
    list.items.push_back(std::move(item));
  }
  return list;
}

// Replaces full names of fields by the short ones under which `axes` shows
// them.
void ShortenNames(google::protobuf::RepeatedPtrField<std::string>* fields) {
  for (std::string& field : *fields) field = ShortFieldName(field);
}

v1::SummarySpec WithShortNames(v1::SummarySpec summary) {
  ShortenNames(summary.mutable_by());
  ShortenNames(summary.mutable_best_over());
  ShortenNames(summary.mutable_average_over());
  return summary;
}

// Returns the fields of `message` that are set, in the order of their numbers.
// For a linspace these are all its fields, because one end says little without
// the other.
std::vector<const FieldDescriptor*> FieldsToWrite(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  if (message.GetDescriptor() != v1::Linspace::descriptor()) {
    message.GetReflection()->ListFields(message, &fields);
    return fields;
  }
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    fields.push_back(message.GetDescriptor()->field(i));
  }
  return fields;
}

Piece MessagePiece(const Message& message) {
  Piece map = Empty(Piece::Kind::kMap);
  for (const FieldDescriptor* field : FieldsToWrite(message)) {
    if (field->message_type() == v1::AxisGroup::descriptor()) {
      map.entries.push_back(
          {field->name(),
           AxesPiece(static_cast<const v1::SweepSpec&>(message))});
      continue;
    }
    Piece value = FieldPiece(message, *field);
    if (!IsFlattened(*field)) {
      map.entries.push_back({field->name(), std::move(value)});
      continue;
    }
    for (Entry& entry : value.entries) map.entries.push_back(std::move(entry));
  }
  return map;
}

std::string OneLine(const Piece& piece) {
  const auto add_item = [](std::string* out, const Piece& item) {
    out->append(OneLine(item));
  };
  const auto add_entry = [](std::string* out, const Entry& entry) {
    absl::StrAppend(out, entry.key, ": ", OneLine(entry.value));
  };
  switch (piece.kind) {
    case Piece::Kind::kScalar:
      return piece.scalar;
    case Piece::Kind::kList:
      return absl::StrCat("[", absl::StrJoin(piece.items, ", ", add_item), "]");
    case Piece::Kind::kMap:
      return absl::StrCat("{", absl::StrJoin(piece.entries, ", ", add_entry),
                          "}");
  }
  return "";
}

// Appends the text of `piece` that follows "key:" or "-". Lines after the first
// are indented by `indent`; `key_size` is the length of what stands before.
void Append(const Piece& piece, size_t indent, size_t key_size,
            std::string* out) {
  const std::string line = OneLine(piece);
  const bool is_block =
      piece.kind == Piece::Kind::kMap ||
      (piece.kind == Piece::Kind::kList && !piece.items.empty() &&
       piece.items[0].kind == Piece::Kind::kMap);
  if (!is_block || indent + key_size + line.size() <= kMaxLine) {
    absl::StrAppend(out, " ", line, "\n");
    return;
  }
  out->push_back('\n');
  const std::string spaces(indent, ' ');
  for (const Piece& item : piece.items) {
    absl::StrAppend(out, spaces, "-");
    Append(item, indent + 2, 2, out);
  }
  for (const Entry& entry : piece.entries) {
    absl::StrAppend(out, spaces, entry.key, ":");
    Append(entry.value, indent + 2, entry.key.size(), out);
  }
}

}  // namespace

std::string ToYaml(const v1::SweepSpec& spec) {
  v1::SweepSpec named = spec;
  if (spec.has_summarize()) {
    *named.mutable_summarize() = WithShortNames(spec.summarize());
  }
  std::string out;
  for (const Entry& entry : MessagePiece(named).entries) {
    absl::StrAppend(&out, entry.key, ":");
    if (entry.key == "axes" && entry.value.kind == Piece::Kind::kMap) {
      // Every axis gets a line of its own, however short the axes are.
      out.push_back('\n');
      for (const Entry& axis : entry.value.entries) {
        absl::StrAppend(&out, "  ", axis.key, ":");
        Append(axis.value, 4, axis.key.size(), &out);
      }
    } else {
      Append(entry.value, 2, entry.key.size(), &out);
    }
  }
  return out;
}

}  // namespace fathom::client
