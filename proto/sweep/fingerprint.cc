#include "proto/sweep/fingerprint.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "proto/shared/sha256.h"
#include "proto/sweep/facts/losses.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/revisions.h"

namespace fathom {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void AppendMessage(const Message& message, std::string* text);

// In the next three functions `index` is the position within a repeated field,
// or -1 for a field that is not repeated.

void AppendInteger(const Message& message, const FieldDescriptor* field,
                   int index, std::string* text) {
  const Reflection* r = message.GetReflection();
  const bool one = index < 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      absl::StrAppend(text, one ? r->GetInt32(message, field)
                                : r->GetRepeatedInt32(message, field, index));
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      absl::StrAppend(text, one ? r->GetInt64(message, field)
                                : r->GetRepeatedInt64(message, field, index));
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      absl::StrAppend(text, one ? r->GetUInt32(message, field)
                                : r->GetRepeatedUInt32(message, field, index));
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      absl::StrAppend(text, one ? r->GetUInt64(message, field)
                                : r->GetRepeatedUInt64(message, field, index));
      break;
    default:
      absl::StrAppend(text,
                      one ? r->GetEnumValue(message, field)
                          : r->GetRepeatedEnumValue(message, field, index));
  }
}

double NumberAt(const Message& message, const FieldDescriptor* field,
                int index) {
  const Reflection* r = message.GetReflection();
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
    return index < 0 ? r->GetFloat(message, field)
                     : r->GetRepeatedFloat(message, field, index);
  }
  return index < 0 ? r->GetDouble(message, field)
                   : r->GetRepeatedDouble(message, field, index);
}

void AppendValue(const Message& message, const FieldDescriptor* field,
                 int index, std::string* text) {
  const Reflection* r = message.GetReflection();
  const bool one = index < 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: {
      const bool flag = one ? r->GetBool(message, field)
                            : r->GetRepeatedBool(message, field, index);
      absl::StrAppend(text, flag ? "true" : "false");
      break;
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: {
      double number = NumberAt(message, field, index);
      if (number == 0) number = 0;  // -0.0 counts as 0.0.
      absl::StrAppend(text, absl::Hex(std::bit_cast<uint64_t>(number)));
      break;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string content =
          one ? r->GetString(message, field)
              : r->GetRepeatedString(message, field, index);
      absl::StrAppend(text, content.size(), ":", content);
      break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      AppendMessage(one ? r->GetMessage(message, field)
                        : r->GetRepeatedMessage(message, field, index),
                    text);
      break;
    default:
      AppendInteger(message, field, index, text);
  }
  text->push_back(';');
}

// Whether `field` is a floating-point -0.0 without presence, which protobuf
// calls set although it means the same as unset.
bool IsUnsetZero(const Message& message, const FieldDescriptor* field) {
  return !field->is_repeated() && !field->has_presence() &&
         field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE &&
         message.GetReflection()->GetDouble(message, field) == 0;
}

// Appends {number=value;...} with the set fields in the order of their numbers;
// a repeated field is a list [value;...].
void AppendMessage(const Message& message, std::string* text) {
  const Reflection* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  text->push_back('{');
  for (const FieldDescriptor* field : fields) {
    if (IsUnsetZero(message, field)) continue;
    absl::StrAppend(text, field->number(), "=");
    if (!field->is_repeated()) {
      AppendValue(message, field, -1, text);
      continue;
    }
    text->push_back('[');
    const int size = reflection->FieldSize(message, field);
    for (int i = 0; i < size; ++i) AppendValue(message, field, i, text);
    text->push_back(']');
  }
  text->push_back('}');
}

}  // namespace

std::string Fingerprint(const v1::SweepSpec& spec) {
  v1::SweepSpec copy = spec;
  copy.clear_summarize();
  if (copy.trial().has_data()) {
    copy.mutable_trial()->mutable_data()->clear_import();
  }
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      const absl::StatusOr<std::string> path = ResolveAxisField(axis.field());
      if (path.ok()) ClearField(*path, copy.mutable_trial());
    }
  }
  std::string text = "fathom.v1.SweepSpec";
  AppendMessage(copy, &text);
  return Sha256Hex(text);
}

std::vector<std::string> Fingerprints(const v1::SweepSpec& spec) {
  std::vector<std::string> fingerprints = {Fingerprint(spec)};
  size_t size = spec.ByteSizeLong();
  for (int revision = kSpecRevision - 1; revision > 0; --revision) {
    const v1::SweepSpec older = AsOfRevision(revision, spec);
    const size_t left = older.ByteSizeLong();
    if (left == size) continue;  // This revision added no field.
    size = left;
    fingerprints.push_back(Fingerprint(older));
  }
  return fingerprints;
}

std::string OptimumFingerprint(const v1::DataSpec& data,
                               const v1::LossSpec& loss) {
  v1::DataSpec canonical_data = data;
  canonical_data.clear_import();
  std::string text = "fathom.v1.Optimum";
  AppendMessage(canonical_data, &text);
  AppendMessage(CanonicalLoss(loss), &text);
  return Sha256Hex(text);
}

}  // namespace fathom
