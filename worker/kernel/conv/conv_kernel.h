#ifndef FATHOM_WORKER_KERNEL_CONV_CONV_KERNEL_H_
#define FATHOM_WORKER_KERNEL_CONV_CONV_KERNEL_H_

#include "worker/kernel/conv/conv_isa.h"
#include "worker/kernel/conv/pool_loops.h"
#include "worker/kernel/conv/tanh_loop.h"
#include "worker/kernel/conv/tile_product.h"
#include "worker/kernel/conv/tile_transforms.h"

namespace fathom::worker::kernel {

// The kernels for the vector types of vectors.h: V of floats, with the limits
// that tile_product.h names, and D of doubles.
template <class V, class D>
constexpr ConvKernels MakeConvKernels() {
  return {
      .max_rows = V::kMaxRows,
      .max_blocks = V::kMaxBlocks,
      .along = MultiplyTiles<V, false>,
      .across = MultiplyTiles<V, true>,
      .pool = Pool<V>,
      .unpool = Unpool<V>,
      .add = AddAll<V>,
      .transforms = {TransformTiles<V, OfInput>, TransformTiles<V, OfWeights>,
                     TransformTiles<V, ToOutput>, TransformTiles<V, OfGradient>,
                     TransformTiles<V, ToGradient>},
      .tanh = TanhOfAll<D>};
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_CONV_KERNEL_H_
