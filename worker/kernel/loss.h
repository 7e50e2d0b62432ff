#ifndef FATHOM_WORKER_KERNEL_LOSS_H_
#define FATHOM_WORKER_KERNEL_LOSS_H_

namespace fathom::worker::kernel {

// The function of predictions z and targets y that a loss sums over the
// samples. A pass computes the gradient by W as the mean of g_i x_i, with the g
// that each kind states.
enum class LossKind {
  // z - y|^p for a real 1 < p <= 64, summed over the outputs. Here g = sign(z -
  // y) |z - y|^(p-1), which is the derivative divided by p.
  kLp,
  // The negative log-likelihood of the label y. With one output and y in {0, 1}
  // it is the logistic loss log(1 + e^z) - y z; with several outputs and
  // one-hot y it is the softmax loss log sum_c e^z_c - z_label, which takes all
  // outputs together. Here g is the probability of the output, minus y.
  kCrossEntropy,
};

// The function that is averaged over the samples, without any factor in front.
struct Loss {
  double p = 2;  // The exponent of kLp.
  LossKind kind = LossKind::kLp;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_LOSS_H_
