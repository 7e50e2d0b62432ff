#include "client/commands/check/sweep_facts.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/sizes.h"
#include "proto/sweep/values.h"

namespace fathom::client {
namespace {

// Of sweeps with more trials than this, only so many trials are looked at.
constexpr int64_t kMostTrialsSeen = 10'000;
constexpr int64_t kMostValuesShown = 6;
constexpr size_t kMostDepthsShown = 8;
// Memory of a worker for one number of the samples, in bytes: as it is, which
// is all that nets need, and packed twice for linear maps, in double or in
// float; the README explains the figures.
constexpr int64_t kBytes = 8;
constexpr int64_t kPackedBytes = 16;
constexpr int64_t kPackedFloatBytes = 8;

std::string ValuesText(const v1::Axis& axis) {
  const int64_t length = AxisLength(axis);
  std::vector<std::string> values;
  for (int64_t i = 0; i < length; ++i) {
    if (length > kMostValuesShown && i == kMostValuesShown - 2) {
      values.push_back("...");
      i = length - 1;
    }
    values.push_back(Printable(SettingText(AxisValue(axis, i))));
  }
  return absl::StrJoin(values, ", ");
}

std::string AxisText(const v1::Axis& axis) {
  return absl::StrCat(ShortFieldName(axis.field()), " (", AxisLength(axis),
                      "): ", ValuesText(axis));
}

std::string WeightsText(const WeightRange& weights) {
  return weights.least < weights.most
             ? absl::StrCat(CountText(weights.least), " to ",
                            CountText(weights.most))
             : CountText(weights.most);
}

// Returns the weights at each depth in parentheses; "" where all trials have
// one depth.
std::string DepthsText(const std::map<int64_t, WeightRange>& by_depth) {
  if (by_depth.size() < 2) return "";
  std::vector<std::string> depths;
  for (const auto& [depth, weights] : by_depth) {
    if (depths.size() == kMostDepthsShown) {
      depths.push_back("...");
      break;
    }
    depths.push_back(absl::StrCat("depth ", depth, ": ", WeightsText(weights)));
  }
  return absl::StrCat(" (", absl::StrJoin(depths, ", "), ")");
}

void Widen(int64_t weights, WeightRange* range) {
  range->least = std::min(range->least, weights);
  range->most = std::max(range->most, weights);
}

}  // namespace

void ForSomeTrials(const Space& space,
                   absl::FunctionRef<void(const v1::TrialSpec&)> look) {
  const int64_t seen = std::min(space.size(), kMostTrialsSeen);
  for (int64_t i = 0; i < seen; ++i) {
    // The trials that are looked at are spread evenly and include the last one.
    const int64_t index =
        seen == 1 ? 0
                  : static_cast<int64_t>(static_cast<double>(i) /
                                         static_cast<double>(seen - 1) *
                                         static_cast<double>(space.size() - 1));
    look(space.TrialAt(index));
  }
}

TrialShape ShapeOf(const v1::TrialSpec& trial, const DatasetShape& imported) {
  const v1::DataSpec& data = trial.data();
  if (data.has_completion()) {
    const v1::CompletionData& matrix = data.completion();
    return {.rows = matrix.observed() > 0 ? matrix.observed()
                                          : int64_t{matrix.matrix_rows()} *
                                                matrix.matrix_columns(),
            .columns = matrix.matrix_columns(),
            .outputs = matrix.matrix_rows(),
            .samples = 0};
  }
  if (data.has_synthetic()) {
    const v1::SyntheticData& synthetic = data.synthetic();
    return {.rows = synthetic.rows(),
            .columns = synthetic.columns(),
            .outputs = synthetic.outputs(),
            .samples = synthetic.rows()};
  }
  return {.rows = imported.rows,
          .columns = imported.columns,
          .outputs = imported.targets,
          .samples = imported.rows};
}

SweepFacts FactsOf(const Space& space, const DatasetShape& imported) {
  SweepFacts facts{.trials = space.size(), .total_steps = space.total_steps()};
  int64_t numbers = 0;
  bool doubles = false;
  bool floats = false;
  ForSomeTrials(space, [&](const v1::TrialSpec& trial) {
    const TrialShape shape = ShapeOf(trial, imported);
    const int64_t weights =
        WeightCount(trial.model(), shape.outputs, shape.columns);
    Widen(weights, &facts.weights);
    Widen(weights, &facts.weights_by_depth[trial.model().depth()]);
    const bool net = trial.model().family() == v1::MODEL_FAMILY_CONV_NET;
    const bool is_float = trial.precision() == v1::PRECISION_FLOAT;
    doubles = doubles || (!net && !is_float);
    floats = floats || (!net && is_float);
    numbers = std::max(numbers, shape.samples * shape.columns);
  });
  facts.data_bytes = numbers * (kBytes + (doubles ? kPackedBytes : 0) +
                                (floats ? kPackedFloatBytes : 0));
  return facts;
}

std::string FactsText(const LoadedSweep& loaded, const SweepFacts& facts) {
  std::string text = absl::StrCat(
      "sweep:    ", Printable(loaded.spec.name()), loaded.scale_text, ", ",
      CountText(facts.trials, "trial"), ", ",
      CountText(static_cast<int64_t>(facts.total_steps), "step"),
      " in all\ndata:     ", loaded.data_text, "\n");
  for (const std::string& note : loaded.notes) {
    absl::StrAppend(&text, "note:     ", Printable(note), "\n");
  }
  const char* title = "axes:     ";
  for (const v1::AxisGroup& group : loaded.spec.axes()) {
    std::vector<std::string> axes;
    for (const v1::Axis& axis : group.axes()) axes.push_back(AxisText(axis));
    absl::StrAppend(&text, title, absl::StrJoin(axes, " together with "), "\n");
    title = "          ";
  }
  absl::StrAppend(&text, "model:    ", WeightsText(facts.weights),
                  facts.weights.most == 1 ? " weight" : " weights",
                  DepthsText(facts.weights_by_depth), "\n");
  if (facts.data_bytes > 0) {
    absl::StrAppend(&text, "memory:   ", SizeText(facts.data_bytes),
                    " for the data, in each worker\n");
  }
  return text;
}

nlohmann::ordered_json FactsJson(const LoadedSweep& loaded,
                                 const SweepFacts& facts) {
  nlohmann::ordered_json axes = nlohmann::ordered_json::array();
  for (const v1::AxisGroup& group : loaded.spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      axes.push_back({{"name", ShortFieldName(axis.field())},
                      {"values", AxisLength(axis)}});
    }
  }
  nlohmann::ordered_json by_depth = nlohmann::ordered_json::array();
  for (const auto& [depth, weights] : facts.weights_by_depth) {
    by_depth.push_back({{"depth", depth},
                        {"least_weights", weights.least},
                        {"most_weights", weights.most}});
  }
  return {{"name", loaded.spec.name()},
          {"trials", facts.trials},
          {"total_steps", facts.total_steps},
          {"axes", axes},
          {"data", loaded.data_text},
          {"notes", loaded.notes},
          {"least_weights", facts.weights.least},
          {"most_weights", facts.weights.most},
          {"weights_by_depth", by_depth},
          {"data_bytes", facts.data_bytes},
          {"spec", ToJson(loaded.spec)}};
}

}  // namespace fathom::client
