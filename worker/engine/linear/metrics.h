#ifndef FATHOM_WORKER_ENGINE_LINEAR_METRICS_H_
#define FATHOM_WORKER_ENGINE_LINEAR_METRICS_H_

#include <vector>

#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/data/problem.h"
#include "worker/engine/linear/score.h"
#include "worker/engine/linear/shadow_rule.h"
#include "worker/engine/linear/warm_up_trace.h"
#include "worker/kernel/models/parameterization.h"
#include "worker/kernel/singular_values.h"

// What can be measured at a step. A new metric is a line in metrics.cc.
namespace fathom::worker {

// The singular values of a matrix, found when they are first asked for, so that
// several metrics share one decomposition.
class Spectrum {
 public:
  // `finder` must outlive this and find nothing else meanwhile.
  Spectrum(kernel::ConstMatrix w, kernel::SingularValueFinder* finder)
      : w_(w), finder_(finder) {}

  // In no order. All NaN when the matrix is not finite.
  const std::vector<double>& values() const;

 private:
  const kernel::ConstMatrix w_;
  kernel::SingularValueFinder* const finder_;
  mutable const std::vector<double>* values_ = nullptr;
};

// A lane between its data pass and its update.
struct Snapshot {
  const Problem* problem = nullptr;
  double error = 0;  // (1/m) sum |r|^p, or of what else the loss averages.
  double loss = 0;
  double optimum = 0;  // Least loss of all W. Only for needs_optimum.
  kernel::ConstMatrix end_to_end;
  kernel::Parameterization* model = nullptr;
  double order = 1;   // N: Order() in make_model.h.
  Spectrum spectrum;  // Of end_to_end.
  // W one step before; nothing at step 0. Only for needs_previous.
  kernel::ConstMatrix previous;
  const ShadowRule* shadow = nullptr;    // Only for needs_shadow.
  const WarmUpTrace* warm_up = nullptr;  // Only for needs_warm_up.
  kernel::ConstMatrix solution;          // M of completion data, or nothing.
  Score test;                            // On the parts that the problem has.
  Score validation;
  absl::Span<double> outputs;  // Room for what W makes of some samples.
};

// Computes one metric.
struct MetricRule {
  v1::Metric metric;
  double (*measure)(const Snapshot& snapshot);
  bool needs_gradient = false;  // The model must have pulled back before.
  bool needs_previous = false;  // The lane keeps W of the step before.
  bool needs_shadow = false;    // The lane runs a shadow of the rule.
  bool needs_optimum = false;   // The objective must know its optimum.
  bool needs_warm_up = false;   // The lane keeps a trace of W = omega w.
};

// Returns the rule of a metric; null where a linear map has no such thing.
const MetricRule* FindMetricRule(v1::Metric metric);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_METRICS_H_
