#include "proto/sweep/stored_spec.h"

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/unknown_field_set.h"
#include "proto/sweep/checks/axes.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/limits.h"
#include "proto/sweep/revisions.h"

namespace fathom {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string Join(const std::string& at, absl::string_view name) {
  return absl::StrCat(at, at.empty() ? "" : ".", name);
}

// Returns the first field or enum value in `message` that only a newer program
// knows, in words, or "" when there is none. `at` is the path of `message`.
std::string UnknownWord(const Message& message, const std::string& at) {
  const google::protobuf::Reflection* r = message.GetReflection();
  if (const auto& unknown = r->GetUnknownFields(message); !unknown.empty()) {
    return absl::StrCat("a field with the number ", unknown.field(0).number(),
                        at.empty() ? "" : " in ", at);
  }
  std::vector<const FieldDescriptor*> fields;
  r->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string path = Join(at, field->name());
    const int size = field->is_repeated() ? r->FieldSize(message, field) : 1;
    const EnumDescriptor* type = field->enum_type();
    for (int i = 0; i < size; ++i) {
      if (type != nullptr) {
        const int number = field->is_repeated()
                               ? r->GetRepeatedEnumValue(message, field, i)
                               : r->GetEnumValue(message, field);
        if (type->FindValueByNumber(number) != nullptr) continue;
        return absl::StrCat("the value ", number, " of ", path);
      }
      if (field->message_type() == nullptr) break;
      std::string word = UnknownWord(
          field->is_repeated() ? r->GetRepeatedMessage(message, field, i)
                               : r->GetMessage(message, field),
          path);
      if (!word.empty()) return word;
    }
  }
  return "";
}

// Returns what is wrong with the first scalar of the base trial, among those
// that no axis varies, with which nothing can be computed; "" when there is
// none.
std::string UselessNumber(const v1::SweepSpec& spec,
                          const absl::flat_hash_set<std::string>& varied) {
  for (const std::string& path : AxisFields()) {
    if (varied.contains(path) || !HasField(spec.trial(), path)) continue;
    const std::optional<Objection> objection =
        CheckComputable(path, GetField(spec.trial(), path));
    if (!objection.has_value()) continue;
    return absl::StrCat(objection->found, ", expected ", objection->expected);
  }
  if (!varied.contains("steps") && spec.trial().steps() < 1) {
    return "no steps, expected at least 1";
  }
  return "";
}

}  // namespace

std::string WhyUnreadable(const v1::SweepSpec& spec) {
  if (std::string word = UnknownWord(spec, ""); !word.empty()) {
    return absl::StrCat(
        "this fathom (" FATHOM_VERSION ") does not know ", word,
        " of its spec; a newer one has written it, and can read it");
  }
  std::vector<Violation> violations;
  const absl::flat_hash_set<std::string> varied =
      CheckAxes(spec, &violations, AxisRules::kMeaning);
  if (!violations.empty()) {
    return absl::StrCat(
        "this fathom (" FATHOM_VERSION
        ") does not understand its spec, which is damaged or of a newer one: "
        "found ",
        violations[0].found, " at ", violations[0].field, ", expected ",
        violations[0].expected);
  }
  if (const std::string number = UselessNumber(spec, varied); !number.empty()) {
    return absl::StrCat("its spec cannot be computed: found ", number);
  }
  return "";
}

std::string ReadStoredSpec(absl::string_view bytes, int revision,
                           v1::SweepSpec* spec) {
  if (!spec->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    spec->Clear();
    return "its spec is damaged: it cannot be parsed";
  }
  CompleteStored(revision, spec);
  return WhyUnreadable(*spec);
}

}  // namespace fathom
