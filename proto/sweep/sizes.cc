#include "proto/sweep/sizes.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/sweep/combinations.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/net.h"

namespace fathom {
namespace {

// The fields that the size of a trial depends on, and whether the size grows
// with the value of each.
constexpr VariedField kSizeFields[] = {
    {"data.synthetic.rows", true},
    {"data.synthetic.columns", true},
    {"data.synthetic.outputs", true},
    {"data.completion.matrix_rows", true},
    {"data.completion.matrix_columns", true},
    {"model.depth", true},
    {"model.hidden_width", false},  // 0 means min(k, d).
    {"model.family", false},
    {"optimizer.batch_size", true},
    {"model.conv", false},
    {"model.conv1.channels", false},  // 0 means no stage, hence no pooling.
    {"model.conv2.channels", false},
    {"model.conv3.channels", false},
    {"model.conv1.kernel", false},
    {"model.conv2.kernel", false},
    {"model.conv3.kernel", false},
    {"model.conv1.pool", false},
    {"model.conv2.pool", false},
    {"model.conv3.pool", false},
    {"model.dense1.width", true},
    {"model.dense2.width", true},
    {"model.dense3.width", true},
    {"model.dense1.depth", false},
    {"model.dense2.depth", false},
    {"model.dense3.depth", false},
    {"model.output.depth", false},
    {"model.dense1.inner_width", false},
    {"model.dense2.inner_width", false},
    {"model.dense3.inner_width", false},
    {"model.output.inner_width", false},
    {"model.image.channels", false},
    {"model.image.height", false},
    {"model.image.width", false},
    {"model.init.scheme", false},  // A balanced start needs a certain width.
};

// Returns the sides of the matrix that `trial` trains, if they are known.
std::optional<MatrixSides> SidesOfTrial(
    const v1::TrialSpec& trial, const std::optional<MatrixSides>& imported) {
  const v1::DataSpec& data = trial.data();
  if (data.has_synthetic()) {
    return MatrixSides{data.synthetic().outputs(), data.synthetic().columns()};
  }
  if (data.has_completion()) {
    return MatrixSides{data.completion().matrix_rows(),
                       data.completion().matrix_columns()};
  }
  return imported;
}

// The narrowest hidden layer of a model. A model of a single matrix has none.
struct HiddenLayer {
  int64_t number = 0;
  int64_t width = 0;
};

std::optional<HiddenLayer> NarrowestLayer(const v1::ModelSpec& model,
                                          const MatrixSides& sides) {
  if (model.family() != v1::MODEL_FAMILY_LINEAR_NET || model.depth() < 2) {
    return std::nullopt;
  }
  const std::vector<int64_t> widths =
      LayerWidths(model, sides.outputs, sides.columns);
  const auto narrowest = std::min_element(widths.begin() + 1, widths.end() - 1);
  return HiddenLayer{narrowest - widths.begin(), *narrowest};
}

std::optional<Violation> CheckGenerated(const v1::SyntheticData& data) {
  const int64_t entries = GeneratedEntries(data);
  if (entries <= kMaxGeneratedEntries) return std::nullopt;
  return Violation{
      "trial.data.synthetic",
      absl::StrCat(data.rows(), " rows, ", data.columns(), " columns and ",
                   data.outputs(), " outputs, which is ", entries,
                   " numbers to hold while they are drawn"),
      absl::StrCat("at most ", kMaxGeneratedEntries,
                   " = max(rows, columns) * (columns + outputs)")};
}

// Checks that a balanced start has wide enough hidden layers; without this
// check, workers would refuse each such trial for the same reason.
std::optional<Violation> CheckBalanced(const v1::ModelSpec& model,
                                       const MatrixSides& sides) {
  if (model.init().scheme() != v1::INIT_SCHEME_BALANCED) return std::nullopt;
  const std::optional<HiddenLayer> layer = NarrowestLayer(model, sides);
  const int64_t least = std::min(sides.outputs, sides.columns);
  if (!layer.has_value() || layer->width >= least) return std::nullopt;
  return Violation{
      "trial.model",
      absl::StrCat("a balanced start with ", sides.outputs, " outputs and ",
                   sides.columns, " features, and layer ", layer->number,
                   " of depth ", model.depth(), " with width ", layer->width),
      absl::StrCat("hidden layers of width ", least, " or more")};
}

std::optional<Violation> CheckTrial(
    const v1::TrialSpec& trial, const std::optional<MatrixSides>& imported) {
  if (trial.data().has_synthetic()) {
    std::optional<Violation> found = CheckGenerated(trial.data().synthetic());
    if (found.has_value()) return found;
  }
  const std::optional<MatrixSides> sides = SidesOfTrial(trial, imported);
  if (!sides.has_value()) return std::nullopt;
  if (trial.model().family() == v1::MODEL_FAMILY_CONV_NET) {
    const ResolvedNet net =
        ResolveNet(trial.model(), sides->columns, sides->outputs);
    if (!net.objections.empty()) {
      const NetObjection& first = net.objections.front();
      return Violation{absl::StrCat("trial.model.", first.field), first.found,
                       first.expected};
    }
    const int64_t numbers = net.layers.activations();
    const int64_t batch = trial.optimizer().batch_size();
    if (batch > kMaxActivations / std::max<int64_t>(1, numbers)) {
      return Violation{
          "trial.optimizer.batch_size",
          absl::StrCat("batch_size ", batch, " of samples that take ", numbers,
                       " numbers each on their way through the net"),
          absl::StrCat("at most ", kMaxActivations, " numbers in a batch")};
    }
  }
  const int64_t weights =
      WeightCount(trial.model(), sides->outputs, sides->columns);
  if (weights <= kMaxWeights) return CheckBalanced(trial.model(), *sides);
  return Violation{
      "trial.model",
      absl::StrCat(weights, " weights (depth ", trial.model().depth(), ", ",
                   sides->columns, " columns, ", sides->outputs, " outputs)"),
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
  if (model.family() == v1::MODEL_FAMILY_CONV_NET) {
    return ResolveNet(model, columns, outputs).layers.parameters();
  }
  if (model.family() == v1::MODEL_FAMILY_SCALAR_PRODUCT) {
    return outputs * columns + 1;
  }
  if (model.family() != v1::MODEL_FAMILY_LINEAR_NET) return outputs * columns;
  const std::vector<int64_t> widths = LayerWidths(model, outputs, columns);
  int64_t weights = 0;
  for (size_t j = 1; j < widths.size(); ++j) {
    weights += widths[j - 1] * widths[j];
  }
  return weights;
}

MatrixSides SidesOf(const v1::SweepSpec& spec, int64_t targets,
                    int64_t columns) {
  const v1::DataSpec& data = spec.trial().data();
  if (data.has_target_class() ||
      AxisOver(spec, "data.target_class") != nullptr) {
    return {1, columns};
  }
  if (data.one_hot() || AxisOver(spec, "data.one_hot") != nullptr) {
    return {0, columns};
  }
  return {targets, columns};
}

void CheckSizes(const v1::SweepSpec& spec,
                const std::optional<MatrixSides>& imported,
                std::vector<Violation>* violations) {
  ForEachCombination(spec, kSizeFields, [&](const v1::TrialSpec& trial) {
    std::optional<Violation> found = CheckTrial(trial, imported);
    if (!found.has_value()) return true;
    violations->push_back(*std::move(found));
    return false;
  });
}

std::string BottleneckNote(const v1::SweepSpec& spec,
                           const std::optional<MatrixSides>& imported) {
  std::string note;
  int64_t narrowest = 0;
  ForEachCombination(spec, kSizeFields, [&](const v1::TrialSpec& trial) {
    const std::optional<MatrixSides> sides = SidesOfTrial(trial, imported);
    if (!sides.has_value()) return true;
    const bool known = sides->outputs > 0;
    const int64_t most =
        known ? std::min(sides->outputs, sides->columns) : sides->columns;
    const std::optional<HiddenLayer> layer =
        NarrowestLayer(trial.model(), {most, sides->columns});
    if (!layer.has_value() || layer->width >= most ||
        (!note.empty() && layer->width >= narrowest)) {
      return true;
    }
    narrowest = layer->width;
    note = absl::StrCat("hidden width ", narrowest, " is below min(",
                        sides->columns, ", ",
                        known ? absl::StrCat(sides->outputs, ")")
                              : absl::StrCat("classes) if there are more than ",
                                             narrowest, " classes"),
                        ": deeper models cannot express what depth 1 can");
    return true;
  });
  return note;
}

}  // namespace fathom
