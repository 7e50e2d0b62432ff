#ifndef FATHOM_WORKER_KERNEL_CONV_DENSE_H_
#define FATHOM_WORKER_KERNEL_CONV_DENSE_H_

#include <cstdint>

#include "worker/kernel/conv/float_product.h"
#include "worker/kernel/isa.h"

// A dense layer of m units for a batch of B samples of n numbers, in float32:
// matrices lie row by row, the weights W are m x n. Buffers of one call must
// not overlap; `workspace`, aligned to 64 bytes, is of DenseWorkspace(B, n, m)
// floats. Nothing is allocated; thread-safe.
//
// The output of a convolution is the input of such a layer as it is, with n =
// ImageShape::size(), where the weights of the padding are zeros: they get
// gradients of zero.
namespace fathom::worker::kernel {

int64_t DenseWorkspace(int64_t batch, int64_t inputs, int64_t outputs);

// out = in W^T + b, or without b where `bias` (m numbers) is null:
//   out_so = b_o + sum_i in_si W_oi,
// one chain of fused multiply-adds that starts at b_o, over i in order.
void DenseForward(ConstFloatMatrix in, ConstFloatMatrix weights,
                  const float* bias, FloatMatrix out, float* workspace,
                  Isa isa = ActiveIsa());

// in_gradient = out_gradient W: a chain from zero over the outputs in order.
void DenseInputGradient(ConstFloatMatrix out_gradient, ConstFloatMatrix weights,
                        FloatMatrix in_gradient, float* workspace,
                        Isa isa = ActiveIsa());

// weight_gradient = out_gradient^T in: a chain from zero over the samples in
// order. bias_gradient, unless null: the sums of the columns of out_gradient,
// in the same order.
void DenseWeightGradient(ConstFloatMatrix in, ConstFloatMatrix out_gradient,
                         FloatMatrix weight_gradient, float* bias_gradient,
                         float* workspace, Isa isa = ActiveIsa());

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_DENSE_H_
