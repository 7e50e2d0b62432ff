#include "client/spec/spec_file.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/spec/message_reader.h"
#include "client/spec/scales.h"
#include "client/spec/settings.h"
#include "client/spec/yaml_tree.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/validate.h"

namespace fathom::client {
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
      return;  // ^The axis was left out of the spec because of another error.
    }
  }
}

// Normalizes `written`, but leaves 0 the fields that were written as 0.
// Validation then sees the "depth: 0" of the file instead of the default that
// would replace it.
v1::SweepSpec NormalizeWritten(const v1::SweepSpec& written,
                               const std::vector<std::string>& zeros) {
  v1::SweepSpec spec = Normalize(written);
  for (const std::string& path : zeros) ClearAt(path, &spec);
  return spec;
}

// Returns whether `violation` may only follow from an error that was found
// before, such as a key or an axis that could not be read.
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
    // Validation takes a 0 in a field without presence for a field that is not
    // set, so that its own words would not show the 0.
    const bool is_zero = std::find(context->zeros.begin(), context->zeros.end(),
                                   violation.field) != context->zeros.end();
    context->errors.Add(Locate(violation.field, context->positions),
                        is_zero ? "0" : violation.found, violation.expected);
  }
}

// Reads one tree of the file. `errors` holds what is known to be wrong with the
// file already; what is wrong with the tree is added. Leaves in `positions`
// where the fields of the tree are.
v1::SweepSpec ReadTree(const YamlNode& root, ErrorList* errors,
                       FieldPositions* positions) {
  ReadContext context{.errors = *errors, .positions = {{"", root.position}}};
  v1::SweepSpec written;
  ReadMessage(root, "", &written, &context);
  if (root.kind == YamlNode::Kind::kMap) {
    AddViolations(NormalizeWritten(written, context.zeros), &context);
  }
  *errors = std::move(context.errors);
  *positions = std::move(context.positions);
  return Normalize(std::move(written));
}

}  // namespace

absl::StatusOr<SweepFile> ParseSweepFile(
    absl::string_view yaml, absl::string_view file_name,
    absl::Span<const std::string> settings) {
  ErrorList errors;
  const std::shared_ptr<const YamlNode> root = ParseYaml(yaml, &errors);
  if (root == nullptr) return errors.ToStatus(file_name);
  SweepFile file;
  std::vector<ScaledTree> trees = SplitScales(*root, &errors);
  for (ScaledTree& tree : trees) {
    if (tree.root.kind != YamlNode::Kind::kMap) continue;
    ErrorList of_settings;
    ApplySettings(settings, &tree.root, &of_settings);
    errors.AddNew(of_settings, "");
  }
  const ErrorList of_file = errors;
  for (const ScaledTree& tree : trees) {
    const bool is_default = tree.name == kDefaultScale;
    ErrorList found = of_file;
    FieldPositions positions;
    v1::SweepSpec spec = ReadTree(tree.root, &found, &positions);
    SpecPlaces places(std::string(file_name), std::move(positions),
                      found.settings());
    errors.AddNew(found,
                  is_default ? "" : absl::StrCat("at scale ", tree.name, ": "));
    if (is_default) {
      file.spec = std::move(spec);
      file.places = std::move(places);
    } else {
      file.scales.push_back({tree.name, std::move(spec), std::move(places)});
    }
  }
  if (!errors.empty()) return errors.ToStatus(file_name);
  return file;
}

const SpecPlaces& SweepFile::PlacesAt(absl::string_view scale) const {
  for (const Scale& known : scales) {
    if (known.name == scale) return known.places;
  }
  return places;
}

absl::StatusOr<v1::SweepSpec> ParseSweepSpec(absl::string_view yaml,
                                             absl::string_view file_name) {
  ASSIGN_OR_RETURN(SweepFile file, ParseSweepFile(yaml, file_name));
  return std::move(file.spec);
}

absl::StatusOr<v1::SweepSpec> SpecAtScale(const SweepFile& file,
                                          absl::string_view scale,
                                          absl::string_view file_name) {
  if (scale.empty() || scale == kDefaultScale) return file.spec;
  std::vector<std::string> names;
  for (const SweepFile::Scale& known : file.scales) {
    if (known.name == scale) return known.spec;
    names.push_back(known.name);
  }
  std::string message =
      absl::StrCat(file_name, " has no scale ", Quoted(scale));
  if (names.empty()) {
    absl::StrAppend(&message, ": it has no `", kScalesKey, "`");
  } else {
    absl::StrAppend(&message, "; its scales are ", absl::StrJoin(names, ", "));
    const std::string near = NearestName(scale, names);
    if (!near.empty()) absl::StrAppend(&message, "; did you mean ", near, "?");
  }
  return absl::NotFoundError(message);
}

}  // namespace fathom::client
