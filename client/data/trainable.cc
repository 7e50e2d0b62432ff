#include "client/data/trainable.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "client/data/summary.h"
#include "client/data/text.h"
#include "client/data/write_csv.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/status.h"
#include "proto/sweep/facts/losses.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/held_out.h"
#include "proto/sweep/printable.h"
#include "proto/sweep/sizes.h"
#include "proto/sweep/validate.h"

namespace fathom::client {
namespace {

constexpr size_t kMostClasses = 1000;
// A target with so many different values or more, and fewer rows for each
// value, may be an amount and no class.
constexpr int64_t kFewClasses = 10;
constexpr int64_t kRowsOfAClass = 5;
constexpr size_t kMostTextsOfClasses = 10;
constexpr size_t kMostWarnings = 3;
constexpr double kLargestFloat = std::numeric_limits<float>::max();
// Half of the distance between neighbouring floats, relative to their size.
constexpr double kFloatRounding = 0x1p-24;
// Rounding may take this share of the spread of a column without a warning.
constexpr double kUnnoticed = 1e-3;

absl::Status Refuse(const ImportedDataset& imported, absl::string_view found,
                    absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(
      imported.source, ": found ", found, ", expected ", expected));
}

// Returns the values of an axis over `path`, or the single value of that field
// without an axis.
std::vector<v1::Value> ValuesOf(const v1::SweepSpec& spec,
                                absl::string_view path) {
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      const absl::StatusOr<std::string> field = ResolveAxisField(axis.field());
      if (!field.ok() || *field != path) continue;
      return {axis.list().values().begin(), axis.list().values().end()};
    }
  }
  return {GetField(spec.trial(), path)};
}

bool Varies(const v1::SweepSpec& spec, absl::string_view path) {
  return absl::c_any_of(spec.axes(), [&](const v1::AxisGroup& group) {
    return absl::c_any_of(group.axes(), [&](const v1::Axis& axis) {
      const absl::StatusOr<std::string> field = ResolveAxisField(axis.field());
      return field.ok() && *field == path;
    });
  });
}

// The range of one column of a table that is stored row by row.
struct Range {
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
};

std::vector<Range> RangesOf(const std::vector<double>& values,
                            const std::vector<RowRange>& rows, int32_t width) {
  std::vector<Range> ranges(static_cast<size_t>(width));
  for (const RowRange& part : rows) {
    const double* value = values.data() + part.begin * width;
    for (int64_t i = part.begin; i < part.end; ++i) {
      for (Range& range : ranges) {
        range.min = std::min(range.min, *value);
        range.max = std::max(range.max, *value);
        ++value;
      }
    }
  }
  return ranges;
}

// Returns the rows that are trained on; all rows where these differ from trial
// to trial.
std::vector<RowRange> TrainingRows(const v1::SweepSpec& spec,
                                   const Dataset& dataset) {
  std::vector<Violation> violations;
  const std::optional<RowSplit> split =
      SplitRows(spec.trial().data(), dataset.rows, &violations);
  if (!split.has_value() || VariesHeldOut(spec)) return {{0, dataset.rows}};
  return split->train;
}

// Checks that the rows that are trained on have two targets and every class
// that is needed: the only rows with a value may be held out.
absl::Status CheckTrainingTargets(const v1::SweepSpec& spec,
                                  const ImportedDataset& imported,
                                  const std::set<double>& values) {
  const Dataset& dataset = imported.dataset;
  const v1::DataSpec& data = spec.trial().data();
  const std::vector<RowRange> rows = TrainingRows(spec, dataset);
  if (rows.size() == 1 && rows[0].size() == dataset.rows) {
    return absl::OkStatus();
  }
  constexpr absl::string_view kExpected =
      "; rows are held out as they lie: put them into a random order, or hold "
      "out others";
  if (data.one_hot() || data.has_target_class()) {
    std::set<double> seen;
    for (const RowRange& part : rows) {
      seen.insert(dataset.y.begin() + part.begin, dataset.y.begin() + part.end);
    }
    for (const double value : values) {
      const bool needed = data.one_hot() || value == data.target_class();
      if (!needed || seen.contains(value)) continue;
      return Refuse(imported,
                    absl::StrCat("the target ", NumberText(value),
                                 " in held-out rows alone"),
                    absl::StrCat("each class among those that are trained on",
                                 kExpected));
    }
    if (seen.size() > 1) return absl::OkStatus();
  }
  const std::vector<Range> targets = RangesOf(dataset.y, rows, dataset.targets);
  if (absl::c_all_of(targets, [](const Range& r) { return r.min < r.max; })) {
    return absl::OkStatus();
  }
  return Refuse(imported,
                "a target that is constant in the rows that are trained on",
                absl::StrCat("at least two values there", kExpected));
}

