#include "proto/sweep/checks/optimizer.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "proto/sweep/facts/optimizers.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/limits.h"

namespace fathom {
namespace {

// The axis over a field; null when no axis varies the field.
struct Found {
  const v1::Axis* axis = nullptr;
  std::string at;  // Its path in the spec, such as "axes[0].axes[1]".
};

Found FindAxis(const v1::SweepSpec& spec, absl::string_view path) {
  for (int g = 0; g < spec.axes_size(); ++g) {
    for (int a = 0; a < spec.axes(g).axes_size(); ++a) {
      const v1::Axis& axis = spec.axes(g).axes(a);
      const absl::StatusOr<std::string> field = ResolveAxisField(axis.field());
      if (!field.ok() || *field != path) continue;
      return {&axis, absl::StrCat("axes[", g, "].axes[", a, "]")};
    }
  }
  return {};
}

// Returns the rules that the trials of the sweep use; values that are no rule
// are left out, as other checks object to them.
std::vector<v1::OptimizerName> Rules(const v1::SweepSpec& spec) {
  const Found found = FindAxis(spec, "optimizer.name");
  std::vector<v1::OptimizerName> rules;
  if (found.axis == nullptr) {
    const v1::OptimizerName rule = spec.trial().optimizer().name();
    if (v1::OptimizerName_IsValid(rule)) rules.push_back(rule);
    return rules;
  }
  for (const v1::Value& value : found.axis->list().values()) {
    v1::TrialSpec trial;
    if (!SetField("optimizer.name", value, &trial).ok()) continue;
    rules.push_back(trial.optimizer().name());
  }
  return rules;
}

std::string RuleText(v1::OptimizerName rule) {
  return EnumText(*v1::OptimizerName_descriptor()->FindValueByNumber(rule));
}

// Returns the rules that use the field at `path`: "momentum or nesterov" for
// "optimizer.momentum".
std::string UsersOfField(absl::string_view path) {
  const google::protobuf::EnumDescriptor* type = v1::OptimizerName_descriptor();
  std::vector<std::string> users;
  for (int i = 0; i < type->value_count(); ++i) {
    const auto rule = static_cast<v1::OptimizerName>(type->value(i)->number());
    if (UsesField(rule, path)) users.push_back(RuleText(rule));
  }
  return absl::StrJoin(users, " or ");
}

}  // namespace

void CheckOptimizer(const v1::SweepSpec& spec,
                    std::vector<Violation>* violations) {
  const std::vector<v1::OptimizerName> rules = Rules(spec);
  if (rules.empty()) return;  // The checks of single values object to this.
  for (const std::string& path : AxisFields()) {
    if (!IsRuleField(path)) continue;
    const Found found = FindAxis(spec, path);
    const bool varied = found.axis != nullptr;
    if (!varied && !HasField(spec.trial(), path)) continue;
    std::vector<std::string> others;
    for (const v1::OptimizerName rule : rules) {
      if (!UsesField(rule, path)) others.push_back(RuleText(rule));
    }
    if (others.empty() || (!varied && others.size() < rules.size())) continue;
    violations->push_back(
        {varied ? found.at + ".field" : "trial." + path,
         absl::StrCat(varied ? "axis " : "", LastPart(path), " with optimizer ",
                      absl::StrJoin(others, ", ")),
         absl::StrCat("no ", LastPart(path), ", or optimizer ",
                      UsersOfField(path))});
  }
}

}  // namespace fathom
