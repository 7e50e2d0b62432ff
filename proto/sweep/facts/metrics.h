#ifndef FATHOM_PROTO_SWEEP_FACTS_METRICS_H_
#define FATHOM_PROTO_SWEEP_FACTS_METRICS_H_

#include "fathom/v1/sweep.pb.h"

namespace fathom {

// What may be concluded from a metric (docs/statistics.md, section 2).
enum class MetricUse {
  kRaced,  // It falls during training; steps to a goal are compared.
  kLevel,  // Its values at the same step are compared.
  kShown,  // It only describes; no value is better than another.
};

// Which values of a metric are better.
enum class MetricDirection { kSmaller, kLarger };

// The rows of the data that a metric is measured on.
enum class DataPart { kTraining, kTest, kValidation };

// One row of the table of metrics.
struct MetricFacts {
  v1::Metric metric = v1::METRIC_UNSPECIFIED;
  MetricUse use = MetricUse::kShown;
  // Without meaning for a metric that is only shown.
  MetricDirection direction = MetricDirection::kSmaller;
  const char* label = "";  // Its name in a sentence: "distance from optimum".
  // The title of its axis in a picture; null when the label serves as the
  // title.
  const char* title = nullptr;
  // Whether the metric analyzes the path of plain gradient descent from the
  // first step on. Other optimizers and models do not have such a metric.
  bool warm_up = false;
  // The part of the data that the metric is measured on, if it is on data.
  DataPart part = DataPart::kTraining;
  // Whether the metric needs targets that are classes.
  bool classes = false;
  // Whether linear maps have the metric, and whether conv_nets do.
  bool of_maps = true;
  bool of_nets = false;
};

// Returns the row of a metric. A metric that this program does not know gets a
// row that says that it is only shown.
const MetricFacts& FactsOf(v1::Metric metric);

// Whether `a` is a better value of the metric than `b`.
bool IsBetter(const MetricFacts& facts, double a, double b);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FACTS_METRICS_H_
