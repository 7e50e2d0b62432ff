#include "proto/sweep/checks/data.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/dataset/dataset.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/facts/losses.h"
#include "proto/sweep/field_values.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/limits.h"
#include "proto/sweep/space.h"
#include "proto/sweep/values.h"

namespace fathom {
namespace {

constexpr char kRows[] = "data.completion.matrix_rows";
constexpr char kColumns[] = "data.completion.matrix_columns";
constexpr char kRank[] = "data.completion.rank";
constexpr char kObserved[] = "data.completion.observed";

// The values that an integer field takes in the trials of a sweep; there is at
// least one.
struct Series {
  // Index of the axis group that varies the field, -1 when no axis does.
  int group = -1;
  std::vector<int64_t> values;

  int64_t least() const {
    return *std::min_element(values.begin(), values.end());
  }
  int64_t most() const {
    return *std::max_element(values.begin(), values.end());
  }
};

// Checks the data of one spec. The methods append what they find to
// `violations_`.
class DataChecker {
 public:
  DataChecker(const v1::SweepSpec& spec,
              const absl::flat_hash_set<std::string>& varied,
              std::vector<Violation>* violations)
      : spec_(spec),
        trial_(spec.trial()),
        varied_(varied),
        violations_(*violations) {}

  void Check() {
    CheckSources();
    if (trial_.data().has_import()) CheckImport(trial_.data().import());
    if (trial_.data().has_completion()) {
      if (Given()) {
        CheckGiven();
      } else if (AxesAreFine()) {
        CheckShape();
      }
      CheckCompanions();
    } else {
      CheckAbsent();
    }
    CheckMargin();
  }

 private:
  void Add(absl::string_view field, std::string found, std::string expected) {
    violations_.push_back(
        {absl::StrCat("trial.", field), std::move(found), std::move(expected)});
  }

  void CheckSources();
  void CheckImport(const v1::DataImport& import);
  void CheckShape();
  void CheckGiven();
  void CheckCompanions();
  void CheckAbsent();
  void CheckMargin();

  // Whether the values of the axes can be listed: CheckAxes, which runs before,
  // has found nothing wrong with them.
  bool AxesAreFine() const {
    return std::none_of(violations_.begin(), violations_.end(),
                        [](const Violation& violation) {
                          return absl::StartsWith(violation.field, "axes");
                        });
  }
  bool Varied(absl::string_view path) const { return varied_.contains(path); }
  bool Given() const { return trial_.data().completion().given(); }
  bool VariesBelow(absl::string_view prefix) const {
    return std::any_of(varied_.begin(), varied_.end(),
                       [&](const std::string& path) {
                         return absl::StartsWith(path, prefix);
                       });
  }
  // Whether the enum or flag at `path` has the value `text` in some trial.
  bool Takes(absl::string_view path, absl::string_view text) const;
  Series SeriesOf(absl::string_view path) const;
  bool Fits(const Series& part, const Series& whole) const;
  bool ObservedFits() const;

