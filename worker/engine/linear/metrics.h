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

// The table of what can be measured at a step. A new metric is a line in
// metrics.cc.
namespace fathom::worker {

// The singular values of a matrix, which are computed when a metric first asks
// for them, so that several metrics share one decomposition.
//
// Not thread-safe.
class Spectrum {
 public:
  // `finder` must outlive this object and must not be used for another matrix
  // meanwhile.
  Spectrum(kernel::ConstMatrix w, kernel::SingularValueFinder* finder)
      : w_(w), finder_(finder) {}

  // Returns the singular values, largest first; all are NaN when the matrix is
  // not finite.
  const std::vector<double>& values() const;

 private:
  const kernel::ConstMatrix w_;
  kernel::SingularValueFinder* const finder_;
  mutable const std::vector<double>* values_ = nullptr;
};

// What metrics see of a lane between its data pass and its update.
struct Snapshot {
  const Problem* problem = nullptr;
  double error = 0;  // Mean of |r|^p, or of another loss (LossRule).
  double loss = 0;
  double optimum = 0;  // Least loss of all W; only for needs_optimum.
  kernel::ConstMatrix end_to_end;
  kernel::Parameterization* model = nullptr;
  // N, as Order in make_model.h returns it.
  double order = 1;
  Spectrum spectrum;  // Singular values of end_to_end.
  // W at the step before, and no matrix at step 0. Only for needs_previous.
  kernel::ConstMatrix previous;
  const ShadowRule* shadow = nullptr;    // Only for needs_shadow.
  const WarmUpTrace* warm_up = nullptr;  // Only for needs_warm_up.
  kernel::ConstMatrix solution;  // M of a matrix to complete, or no matrix.
  // Scores on the parts of the data that the problem holds out.
  Score test;
  Score validation;
  // Room for the outputs of some samples.
  absl::Span<double> outputs;
};

// How one metric is computed, and what the lane must provide for it.
struct MetricRule {
  v1::Metric metric;
  double (*measure)(const Snapshot& snapshot);
  bool needs_gradient = false;  // The model has pulled back dL/dW.
  bool needs_previous = false;  // The lane keeps W of the step before.
  bool needs_shadow = false;    // The lane runs a shadow of the rule.
  bool needs_optimum = false;   // The objective must know its optimum.
  bool needs_warm_up = false;   // The lane keeps a trace of W = omega w.
};

// Returns the rule of `metric`, or null when linear maps do not have this
// metric.
const MetricRule* FindMetricRule(v1::Metric metric);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_METRICS_H_
