#include "proto/sweep/checks/held_out.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/held_out.h"
#include "proto/sweep/values.h"

namespace fathom {
namespace {

// One of the two parts that can be held out, with what a spec says of it.
struct Part {
  DataPart part;
  const char* name;
  bool set;                     // Whether the spec has the message.
  const v1::HeldOutRows& rows;  // All zero unless set.
  // The files that hold the rows of this part alone, or "".
  const std::string& file;
  const std::string& labels;

  std::string rows_path() const { return absl::StrCat("data.", name, ".rows"); }
  std::string from_path() const { return absl::StrCat("data.", name, ".from"); }
};

class HeldOutChecker {
 public:
  HeldOutChecker(const v1::SweepSpec& spec,
                 const absl::flat_hash_set<std::string>& varied,
                 std::vector<Violation>* violations)
      : spec_(spec),
        data_(spec.trial().data()),
        varied_(varied),
        violations_(*violations) {}

  void Check() {
    const v1::DataImport& import = data_.import();
    const Part test = {DataPart::kTest,    "test",
                       data_.has_test(),   data_.test(),
                       import.test_file(), import.test_labels()};
    const Part validation = {
        DataPart::kValidation,    "validation",
        data_.has_validation(),   data_.validation(),
        import.validation_file(), import.validation_labels()};
    if (import.builtin_test()) CheckBuiltin(import);
    for (const Part& part : {test, validation}) CheckPart(part);
  }

 private:
  void Add(absl::string_view field, std::string found, std::string expected) {
    violations_.push_back(
        {absl::StrCat("trial.", field), std::move(found), std::move(expected)});
  }

  void CheckBuiltin(const v1::DataImport& import);
  void CheckPart(const Part& part);
  void CheckOwnRows(const Part& part);
  void CheckMetrics(const Part& part);

  bool Varied(const std::string& path) const { return varied_.contains(path); }
  bool Varies(const Part& part) const {
    return Varied(part.rows_path()) || Varied(part.from_path());
  }
  bool VariesAny() const { return absl::c_any_of(varied_, IsHeldOutField); }
  // Whether a client puts rows of its own for this part below all others.
  bool HasOwnRows(const Part& part) const {
    return !part.file.empty() ||
           (part.part == DataPart::kTest && data_.import().builtin_test());
  }
  bool Uploaded() const {
    return !data_.digest().empty() || Varied(kDigestField);
  }
  int64_t FewestRows(const Part& part) const;

  const v1::SweepSpec& spec_;
  const v1::DataSpec& data_;
  const absl::flat_hash_set<std::string>& varied_;
  std::vector<Violation>& violations_;
};

void HeldOutChecker::CheckBuiltin(const v1::DataImport& import) {
  if (import.builtin().empty()) {
    Add("data.import.builtin_test", "builtin_test without a builtin dataset",
        "`builtin`, or `test_file`");
  } else if (!import.test_file().empty()) {
    Add("data.import.builtin_test", "both builtin_test and test_file",
        "one of them");
  }
}

void HeldOutChecker::CheckPart(const Part& part) {
  if (!part.labels.empty() && part.file.empty()) {
    Add(absl::StrCat("data.import.", part.name, "_labels"),
        absl::StrCat(part.name, "_labels without ", part.name, "_file"),
        "both, or neither");
  }
  if (data_.has_completion() && (part.set || Varies(part))) {
    Add(absl::StrCat("data.", part.name),
        absl::StrCat(part.name, " rows of a matrix to complete"),
        absl::StrCat("no ", part.name,
                     ": `reconstruction_error` looks at the entries that are "
                     "not known"));
    return;
  }
  if (HasOwnRows(part)) CheckOwnRows(part);
  if (part.rows.has_from() && part.rows.rows() == 0 &&
      !Varied(part.rows_path()) && !HasOwnRows(part)) {
    Add(part.from_path(), "`from` without rows",
        absl::StrCat("`rows`, the number of ", part.name, " rows"));
  }
  CheckMetrics(part);
}

// Checks a part with rows of its own, which a client puts below all others. It
// is the client that says where they begin.
void HeldOutChecker::CheckOwnRows(const Part& part) {
  const std::string source =
      part.file.empty() ? "builtin_test" : absl::StrCat(part.name, "_file");
  const std::string field = absl::StrCat("data.import.", source);
  if (!part.file.empty() && !data_.import().builtin().empty()) {
    Add(field, absl::StrCat(source, " beside a builtin dataset"),
        part.part == DataPart::kTest
            ? "`builtin_test: true`, or `test: {rows: N}`"
            : "`validation: {rows: N}`");
  } else if (Varied(kFileField)) {
    Add(field, absl::StrCat("one ", source, " for several files"),
        absl::StrCat("`", part.name, ": {rows: N}`, rows of each file"));
  }
  if (VariesAny()) {
    Add(field, absl::StrCat("an axis over held-out rows beside ", source),
        "one of the two");
  } else if (part.rows.has_from() && !Uploaded()) {
    Add(part.from_path(), absl::StrCat("`from` beside ", source),
        absl::StrCat("no `from`, as these rows come below all others"));
  }
}

// Returns the least number of rows that the part has in a trial.
int64_t HeldOutChecker::FewestRows(const Part& part) const {
  const std::string path = part.rows_path();
  const v1::Axis* const axis = AxisOver(spec_, path);
  if (axis == nullptr) return part.rows.rows();
  const auto at = [&](int64_t i) {
    return CoerceValue(path, AxisValue(*axis, i))->integer();
  };
  const int64_t last = AxisLength(*axis) - 1;
  int64_t fewest = std::min(at(0), at(last));
  // The values of an axis that is no list go up or down all the way.
  for (int64_t i = 1; axis->has_list() && i < last; ++i) {
    fewest = std::min(fewest, at(i));
  }
  return fewest;
}

void HeldOutChecker::CheckMetrics(const Part& part) {
  if (HasOwnRows(part) && !Uploaded()) return;
  // Axes that are wrong have no values to look at.
  if (absl::c_any_of(violations_, [](const Violation& violation) {
        return absl::StartsWith(violation.field, "axes");
      })) {
    return;
  }
  const auto& metrics = spec_.trial().record().metrics();
  for (int i = 0; i < metrics.size(); ++i) {
    const auto metric = static_cast<v1::Metric>(metrics[i]);
    if (FactsOf(metric).part != part.part || FewestRows(part) > 0) continue;
    Add(absl::StrCat("record.metrics[", i, "]"),
        absl::StrCat(
            EnumText(*v1::Metric_descriptor()->FindValueByNumber(metric)),
            Varied(part.rows_path())
                ? absl::StrCat(" where a trial has no ", part.name, " rows")
                : absl::StrCat(" without ", part.name, " rows")),
        absl::StrCat("`data: {", part.name, ": {rows: N}}`"));
  }
}

}  // namespace

void CheckHeldOut(const v1::SweepSpec& spec,
                  const absl::flat_hash_set<std::string>& varied,
                  std::vector<Violation>* violations) {
  HeldOutChecker(spec, varied, violations).Check();
}

void CheckHeldOutOfSynthetic(const v1::SweepSpec& spec,
                             std::vector<Violation>* violations) {
  v1::SweepSpec as_it_is = spec;
  as_it_is.mutable_trial()->mutable_data()->clear_import();
  absl::flat_hash_set<std::string> varied;
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) varied.insert(axis.field());
  }
  CheckHeldOut(as_it_is, varied, violations);
  if (violations->empty()) CheckSplits(as_it_is, std::nullopt, violations);
}

}  // namespace fathom
