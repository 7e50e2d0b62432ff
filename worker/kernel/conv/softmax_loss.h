#ifndef FATHOM_WORKER_KERNEL_CONV_SOFTMAX_LOSS_H_
#define FATHOM_WORKER_KERNEL_CONV_SOFTMAX_LOSS_H_

#include <cstdint>
#include <span>

#include "worker/kernel/conv/float_product.h"

namespace fathom::worker::kernel {

struct SoftmaxLoss {
  double sum;      // Of the cross-entropies of all samples.
  int64_t errors;  // Samples whose first greatest logit is not their label's.
};

// Cross-entropy of softmax for a batch of logits z, a row per sample, with
// labels y from 0 to z.columns - 1. With t_c = z_c - max z and s = sum_c e^t_c:
//   sum += log s - t_y,   gradient_c = (e^t_c / s - [c = y]) * scale,
// in double throughout, over classes and samples in order; the gradient is
// rounded to float, and left out where `gradient` is null (a loss of test
// rows). A sample whose logits are not all finite makes the loss and its
// gradients NaN, and is an error. `gradient` may lie where the logits are, with
// the same stride; else it must not overlap them. Thread-safe; about 20 ns a
// logit.
SoftmaxLoss MeasureSoftmaxLoss(ConstFloatMatrix logits,
                               std::span<const int32_t> labels, double scale,
                               FloatMatrix* gradient);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_SOFTMAX_LOSS_H_
