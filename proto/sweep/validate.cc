#include "proto/sweep/validate.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/unknown_field_set.h"
#include "proto/sweep/checks/axes.h"
#include "proto/sweep/checks/data.h"
#include "proto/sweep/checks/families.h"
#include "proto/sweep/checks/held_out.h"
#include "proto/sweep/checks/loss.h"
#include "proto/sweep/checks/net.h"
#include "proto/sweep/checks/optimizer.h"
#include "proto/sweep/checks/schedule.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/held_out.h"
#include "proto/sweep/limits.h"
#include "proto/sweep/point_kinds.h"
#include "proto/sweep/sizes.h"

namespace fathom {
namespace {

// The most violations that ToStatus lists. A status travels in the headers of
// an HTTP response, whose size is limited.
constexpr size_t kMostLines = 20;

constexpr size_t kLongestName = 63;

// Checks one spec. Each method appends what it finds to `violations_`.
class SpecChecker {
 public:
  explicit SpecChecker(const v1::SweepSpec& spec) : spec_(spec) {}

  std::vector<Violation> Check() {
    CheckUnknown(spec_, "");
    CheckName();
    varied_ = CheckAxes(spec_, &violations_);
    CheckScalars();
    CheckData(spec_, varied_, &violations_);
    CheckModel();
    CheckFamilies(spec_, varied_, &violations_);
    CheckNet(spec_, varied_, &violations_);
    CheckOptimizer(spec_, &violations_);
    CheckSchedule(spec_, varied_, &violations_);
    CheckLoss(spec_, varied_, &violations_);
    CheckRecord();
    CheckHeldOut(spec_, varied_, &violations_);
    if (spec_.has_summarize()) CheckSummary();
    if (violations_.empty()) CheckSizes(spec_, std::nullopt, &violations_);
    // Synthetic data that stand in for an import may not be used at all.
    const v1::DataSpec& data = spec_.trial().data();
    if (violations_.empty() && data.has_synthetic() && !data.has_import()) {
      CheckSplits(spec_, std::nullopt, &violations_);
    }
    return std::move(violations_);
  }

 private:
  bool full() const { return violations_.size() >= kMostViolations; }
  void Add(std::string field, std::string found, std::string expected) {
    violations_.push_back(
        {std::move(field), std::move(found), std::move(expected)});
  }

  void CheckUnknown(const google::protobuf::Message& message,
                    const std::string& at);
  void CheckName();
  void CheckScalars();
  void CheckModel();
  void CheckRecord();
  void CheckSummary();

  const v1::SweepSpec& spec_;
  absl::flat_hash_set<std::string> varied_;
  std::vector<Violation> violations_;
};

// Refuses fields that only a newer program knows: to ignore them would be to
// run other trials than those asked for.
void SpecChecker::CheckUnknown(const google::protobuf::Message& message,
                               const std::string& at) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty()) {
    Add(at, "a field that this version of fathom does not know",
        "the fields of this version");
  }
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->message_type() == nullptr) continue;
    const std::string path =
        absl::StrCat(at, at.empty() ? "" : ".", field->name());
    if (!field->is_repeated()) {
      CheckUnknown(reflection->GetMessage(message, field), path);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field) && !full(); ++i) {
      CheckUnknown(reflection->GetRepeatedMessage(message, field, i),
                   absl::StrCat(path, "[", i, "]"));
    }
  }
}

void SpecChecker::CheckName() {
  const std::string& name = spec_.name();
  bool fine = !name.empty() && name.size() <= kLongestName &&
              absl::ascii_isalnum(name[0]);
  for (const char c : name) {
    fine &= absl::ascii_isalnum(c) || absl::StrContains("._/-", c);
  }
  if (fine) return;
  Add("name", name.empty() ? "no name" : absl::StrCat("name ", Quotable(name)),
      "1 to 63 characters of [A-Za-z0-9._/-], the first a letter or digit");
}

