#ifndef FATHOM_WORKER_ENGINE_METRICS_H_
#define FATHOM_WORKER_ENGINE_METRICS_H_

#include "fathom/v1/sweep.pb.h"
#include "worker/kernel/parameterization.h"

// What can be measured at a step. A new metric is a line in metrics.cc.
namespace fathom {

// A lane between its data pass and its update.
struct Snapshot {
  double error = 0;  // (1/m) sum |r|^p.
  double loss = 0;
  kernel::ConstMatrix end_to_end;
  kernel::Parameterization* model = nullptr;
};

// Computes one metric.
struct MetricRule {
  v1::Metric metric;
  double (*measure)(const Snapshot& snapshot);
  bool needs_gradient;  // Whether the model must have pulled back before.
};

// Returns the rule of a valid metric.
const MetricRule& FindMetricRule(v1::Metric metric);

}  // namespace fathom

#endif  // FATHOM_WORKER_ENGINE_METRICS_H_
