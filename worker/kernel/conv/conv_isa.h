#ifndef FATHOM_WORKER_KERNEL_CONV_CONV_ISA_H_
#define FATHOM_WORKER_KERNEL_CONV_CONV_ISA_H_

#include <stdint.h>

#include <cstdint>

#include "worker/kernel/isa.h"

// What non-linear nets need from an instruction set, compiled once per set
// (vectors.h) from tile_product.h, tile_transforms.h, pool_loops.h and
// tanh_loop.h, in float32.
namespace fathom::worker::kernel {

// Channels (of images, of weights, of a packed matrix) lie in blocks of this
// many numbers: one cache line. The widest vector register holds a block.
inline constexpr int64_t kChannelBlock = 16;

// Sums of products, each one chain of fused multiply-adds:
//   out[t * out_next + r * out_row + (c / 16) * out_block + c % 16] =
//     start + sum_o sum_k
//       a[t * a_next + o * a_turn + k * a_step + r * a_row] *
//       b[o * b_turn + k * b_step + (c / 16) * b_block + c % 16]
// for 0 <= t < count, 0 <= r < rows, 0 <= c < 16 blocks. A chain runs over 0 <=
// o < turns (outer) and 0 <= k < steps (inner), in order. Either a_step or
// a_row is 1; the kernel has the function `along` for the former and `across`
// for the latter. A chain starts at zero, or, where `extends`, at what stands
// in `out`. All vectors of b and out are aligned to 64 bytes.
struct TileProduct {
  const float* a;
  int64_t a_row = 1, a_step = 1, a_turn = 0, a_next = 0;
  const float* b;
  int64_t b_step = kChannelBlock, b_turn = 0, b_block = 0;
  float* out;
  int64_t out_row = kChannelBlock, out_block = 0, out_next = 0;
  int64_t rows = 1;    // At most max_rows of the kernels.
  int64_t blocks = 1;  // At most max_blocks of the kernels.
  int64_t steps = 1, turns = 1, count = 1;
  bool extends = false;
};

// Max pooling over windows of size x size pixels; of each window the first of
// its greatest numbers, row by row, is chosen, or the last NaN if it has one.
// An image is rows x columns pixels of `channels` numbers, a multiple of 16,
// one row after the other without gaps.
struct PoolImages {
  int64_t images;
  int64_t rows, columns;  // Of a pooled image: in windows.
  int64_t channels;
  int64_t size;  // At least 1 and at most 15.
};

// out = L X L^T for every tile X of a grid of tiles whose numbers are blocks of
// channels: number (i, j) of tile (y, x), channel c, is at
//   from[i * from.row + j * from.column + y * from.tile_row +
//        x * from.tile_column + c],
// and likewise in `to`. Where `bias` is not null, bias[c] is added in the end.
// Aligned to 64 bytes throughout.
struct TileGrid {
  int64_t row, column, tile_row, tile_column;
};
struct TileTransform {
  const float* from;
  TileGrid from_grid;
  float* to;
  TileGrid to_grid;
  int64_t rows, columns, channels;  // Of the grid; channels: a multiple of 16.
  const float* bias = nullptr;
};

// The matrices L of F(2, 5): see winograd.h.
enum TransformRule {
  kOfInput,     // 6 x 6: B^T
  kOfWeights,   // 6 x 5: G
  kToOutput,    // 2 x 6: A^T
  kOfGradient,  // 6 x 2: A
  kToGradient,  // 5 x 6: G^T
  kTransformRules
};

struct ConvKernels {
  int64_t max_rows;
  int64_t max_blocks;
  void (*along)(const TileProduct& product);
  void (*across)(const TileProduct& product);
  // `from`: images * rows size * columns size * channels numbers; `to` and
  // `chosen`: images * rows * columns * channels. chosen = row of the window *
  // size + its column.
  void (*pool)(const PoolImages& shape, const float* from, float* to,
               uint8_t* chosen);
  // The reverse: what is chosen gets the number of its window, the rest 0.
  void (*unpool)(const PoolImages& shape, const float* from,
                 const uint8_t* chosen, float* to);
  // to += from, `count` numbers, a multiple of 16, aligned.
  void (*add)(int64_t count, const float* from, float* to);
  // By rule.
  void (*transforms[kTransformRules])(const TileTransform& transform);
  // values = tanh(values), `count` of them, a multiple of 16, aligned.
  void (*tanh)(int64_t count, float* values);
};

// Returns the loops for one instruction set, which the machine must support to
// run them; ConvKernelsOf chooses among them. Defined by conv_loops.cc,
// compiled for `isa`.
template <Isa isa>
const ConvKernels& ConvLoops();

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_CONV_ISA_H_
