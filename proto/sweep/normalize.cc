#include "proto/sweep/normalize.h"

#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "proto/sweep/facts/losses.h"
#include "proto/sweep/facts/optimizers.h"
#include "proto/sweep/field_values.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

constexpr char kSyntheticPrefix[] = "data.synthetic.";
constexpr char kCompletionPrefix[] = "data.completion.";
constexpr char kEvaluatePrefix[] = "record.evaluate.";

v1::Value NumberValue(double number) {
  v1::Value value;
  value.set_number(number);
  return value;
}

v1::Value TextValue(const char* text) {
  v1::Value value;
  value.set_text(text);
  return value;
}

// The default of the scalar field at `path`.
struct Default {
  const char* path;
  v1::Value value;
};

// The defaults of all scalar fields, except those of the rules of the
// optimizer. A field whose default is zero needs no entry if it cannot
// distinguish zero from unset.
const std::vector<Default>& Defaults() {
  static const auto* const defaults = new std::vector<Default>{
      {"loss.kind", TextValue("lp")},
      {"loss.lp", NumberValue(2)},
      {"loss.factor", TextValue("one_over_p")},
      {"model.family", TextValue("linear_net")},
      {"model.depth", NumberValue(1)},
      {"model.init.scheme", TextValue("gaussian")},
      {"model.init.std", NumberValue(0.01)},
      {"model.init.norm", NumberValue(0.001)},
      {"optimizer.name", TextValue("gd")},
      {"record.points", NumberValue(200)},
      {"record.spacing", TextValue("log")},
      {"record.evaluate.points", NumberValue(20)},
      {"record.evaluate.spacing", TextValue("linear")},
      {"stop.diverge_factor", NumberValue(1e6)},
      {"data.synthetic.outputs", NumberValue(1)},
      {"data.synthetic.spectrum", TextValue("geometric")},
      {"data.synthetic.condition", NumberValue(1)},
      {"data.synthetic.top_eigenvalue", NumberValue(1)},
      {"data.synthetic.noise", NumberValue(0)},
      {"data.synthetic.spectrum_bend", NumberValue(1)},
      {"data.synthetic.signal_decay", NumberValue(0)},
  };
  return *defaults;
}

void NormalizeAxis(v1::Axis* axis) {
  absl::StatusOr<std::string> path = ResolveAxisField(axis->field());
  if (path.ok()) {
    axis->set_field(*path);
    if (axis->has_list()) {
      for (v1::Value& value : *axis->mutable_list()->mutable_values()) {
        absl::StatusOr<v1::Value> coerced = CoerceValue(*path, value);
        if (coerced.ok()) value = *coerced;
      }
    }
  }
  if (axis->has_range() && !axis->range().has_step()) {
    axis->mutable_range()->set_step(1);
  }
}

// Whether an axis varies a field whose path begins with `prefix`. An axis over
// a field of the synthetic data asks for synthetic data even if the base trial
// has none; the same holds for matrix completion and for `evaluate`.
bool VariesBelow(const v1::SweepSpec& spec, const char* prefix) {
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      if (absl::StartsWith(axis.field(), prefix)) return true;
    }
  }
  return false;
}

// Writes the defaults of the trial's rule of the optimizer into the fields of
// this rule that are unset.
void WriteRuleDefaults(v1::TrialSpec* trial) {
  for (const RuleField& entry : RuleFields()) {
    if (trial->optimizer().name() != entry.rule) continue;
    if (HasField(*trial, entry.path)) continue;
    SetField(entry.path, NumberValue(entry.fallback), trial).IgnoreError();
  }
}

// Whether some of the losses `kinds` uses the field at `path`.
bool MayUseLossField(const FieldValues& kinds, absl::string_view path) {
  return absl::c_any_of(kinds.texts, [&](const std::string& kind) {
    return LossUsesField(LossNamed(kind), path);
  });
}

bool VariesRule(const v1::SweepSpec& spec) {
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      if (axis.field() == "optimizer.name") return true;
    }
  }
  return false;
}

void ResolveNames(google::protobuf::RepeatedPtrField<std::string>* names) {
  for (std::string& name : *names) {
    absl::StatusOr<std::string> path = ResolveAxisField(name);
    if (path.ok()) name = *path;
  }
}

}  // namespace

void FitToRule(v1::TrialSpec* trial) {
  ClearUnusedLossFields(trial);
  for (const RuleField& entry : RuleFields()) {
    if (UsesField(trial->optimizer().name(), entry.path)) continue;
    ClearField(entry.path, trial);
  }
  WriteRuleDefaults(trial);
}

v1::SweepSpec Normalize(v1::SweepSpec spec) {
  for (v1::AxisGroup& group : *spec.mutable_axes()) {
    for (v1::Axis& axis : *group.mutable_axes()) NormalizeAxis(&axis);
  }
  v1::TrialSpec* trial = spec.mutable_trial();
  if (VariesBelow(spec, kSyntheticPrefix)) {
    trial->mutable_data()->mutable_synthetic();
  }
  if (VariesBelow(spec, kCompletionPrefix)) {
    trial->mutable_data()->mutable_completion();
  }
  if (VariesBelow(spec, kEvaluatePrefix)) {
    trial->mutable_record()->mutable_evaluate();
  }
  const bool synthetic = trial->has_data() && trial->data().has_synthetic();
  const bool evaluate = trial->record().has_evaluate();
  const FieldValues kinds = ValuesOf(spec, "loss.kind");
  for (const Default& entry : Defaults()) {
    if (absl::StartsWith(entry.path, kSyntheticPrefix) && !synthetic) continue;
    if (absl::StartsWith(entry.path, kEvaluatePrefix) && !evaluate) continue;
    if (IsLossField(entry.path) && !MayUseLossField(kinds, entry.path)) {
      continue;
    }
    if (HasField(*trial, entry.path)) continue;
    SetField(entry.path, entry.value, trial).IgnoreError();
  }
  if (!VariesRule(spec)) WriteRuleDefaults(trial);
  // Fingerprints are older than the field, so a trial in double precision must
  // have the field unset to keep its fingerprint.
  if (trial->precision() == v1::PRECISION_DOUBLE) trial->clear_precision();
  if (trial->has_data()) {
    v1::DataSpec* data = trial->mutable_data();
    if (!data->has_standardize()) data->set_standardize(false);
    if (!data->has_one_hot()) data->set_one_hot(false);
    // An empty message holds out no rows, as none does.
    if (data->test().ByteSizeLong() == 0) data->clear_test();
    if (data->validation().ByteSizeLong() == 0) data->clear_validation();
    if (!data->has_standardize_targets()) {
      data->set_standardize_targets(!data->one_hot());
    }
  }
  if (trial->record().metrics().empty()) {
    trial->mutable_record()->add_metrics(v1::METRIC_LOSS);
  }
  if (spec.has_summarize()) {
    v1::SummarySpec* summary = spec.mutable_summarize();
    ResolveNames(summary->mutable_by());
    ResolveNames(summary->mutable_best_over());
    ResolveNames(summary->mutable_average_over());
    if (summary->metric() == v1::METRIC_UNSPECIFIED) {
      summary->set_metric(v1::METRIC_LOSS);
    }
  }
  return spec;
}

}  // namespace fathom
