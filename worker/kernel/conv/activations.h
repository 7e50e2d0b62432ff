#ifndef FATHOM_WORKER_KERNEL_CONV_ACTIVATIONS_H_
#define FATHOM_WORKER_KERNEL_CONV_ACTIVATIONS_H_

#include <cstdint>

#include "worker/kernel/isa.h"

// What is done to numbers one by one, in float32. The same bits for every
// instruction set; NaN stays NaN. Nothing is allocated; thread-safe.
namespace fathom::worker::kernel {

// x; 0 for x < 0, else x; tanh x with an error below one unit in the last
// place.
enum class Activation { kLinear, kRelu, kTanh };

// values = f(values), `count` of them; of tanh aligned to 64 bytes.
void Activate(Activation activation, int64_t count, float* values,
              Isa isa = ActiveIsa());

// gradients *= f'(x), where `outputs` are f(x): f' is 1; 1 where f(x) > 0, else
// 0, so that gradients become 0 there whatever they are; 1 - f(x)^2.
void ActivateBackward(Activation activation, int64_t count,
                      const float* outputs, float* gradients);

// values *= factors: dropout, forward and backward, with factors of 0 and
// 1 / (1 - rate).
void MultiplyBy(int64_t count, const float* factors, float* values);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_ACTIVATIONS_H_