// Checks the scalar fields that no axis varies.
void SpecChecker::CheckScalars() {
  const v1::TrialSpec& trial = spec_.trial();
  for (const std::string& path : AxisFields()) {
    if (varied_.contains(path)) continue;
    if (absl::StartsWith(path, "data.") && !trial.has_data()) continue;
    if (absl::StartsWith(path, "data.synthetic.") &&
        !trial.data().has_synthetic()) {
      continue;
    }
    if (absl::StartsWith(path, "data.completion.") &&
        !trial.data().has_completion()) {
      continue;
    }
    if (absl::StartsWith(path, "record.evaluate.") &&
        !trial.record().has_evaluate()) {
      continue;
    }
    if (path == "data.completion.rank" && trial.data().completion().given()) {
      continue;
    }
    const bool set = HasField(trial, path);
    if (!set && MayStayUnset(path)) continue;
    std::optional<Objection> objection =
        CheckValue(trial, path, GetField(trial, path));
    const bool missing = !set && (objection.has_value() || HasPresence(path));
    if (missing) {
      Add("trial." + path, absl::StrCat("no ", LastPart(path)),
          objection.has_value() ? objection->expected : FieldTypeText(path));
    } else if (objection.has_value()) {
      Add("trial." + path, objection->found, objection->expected);
    }
  }
}

void SpecChecker::CheckModel() {
  const v1::TrialSpec& trial = spec_.trial();
  const v1::ModelSpec& model = trial.model();
  for (int i = 0; i < model.hidden_widths_size() && !full(); ++i) {
    const int width = model.hidden_widths(i);
    if (width >= 1 && width <= 65536) continue;
    Add(absl::StrCat("trial.model.hidden_widths[", i, "]"),
        absl::StrCat("width ", width), "1 to 65536");
  }
  const auto& end_to_end = model.init().end_to_end();
  const std::string at = "trial.model.init.end_to_end";
  for (int i = 0; i < end_to_end.size() && !full(); ++i) {
    if (std::isfinite(end_to_end[i])) continue;
    Add(absl::StrCat(at, "[", i, "]"), NumberText(end_to_end[i]),
        "a finite number");
  }
  if (end_to_end.empty()) return;
  const v1::DataSpec& data = trial.data();
  const bool completion = data.has_completion();
  if (!completion && !data.has_synthetic()) return;
  const char* const rows =
      completion ? "data.completion.matrix_rows" : "data.synthetic.outputs";
  const char* const columns =
      completion ? "data.completion.matrix_columns" : "data.synthetic.columns";
  if (varied_.contains(rows) || varied_.contains(columns)) {
    Add(at, "one end_to_end for data of several shapes",
        absl::StrCat("no axis over ", LastPart(columns), " or ",
                     LastPart(rows)));
    return;
  }
  const int64_t size =
      GetField(trial, rows).integer() * GetField(trial, columns).integer();
  if (size != end_to_end.size()) {
    Add(at, absl::StrCat(end_to_end.size(), " entries"),
        absl::StrCat(LastPart(rows), " * ", LastPart(columns), " = ", size));
  }
}

// Returns the names of all metrics: "loss, lp_error, ...".
std::string AllMetrics() {
  const google::protobuf::EnumDescriptor* type = v1::Metric_descriptor();
  std::vector<std::string> names;
  for (int i = 1; i < type->value_count(); ++i) {
    names.push_back(EnumText(*type->value(i)));
  }
  return absl::StrJoin(names, ", ");
}

std::string MetricText(int metric) {
  const google::protobuf::EnumValueDescriptor* value =
      v1::Metric_descriptor()->FindValueByNumber(metric);
  return value == nullptr ? absl::StrCat(metric) : EnumText(*value);
}

void SpecChecker::CheckRecord() {
  const v1::RecordSpec& record = spec_.trial().record();
  const auto check_steps = [&](const char* at, const auto& steps) {
    for (int i = 0; i < steps.size() && !full(); ++i) {
      if (steps[i] >= 0) continue;
      Add(absl::StrCat(at, "[", i, "]"), absl::StrCat("step ", steps[i]),
          "at least 0");
    }
  };
  check_steps("trial.record.at", record.at());
  check_steps("trial.record.evaluate.at", record.evaluate().at());
  if (record.has_evaluate() &&
      MetricsOfKind(record, PointKind::kEvaluated).empty()) {
    Add("trial.record.evaluate", "evaluate without a metric to measure then",
        "test_loss, test_error, validation_loss or validation_error among the "
        "metrics, or no evaluate");
  }
  if (record.metrics().empty()) {
    Add("trial.record.metrics", "no metrics", AllMetrics());
  }
  absl::flat_hash_set<int> seen;
  for (int i = 0; i < record.metrics_size() && !full(); ++i) {
    const int metric = record.metrics(i);
    const std::string at = absl::StrCat("trial.record.metrics[", i, "]");
    if (!v1::Metric_IsValid(metric) || metric == v1::METRIC_UNSPECIFIED) {
      Add(at, absl::StrCat("metric ", MetricText(metric)), AllMetrics());
    } else if (!seen.insert(metric).second) {
      Add(at, absl::StrCat(MetricText(metric), " once more"),
          "each metric once");
    }
  }
}