// Returns which numbers stand for the texts of a target: " (0 = no, 1 = yes)".
std::string TextsOfClasses(const ImportedDataset& imported) {
  if (imported.classes.empty() || imported.classes[0].empty()) return "";
  std::vector<std::string> texts;
  for (const std::string& text : imported.classes[0]) {
    if (texts.size() == kMostTextsOfClasses) {
      texts.push_back("...");
      break;
    }
    texts.push_back(absl::StrCat(texts.size(), " = ", Excerpt(text)));
  }
  return absl::StrCat(" (", absl::StrJoin(texts, ", "), ")");
}

// Returns the number of outputs that the targets become. Targets are not
// checked where an axis varies what they become.
absl::StatusOr<int64_t> CheckTargets(const v1::SweepSpec& spec,
                                     const ImportedDataset& imported) {
  const Dataset& dataset = imported.dataset;
  const v1::DataSpec& data = spec.trial().data();
  if (Varies(spec, "data.one_hot") || Varies(spec, "data.target_class")) {
    return dataset.targets;
  }
  const bool classes = data.one_hot() || data.has_target_class();
  const std::string name = data.one_hot() ? "one_hot" : "target_class";
  if (classes && dataset.targets != 1) {
    return Refuse(imported, absl::StrCat(dataset.targets, " targets"),
                  absl::StrCat("one, for `", name, "`"));
  }
  const std::set<double> values(dataset.y.begin(), dataset.y.end());
  if (data.one_hot() && values.size() > kMostClasses) {
    return Refuse(
        imported,
        absl::StrCat(values.size(), " different values of the target"),
        absl::StrCat("at most ", kMostClasses, ", for `one_hot`"));
  }
  if (data.has_target_class() && !values.contains(data.target_class())) {
    return Refuse(
        imported,
        absl::StrCat("no row with the target ",
                     NumberText(data.target_class())),
        absl::StrCat("a `target_class` that is there, such as ",
                     NumberText(*values.begin()), TextsOfClasses(imported)));
  }
  const auto losses = ValuesOf(spec, "loss.kind");
  const bool labels =
      !losses.empty() && absl::c_all_of(losses, [](const v1::Value& value) {
        return FindLoss(LossNamed(value.text()))->labels;
      });
  RETURN_IF_ERROR(CheckTrainingTargets(spec, imported, values));
  const bool flags = absl::c_all_of(
      values, [](double value) { return value == 0 || value == 1; });
  if (labels && !classes && dataset.targets == 1 && !flags) {
    return Refuse(imported, "a target that is not 0 or 1",
                  absl::StrCat("`one_hot: true` or a `target_class`, for the "
                               "loss ",
                               losses[0].text()));
  }
  return data.one_hot() ? static_cast<int64_t>(values.size()) : dataset.targets;
}

bool UsesFloat(const v1::SweepSpec& spec) {
  return absl::c_any_of(ValuesOf(spec, "precision"), [](const auto& value) {
    return value.text() == "float";
  });
}

// A column with the values that the passes over the data see.
struct Seen {
  std::string name;
  Range range;
};

// Returns the columns whose values are rounded to float as they stand in the
// file.
std::vector<Seen> ColumnsInFloat(const v1::SweepSpec& spec,
                                 const ImportedDataset& imported) {
  std::vector<Seen> seen;
  const v1::DataSpec& data = spec.trial().data();
  if (!UsesFloat(spec) || Varies(spec, "data.standardize")) return seen;
  const Dataset& dataset = imported.dataset;
  const std::vector<RowRange> rows = TrainingRows(spec, dataset);
  const ColumnNames names = NamesOf(imported);
  const auto add = [&](const std::vector<std::string>& columns,
                       const std::vector<Range>& ranges) {
    for (size_t j = 0; j < ranges.size(); ++j) {
      seen.push_back({columns[j], ranges[j]});
    }
  };
  if (!data.standardize()) {
    add(names.features, RangesOf(dataset.x, rows, dataset.columns));
  }
  const bool rescaled = data.standardize() && data.standardize_targets();
  if (!rescaled && !data.one_hot() && !data.has_target_class()) {
    add(names.targets, RangesOf(dataset.y, rows, dataset.targets));
  }
  return seen;
}

}  // namespace

