#include "proto/sweep/checks/net.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/field_values.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/limits.h"

namespace fathom {
namespace {

constexpr char kFamilyField[] = "model.family";
constexpr char kConvNet[] = "conv_net";

// Most samples of a batch. What a net keeps of a batch grows with it.
constexpr int64_t kMaxNetBatch = 4096;

class NetChecker {
 public:
  NetChecker(const v1::SweepSpec& spec,
             const absl::flat_hash_set<std::string>& varied,
             std::vector<Violation>* violations)
      : spec_(spec),
        trial_(spec.trial()),
        varied_(varied),
        families_(ValuesOf(spec, kFamilyField)),
        violations_(*violations) {}

  void Check() {
    CheckFields();
    CheckMetrics();
    if (!families_.Has(kConvNet)) return;
    CheckKernels();
    CheckData();
    CheckTraining();
  }

 private:
  void Add(absl::string_view path, std::string found, std::string expected) {
    violations_.push_back(
        {absl::StrCat("trial.", path), std::move(found), std::move(expected)});
  }
  void Refuse(absl::string_view path, std::string expected) {
    Add(path, absl::StrCat(ShortFieldName(path), " with family ", kConvNet),
        std::move(expected));
  }

  bool MayHave(absl::string_view path) const {
    return HasField(trial_, path) || varied_.contains(std::string(path));
  }
  // The first family of the sweep that is no conv_net, or "".
  std::string OtherFamily() const {
    for (const std::string& text : families_.texts) {
      if (text != kConvNet) return text;
    }
    return "";
  }

  // A field of nets must have a meaning for some trial, and an axis over one
  // for all of them.
  void CheckFields() {
    const std::string other = OtherFamily();
    if (other.empty()) return;
    const bool some = families_.Has(kConvNet);
    for (const std::string& path : AxisFields()) {
      if (!IsNetField(path)) continue;
      const bool in_vain = some ? varied_.contains(path) : MayHave(path);
      if (!in_vain) continue;
      Add(path, absl::StrCat(ShortFieldName(path), " with family ", other),
          absl::StrCat("family ", kConvNet, some ? " alone" : "", ", or no ",
                       ShortFieldName(path)));
    }
  }

  void CheckMetrics() {
    const auto& metrics = trial_.record().metrics();
    for (int i = 0; i < metrics.size(); ++i) {
      const MetricFacts& facts = FactsOf(static_cast<v1::Metric>(metrics[i]));
      for (const std::string& family : families_.texts) {
        const bool net = family == kConvNet;
        if (net ? facts.of_nets : facts.of_maps) continue;
        Add(absl::StrCat("record.metrics[", i, "]"),
            absl::StrCat(facts.label, " with family ", family),
            net ? "a metric that a conv_net has: loss, accuracy, test_loss, "
                  "test_error, validation_loss, validation_error, batch_loss, "
                  "batch_data_loss, regularizer, batch_error"
                : "another metric, or family conv_net");
        break;
      }
    }
  }

  void CheckKernels() {
    for (const char* const path :
         {"model.conv1.kernel", "model.conv2.kernel", "model.conv3.kernel"}) {
      for (const std::string& text : ValuesOf(spec_, path).texts) {
        if (text.empty() || (text.back() - '0') % 2 != 0) continue;
        if (!MayHave(path)) continue;
        Add(path, absl::StrCat("kernel ", text), "an odd number from 1 to 11");
        break;
      }
    }
    if (!ValuesOf(spec_, "model.conv").Has("none")) return;
    if (families_.group >= 0 || varied_.contains("model.conv")) return;
    for (const std::string& path : AxisFields()) {
      const bool stage = absl::StartsWith(path, "model.conv1.") ||
                         absl::StartsWith(path, "model.conv2.") ||
                         absl::StartsWith(path, "model.conv3.") ||
                         absl::StartsWith(path, "model.image.");
      if (!stage || !MayHave(path)) continue;
      Add(path, absl::StrCat(ShortFieldName(path), " with conv: none"),
          "conv: same, or dense layers alone");
    }
  }

  void CheckData() {
    const v1::DataSpec& data = trial_.data();
    if (data.has_completion()) {
      Refuse("data.completion", "samples, as a matrix has none");
    }
    if (!ValuesOf(spec_, "model.conv").Has("none") &&
        ValuesOf(spec_, "data.standardize").Has("true")) {
      Refuse(
          "data.standardize",
          "feature_shift and feature_scale, as a pixel that is constant must "
          "stay in its image");
    }
  }

  void CheckTraining() {
    const char* const path = "optimizer.batch_size";
    if (!varied_.contains(path)) {
      const int64_t size = trial_.optimizer().batch_size();
      if (size < 1 || size > kMaxNetBatch) {
        Add(path, absl::StrCat("batch_size ", size, " with family ", kConvNet),
            absl::StrCat("1 to ", kMaxNetBatch));
      }
    }
    if (MayHave("precision")) {
      Refuse("precision", "no precision, as such nets are trained in floats");
    }
    if (MayHave("model.order")) Refuse("model.order", "depth instead of order");
    if (trial_.model().hidden_widths_size() > 0) {
      Add("model.hidden_widths",
          absl::StrCat("hidden_widths with family ", kConvNet),
          "dense1.width and its like, and inner_width between factors");
    }
  }

  const v1::SweepSpec& spec_;
  const v1::TrialSpec& trial_;
  const absl::flat_hash_set<std::string>& varied_;
  const FieldValues families_;
  std::vector<Violation>& violations_;
};

}  // namespace

bool IsNetField(absl::string_view path) {
  for (const char* const prefix :
       {"model.conv", "model.dense", "model.output.", "model.image.",
        "model.activation", "regularizer."}) {
    if (absl::StartsWith(path, prefix)) return true;
  }
  return false;
}

void CheckNet(const v1::SweepSpec& spec,
              const absl::flat_hash_set<std::string>& varied,
              std::vector<Violation>* violations) {
  NetChecker(spec, varied, violations).Check();
}

}  // namespace fathom
