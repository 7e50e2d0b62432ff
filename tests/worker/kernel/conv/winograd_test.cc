#include "worker/kernel/conv/winograd.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/kernel/conv/floats.h"
#include "worker/kernel/conv/convolution.h"
#include "worker/kernel/conv/images.h"
#include "worker/kernel/isa.h"

// Winograd's convolutions against the direct ones, whose test holds them
// against their definition: the map is the same, and so are the gradients.
namespace fathom::worker::kernel {
namespace {

const ConvolutionShape kShapes[] = {{14, 14, 32, 64, 5}, {2, 2, 1, 1, 5},
                                    {6, 4, 3, 10, 5},    {4, 8, 17, 33, 5},
                                    {28, 28, 16, 16, 5}, {2, 10, 40, 5, 5}};

// Random numbers in all channels, zeros in the padding.
Floats Images(const ImageShape& shape, int64_t images, RandomFloats& random) {
  Floats numbers(images * shape.size());
  for (int64_t p = 0; p < images * shape.rows * shape.columns; ++p) {
    for (int64_t c = 0; c < shape.channels; ++c) {
      numbers[shape.Index(0, p, c)] = random.Next();
    }
  }
  return numbers;
}

struct Layer {
  Layer(const ConvolutionShape& s, int64_t count)
      : shape(s),
        images(count),
        in(Images(s.in(), count, random)),
        out_gradient(Images(s.out(), count, random)),
        weights(s.weight_count()),
        bias(s.bias_count()) {
    for (int64_t o = 0; o < s.out_channels; ++o) {
      bias[o] = random.Next();
      for (int64_t k = 0; k < 25 * s.in_channels; ++k) {
        weights[s.WeightIndex(0, 0, k, o)] = random.Next();
      }
    }
  }

  RandomFloats random;
  ConvolutionShape shape;
  int64_t images;
  Floats in, out_gradient, weights, bias;
};

struct Results {
  explicit Results(const Layer& layer)
      : out(layer.images * layer.shape.out().size()),
        in_gradient(layer.images * layer.shape.in().size()),
        weight_gradient(layer.shape.weight_count()),
        bias_gradient(layer.shape.bias_count()) {
    for (const Floats* floats : All()) Spoil(*floats);
  }
  // Nothing may depend on what was there.
  static void Spoil(const Floats& floats) {
    std::fill_n(floats.get(), floats.size(), 77.0f);
  }
  std::vector<const Floats*> All() const {
    return {&out, &in_gradient, &weight_gradient, &bias_gradient};
  }