absl::StatusOr<MatrixSides> CheckTrainable(const v1::SweepSpec& spec,
                                           const ImportedDataset& imported) {
  const Dataset& dataset = imported.dataset;
  const std::vector<Range> features =
      RangesOf(dataset.x, TrainingRows(spec, dataset), dataset.columns);
  const int64_t varying =
      absl::c_count_if(features, [](const Range& r) { return r.min < r.max; });
  if (varying == 0) {
    return Refuse(imported, "no feature that varies",
                  "at least one: nothing else can tell rows apart");
  }
  ASSIGN_OR_RETURN(const int64_t outputs, CheckTargets(spec, imported));
  for (const Seen& column : ColumnsInFloat(spec, imported)) {
    const double largest =
        std::max(std::abs(column.range.min), std::abs(column.range.max));
    if (largest <= kLargestFloat) continue;
    return Refuse(imported,
                  absl::StrCat(NumberText(largest), " in column ",
                               QuoteText(column.name)),
                  "at most 3.4e38 with `precision: float`; `precision: double` "
                  "or `standardize: true` takes it");
  }
  const bool drops =
      spec.trial().data().standardize() && !Varies(spec, "data.standardize");
  const MatrixSides sides = {.outputs = outputs,
                             .columns = drops ? varying : dataset.columns};
  std::vector<Violation> violations;
  CheckSizes(spec, sides, &violations);
  RETURN_IF_ERROR(ToStatus(violations));
  return sides;
}

// Pixels that differ by more than this are far from what nets are drawn for.
constexpr double kLargePixelRange = 10;

std::vector<std::string> TrainingNotes(const v1::SweepSpec& spec,
                                       const ImportedDataset& imported) {
  std::vector<std::string> notes;
  const Dataset& dataset = imported.dataset;
  const v1::DataSpec& data = spec.trial().data();
  const bool images =
      spec.trial().model().family() == v1::MODEL_FAMILY_CONV_NET &&
      spec.trial().model().conv() != v1::CONVOLUTION_KIND_NONE;
  if (images && !data.has_feature_scale()) {
    const auto [low, high] =
        std::minmax_element(dataset.x.begin(), dataset.x.end());
    if (*high - *low > kLargePixelRange) {
      notes.push_back(absl::StrCat(
          "pixels go from ", NumberText(*low), " to ", NumberText(*high),
          ": consider `feature_shift: ", NumberText((*low + *high) / 2),
          "` and `feature_scale: ", NumberText(*high - *low), "`"));
    }
  }
  if (!images && !data.standardize() && !Varies(spec, "data.standardize")) {
    const double ratio = FeatureStdRatio(dataset);
    if (ratio > kLargeStdRatio) {
      notes.push_back(absl::StrCat(
          "the standard deviations of the features differ by a factor of ",
          NumberText(std::round(ratio)), ": consider `standardize: true`"));
    }
  }
  const std::string texts = TextsOfClasses(imported);
  if (!texts.empty() && !data.one_hot() && dataset.targets == 1) {
    notes.push_back(absl::StrCat("each text of the target is a number", texts));
  }
  if (data.one_hot() && !Varies(spec, "data.one_hot")) {
    const std::set<double> values(dataset.y.begin(), dataset.y.end());
    const auto classes = static_cast<int64_t>(values.size());
    if (classes >= kFewClasses && dataset.rows < kRowsOfAClass * classes) {
      notes.push_back(absl::StrCat(
          "`one_hot` makes ", classes, " classes of the target, for ",
          dataset.rows, " rows: if it is an amount, leave `one_hot` out"));
    }
  }
  return notes;
}

std::vector<std::string> PrecisionWarnings(const v1::SweepSpec& spec,
                                           const ImportedDataset& imported) {
  std::vector<std::string> warnings;
  size_t more = 0;
  for (const auto& [name, range] : ColumnsInFloat(spec, imported)) {
    const double step =
        kFloatRounding * std::max(std::abs(range.min), std::abs(range.max));
    const double spread = range.max - range.min;
    if (!(spread > 0) || step <= kUnnoticed * spread) continue;
    if (warnings.size() == kMostWarnings) {
      ++more;
      continue;
    }
    warnings.push_back(absl::StrCat(
        "`precision: float` rounds column ", QuoteText(name), ", from ",
        NumberText(range.min), " to ", NumberText(range.max),
        ", so far from 0 that differences get lost; `standardize: true` or "
        "`precision: double` keeps them"));
  }
  if (more > 0) {
    warnings.push_back(absl::StrCat("so it does ", more, " more columns"));
  }
  return warnings;
}

}  // namespace fathom::client
