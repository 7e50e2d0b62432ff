#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_HEAVY_BALL_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_HEAVY_BALL_H_

#include "worker/kernel/optimizers/optimizer.h"
#include "worker/kernel/optimizers/weight_state.h"

namespace fathom::kernel {

// Polyak's heavy ball (1964): with h = g + lambda w and v = 0 at the start,
//   v <- mu v + h,  w <- w - eta v.
// Keeps one number per weight.
class HeavyBall final : public Optimizer {
 public:
  struct Options {
    double learning_rate;  // eta
    double weight_decay;   // lambda
    double momentum;       // mu
  };

  explicit HeavyBall(const Options& options) : options_(options) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;

 private:
  const Options options_;
  WeightState velocity_;
};

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZERS_HEAVY_BALL_H_