void SpecChecker::CheckSummary() {
  const v1::SummarySpec& summary = spec_.summarize();
  std::vector<std::string> axes;
  for (const std::string& path : AxisFields()) {
    if (varied_.contains(path)) axes.push_back(ShortFieldName(path));
  }
  absl::flat_hash_set<std::string> seen;
  const auto check = [&](const char* role, const auto& names) {
    for (int i = 0; i < names.size() && !full(); ++i) {
      const std::string at = absl::StrCat("summarize.", role, "[", i, "]");
      const absl::StatusOr<std::string> path = ResolveAxisField(names[i]);
      if (!path.ok() || !varied_.contains(*path)) {
        const std::string near = NearestName(names[i], axes);
        Add(at,
            absl::StrCat("axis ", path.ok() ? ShortFieldName(*path)
                                            : Quotable(names[i])),
            axes.empty() ? "nothing, as the sweep has no axes"
                         : absl::StrCat("an axis of the sweep (",
                                        absl::StrJoin(axes, ", "), ")",
                                        near.empty() ? "" : "; did you mean ",
                                        near, near.empty() ? "" : "?"));
      } else if (!seen.insert(*path).second) {
        Add(at, absl::StrCat(ShortFieldName(*path), " once more"),
            "each axis in one place");
      }
    }
  };
  check("by", summary.by());
  check("best_over", summary.best_over());
  check("average_over", summary.average_over());

  std::vector<std::string> recorded;
  bool found = false;
  for (const int metric : spec_.trial().record().metrics()) {
    recorded.push_back(MetricText(metric));
    found |= metric == summary.metric();
  }
  if (!found) {
    Add("summarize.metric",
        absl::StrCat("metric ", MetricText(summary.metric())),
        absl::StrCat("a recorded metric (", absl::StrJoin(recorded, ", "),
                     ")"));
  }
  const int64_t steps = spec_.trial().steps();
  const bool knows_end = steps > 0 && !varied_.contains("steps");
  for (int i = 0; i < summary.at_size() && !full(); ++i) {
    const std::string at = absl::StrCat("summarize.at[", i, "]");
    if (summary.at(i) < 0) {
      Add(at, absl::StrCat("step ", summary.at(i)), "at least 0");
    } else if (knows_end && summary.at(i) > steps) {
      Add(at, absl::StrCat(summary.at(i)),
          absl::StrCat("at most ", steps, ", the steps of the trials"));
    }
  }
}

}  // namespace

std::vector<Violation> Validate(const v1::SweepSpec& spec) {
  return SpecChecker(spec).Check();
}

absl::Status ToStatus(absl::Span<const Violation> violations) {
  if (violations.empty()) return absl::OkStatus();
  std::vector<std::string> lines;
  for (const Violation& violation : violations) {
    if (lines.size() == kMostLines) {
      lines.push_back(
          absl::StrCat("and ", violations.size() - kMostLines, " more",
                       violations.size() < kMostViolations ? "" : " at least"));
      break;
    }
    lines.push_back(absl::StrCat(violation.field, ": found ", violation.found,
                                 ", expected ", violation.expected));
  }
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

absl::Status CheckNewName(absl::string_view name) {
  if (!absl::c_all_of(name, absl::ascii_isdigit)) return absl::OkStatus();
  return ToStatus({{"name", absl::StrCat("name ", Quotable(std::string(name))),
                    "a name that is not a number, as sweeps have numbers"}});
}

absl::Status CheckReady(const v1::SweepSpec& spec) {
  const v1::DataSpec& data = spec.trial().data();
  if (!DigestsOf(spec).empty() || data.has_completion()) {
    return absl::OkStatus();
  }
  if (data.has_synthetic()) {
    std::vector<Violation> violations;
    CheckHeldOutOfSynthetic(spec, &violations);
    return ToStatus(violations);
  }
  return ToStatus(
      {{"trial.data", "data that has not been imported",
        "the digest of an uploaded dataset, synthetic or completion"}});
}

}  // namespace fathom
