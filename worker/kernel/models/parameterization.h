#ifndef FATHOM_WORKER_KERNEL_MODELS_PARAMETERIZATION_H_
#define FATHOM_WORKER_KERNEL_MODELS_PARAMETERIZATION_H_

#include "worker/kernel/optimizers/optimizer.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker::kernel {

// A way to write the end-to-end matrix W (k x d) in trainable weights. A step
// of training is
//   WriteEndToEnd(w); ... fill g with dL/dW at w ...; PullBack(g);
//   Update(optimizer);
// and the diagnostics may be asked for before Update. `w` and `g` stay in place
// and unchanged from WriteEndToEnd and PullBack to Update. A step allocates
// nothing.
//
// Not thread-safe.
class Parameterization {
 public:
  virtual ~Parameterization() = default;

  // Writes W.
  virtual void WriteEndToEnd(Matrix w) = 0;

  // Takes dL/dW and derives the gradient with respect to the weights.
  virtual void PullBack(ConstMatrix gradient) = 0;

  // Moves the weights once.
  virtual void Update(Optimizer& optimizer) = 0;

  // Euclidean norm of the gradient with respect to all weights. After PullBack.
  virtual double GradientNorm() = 0;

  // max_j ||W_{j+1}^T W_{j+1} - W_j W_j^T||_F; 0 without such a pair.
  virtual double Balancedness() = 0;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_MODELS_PARAMETERIZATION_H_
