#include "worker/kernel/conv/float_product.h"

#include <algorithm>
#include <cassert>
#include <cstdint>

#include "worker/kernel/aligned.h"
#include "worker/kernel/conv/conv_isa.h"
#include "worker/kernel/conv/conv_kernels_of.h"
#include "worker/kernel/conv/even_parts.h"

namespace fathom::worker::kernel {
namespace {

// A tile's chains run over at most so many numbers before others have their
// turn, so that the rows of a tile fit the first cache and the packed columns,
// kPacked numbers, the second.
constexpr int64_t kDepth = 512;
constexpr int64_t kPacked = int64_t{1} << 16;
// Of all instruction sets.
constexpr int64_t kMostRows = 16;
constexpr int64_t kMostColumns = 2 * kChannelBlock;

// (r, c) is at data + r * row + c * column, where one of the two steps is 1.
struct Strided {
  const float* data;
  int64_t row, column;

  Strided Transpose() const { return {data, column, row}; }
  Strided At(int64_t r, int64_t c) const {
    return {data + r * row + c * column, row, column};
  }
};

struct StridedProduct {
  Strided a, b;
  int64_t rows, length, columns;
  float* out;
  int64_t out_stride;
  bool extends;
  // Only what is above the diagonal or on it need be right.
  bool upper = false;
};

// Columns that are packed at a time.
int64_t ChunkOf(int64_t depth) {
  return std::max(kMostColumns, kPacked / depth / kMostColumns * kMostColumns);
}

// Copies depth x columns numbers into panels of 16 columns, one row after the
// other, and pads the last panel by zeros.
void PackColumns(Strided b, int64_t depth, int64_t columns, float* packed) {
  for (int64_t c = 0; c < columns; c += kChannelBlock) {
    const int64_t width = std::min(kChannelBlock, columns - c);
    const float* const from = b.data + c * b.column;
    if (width < kChannelBlock) {
      std::fill_n(packed, depth * kChannelBlock, 0.0f);
    }
    if (b.column == 1 && width == kChannelBlock) {
      for (int64_t l = 0; l < depth; ++l) {
        std::copy_n(from + l * b.row, kChannelBlock,
                    packed + l * kChannelBlock);
      }
    } else {
      for (int64_t j = 0; j < width; ++j) {
        for (int64_t l = 0; l < depth; ++l) {
          packed[l * kChannelBlock + j] = from[l * b.row + j * b.column];
        }
      }
    }
    packed += depth * kChannelBlock;
  }
}

// Columns of B in panels of 16: number (l, c) is at data + l * step + c / 16 *
// block + c % 16.
struct Panels {
  const float* data;
  int64_t step, block;
};

bool AreVectors(const float* data, int64_t stride) {
  return reinterpret_cast<uintptr_t>(data) % 64 == 0 &&
         stride % kChannelBlock == 0;
}

// Whole vectors where B has them, else a copy.
Panels PanelsOf(Strided b, int64_t depth, int64_t columns, float* packed) {
  if (b.column == 1 && AreVectors(b.data, b.row) &&
      columns % kChannelBlock == 0) {
    return {b.data, b.row, kChannelBlock};
  }
  PackColumns(b, depth, columns, packed);
  return {packed, kChannelBlock, depth * kChannelBlock};
}

// One tile: straight into `out` where all of its columns are, and where
// vectors can be stored.
void RunTile(const ConvKernels& kernels, TileProduct& tile, int64_t columns,
             bool across) {
  const auto run = across ? kernels.across : kernels.along;
  if (AreVectors(tile.out, tile.out_row) &&
      columns == tile.blocks * kChannelBlock) {
    run(tile);
    return;
  }
  alignas(64) float sums[kMostRows * kMostColumns];
  float* const out = tile.out;
  const int64_t out_row = tile.out_row;
  if (tile.extends) {
    std::fill_n(sums, tile.rows * kMostColumns, 0.0f);
    for (int64_t r = 0; r < tile.rows; ++r) {
      std::copy_n(out + r * out_row, columns, sums + r * kMostColumns);
    }
  }
  tile.out = sums;
  tile.out_row = kMostColumns;
  run(tile);
  for (int64_t r = 0; r < tile.rows; ++r) {
    std::copy_n(sums + r * kMostColumns, columns, out + r * out_row);
  }
  tile.out_row = out_row;
}

// Multiplies some rows of A by columns of B, from `column` of out on.
void MultiplyRows(const ConvKernels& kernels, const StridedProduct& product,
                  TileProduct tile, Panels b, int64_t column, int64_t columns,
                  int64_t depth, int64_t row, bool across) {
  if (product.upper && row > column) {
    const int64_t below =
        std::min(columns, (row - column) / kChannelBlock * kChannelBlock);
    b.data += below / kChannelBlock * b.block;
    column += below;
    columns -= below;
  }
  const int64_t panels = (columns + kChannelBlock - 1) / kChannelBlock;
  tile.b_step = b.step;
  tile.b_block = b.block;
  tile.out_row = product.out_stride;
  tile.out_block = kChannelBlock;
  tile.steps = depth;
  ForEvenParts(panels, kernels.max_blocks, [&](int64_t panel, int64_t blocks) {
    const int64_t first = panel * kChannelBlock;
    tile.b = b.data + panel * tile.b_block;
    tile.blocks = blocks;
    tile.out = product.out + row * product.out_stride + column + first;
    RunTile(kernels, tile, std::min(blocks * kChannelBlock, columns - first),
            across);
  });
}

// With vectors along the columns of out.
void MultiplyStraight(const ConvKernels& kernels, const StridedProduct& product,
                      float* workspace) {
  assert(kernels.max_rows <= kMostRows);
  float* const packed_rows = workspace;
  float* const packed =
      workspace + kMostRows * std::min(kDepth, product.length);
  const bool across = product.a.column != 1;
  for (int64_t l = 0; l < product.length; l += kDepth) {
    const int64_t depth = std::min(kDepth, product.length - l);
    const int64_t chunk = ChunkOf(depth);
    for (int64_t c = 0; c < product.columns; c += chunk) {
      const int64_t columns = std::min(chunk, product.columns - c);
      const Panels b = PanelsOf(product.b.At(l, c), depth, columns, packed);
      ForEvenParts(product.rows, kernels.max_rows, [&](int64_t r, int64_t n) {
        if (product.upper && r >= c + columns) return;
        const Strided a = product.a.At(r, l);
        TileProduct tile = {.a = a.data,
                            .a_row = a.row,
                            .b = nullptr,
                            .out = nullptr,
                            .rows = n,
                            .extends = product.extends || l > 0};
        if (across) {
          // Lines that are far from each other would share few places of the
          // cache.
          for (int64_t k = 0; k < depth; ++k) {
            std::copy_n(a.data + k * a.column, n, packed_rows + k * n);
          }
          tile.a = packed_rows;
          tile.a_step = n;
        }
        MultiplyRows(kernels, product, tile, b, c, columns, depth, r, across);
      });
    }
  }
}

void Transpose(const float* from, int64_t from_stride, int64_t rows,
               int64_t columns, float* to, int64_t to_stride) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      to[c * to_stride + r] = from[r * from_stride + c];
    }
  }
}

