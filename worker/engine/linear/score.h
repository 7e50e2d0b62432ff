#ifndef FATHOM_WORKER_ENGINE_LINEAR_SCORE_H_
#define FATHOM_WORKER_ENGINE_LINEAR_SCORE_H_

#include <cstdint>

#include "absl/types/span.h"
#include "worker/data/problem.h"
#include "worker/engine/linear/objective.h"
#include "worker/kernel/vector_ops.h"

// How well a linear map does on samples, apart from the passes of training.
namespace fathom::worker {

// Returns the share of the samples whose label has the largest output of W, (k
// x d): n that tie for it count 1/n. For one output that is the sign, and 0
// counts 1/2. NaN where outputs are not finite. `x` is (rows x d), `y` (rows x
// k); `outputs` is room for a multiple of k numbers, which changes no bit; some
// samples together are faster. 2 m d k flops.
double Accuracy(kernel::ConstMatrix w, int64_t rows, const double* x,
                const double* y, absl::Span<double> outputs);

// Loss and accuracy of W on samples that are held out, found when first asked
// for and then both at once, in double precision whatever training goes in.
//
// Not thread-safe.
class Score {
 public:
  // On no samples: not to be asked.
  Score() = default;

  // All must outlive this; `outputs` as for Accuracy.
  Score(const HeldOut& part, const Objective& objective, kernel::ConstMatrix w,
        absl::Span<double> outputs)
      : part_(&part), objective_(&objective), w_(w), outputs_(outputs) {}

  // With the factor of the objective.
  double loss() const { return Find().loss; }
  double accuracy() const { return Find().accuracy; }

 private:
  struct Found {
    double loss = 0;
    double accuracy = 0;
  };
  const Found& Find() const;

  const HeldOut* part_ = nullptr;
  const Objective* objective_ = nullptr;
  kernel::ConstMatrix w_;
  absl::Span<double> outputs_;
  mutable bool known_ = false;
  mutable Found found_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_SCORE_H_
