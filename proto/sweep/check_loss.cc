#include "proto/sweep/check_loss.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/sweep/field_values.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/limits.h"

namespace fathom {
namespace {

constexpr char kCrossEntropy[] = "cross_entropy";

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
    if (kinds_.Has(kCrossEntropy)) CheckLabels();
    CheckAccuracy();
  }

 private:
  void Add(absl::string_view path, std::string found, std::string expected) {
    violations_.push_back(
        {absl::StrCat("trial.", path), std::move(found), std::move(expected)});
  }

  void CheckFields();
  void CheckTargets();
  void CheckLabels();
  void CheckAccuracy();

  bool Takes(absl::string_view path, absl::string_view text) const {
    return ValuesOf(spec_, path).Has(text);
  }
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
  for (const char* path : {"loss.lp", "loss.factor"}) {
    if (kinds_.Has("lp")) {
      if (!MayHave(path)) {
        Add(path, absl::StrCat("no ", LastPart(path)), FieldTypeText(path));
      }
      if (!kinds_.Has(kCrossEntropy) || !varied_.contains(path)) continue;
    } else if (!kinds_.Has(kCrossEntropy) || !MayHave(path)) {
      continue;
    }
    Add(path, absl::StrCat(LastPart(path), " with loss cross_entropy"),
        absl::StrCat("no ", LastPart(path), ", or loss lp alone"));
  }
}

void LossChecker::CheckTargets() {
  if (Takes("data.one_hot", "true") && MayHave("data.target_class")) {
    Add("data.one_hot", "one_hot with target_class", "one of the two");
  }
}

void LossChecker::CheckLabels() {
  const v1::DataSpec& data = trial_.data();
  const bool labels =
      Takes("data.one_hot", "true") || MayHave("data.target_class");
  if (data.has_synthetic() && !data.has_import() && !labels) {
    Add("loss.kind", "cross_entropy with synthetic data",
        "loss lp, as the targets of synthetic data are no labels");
  }
  if (Takes("data.standardize", "true") &&
      Takes("data.standardize_targets", "true")) {
    Add("data.standardize_targets",
        "standardized targets with loss cross_entropy",
        "`standardize_targets: false`, as labels must stay 0 and 1");
  }
}

void LossChecker::CheckAccuracy() {
  const auto& metrics = trial_.record().metrics();
  for (int i = 0; i < metrics.size(); ++i) {
    if (metrics[i] != v1::METRIC_ACCURACY) continue;
    const bool classes = !kinds_.Has("lp") || !Takes("data.one_hot", "false");
    if (classes) continue;
    Add(absl::StrCat("record.metrics[", i, "]"), "accuracy without classes",
        "loss cross_entropy, or `one_hot: true`");
  }
}

}  // namespace

void CheckLoss(const v1::SweepSpec& spec,
               const absl::flat_hash_set<std::string>& varied,
               std::vector<Violation>* violations) {
  LossChecker(spec, varied, violations).Check();
}

}  // namespace fathom
