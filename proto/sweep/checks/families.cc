#include "proto/sweep/checks/families.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/field_values.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

constexpr char kFamily[] = "model.family";
constexpr char kOptimizer[] = "optimizer.name";

// Returns the name of the first warm-up metric that is recorded, or "".
std::string WarmUpMetric(const v1::TrialSpec& trial) {
  for (const int metric : trial.record().metrics()) {
    if (FactsOf(static_cast<v1::Metric>(metric)).warm_up) {
      return EnumText(*v1::Metric_descriptor()->FindValueByNumber(metric));
    }
  }
  return "";
}

// The warm-up metrics describe plain gradient descent on W = omega w (family
// scalar_product), or on W itself (a linear_net of depth 1), where omega is
// constantly 1. All other models and optimizers are refused.
void CheckWarmUp(const v1::SweepSpec& spec,
                 const absl::flat_hash_set<std::string>& varied,
                 std::vector<Violation>* violations) {
  const std::string metric = WarmUpMetric(spec.trial());
  if (metric.empty()) return;
  const auto add = [&](const char* path, const std::string& found,
                       std::string expected) {
    violations->push_back({absl::StrCat("trial.", path),
                           absl::StrCat(found, " with metric ", metric),
                           std::move(expected)});
  };
  const auto only = [&](const char* path, const char* word, const char* allowed,
                        const char* why) {
    for (const std::string& text : ValuesOf(spec, path).texts) {
      if (text == allowed) continue;
      add(path, absl::StrCat(word, " ", text),
          absl::StrCat(word, " ", allowed, why));
      return;
    }
  };
  const FieldValues families = ValuesOf(spec, kFamily);
  const FieldValues depths = ValuesOf(spec, "model.depth");
  const bool direct = depths.texts == std::vector<std::string>{"1"};
  for (const std::string& text : families.texts) {
    if (text == "scalar_product" || (text == "linear_net" && direct)) continue;
    add(kFamily, absl::StrCat("family ", text),
        "family scalar_product, whose update it measures, or linear_net of "
        "depth 1");
    break;
  }
  only(kOptimizer, "optimizer", "gd", ", which the update is of");
  const v1::OptimizerSpec& optimizer = spec.trial().optimizer();
  if (optimizer.weight_decay() != 0 ||
      varied.contains("optimizer.weight_decay")) {
    add("optimizer.weight_decay", "weight decay", "no weight_decay");
  }
  if (optimizer.batch_size() != 0 || varied.contains("optimizer.batch_size")) {
    add("optimizer.batch_size", "minibatches", "no batch_size");
  }
}

}  // namespace

void CheckFamilies(const v1::SweepSpec& spec,
                   const absl::flat_hash_set<std::string>& varied,
                   std::vector<Violation>* violations) {
  const v1::TrialSpec& trial = spec.trial();
  const v1::ModelSpec& model = trial.model();
  const FieldValues families = ValuesOf(spec, kFamily);
  const FieldValues optimizers = ValuesOf(spec, kOptimizer);
  const auto add = [&](const char* path, std::string found,
                       std::string expected) {
    violations->push_back(
        {absl::StrCat("trial.", path), std::move(found), std::move(expected)});
  };

  const bool rule = families.Has("end_to_end");
  const bool order = model.has_order() || varied.contains("model.order");
  if (order && !rule) {
    add("model.order",
        absl::StrCat("order with family ",
                     families.texts.empty() ? "unknown" : families.texts[0]),
        "no order, or family end_to_end");
  }
  if (families.group < 0 && rule && !order) {
    add("model.order", "no order", "a number from 1 to 10^6");
  }
  if (families.group < 0 && (rule || families.Has("scalar_product"))) {
    const std::string with = " with family " + families.texts[0];
    if (varied.contains("model.depth") || model.depth() != 1) {
      add("model.depth", "depth" + with,
          rule ? "order instead of depth" : "no depth");
    }
    if (varied.contains("model.hidden_width") || model.hidden_width() != 0 ||
        !model.hidden_widths().empty()) {
      add("model.hidden_width", "hidden layers" + with, "none");
    }
  }

  std::string other = Companion(families, "end_to_end", optimizers, "gd");
  if (!other.empty()) {
    add(kOptimizer,
        absl::StrCat("optimizer ", other, " with family end_to_end"),
        "optimizer gd, which the rule is made of");
  }
  const auto& metrics = trial.record().metrics();
  if (std::count(metrics.begin(), metrics.end(), v1::METRIC_E2E_DEVIATION) >
      0) {
    for (const std::string& text : optimizers.texts) {
      if (text == "gd") continue;
      add(kOptimizer,
          absl::StrCat("optimizer ", text, " with metric e2e_deviation"),
          "optimizer gd, which the end-to-end rule is made of");
      break;
    }
  }
  CheckWarmUp(spec, varied, violations);
}

}  // namespace fathom
