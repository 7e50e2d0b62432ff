#include "worker/kernel/conv/winograd.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstdlib>

#include "worker/kernel/conv/conv_isa.h"
#include "worker/kernel/conv/conv_kernels_of.h"
#include "worker/kernel/conv/even_parts.h"
#include "worker/kernel/conv/pixel_sums.h"
#include "worker/kernel/conv/sum_tree.h"

namespace fathom::worker::kernel {
namespace {

constexpr int64_t kKernel = 5;
constexpr int64_t kTile = 6;
constexpr int64_t kPositions = kTile * kTile;
// What an image needs around it.
constexpr int64_t kFrame = kKernel / 2;

}  // namespace

// Transformed weights: position by position, weights of blocks of 16 outputs as
// in ConvolutionShape::WeightIndex. Transformed tiles: position by position, a
// line of channels for each tile.
struct WinogradConvolution::Map {
  int64_t in, out;

  int64_t blocks() const { return PaddedChannels(out) / kChannelBlock; }
  // Of one position.
  int64_t weights() const { return blocks() * in * kChannelBlock; }
  TileGrid weight_grid() const {
    const int64_t tap = in * kChannelBlock;
    return {kKernel * tap, tap, kKernel * kKernel * tap, kChannelBlock};
  }
  TileGrid transformed_grid() const {
    return {kTile * weights(), weights(), in * kChannelBlock, kChannelBlock};
  }
};

bool WinogradConvolution::Takes(const ConvolutionShape& shape) {
  return shape.kernel == kKernel && shape.rows % 2 == 0 &&
         shape.columns % 2 == 0;
}

bool WinogradConvolution::Pays(const ConvolutionShape& shape) {
  if (!Takes(shape)) return false;
  if (std::min(shape.in_channels, shape.out_channels) < kChannelBlock) {
    return false;
  }
  // Of a pair of channels: outputs and taps along an axis that meet the image.
  const auto along = [](int64_t size) {
    int64_t products = 0;
    for (int64_t shift = -kFrame; shift <= kFrame; ++shift) {
      products += std::max<int64_t>(0, size - std::abs(shift));
    }
    return products;
  };
  const int64_t direct = along(shape.rows) * along(shape.columns);
  const int64_t tiles = shape.rows / 2 * (shape.columns / 2);
  return 2 * direct >= 3 * kPositions * tiles;
}

WinogradConvolution::WinogradConvolution(const ConvolutionShape& shape, Isa isa)
    : shape_(shape), kernels_(&ConvKernelsOf(isa)) {
  assert(Takes(shape));
}

int64_t WinogradConvolution::transformed_count() const {
  return kPositions * Map{shape_.in_channels, shape_.out_channels}.weights();
}

int64_t WinogradConvolution::turned_count() const {
  return kPositions * Map{shape_.out_channels, shape_.in_channels}.weights();
}

void WinogradConvolution::Transform(const Map& map, const float* weights,
                                    float* transformed) const {
  kernels_->transforms[kOfWeights]({.from = weights,
                                    .from_grid = map.weight_grid(),
                                    .to = transformed,
                                    .to_grid = map.transformed_grid(),
                                    .rows = map.blocks(),
                                    .columns = map.in,
                                    .channels = kChannelBlock});
}

void WinogradConvolution::TransformWeights(const float* weights,
                                           float* transformed) const {
  Transform({shape_.in_channels, shape_.out_channels}, weights, transformed);
}

void WinogradConvolution::TransformTurned(const float* turned,
                                          float* transformed) const {
  Transform({shape_.out_channels, shape_.in_channels}, turned, transformed);
}

int64_t WinogradConvolution::framed_count(int64_t channels) const {
  return (shape_.rows + 2 * kFrame) * (shape_.columns + 2 * kFrame) *
         PaddedChannels(channels);
}

int64_t WinogradConvolution::workspace() const {
  return framed_count(std::max(shape_.in_channels, shape_.out_channels)) +
         kPositions * tiles() *
             (PaddedChannels(shape_.in_channels) +
              PaddedChannels(shape_.out_channels));
}

void WinogradConvolution::TransformImage(int64_t channels, const float* image,
                                         float* framed,
                                         float* transformed) const {
  const int64_t padded = PaddedChannels(channels);
  const int64_t line = shape_.columns * padded;
  const int64_t framed_line = line + 2 * kFrame * padded;
  for (int64_t y = 0; y < shape_.rows; ++y) {
    std::copy_n(image + y * line, line,
                framed + (y + kFrame) * framed_line + kFrame * padded);
  }
  const int64_t position = tiles() * padded;
  kernels_->transforms[kOfInput](
      {.from = framed,
       .from_grid = {framed_line, padded, 2 * framed_line, 2 * padded},
       .to = transformed,
       .to_grid = {kTile * position, position, shape_.columns / 2 * padded,
                   padded},
       .rows = shape_.rows / 2,
       .columns = shape_.columns / 2,
       .channels = padded});
}

void WinogradConvolution::Apply(const Map& map, int64_t images,
                                const float* from, const float* transformed,
                                const float* bias, float* to,
                                float* workspace) const {
  const int64_t in = PaddedChannels(map.in), out = PaddedChannels(map.out);
  const int64_t pixels = shape_.rows * shape_.columns;
  float* const framed = workspace;
  float* const inputs = framed + framed_count(map.in);
  float* const outputs = inputs + kPositions * tiles() * in;
  std::fill_n(framed, framed_count(map.in), 0.0f);
  for (int64_t b = 0; b < images; ++b) {
    TransformImage(map.in, from + b * pixels * in, framed, inputs);
    for (int64_t p = 0; p < kPositions; ++p) {
      TileProduct product = {.a = nullptr,
                             .a_row = in,
                             .b = nullptr,
                             .b_block = map.in * kChannelBlock,
                             .out = nullptr,
                             .out_row = out,
                             .out_block = kChannelBlock,
                             .steps = map.in};
      const auto multiply = [&](int64_t o, int64_t blocks) {
        product.blocks = blocks;
        product.b = transformed + p * map.weights() + o * product.b_block;
        ForEvenParts(tiles(), kernels_->max_rows, [&](int64_t t, int64_t n) {
          product.rows = n;
          product.a = inputs + (p * tiles() + t) * in;
          product.out = outputs + (p * tiles() + t) * out + o * kChannelBlock;
          kernels_->along(product);
        });
      };
      ForEvenParts(map.blocks(), kernels_->max_blocks, multiply);
    }
    const int64_t position = tiles() * out;
    const int64_t line = shape_.columns * out;
    kernels_->transforms[kToOutput](
        {.from = outputs,
         .from_grid = {kTile * position, position, shape_.columns / 2 * out,
                       out},
         .to = to + b * pixels * out,
         .to_grid = {line, out, 2 * line, 2 * out},
         .rows = shape_.rows / 2,
         .columns = shape_.columns / 2,
         .channels = out,
         .bias = bias});
  }
}

void WinogradConvolution::Forward(int64_t images, const float* in,
                                  const float* transformed, const float* bias,
                                  float* out, float* workspace) const {
  Apply({shape_.in_channels, shape_.out_channels}, images, in, transformed,
        bias, out, workspace);
}

void WinogradConvolution::InputGradient(int64_t images,
                                        const float* out_gradient,
                                        const float* transformed_turned,
                                        float* in_gradient,
                                        float* workspace) const {
  Apply({shape_.out_channels, shape_.in_channels}, images, out_gradient,
        transformed_turned, nullptr, in_gradient, workspace);
}

int64_t WinogradConvolution::group_size() const {
  constexpr int64_t kChain = 512;
  return std::max<int64_t>(1, kChain / tiles());
}

int64_t WinogradConvolution::gradient_workspace(int64_t images) const {
  const int64_t groups = (images + group_size() - 1) / group_size();
  return workspace() +
         SumLevels(groups) * (transformed_count() + shape_.bias_count());
}

float* WinogradConvolution::LevelAt(const GradientSum& sum,
                                    int64_t level) const {
  return sum.workspace + workspace() +
         level * (transformed_count() + shape_.bias_count());
}

void WinogradConvolution::MergeLevel(const GradientSum& sum,
                                     int64_t level) const {
  kernels_->add(transformed_count() + shape_.bias_count(), LevelAt(sum, level),
                LevelAt(sum, level - 1));
}

void WinogradConvolution::AddWeightGradient(int64_t images, const float* in,
                                            const float* out_gradient,
                                            GradientSum& sum) const {
  const Map map = {shape_.in_channels, shape_.out_channels};
  const int64_t in_padded = PaddedChannels(map.in);
  const int64_t out_padded = PaddedChannels(map.out);
  const int64_t line = shape_.columns * out_padded;
  float* const framed = sum.workspace;
  float* const inputs = framed + framed_count(map.in);
  float* const gradients = inputs + kPositions * tiles() * in_padded;
  std::fill_n(framed, framed_count(map.in), 0.0f);
  for (int64_t b = 0; b < images; ++b, ++sum.images) {
    const bool extends = sum.images % group_size() != 0;
    if (!extends) {
      OpenGroup(sum.images / group_size(), sum.levels,
                [&](int64_t level) { MergeLevel(sum, level); });
    }
    float* const level = LevelAt(sum, sum.levels - 1);
    const float* const gradient = out_gradient + b * shape_.out().size();
    const int64_t position = tiles() * out_padded;
    TransformImage(map.in, in + b * shape_.in().size(), framed, inputs);
    kernels_->transforms[kOfGradient](
        {.from = gradient,
         .from_grid = {line, out_padded, 2 * line, 2 * out_padded},
         .to = gradients,
         .to_grid = {kTile * position, position,
                     shape_.columns / 2 * out_padded, out_padded},
         .rows = shape_.rows / 2,
         .columns = shape_.columns / 2,
         .channels = out_padded});
    for (int64_t p = 0; p < kPositions; ++p) {
      TileProduct product = {.a = nullptr,
                             .a_step = in_padded,
                             .b = nullptr,
                             .b_step = out_padded,
                             .b_block = kChannelBlock,
                             .out = nullptr,
                             .out_block = map.in * kChannelBlock,
                             .steps = tiles(),
                             .extends = extends};
      const auto multiply = [&](int64_t o, int64_t blocks) {
        product.blocks = blocks;
        product.b = gradients + p * position + o * kChannelBlock;
        ForEvenParts(map.in, kernels_->max_rows, [&](int64_t i, int64_t n) {
          product.rows = n;
          product.a = inputs + p * tiles() * in_padded + i;
          product.out = level + p * map.weights() + o * product.out_block +
                        i * kChannelBlock;
          kernels_->across(product);
        });
      };
      ForEvenParts(map.blocks(), kernels_->max_blocks, multiply);
    }
    SumPixels(*kernels_, shape_.rows * shape_.columns, out_padded, extends,
              gradient, level + transformed_count());
  }
}

void WinogradConvolution::EndWeightGradient(GradientSum& sum,
                                            float* weight_gradient,
                                            float* bias_gradient) const {
  CloseGroups(sum.levels, [&](int64_t level) { MergeLevel(sum, level); });
  const Map map = {shape_.in_channels, shape_.out_channels};
  const float* const level = LevelAt(sum, 0);
  kernels_->transforms[kToGradient]({.from = level,
                                     .from_grid = map.transformed_grid(),
                                     .to = weight_gradient,
                                     .to_grid = map.weight_grid(),
                                     .rows = map.blocks(),
                                     .columns = map.in,
                                     .channels = kChannelBlock});
  std::copy_n(level + transformed_count(), shape_.bias_count(), bias_gradient);
}

}  // namespace fathom::worker::kernel
