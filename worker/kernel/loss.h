#ifndef FATHOM_WORKER_KERNEL_LOSS_H_
#define FATHOM_WORKER_KERNEL_LOSS_H_

namespace fathom::worker::kernel {

// What of predictions z and targets y is summed over the samples, and what g
// stands for in the gradient by W, mean of g_i x_i, that a pass computes.
enum class LossKind {
  // |z - y|^p for a real 1 < p <= 64, summed over outputs.
  // g = sign(z - y) |z - y|^(p-1): the derivative, divided by p.
  kLp,
  // Negative log-likelihood of the label y. One output, y in {0, 1}: logistic,
  // log(1 + e^z) - y z. Several, y one-hot: softmax, log sum_c e^z_c - z_label.
  // g = probability of the output - y. A softmax takes all outputs together.
  kCrossEntropy,
};

// What is averaged over the samples, without any factor in front.
struct Loss {
  double p = 2;  // Of kLp.
  LossKind kind = LossKind::kLp;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_LOSS_H_
