#ifndef FATHOM_WORKER_KERNEL_MODELS_PARAMETERIZATION_H_
#define FATHOM_WORKER_KERNEL_MODELS_PARAMETERIZATION_H_

#include "worker/kernel/optimizers/optimizer.h"
#include "worker/kernel/state_arrays.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker::kernel {

// A parameterization expresses the end-to-end matrix W (k x d) by trainable
// weights. A step of training is
//   WriteEndToEnd(w); ... fill g with dL/dW at w ...; PullBack(g);
//   Update(optimizer);
// and the diagnostics may be asked for before Update. From WriteEndToEnd and
// PullBack until Update, `w` and `g` must stay in place and unchanged. A step
// allocates nothing after the first one.
//
// Not thread-safe.
class Parameterization {
 public:
  virtual ~Parameterization() = default;

  // Computes W and writes it to `w`.
  virtual void WriteEndToEnd(Matrix w) = 0;

  // Takes dL/dW and derives the gradient by the weights from it.
  virtual void PullBack(ConstMatrix gradient) = 0;

  // Updates all weights once.
  virtual void Update(Optimizer& optimizer) = 0;

  // Returns the Euclidean norm of the gradient by all weights. Call it after
  // PullBack.
  virtual double GradientNorm() = 0;

  // Returns max_j ||W_{j+1}^T W_{j+1} - W_j W_j^T||_F, or 0 for models without
  // neighbouring factors.
  virtual double Balancedness() = 0;

  // Adds the weights, and what else the model keeps between two steps.
  virtual void AddState(StateArrays* state) = 0;

  // Whether these numbers, which were written from outside, are such as steps
  // leave behind, as far as the arithmetic of the model relies on that. Weights
  // may be any numbers.
  virtual bool StateIsSound() const { return true; }
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_MODELS_PARAMETERIZATION_H_
