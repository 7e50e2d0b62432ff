#ifndef FATHOM_WORKER_ENGINE_LINEAR_SCORE_H_
#define FATHOM_WORKER_ENGINE_LINEAR_SCORE_H_

#include <cstdint>

#include "absl/types/span.h"
#include "worker/data/problem.h"
#include "worker/engine/linear/objective.h"
#include "worker/kernel/vector_ops.h"

// Measures how well a linear map does on samples, apart from the passes of
// training.
namespace fathom::worker {

// Returns the share of the samples whose label has the largest output of W
// (k x d); a label whose output is one of n largest ones counts
// 1/n. One output stands for the label 1 where it is above 0, and 0 counts 1/2.
// The share is NaN where an output is NaN or a largest one is not finite.
//
// `x` is rows x d and `y` rows x k. `outputs` is room for the outputs of one or
// more samples (a multiple of k numbers); more room is faster and changes no
// bit. Costs 2 rows d k flops.
double Accuracy(kernel::ConstMatrix w, int64_t rows, const double* x,
                const double* y, absl::Span<double> outputs);

// Loss and accuracy of W on samples that are held out. Both are computed at
// once when one of them is first asked for, in double precision whatever the
// precision of training is.
//
// Not thread-safe.
class Score {
 public:
  // Makes a score on no samples, which must not be asked.
  Score() = default;

  // Makes the score of `w` on `part`. All arguments must outlive the score;
  // `outputs` is as for Accuracy.
  Score(const HeldOut& part, const Objective& objective, kernel::ConstMatrix w,
        absl::Span<double> outputs)
      : part_(&part), objective_(&objective), w_(w), outputs_(outputs) {}

  // The loss has the factor of the objective and no weight decay.
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