  const v1::SweepSpec& spec_;
  const v1::TrialSpec& trial_;
  const absl::flat_hash_set<std::string>& varied_;
  std::vector<Violation>& violations_;
};

void DataChecker::CheckSources() {
  const v1::DataSpec& data = trial_.data();
  const bool uploaded = !data.digest().empty() || Varied(kDigestField);
  const bool several = Varied(kFileField) || Varied(kTargetField);
  const bool dataset = uploaded || data.has_import() || several;
  if (!dataset && !data.has_synthetic() && !data.has_completion()) {
    Add("data", "no data",
        "a dataset (builtin or file), synthetic or completion");
  }
  const bool stands_in = !uploaded && data.import().if_present();
  if (dataset && data.has_synthetic() && !stands_in) {
    Add("data.synthetic", "both a dataset and synthetic data",
        "one of them, or `if_present: true`");
  } else if (stands_in && data.has_synthetic() &&
             VariesBelow("data.synthetic.")) {
    Add("data.import.if_present",
        "an axis over synthetic data that a dataset may replace",
        "no such axis, or no if_present");
  }
  if (stands_in && !data.has_synthetic()) {
    Add("data.import.if_present", "if_present without synthetic data",
        "`synthetic` data for where the dataset is missing");
  }
  const bool given = data.completion().given();
  if (given && !uploaded) {
    Add("data.completion.given", "known entries that are given by nothing",
        "a file in format entries");
  }
  if (data.has_completion() && ((dataset && !given) || data.has_synthetic())) {
    Add("data.completion",
        absl::StrCat("both completion and ",
                     dataset ? "a dataset" : "synthetic data"),
        "one of them");
  }
  for (const std::string& digest : DigestsOf(spec_)) {
    if (IsDatasetDigest(digest)) continue;
    Add(kDigestField, absl::StrCat("digest ", Quotable(digest)),
        "sha256: and 64 lower-case hex digits");
  }
  if (stands_in && several) {
    Add("data.import.if_present",
        "an axis over files or targets, which may be missing",
        "no such axis, or no if_present");
  }
  if (given && (several || Varied(kDigestField))) {
    Add("data.completion.given", "an axis over files of known entries",
        "one such file");
  }
  if (Varied(kFileField) && Varied(kTargetField) &&
      ValuesOf(spec_, kFileField).group !=
          ValuesOf(spec_, kTargetField).group) {
    Add(kTargetField, "axes of their own over files and over targets",
        "both under `zip`, the target of each file beside it");
  }
}

void DataChecker::CheckImport(const v1::DataImport& import) {
  const bool file = !import.file().empty() || Varied(kFileField);
  const int sources =
      !import.builtin().empty() + file + !import.table().empty();
  if (sources != 1) {
    Add("data.import",
        sources == 0 ? "none of builtin, file and table"
                     : "several of builtin, file and table",
        "exactly one of them");
  }
  if (!v1::DataFormat_IsValid(import.format())) {
    Add("data.import.format",
        absl::StrCat("format ", static_cast<int>(import.format())),
        "csv, libsvm, uci_gas, idx, arff, npy or entries");
  }
  if (import.delimiter().size() > 1 && import.delimiter() != "tab" &&
      import.delimiter() != "space") {
    Add("data.import.delimiter",
        absl::StrCat("delimiter ", Quotable(import.delimiter())),
        "one character, tab or space");
  }
  if (!import.decimal().empty() && import.decimal() != "." &&
      import.decimal() != ",") {
    Add("data.import.decimal",
        absl::StrCat("decimal ", Quotable(import.decimal())), ". or ,");
  }
  if (!v1::MissingCells_IsValid(import.missing())) {
    Add("data.import.missing",
        absl::StrCat("missing ", static_cast<int>(import.missing())),
        "error or drop");
  }
  const bool needs_target = import.format() == v1::DATA_FORMAT_CSV ||
                            import.format() == v1::DATA_FORMAT_ARFF ||
                            import.format() == v1::DATA_FORMAT_ENTRIES ||
                            !import.table().empty();
  if (needs_target && import.target().empty() && !Varied(kTargetField)) {
    Add("data.import", "no target", "the name of a target column");
  }
  if (import.rows() < 0) {
    Add("data.import.rows", absl::StrCat("rows ", import.rows()),
        "at least 1, or 0 for all");
  }
}

bool DataChecker::Takes(absl::string_view path, absl::string_view text) const {
  for (const v1::AxisGroup& group : spec_.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      const absl::StatusOr<std::string> field = ResolveAxisField(axis.field());
      if (!field.ok() || *field != path) continue;
      return std::any_of(
          axis.list().values().begin(), axis.list().values().end(),
          [&](const v1::Value& value) { return ValueText(value) == text; });
    }
  }
  return ValueText(GetField(trial_, path)) == text;
}

Series DataChecker::SeriesOf(absl::string_view path) const {
  for (int g = 0; g < spec_.axes_size(); ++g) {
    for (const v1::Axis& axis : spec_.axes(g).axes()) {
      const absl::StatusOr<std::string> field = ResolveAxisField(axis.field());
      if (!field.ok() || *field != path) continue;
      Series series = {.group = g, .values = {}};
      const int64_t length = AxisLength(axis);
      for (int64_t i = 0; i < length; ++i) {
        series.values.push_back(
            CoerceValue(path, AxisValue(axis, i))->integer());
      }
      return series;
    }
  }
  return {.group = -1, .values = {GetField(trial_, path).integer()}};
}

// Returns whether `part` is at most `whole` in every trial. Two fields of the
// same axis group are compared position by position.
bool DataChecker::Fits(const Series& part, const Series& whole) const {
  if (part.group < 0 || part.group != whole.group) {
    return part.most() <= whole.least();
  }
  for (size_t i = 0; i < part.values.size(); ++i) {
    if (part.values[i] > whole.values[i]) return false;
  }
  return true;
}

// Returns whether observed <= matrix_rows * matrix_columns in every trial. At
// most one axis group varies two or all of the three fields. Its positions are
// looked at one by one; the field outside of it, if any, takes its worst value.
bool DataChecker::ObservedFits() const {
  const Series observed = SeriesOf(kObserved);
  const Series k = SeriesOf(kRows);
  const Series d = SeriesOf(kColumns);
  if (k.least() < 1 || d.least() < 1)
    return true;  // The checks of single
                  // values object to this.
  int group = -1;
  if (observed.group == k.group || observed.group == d.group) {
    group = observed.group;
  }
  if (group < 0 && k.group == d.group) group = k.group;
  size_t count = 1;
  for (const Series* series : {&observed, &k, &d}) {
    if (group >= 0 && series->group == group) count = series->values.size();
  }
  const auto at = [&](const Series& series, size_t i, int64_t otherwise) {
    return group >= 0 && series.group == group ? series.values[i] : otherwise;
  };
  for (size_t i = 0; i < count; ++i) {
    if (at(observed, i, observed.most()) >
        at(k, i, k.least()) * at(d, i, d.least())) {
      return false;
    }
  }
  return true;
}

void DataChecker::CheckShape() {
  const Series rank = SeriesOf(kRank);
  for (const char* path : {kRows, kColumns}) {
    const Series side = SeriesOf(path);
    if (side.least() < 1 || Fits(rank, side)) continue;
    Add(kRank,
        absl::StrCat("rank ", rank.most(), " with ", LastPart(path), " ",
                     side.least()),
        "at most the smaller of matrix_rows and matrix_columns, in every "
        "trial");
    break;
  }
  if (!ObservedFits()) {
    Add(kObserved, absl::StrCat("observed ", SeriesOf(kObserved).most()),
        "at most matrix_rows * matrix_columns, in every trial");
  }
}

// Known entries come from a dataset: the fields that say how entries are drawn
// have no meaning, and a reconstruction error cannot be measured because nobody
// knows the whole matrix.
void DataChecker::CheckGiven() {
  const v1::CompletionData& completion = trial_.data().completion();
  v1::CompletionData sides;
  sides.set_given(true);
  sides.set_matrix_rows(completion.matrix_rows());
  sides.set_matrix_columns(completion.matrix_columns());
  if (completion.SerializeAsString() != sides.SerializeAsString() ||
      VariesBelow("data.completion.")) {
    Add("data.completion", "more than the sides of a matrix with given entries",
        "no rank, observed, frobenius_norm and seed, and no axis over them");
  }
  CheckAbsent();
}

void DataChecker::CheckCompanions() {
  const v1::DataSpec& data = trial_.data();
  const auto refuse = [&](const char* path, bool set) {
    if (!set && !Varied(path)) return;
    Add(path, absl::StrCat(LastPart(path), " with completion data"),
        absl::StrCat("no ", LastPart(path)));
  };
  refuse("data.standardize", data.standardize());
  refuse("data.one_hot", data.one_hot());
  refuse("data.target_class", data.has_target_class());
  refuse("optimizer.batch_size", trial_.optimizer().batch_size() != 0);
  for (const LossFacts& facts : Losses()) {
    const std::string name = LossName(facts.kind);
    if (facts.entries || !Takes("loss.kind", name)) continue;
    Add("loss.kind", absl::StrCat(name, " with completion data"), "lp");
  }
  if (Takes("precision", "float")) {
    Add("precision", "precision float with completion data",
        "double, as there are no samples to go through");
  }
}

void DataChecker::CheckAbsent() {
  const auto& metrics = trial_.record().metrics();
  for (int i = 0; i < metrics.size(); ++i) {
    if (metrics[i] != v1::METRIC_RECONSTRUCTION_ERROR) continue;
    Add(absl::StrCat("record.metrics[", i, "]"),
        "reconstruction_error without completion data",
        "completion data, which has a matrix to reconstruct");
  }
}

void DataChecker::CheckMargin() {
  const v1::InitSpec& init = trial_.model().init();
  if (!init.has_margin() && !Varied("model.init.margin")) return;
  const bool others = Takes("model.init.scheme", "gaussian") ||
                      Takes("model.init.scheme", "identity");
  if (!trial_.data().has_completion() || Given()) {
    Add("model.init.margin", "margin without completion data",
        "completion data, or norm instead of margin");
  } else if (others) {
    Add("model.init.margin", "margin with a scheme other than balanced",
        "scheme balanced");
  } else if (init.end_to_end_size() > 0) {
    Add("model.init.margin", "margin and end_to_end", "one of the two");
  }
}

}  // namespace

void CheckData(const v1::SweepSpec& spec,
               const absl::flat_hash_set<std::string>& varied,
               std::vector<Violation>* violations) {
  DataChecker(spec, varied, violations).Check();
}

}  // namespace fathom
