#include "client/spec/spec_file.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "client/spec/message_reader.h"
#include "client/spec/yaml_tree.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/validate.h"

namespace fathom {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Clears the singular field at `path`, such as "axes[0].axes[1].range.step".
void ClearAt(absl::string_view path, Message* message) {
  const std::vector<absl::string_view> parts = absl::StrSplit(path, '.');
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::pair<absl::string_view, absl::string_view> name_and_index =
        absl::StrSplit(parts[i], absl::MaxSplits('[', 1));
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(
        std::string(name_and_index.first));
    const auto* reflection = message->GetReflection();
    int index = 0;
    if (i + 1 == parts.size()) {
      reflection->ClearField(message, field);
    } else if (!field->is_repeated()) {
      message = reflection->MutableMessage(message, field);
    } else if (absl::SimpleAtoi(absl::StripSuffix(name_and_index.second, "]"),
                                &index) &&
               index < reflection->FieldSize(*message, field)) {
      message = reflection->MutableRepeatedMessage(message, field, index);
    } else {
      return;  // An axis that was left out for another error.
    }
  }
}

// Normalizes, but leaves 0 what was written as 0, so that validation sees the
// "depth: 0" of the file and not the default that would replace it.
v1::SweepSpec NormalizeWritten(const v1::SweepSpec& written,
                               const std::vector<std::string>& zeros) {
  v1::SweepSpec spec = Normalize(written);
  for (const std::string& path : zeros) ClearAt(path, &spec);
  return spec;
}

// Returns where the field at `path` was written, or what encloses it.
Position Locate(absl::string_view path, const ReadContext& context) {
  while (!path.empty()) {
    const auto found = context.positions.find(path);
    if (found != context.positions.end()) return found->second;
    const size_t end = path.find_last_of(".[");
    path = path.substr(0, end == absl::string_view::npos ? 0 : end);
  }
  return Position();
}

// Whether `violation` only follows from an error that was found before: from a
// key or an axis that could not be read.
bool IsConsequence(const Violation& violation, const ReadContext& context) {
  const auto found = context.positions.find(violation.field);
  return found == context.positions.end() ||
         context.incomplete.contains(violation.field) ||
         absl::StartsWith(violation.field, "summarize") ||
         context.errors.HasErrorAt(found->second);
}

void AddViolations(const v1::SweepSpec& spec, ReadContext* context) {
  std::vector<Violation> violations = Validate(spec);
  if (!context->errors.empty()) {
    std::erase_if(violations, [&](const Violation& violation) {
      return IsConsequence(violation, *context);
    });
  }
  for (const Violation& violation : violations) {
    // To validation, a 0 that has no mark of being set is not there.
    const bool is_zero = std::find(context->zeros.begin(), context->zeros.end(),
                                   violation.field) != context->zeros.end();
    context->errors.Add(Locate(violation.field, *context),
                        is_zero ? "0" : violation.found, violation.expected);
  }
}

}  // namespace

absl::StatusOr<v1::SweepSpec> ParseSweepSpec(absl::string_view yaml,
                                             absl::string_view file_name) {
  ReadContext context;
  const std::shared_ptr<const YamlNode> root = ParseYaml(yaml, &context.errors);
  if (root == nullptr) return context.errors.ToStatus(file_name);
  v1::SweepSpec written;
  ReadMessage(*root, "", &written, &context);
  if (root->kind == YamlNode::Kind::kMap) {
    AddViolations(NormalizeWritten(written, context.zeros), &context);
  }
  if (!context.errors.empty()) return context.errors.ToStatus(file_name);
  return Normalize(std::move(written));
}

}  // namespace fathom
