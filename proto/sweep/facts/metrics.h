#ifndef FATHOM_PROTO_SWEEP_FACTS_METRICS_H_
#define FATHOM_PROTO_SWEEP_FACTS_METRICS_H_

#include "fathom/v1/sweep.pb.h"

namespace fathom {

// What may be concluded from a metric (docs/statistics.md, section 2).
enum class MetricUse {
  kRaced,  // It falls as training goes on: steps to a goal are compared.
  kLevel,  // Its value at a step is compared.
  kShown,  // It describes; no value of it is better than another.
};

// Which values of a metric are better.
enum class MetricDirection { kSmaller, kLarger };

// The rows of the data that a metric is measured on.
enum class DataPart { kTraining, kTest, kValidation };

// One row of the table of metrics.
struct MetricFacts {
  v1::Metric metric = v1::METRIC_UNSPECIFIED;
  MetricUse use = MetricUse::kShown;
  MetricDirection direction = MetricDirection::kSmaller;  // Of no use if shown.
  const char* label = "";  // In a sentence: "distance from optimum".
  // Under what other title an axis of a picture shows it; null: the label.
  const char* title = nullptr;
  // Whether it takes the whole path of plain gradient descent apart, so that
  // other rules and models do not have it.
  bool warm_up = false;
  // What it is measured on, if it is on data.
  DataPart part = DataPart::kTraining;
  bool classes = false;  // Needs targets that are classes.
};

// Returns the row of a metric; that of a metric which this program does not
// know says that it is only shown.
const MetricFacts& FactsOf(v1::Metric metric);

// Whether `a` is a better value of the metric than `b`.
bool IsBetter(const MetricFacts& facts, double a, double b);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FACTS_METRICS_H_