// With vectors along the rows of out: out^T = op(b)^T op(a)^T.
void MultiplyTurned(const ConvKernels& kernels, const StridedProduct& product,
                    float* workspace) {
  const int64_t stride = RoundUp(product.rows, kChannelBlock);
  float* const turned = workspace;
  if (product.extends) {
    Transpose(product.out, product.out_stride, product.rows, product.columns,
              turned, stride);
  }
  MultiplyStraight(kernels,
                   {.a = product.b.Transpose(),
                    .b = product.a.Transpose(),
                    .rows = product.columns,
                    .length = product.length,
                    .columns = product.rows,
                    .out = turned,
                    .out_stride = stride,
                    .extends = product.extends},
                   workspace + product.columns * stride);
  Transpose(turned, stride, product.columns, product.rows, product.out,
            product.out_stride);
}

int64_t StraightWorkspace(int64_t length, int64_t columns) {
  const int64_t depth = std::min(kDepth, length);
  // Later parts of a chain may be shorter, and their chunks wider.
  const int64_t packed = std::min(std::max(kPacked, kDepth * kMostColumns),
                                  depth * RoundUp(columns, kChannelBlock));
  return kMostRows * depth + packed;
}

}  // namespace

int64_t ProductWorkspace(int64_t rows, int64_t length, int64_t columns) {
  return std::max(
      StraightWorkspace(length, columns),
      columns * RoundUp(rows, kChannelBlock) + StraightWorkspace(length, rows));
}

namespace {

StridedProduct ProductOf(ConstFloatMatrix a, Turn turn_a, ConstFloatMatrix b,
                         Turn turn_b, FloatMatrix out) {
  const auto strided = [](const ConstFloatMatrix& m, Turn turn) {
    const Strided as_is = {m.data, m.stride, 1};
    return turn == Turn::kAsIs ? as_is : as_is.Transpose();
  };
  const int64_t length = turn_a == Turn::kAsIs ? a.columns : a.rows;
  assert(length == (turn_b == Turn::kAsIs ? b.rows : b.columns));
  assert(out.rows == (turn_a == Turn::kAsIs ? a.rows : a.columns));
  assert(out.columns == (turn_b == Turn::kAsIs ? b.columns : b.rows));
  return {.a = strided(a, turn_a),
          .b = strided(b, turn_b),
          .rows = out.rows,
          .length = length,
          .columns = out.columns,
          .out = out.data,
          .out_stride = out.stride,
          .extends = false};
}

}  // namespace

void Multiply(ConstFloatMatrix a, Turn turn_a, ConstFloatMatrix b, Turn turn_b,
              Into into, FloatMatrix out, float* workspace, Isa isa) {
  StridedProduct product = ProductOf(a, turn_a, b, turn_b, out);
  product.extends = into == Into::kAdd;
  const ConvKernels& kernels = ConvKernelsOf(isa);
  // Turning numbers over one by one is dear, so the smaller matrix is turned.
  // Bits do not depend on the choice.
  const int64_t turned = out.rows * (product.length + 2 * out.columns);
  if (turn_b == Turn::kTransposed && turned < product.length * out.columns) {
    MultiplyTurned(kernels, product, workspace);
  } else {
    MultiplyStraight(kernels, product, workspace);
  }
}

void MultiplySymmetric(ConstFloatMatrix a, Turn turn_a, ConstFloatMatrix b,
                       Turn turn_b, FloatMatrix out, float* workspace,
                       Isa isa) {
  assert(out.rows == out.columns);
  StridedProduct product = ProductOf(a, turn_a, b, turn_b, out);
  product.upper = true;
  MultiplyStraight(ConvKernelsOf(isa), product, workspace);
  // By squares that fit the first cache.
  for (int64_t r = 0; r < out.rows; r += kChannelBlock) {
    for (int64_t c = 0; c <= r; c += kChannelBlock) {
      for (int64_t i = r; i < std::min(r + kChannelBlock, out.rows); ++i) {
        for (int64_t j = c; j < std::min(c + kChannelBlock, i); ++j) {
          out.data[i * out.stride + j] = out.data[j * out.stride + i];
        }
      }
    }
  }
}

}  // namespace fathom::worker::kernel
