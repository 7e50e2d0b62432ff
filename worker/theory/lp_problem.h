#ifndef FATHOM_WORKER_THEORY_LP_PROBLEM_H_
#define FATHOM_WORKER_THEORY_LP_PROBLEM_H_

#include <cstdint>

#include "worker/theory/dense.h"

namespace fathom::worker::theory {

// l_p regression on generated data with the loss
//   L(W) = 1/(p m) sum |W x - y|^p  (over samples and outputs).
// The gradient is summed sample by sample and shares no code with the data
// pass, so that the checks of the mathematics do not depend on it.
//
// The m samples have independent normal features with standard deviations that
// fall from 1 towards 1/2. The targets are W* x with rows of W* of norm 1, plus
// noise of standard deviation 0.1. Immutable.
class LpProblem {
 public:
  // Samples m, outputs k, features d and an even exponent p.
  struct Shape {
    int64_t m = 24;
    int64_t k = 1;
    int64_t d = 5;
    int p = 4;
  };
  LpProblem(uint64_t seed, Shape shape);

  int64_t k() const { return y_.columns; }
  int64_t d() const { return x_.columns; }
  int p() const { return p_; }

  // Returns dL/dW (k x d).
  Dense Gradient(const Dense& w) const;

 private:
  Dense x_;  // m x d
  Dense y_;  // m x k
  int p_;
};

}  // namespace fathom::worker::theory

#endif  // FATHOM_WORKER_THEORY_LP_PROBLEM_H_
