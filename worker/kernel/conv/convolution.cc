#include "worker/kernel/conv/convolution.h"

#include <algorithm>
#include <cassert>
#include <cstdint>

#include "worker/kernel/conv/conv_isa.h"
#include "worker/kernel/conv/conv_kernels_of.h"
#include "worker/kernel/conv/even_parts.h"
#include "worker/kernel/conv/pixel_sums.h"
#include "worker/kernel/conv/sum_tree.h"

namespace fathom::worker::kernel {
namespace {

// Outputs along one axis whose tap lies within the image: from `first` on.
struct Reach {
  int64_t first, count;
};

Reach ReachOf(int64_t size, int64_t shift) {
  const int64_t first = std::max<int64_t>(0, -shift);
  const int64_t end = size - std::max<int64_t>(0, shift);
  return {first, std::max<int64_t>(0, end - first)};
}

// How many images make a group: see WeightGradient.
int64_t GroupSize(const ConvolutionShape& shape) {
  constexpr int64_t kPixels = 512;
  return std::max<int64_t>(1, kPixels / (shape.rows * shape.columns));
}

void FillWithBias(const ImageShape& shape, const float* bias, float* image) {
  const int64_t channels = PaddedChannels(shape.channels);
  for (int64_t pixel = 0; pixel < shape.rows * shape.columns; ++pixel) {
    std::copy_n(bias, channels, image + pixel * channels);
  }
}

// Adds to `out`, of `out_blocks` blocks of channels, the taps of one image of
// `channels` channels, of which `stride` numbers lie between pixels.
void AddTaps(const ConvKernels& kernels, const ConvolutionShape& shape,
             int64_t channels, const float* in, const float* weights,
             int64_t out_blocks, float* out) {
  const int64_t k = shape.kernel;
  const int64_t columns = shape.columns;
  const int64_t stride = PaddedChannels(channels);
  const int64_t out_stride = out_blocks * kChannelBlock;
  const int64_t tap_size = channels * kChannelBlock;
  TileProduct tiles = {.a = nullptr,
                       .a_row = stride,
                       .a_next = columns * stride,
                       .b = nullptr,
                       .b_block = k * k * tap_size,
                       .out = nullptr,
                       .out_row = out_stride,
                       .out_block = kChannelBlock,
                       .out_next = columns * out_stride,
                       .steps = channels,
                       .extends = true};
  ForEvenParts(out_blocks, kernels.max_blocks, [&](int64_t o, int64_t blocks) {
    tiles.blocks = blocks;
    // All rows of a tap while its weights are in the first cache.
    for (int64_t tap = 0; tap < k * k; ++tap) {
      const int64_t du = tap / k - k / 2, dv = tap % k - k / 2;
      const Reach rows = ReachOf(shape.rows, du);
      const Reach reach = ReachOf(columns, dv);
      tiles.count = rows.count;
      tiles.b = weights + o * tiles.b_block + tap * tap_size;
      ForEvenParts(reach.count, kernels.max_rows, [&](int64_t x, int64_t n) {
        const int64_t place = rows.first * columns + reach.first + x;
        tiles.a = in + (place + du * columns + dv) * stride;
        tiles.out = out + place * out_stride + o * kChannelBlock;
        tiles.rows = n;
        kernels.along(tiles);
      });
    }
  });
}

}  // namespace

Convolution::Convolution(const ConvolutionShape& shape, Isa isa)
    : shape_(shape), kernels_(&ConvKernelsOf(isa)) {
  assert(shape.rows >= 1 && shape.columns >= 1 && shape.in_channels >= 1 &&
         shape.out_channels >= 1 && shape.kernel % 2 == 1 &&
         shape.kernel <= 11);
}

void Convolution::Forward(int64_t images, const float* in, const float* weights,
                          const float* bias, float* out) const {
  const int64_t blocks = shape_.bias_count() / kChannelBlock;
  for (int64_t b = 0; b < images; ++b) {
    float* const to = out + b * shape_.out().size();
    FillWithBias(shape_.out(), bias, to);
    AddTaps(*kernels_, shape_, shape_.in_channels, in + b * shape_.in().size(),
            weights, blocks, to);
  }
}

void Convolution::ForwardFramed(int64_t images, const float* framed,
                                const float* weights, const float* bias,
                                float* out) const {
  const int64_t k = shape_.kernel;
  const int64_t channels = shape_.in_channels;
  const int64_t line = (shape_.columns + k - 1) * channels;
  const int64_t out_stride = shape_.bias_count();
  // The taps of a row of the kernel lie side by side.
  TileProduct tiles = {.a = nullptr,
                       .a_row = channels,
                       .a_turn = line,
                       .a_next = line,
                       .b = nullptr,
                       .b_turn = k * channels * kChannelBlock,
                       .b_block = k * k * channels * kChannelBlock,
                       .out = nullptr,
                       .out_row = out_stride,
                       .out_block = kChannelBlock,
                       .out_next = shape_.columns * out_stride,
                       .steps = k * channels,
                       .turns = k,
                       .count = shape_.rows,
                       .extends = true};
  for (int64_t b = 0; b < images; ++b) {
    float* const to = out + b * shape_.out().size();
    FillWithBias(shape_.out(), bias, to);
    ForEvenParts(
        out_stride / kChannelBlock, kernels_->max_blocks,
        [&](int64_t o, int64_t blocks) {
          tiles.b = weights + o * tiles.b_block;
          tiles.blocks = blocks;
          ForEvenParts(
              shape_.columns, kernels_->max_rows, [&](int64_t x, int64_t n) {
                tiles.a =
                    framed + b * shape_.in().framed_size(k) + x * channels;
                tiles.out = to + x * out_stride + o * kChannelBlock;
                tiles.rows = n;
                kernels_->along(tiles);
              });
        });
  }
}

void Convolution::TurnWeights(const float* weights, float* turned) const {
  const int64_t k = shape_.kernel;
  const ConvolutionShape reverse = {shape_.rows, shape_.columns,
                                    shape_.out_channels, shape_.in_channels, k};
  std::fill_n(turned, reverse.weight_count(), 0.0f);
  for (int64_t tap = 0; tap < k * k; ++tap) {
    const int64_t u = tap / k, v = tap % k;
    for (int64_t i = 0; i < shape_.in_channels; ++i) {
      for (int64_t o = 0; o < shape_.out_channels; ++o) {
        turned[reverse.WeightIndex(k - 1 - u, k - 1 - v, o, i)] =
            weights[shape_.WeightIndex(u, v, i, o)];
      }
    }
  }
}

void Convolution::InputGradient(int64_t images, const float* out_gradient,
                                const float* turned, float* in_gradient) const {
  const int64_t size = shape_.in().size();
  std::fill_n(in_gradient, images * size, 0.0f);
  for (int64_t b = 0; b < images; ++b) {
    AddTaps(*kernels_, shape_, shape_.out_channels,
            out_gradient + b * shape_.out().size(), turned,
            PaddedChannels(shape_.in_channels) / kChannelBlock,
            in_gradient + b * size);
  }
}

void Convolution::ImageGradient(const float* in, const float* out_gradient,
                                bool extends, float* to) const {
  const int64_t k = shape_.kernel;
  const int64_t columns = shape_.columns;
  const int64_t stride = PaddedChannels(shape_.in_channels);
  const int64_t out_stride = shape_.bias_count();
  const int64_t tap_size = shape_.in_channels * kChannelBlock;
  TileProduct tiles = {.a = nullptr,
                       .a_step = stride,
                       .a_turn = columns * stride,
                       .b = nullptr,
                       .b_step = out_stride,
                       .b_turn = columns * out_stride,
                       .b_block = kChannelBlock,
                       .out = nullptr,
                       .out_block = k * k * tap_size,
                       .extends = extends};
  ForEvenParts(
      out_stride / kChannelBlock, kernels_->max_blocks,
      [&](int64_t o, int64_t blocks) {
        tiles.blocks = blocks;
        ForEvenParts(
            shape_.in_channels, kernels_->max_rows, [&](int64_t i, int64_t n) {
              tiles.rows = n;
              for (int64_t tap = 0; tap < k * k; ++tap) {
                const int64_t du = tap / k - k / 2, dv = tap % k - k / 2;
                const Reach rows = ReachOf(shape_.rows, du);
                const Reach reach = ReachOf(columns, dv);
                const int64_t place = rows.first * columns + reach.first;
                tiles.turns = rows.count;
                tiles.steps = reach.count;
                tiles.a = in + (place + du * columns + dv) * stride + i;
                tiles.b = out_gradient + place * out_stride + o * kChannelBlock;
                tiles.out = to + o * tiles.out_block + tap * tap_size +
                            i * kChannelBlock;
                kernels_->across(tiles);
              }
            });
      });
}

void Convolution::FramedImageGradient(const float* framed,
                                      const float* out_gradient, bool extends,
                                      float* to) const {
  const int64_t k = shape_.kernel;
  const int64_t channels = shape_.in_channels;
  const int64_t line = (shape_.columns + k - 1) * channels;
  const int64_t out_stride = shape_.bias_count();
  // The weights of a row of the kernel meet numbers that lie side by side.
  TileProduct tiles = {.a = nullptr,
                       .a_step = channels,
                       .a_turn = line,
                       .b = nullptr,
                       .b_step = out_stride,
                       .b_turn = shape_.columns * out_stride,
                       .b_block = kChannelBlock,
                       .out = nullptr,
                       .out_block = k * k * channels * kChannelBlock,
                       .steps = shape_.columns,
                       .turns = shape_.rows,
                       .extends = extends};
  ForEvenParts(out_stride / kChannelBlock, kernels_->max_blocks,
               [&](int64_t o, int64_t blocks) {
                 tiles.blocks = blocks;
                 tiles.b = out_gradient + o * kChannelBlock;
                 for (int64_t u = 0; u < k; ++u) {
                   ForEvenParts(k * channels, kernels_->max_rows,
                                [&](int64_t i, int64_t n) {
                                  tiles.rows = n;
                                  tiles.a = framed + u * line + i;
                                  tiles.out =
                                      to + o * tiles.out_block +
                                      (u * k * channels + i) * kChannelBlock;
                                  kernels_->across(tiles);
                                });
                 }
               });
}

int64_t Convolution::gradient_workspace(int64_t images) const {
  const int64_t size = GroupSize(shape_);
  return (SumLevels((images + size - 1) / size) - 1) *
         (shape_.weight_count() + shape_.bias_count());
}

float* Convolution::WeightsAt(const GradientSum& sum, int64_t level) const {
  return level == 0 ? sum.weight_gradient
                    : sum.workspace + (level - 1) * (shape_.weight_count() +
                                                     shape_.bias_count());
}

float* Convolution::BiasesAt(const GradientSum& sum, int64_t level) const {
  return level == 0 ? sum.bias_gradient
                    : WeightsAt(sum, level) + shape_.weight_count();
}

void Convolution::MergeLevel(const GradientSum& sum, int64_t level) const {
  kernels_->add(shape_.weight_count(), WeightsAt(sum, level),
                WeightsAt(sum, level - 1));
  kernels_->add(shape_.bias_count(), BiasesAt(sum, level),
                BiasesAt(sum, level - 1));
}

template <class Add>
void Convolution::AddImages(int64_t images, const float* out_gradient,
                            const Add& add, GradientSum& sum) const {
  const int64_t group = GroupSize(shape_);
  for (int64_t b = 0; b < images; ++b, ++sum.images) {
    const bool extends = sum.images % group != 0;
    if (!extends) {
      OpenGroup(sum.images / group, sum.levels,
                [&](int64_t level) { MergeLevel(sum, level); });
    }
    const float* const gradient = out_gradient + b * shape_.out().size();
    add(b, extends, WeightsAt(sum, sum.levels - 1));
    SumPixels(*kernels_, shape_.rows * shape_.columns, shape_.bias_count(),
              extends, gradient, BiasesAt(sum, sum.levels - 1));
  }
}

void Convolution::AddWeightGradient(int64_t images, const float* in,
                                    const float* out_gradient,
                                    GradientSum& sum) const {
  AddImages(
      images, out_gradient,
      [&](int64_t b, bool extends, float* weights) {
        ImageGradient(in + b * shape_.in().size(),
                      out_gradient + b * shape_.out().size(), extends, weights);
      },
      sum);
}

void Convolution::AddWeightGradientFramed(int64_t images, const float* framed,
                                          const float* out_gradient,
                                          GradientSum& sum) const {
  AddImages(
      images, out_gradient,
      [&](int64_t b, bool extends, float* weights) {
        FramedImageGradient(framed + b * shape_.in().framed_size(shape_.kernel),
                            out_gradient + b * shape_.out().size(), extends,
                            weights);
      },
      sum);
}

void Convolution::EndWeightGradient(GradientSum& sum) const {
  CloseGroups(sum.levels, [&](int64_t level) { MergeLevel(sum, level); });
}

void Convolution::WeightGradient(int64_t images, const float* in,
                                 const float* out_gradient, float* workspace,
                                 float* weight_gradient,
                                 float* bias_gradient) const {
  GradientSum sum = {workspace, weight_gradient, bias_gradient};
  AddWeightGradient(images, in, out_gradient, sum);
  EndWeightGradient(sum);
}

void Convolution::WeightGradientFramed(int64_t images, const float* framed,
                                       const float* out_gradient,
                                       float* workspace, float* weight_gradient,
                                       float* bias_gradient) const {
  GradientSum sum = {workspace, weight_gradient, bias_gradient};
  AddWeightGradientFramed(images, framed, out_gradient, sum);
  EndWeightGradient(sum);
}

}  // namespace fathom::worker::kernel