  Floats out, in_gradient, weight_gradient, bias_gradient;
};

Results Direct(const Layer& layer) {
  const Convolution direct(layer.shape);
  Results results(layer);
  Floats turned(layer.shape.turned_count());
  Floats workspace(direct.gradient_workspace(layer.images));
  direct.Forward(layer.images, layer.in.get(), layer.weights.get(),
                 layer.bias.get(), results.out.get());
  direct.TurnWeights(layer.weights.get(), turned.get());
  direct.InputGradient(layer.images, layer.out_gradient.get(), turned.get(),
                       results.in_gradient.get());
  direct.WeightGradient(layer.images, layer.in.get(), layer.out_gradient.get(),
                        workspace.get(), results.weight_gradient.get(),
                        results.bias_gradient.get());
  return results;
}

// With so many images at a time.
Results Fast(const Layer& layer, Isa isa, int64_t part) {
  const ConvolutionShape& s = layer.shape;
  const WinogradConvolution fast(s, isa);
  Results results(layer);
  Floats turned(s.turned_count()), transformed(fast.transformed_count());
  Floats transformed_turned(fast.turned_count());
  Floats workspace(fast.workspace());
  Floats gradient_workspace(fast.gradient_workspace(layer.images));
  Results::Spoil(workspace), Results::Spoil(gradient_workspace);
  fast.TransformWeights(layer.weights.get(), transformed.get());
  Convolution(s, isa).TurnWeights(layer.weights.get(), turned.get());
  fast.TransformTurned(turned.get(), transformed_turned.get());
  WinogradConvolution::GradientSum sum = {gradient_workspace.get()};
  for (int64_t b = 0; b < layer.images; b += part) {
    const int64_t n = std::min(part, layer.images - b);
    const float* const in = layer.in.get() + b * s.in().size();
    const float* const gradient = layer.out_gradient.get() + b * s.out().size();
    fast.Forward(n, in, transformed.get(), layer.bias.get(),
                 results.out.get() + b * s.out().size(), workspace.get());
    fast.InputGradient(n, gradient, transformed_turned.get(),
                       results.in_gradient.get() + b * s.in().size(),
                       workspace.get());
    fast.AddWeightGradient(n, in, gradient, sum);
  }
  fast.EndWeightGradient(sum, results.weight_gradient.get(),
                         results.bias_gradient.get());
  return results;
}

int64_t ImagesFor(const ConvolutionShape& shape) {
  return shape.in_channels * shape.out_channels > 1000 ? 23 : 11;
}

std::string Name(const ConvolutionShape& s) {
  return std::to_string(s.rows) + "x" + std::to_string(s.columns) + "from" +
         std::to_string(s.in_channels) + "to" + std::to_string(s.out_channels);
}

// Whether number i of results.All()[k] belongs to a channel that is padding.
bool IsPadding(const ConvolutionShape& s, size_t k, int64_t i) {
  switch (k) {
    case 0:
      return i % s.bias_count() >= s.out_channels;
    case 1:
      return i % PaddedChannels(s.in_channels) >= s.in_channels;
    case 2:
      return i / (25 * s.in_channels * 16) * 16 + i % 16 >= s.out_channels;
    default:
      return i >= s.out_channels;
  }
}

class WinogradTest : public ::testing::TestWithParam<ConvolutionShape> {};

TEST_P(WinogradTest, IsTheDirectConvolutionUpToRounding) {
  const Layer layer(GetParam(), ImagesFor(GetParam()));
  const Results direct = Direct(layer), fast = Fast(layer, BestIsa(), 4);
  for (size_t k = 0; k < direct.All().size(); ++k) {
    SCOPED_TRACE(k);
    const Floats& expected = *direct.All()[k];
    double squares = 0, errors = 0;
    for (int64_t i = 0; i < expected.size(); ++i) {
      const double error = double{(*fast.All()[k])[i]} - expected[i];
      squares += double{expected[i]} * expected[i];
      errors += error * error;
    }
    EXPECT_LE(std::sqrt(errors), 4e-6 * std::sqrt(squares));
    const double size = std::sqrt(squares / expected.size());
    for (int64_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR((*fast.All()[k])[i], expected[i], 4e-5 * size) << i;
      if (IsPadding(layer.shape, k, i)) {
        ASSERT_EQ((*fast.All()[k])[i], 0) << i;
      }
    }
  }
}

TEST_P(WinogradTest, EveryInstructionSetAndPartGivesTheSameBits) {
  const Layer layer(GetParam(), ImagesFor(GetParam()));
  const Results best = Fast(layer, BestIsa(), layer.images);
  for (const Isa isa : SupportedIsas()) {
    SCOPED_TRACE(IsaName(isa));
    for (const int64_t part : {1, 3}) {
      if (isa == Isa::kPortable && part == 1) continue;  // Slow.
      SCOPED_TRACE(part);
      const Results results = Fast(layer, isa, part);
      for (size_t k = 0; k < best.All().size(); ++k) {
        ExpectSameBits(*results.All()[k], *best.All()[k]);
      }
    }
  }
}

TEST_P(WinogradTest, PaddingHasNoInfluence) {
  Layer layer(GetParam(), 2);
  const ConvolutionShape& s = layer.shape;
  const Results before = Fast(layer, BestIsa(), 2);
  for (int64_t p = 0; p < layer.images * s.rows * s.columns; ++p) {
    for (int64_t i = s.in_channels; i < PaddedChannels(s.in_channels); ++i) {
      layer.in[s.in().Index(0, p, i)] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  const Results after = Fast(layer, BestIsa(), 2);
  ExpectSameBits(before.out, after.out);
  ExpectSameBits(before.weight_gradient, after.weight_gradient);
}

INSTANTIATE_TEST_SUITE_P(Shapes, WinogradTest, ::testing::ValuesIn(kShapes),
                         [](const auto& param) { return Name(param.param); });

TEST(WinogradTakesTest, KernelsOfFiveOnEvenSides) {
  EXPECT_TRUE(WinogradConvolution::Takes({14, 2, 1, 1, 5}));
  EXPECT_FALSE(WinogradConvolution::Takes({14, 14, 1, 1, 3}));
  EXPECT_FALSE(WinogradConvolution::Takes({7, 14, 1, 1, 5}));
  EXPECT_FALSE(WinogradConvolution::Takes({14, 7, 1, 1, 5}));
}

// 196 outputs take 64^2 products of a pair of channels directly, as 10 taps of
// each axis are outside, and 49 tiles of 36; 16 outputs 14^2, and 4 tiles.
TEST(WinogradPaysTest, WhereTheDirectSumsHaveMoreProducts) {
  EXPECT_TRUE(WinogradConvolution::Pays({14, 14, 32, 64, 5}));
  EXPECT_TRUE(WinogradConvolution::Pays({6, 6, 16, 16, 5}));
  EXPECT_FALSE(WinogradConvolution::Pays({4, 4, 32, 64, 5}));
  EXPECT_FALSE(WinogradConvolution::Pays({2, 2, 32, 64, 5}));
  EXPECT_FALSE(WinogradConvolution::Pays({14, 14, 15, 64, 5}));
  EXPECT_FALSE(WinogradConvolution::Pays({14, 14, 32, 15, 5}));
  EXPECT_FALSE(WinogradConvolution::Pays({14, 14, 32, 64, 3}));
  EXPECT_FALSE(WinogradConvolution::Pays({7, 7, 32, 64, 5}));
}

}  // namespace
}  // namespace fathom::worker::kernel
