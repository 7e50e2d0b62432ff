#include "proto/sweep/sizes.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/values.h"

namespace fathom {
namespace {

// What the size of a trial depends on, and whether it grows with it.
struct SizeField {
  const char* path;
  bool grows;
};
constexpr SizeField kSizeFields[] = {
    {"data.synthetic.rows", true},
    {"data.synthetic.columns", true},
    {"data.synthetic.outputs", true},
    {"data.completion.matrix_rows", true},
    {"data.completion.matrix_columns", true},
    {"model.depth", true},
    {"model.hidden_width", false},  // 0 means min(k, d).
    {"model.family", false},
};

constexpr int64_t kMostCombinations = 10'000;

// The settings of the axes of one group that the size depends on.
struct SizeAxes {
  std::vector<std::pair<std::string, const v1::Axis*>> axes;
  std::vector<int64_t> positions;
};

const SizeField* FindSizeField(absl::string_view path) {
  for (const SizeField& field : kSizeFields) {
    if (path == field.path) return &field;
  }
  return nullptr;
}

std::optional<SizeAxes> SizeAxesOf(const v1::AxisGroup& group) {
  SizeAxes found;
  bool grows = true;
  for (const v1::Axis& axis : group.axes()) {
    const absl::StatusOr<std::string> path = ResolveAxisField(axis.field());
    const SizeField* const field = path.ok() ? FindSizeField(*path) : nullptr;
    if (field == nullptr) continue;
    grows &= field->grows;
    found.axes.emplace_back(*path, &axis);
  }
  if (found.axes.empty()) return std::nullopt;
  const v1::Axis& first = *found.axes[0].second;
  const int64_t length = AxisLength(first);
  if (length > kMostCombinations) return std::nullopt;
  for (int64_t i = 0; i < length; ++i) found.positions.push_back(i);
  if (found.axes.size() == 1 && grows) {
    found.positions = {*std::max_element(
        found.positions.begin(), found.positions.end(),
        [&](int64_t a, int64_t b) {
          return AxisValue(first, a).integer() < AxisValue(first, b).integer();
        })};
  }
  return found;
}

std::optional<Violation> CheckTrial(
    const v1::TrialSpec& trial, const std::optional<MatrixSides>& imported) {
  const v1::DataSpec& data = trial.data();
  int64_t outputs = 0;
  int64_t columns = 0;
  if (data.has_synthetic()) {
    outputs = data.synthetic().outputs();
    columns = data.synthetic().columns();
    if (const int64_t entries = GeneratedEntries(data.synthetic());
        entries > kMaxGeneratedEntries) {
      return Violation{
          "trial.data.synthetic",
          absl::StrCat(data.synthetic().rows(), " rows, ", columns,
                       " columns and ", outputs, " outputs, which is ", entries,
                       " numbers to hold while they are drawn"),
          absl::StrCat("at most ", kMaxGeneratedEntries,
                       " = max(rows, columns) * (columns + outputs)")};
    }
  } else if (data.has_completion()) {
    outputs = data.completion().matrix_rows();
    columns = data.completion().matrix_columns();
  } else if (imported.has_value()) {
    outputs = imported->outputs;
    columns = imported->columns;
  } else {
    return std::nullopt;
  }
  const int64_t weights = WeightCount(trial.model(), outputs, columns);
  if (weights <= kMaxWeights) return std::nullopt;
  return Violation{
      "trial.model",
      absl::StrCat(weights, " weights (depth ", trial.model().depth(), ", ",
                   columns, " columns, ", outputs, " outputs)"),
      absl::StrCat("at most ", kMaxWeights, " weights")};
}

}  // namespace

int64_t GeneratedEntries(const v1::SyntheticData& data) {
  return std::max<int64_t>(data.rows(), data.columns()) *
         (data.columns() + data.outputs());
}

std::vector<int64_t> LayerWidths(const v1::ModelSpec& model, int64_t outputs,
                                 int64_t columns) {
  std::vector<int64_t> widths = {columns};
  for (int j = 1; j < model.depth(); ++j) {
    if (model.hidden_widths_size() > 0) {
      widths.push_back(
          j <= model.hidden_widths_size() ? model.hidden_widths(j - 1) : 0);
    } else if (model.hidden_width() > 0) {
      widths.push_back(model.hidden_width());
    } else {
      widths.push_back(std::min(outputs, columns));
    }
  }
  widths.push_back(outputs);
  return widths;
}

int64_t WeightCount(const v1::ModelSpec& model, int64_t outputs,
                    int64_t columns) {
  if (model.family() != v1::MODEL_FAMILY_LINEAR_NET) return outputs * columns;
  const std::vector<int64_t> widths = LayerWidths(model, outputs, columns);
  int64_t weights = 0;
  for (size_t j = 1; j < widths.size(); ++j) {
    weights += widths[j - 1] * widths[j];
  }
  return weights;
}

void CheckSizes(const v1::SweepSpec& spec,
                const std::optional<MatrixSides>& imported,
                std::vector<Violation>* violations) {
  std::vector<SizeAxes> groups;
  int64_t combinations = 1;
  for (const v1::AxisGroup& group : spec.axes()) {
    std::optional<SizeAxes> axes = SizeAxesOf(group);
    if (!axes.has_value()) continue;
    combinations *= static_cast<int64_t>(axes->positions.size());
    if (combinations > kMostCombinations) return;
    groups.push_back(*std::move(axes));
  }
  v1::TrialSpec trial = spec.trial();
  for (int64_t i = 0; i < combinations; ++i) {
    int64_t rest = i;
    for (const SizeAxes& group : groups) {
      const auto size = static_cast<int64_t>(group.positions.size());
      const int64_t position = group.positions[rest % size];
      rest /= size;
      for (const auto& [path, axis] : group.axes) {
        if (!SetField(path, AxisValue(*axis, position), &trial).ok()) return;
      }
    }
    if (std::optional<Violation> found = CheckTrial(trial, imported)) {
      violations->push_back(*std::move(found));
      return;
    }
  }
}

}  // namespace fathom
