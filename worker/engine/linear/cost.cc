#include "worker/engine/linear/cost.h"

#include <algorithm>
#include <cmath>

#include "proto/sweep/facts/metrics.h"
#include "worker/engine/linear/loss_rules.h"
#include "worker/engine/linear/make_pass.h"
#include "worker/engine/optimizer_rules.h"

namespace fathom::worker {
namespace {

// The cost of a step besides all loops: some hundred nanoseconds.
constexpr double kStepFlops = 8000;

// The flops that an entry of a dot product counts as: it is no pass, and takes
// twice as long.
constexpr double kDotFlops = 4;

// Returns the flops of a pass over the data, per sample and step.
double SampleFlops(const v1::TrialSpec& trial, const DataShape& shape) {
  const auto d = static_cast<double>(shape.columns);
  const auto k = static_cast<double>(shape.outputs);
  // A float takes half the time of a double.
  const bool is_float = trial.precision() == v1::PRECISION_FLOAT;
  return 4 * k *
         ((is_float ? d / 2 : d) +
          FindLossRule(trial.loss().kind()).features(trial.loss(), k));
}

// Returns the share of the steps that are recorded.
double RecordedShare(const v1::TrialSpec& trial) {
  return std::min(1.0,
                  trial.record().points() / static_cast<double>(trial.steps()));
}

// Returns the share of the steps that measure held-out rows.
double EvaluatedShare(const v1::TrialSpec& trial) {
  if (!trial.record().has_evaluate()) return RecordedShare(trial);
  return std::min(1.0, trial.record().evaluate().points() /
                           static_cast<double>(trial.steps()));
}

bool Reduces(const v1::TrialSpec& trial, const DataShape& shape) {
  kernel::Column column;
  column.loss = FindLossRule(trial.loss().kind()).error(trial.loss());
  if (trial.precision() == v1::PRECISION_FLOAT) {
    column.precision = kernel::Precision::kFloat;
  }
  return ReducesSquares(column, shape.rows, shape.columns);
}

double DataFlops(const v1::TrialSpec& trial, const DataShape& shape) {
  const auto m = static_cast<double>(shape.rows);
  const auto d = static_cast<double>(shape.columns);
  const auto k = static_cast<double>(shape.outputs);
  if (trial.data().has_completion()) return 4 * m + 2 * d * k;
  const double all = m * SampleFlops(trial, shape);
  const auto batch = static_cast<double>(trial.optimizer().batch_size());
  if (batch > 0 && batch < m) {
    // Packing a sample costs about as much as the pass over a few columns.
    return batch * (SampleFlops(trial, shape) + 2 * d) +
           RecordedShare(trial) * all;
  }
  return Reduces(trial, shape) ? 2 * d * d * k : all;
}

// Returns the flops per step of what is measured on rows that are held out.
double HeldOutFlops(const v1::TrialSpec& trial, const DataShape& shape) {
  bool test = false;
  bool validation = false;
  for (const int metric : trial.record().metrics()) {
    const DataPart part = FactsOf(static_cast<v1::Metric>(metric)).part;
    test = test || part == DataPart::kTest;
    validation = validation || part == DataPart::kValidation;
  }
  double rows = 0;
  if (test) rows += static_cast<double>(trial.data().test().rows());
  if (validation) rows += static_cast<double>(trial.data().validation().rows());
  if (rows == 0) return 0;
  const auto d = static_cast<double>(shape.columns);
  const auto k = static_cast<double>(shape.outputs);
  const double per_row =
      kDotFlops * k *
      (d + FindLossRule(trial.loss().kind()).features(trial.loss(), k));
  return EvaluatedShare(trial) * rows * per_row;
}

struct ModelSize {
  double weights = 0;
  double hidden = 0;  // Sum of the hidden widths.
};

ModelSize SizeOf(const v1::ModelSpec& model, const DataShape& shape) {
  const auto d = static_cast<double>(shape.columns);
  const auto k = static_cast<double>(shape.outputs);
  ModelSize size;
  double below = d;
  if (model.family() == v1::MODEL_FAMILY_LINEAR_NET) {
    for (int j = 1; j < model.depth(); ++j) {
      const double width = model.hidden_widths_size() > 0
                               ? model.hidden_widths(j - 1)
                           : model.hidden_width() > 0 ? model.hidden_width()
                                                      : std::min(d, k);
      size.weights += below * width;
      size.hidden += width;
      below = width;
    }
  }
  size.weights += below * k;
  return size;
}

double ModelFlops(const v1::TrialSpec& trial, const DataShape& shape) {
  const v1::ModelSpec& model = trial.model();
  const auto d = static_cast<double>(shape.columns);
  const auto k = static_cast<double>(shape.outputs);
  const double update =
      FindOptimizerRule(trial.optimizer().name()).update_flops;
  if (model.family() == v1::MODEL_FAMILY_END_TO_END) {
    // The eigenvectors of a k x k matrix, and products with them.
    return (update + 8) * d * k + (k > 1 ? 30 * k * k * k + 8 * k * k * d : 0);
  }
  const double weights = SizeOf(model, shape).weights;
  return (6 * k + update) * weights;
}

}  // namespace

double LinearStepFlops(const v1::TrialSpec& trial, const DataShape& shape) {
  return DataFlops(trial, shape) + ModelFlops(trial, shape) +
         HeldOutFlops(trial, shape) + kStepFlops;
}

double PassBytes(const v1::TrialSpec& trial, const DataShape& shape) {
  const auto m = static_cast<double>(shape.rows);
  const auto d = static_cast<double>(shape.columns);
  if (trial.data().has_completion()) return 24 * m;
  if (Reduces(trial, shape)) return 8 * d * d;
  return (trial.precision() == v1::PRECISION_FLOAT ? 8 : 16) * m * d;
}

double LinearLaneBytes(const v1::TrialSpec& trial, const DataShape& shape) {
  const auto d = static_cast<double>(shape.columns);
  const auto k = static_cast<double>(shape.outputs);
  const ModelSize size = SizeOf(trial.model(), shape);
  const double state =
      FindOptimizerRule(trial.optimizer().name()).state_numbers;
  return 8 * ((1 + 2 * state) * size.weights + 2 * k * size.hidden +
              k * (7 * d + 600)) +
         8192;
}

double LinearStateBytes(const v1::TrialSpec& trial, const DataShape& shape) {
  const auto d = static_cast<double>(shape.columns);
  const auto k = static_cast<double>(shape.outputs);
  const double state =
      FindOptimizerRule(trial.optimizer().name()).state_numbers;
  // With W at the step before, a shadow run and a trace of the warm-up.
  return 8 * ((1 + state) * SizeOf(trial.model(), shape).weights + 5 * k * d) +
         1024;
}

}  // namespace fathom::worker
