#ifndef FATHOM_WORKER_KERNEL_OPTIMIZER_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZER_H_

#include <cstdint>

namespace fathom::kernel {

// A rule that moves the weights of one trial against their gradient. Works on
// ranges of weights, so that no gradient has to lie in memory as a whole.
//
// Not thread-safe.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Moves `count` weights of a model, those from its `first` one on. A step
  // calls this once for every weight, in ascending order, so that `first` 0
  // opens a step; rules with a memory keep it by that position.
  virtual void Update(int64_t first, int64_t count, const double* gradient,
                      double* weights) = 0;
};

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZER_H_
