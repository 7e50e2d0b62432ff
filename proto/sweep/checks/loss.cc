#include "proto/sweep/checks/loss.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/sweep/facts/losses.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/field_values.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/limits.h"

namespace fathom {
namespace {

// Returns the names of the losses whose targets are labels.
std::vector<std::string> Labelled() {
  std::vector<std::string> names;
  for (const LossFacts& facts : Losses()) {
    if (facts.labels) names.push_back(LossName(facts.kind));
  }
  return names;
}

// Checks the losses of one spec. The methods append what they find to
// `violations_`.
class LossChecker {
 public:
  LossChecker(const v1::SweepSpec& spec,
              const absl::flat_hash_set<std::string>& varied,
              std::vector<Violation>* violations)
      : spec_(spec),
        trial_(spec.trial()),
        varied_(varied),
        kinds_(ValuesOf(spec, "loss.kind")),
        violations_(*violations) {}

  void Check() {
    CheckFields();
    CheckTargets();
    for (const std::string& name : Labelled()) {
      if (kinds_.Has(name)) CheckLabels(name);
    }
    CheckAccuracy();
  }

 private:
  void Add(absl::string_view path, std::string found, std::string expected) {
    violations_.push_back(
        {absl::StrCat("trial.", path), std::move(found), std::move(expected)});
  }

  void CheckFields();
  void CheckField(const std::string& path);
  void CheckTargets();
  void CheckLabels(const std::string& kind);
  void CheckAccuracy();

  bool Takes(absl::string_view path, absl::string_view text) const {
    return ValuesOf(spec_, path).Has(text);
  }
  // Whether some trial has a loss whose targets are any numbers, not labels.
  bool MayBeOfNumbers() const {
    return absl::c_any_of(Losses(), [this](const LossFacts& facts) {
      return !facts.labels && kinds_.Has(LossName(facts.kind));
    });
  }
  // Whether the field at `path` is set in the base trial or varied.
  bool MayHave(absl::string_view path) const {
    return HasField(trial_, path) || varied_.contains(std::string(path));
  }

  const v1::SweepSpec& spec_;
  const v1::TrialSpec& trial_;
  const absl::flat_hash_set<std::string>& varied_;
  const FieldValues kinds_;
  std::vector<Violation>& violations_;
};

void LossChecker::CheckFields() {
  for (const std::string& path : AxisFields()) {
    if (IsLossField(path)) CheckField(path);
  }
}

void LossChecker::CheckField(const std::string& path) {
  std::vector<std::string> users, others;  // Losses of this sweep.
  std::vector<std::string> all_users;
  for (const LossFacts& facts : Losses()) {
    const std::string name = LossName(facts.kind);
    const bool uses = LossUsesField(facts.kind, path);
    if (uses) all_users.push_back(name);
    if (kinds_.Has(name)) (uses ? users : others).push_back(name);
  }
  if (!users.empty() && !MayHave(path)) {
    Add(path, absl::StrCat("no ", LastPart(path)), FieldTypeText(path));
  }
  // An axis over a field that only some trials use would repeat the other
  // trials, and a value that no trial uses has no meaning at all.
  const bool in_vain = users.empty() ? MayHave(path) : varied_.contains(path);
  if (others.empty() || !in_vain) return;
  Add(path,
      absl::StrCat(LastPart(path), " with loss ", absl::StrJoin(others, ", ")),
      absl::StrCat("no ", LastPart(path), ", or loss ",
                   absl::StrJoin(all_users, " or "), " alone"));
}

void LossChecker::CheckTargets() {
  if (Takes("data.one_hot", "true") && MayHave("data.target_class")) {
    Add("data.one_hot", "one_hot with target_class", "one of the two");
  }
}

void LossChecker::CheckLabels(const std::string& kind) {
  const v1::DataSpec& data = trial_.data();
  const bool labels =
      Takes("data.one_hot", "true") || MayHave("data.target_class");
  if (data.has_synthetic() && !data.has_import() && !labels) {
    Add("loss.kind", absl::StrCat(kind, " with synthetic data"),
        "loss lp, as the targets of synthetic data are no labels");
  }
  if (Takes("data.standardize", "true") &&
      Takes("data.standardize_targets", "true")) {
    Add("data.standardize_targets",
        absl::StrCat("standardized targets with loss ", kind),
        "`standardize_targets: false`, as labels must stay 0 and 1");
  }
}

void LossChecker::CheckAccuracy() {
  const auto& metrics = trial_.record().metrics();
  for (int i = 0; i < metrics.size(); ++i) {
    const auto metric = static_cast<v1::Metric>(metrics[i]);
    if (!FactsOf(metric).classes) continue;
    if (!MayBeOfNumbers() || !Takes("data.one_hot", "false")) continue;
    Add(absl::StrCat("record.metrics[", i, "]"),
        absl::StrCat(
            EnumText(*v1::Metric_descriptor()->FindValueByNumber(metric)),
            " without classes"),
        absl::StrCat("loss ", absl::StrJoin(Labelled(), " or "),
                     ", or `one_hot: true`"));
  }
}

}  // namespace

void CheckLoss(const v1::SweepSpec& spec,
               const absl::flat_hash_set<std::string>& varied,
               std::vector<Violation>* violations) {
  LossChecker(spec, varied, violations).Check();
}

}  // namespace fathom
