// Laws that convolutions obey, whatever the order of their sums.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/kernel/conv/floats.h"
#include "tests/worker/kernel/conv/layer.h"
#include "worker/kernel/conv/convolution.h"
#include "worker/kernel/isa.h"

namespace fathom::worker::kernel {
namespace {

TEST(ConvolutionLawsTest, GradientsAreThoseOfTheMap) {
  const Layer layer({4, 3, 2, 3, 3}, 2);
  const ConvolutionShape& s = layer.shape;
  const Results results(layer, BestIsa());
  // <out, out_gradient> as a function of one number of the layer, by central
  // differences in long double: exact, as it is linear in each.
  const auto objective = [&](const Layer& moved) {
    long double sum = 0;
    for (int64_t b = 0; b < moved.images; ++b) {
      for (int64_t y = 0; y < s.rows; ++y) {
        for (int64_t x = 0; x < s.columns; ++x) {
          for (int64_t o = 0; o < s.out_channels; ++o) {
            sum += OutputOf(moved, b, y, x, o).value *
                   layer.OutGradient(b, y, x, o);
          }
        }
      }
    }
    return sum;
  };
  const auto slope = [&](float& number, Layer& moved) {
    const float at = number;
    number = at + 1;
    long double change = objective(moved);
    const long double step = number;
    number = at - 1;
    change -= objective(moved);
    const long double width = step - number;
    number = at;
    return change / width;
  };
  Layer moved = layer;
  layer.ForEachWeight([&](int64_t u, int64_t v, int64_t i, int64_t o) {
    const int64_t at = s.WeightIndex(u, v, i, o);
    EXPECT_NEAR(results.weight_gradient[at], slope(moved.weights[at], moved),
                1e-5);
    EXPECT_NEAR(results.framed_weight_gradient[at],
                slope(moved.weights[at], moved), 1e-5);
  });
  for (int64_t o = 0; o < s.out_channels; ++o) {
    EXPECT_NEAR(results.bias_gradient[o], slope(moved.bias[o], moved), 1e-5);
  }
  for (int64_t p = 0; p < layer.images * s.rows * s.columns; ++p) {
    for (int64_t i = 0; i < s.in_channels; ++i) {
      const int64_t at = s.in().Index(0, p, i);
      EXPECT_NEAR(results.in_gradient[at], slope(moved.in[at], moved), 1e-5);
    }
  }
}

TEST(ConvolutionLawsTest, PermutingOutputChannelsPermutesOutputs) {
  const Layer layer({7, 5, 3, 33, 3}, 2);
  const ConvolutionShape& s = layer.shape;
  std::vector<int64_t> order(s.out_channels);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(2));
  Layer permuted = layer;
  layer.ForEachWeight([&](int64_t u, int64_t v, int64_t i, int64_t o) {
    permuted.weights[s.WeightIndex(u, v, i, o)] =
        layer.Weight(u, v, i, order[o]);
  });
  const int64_t pixels = layer.images * s.rows * s.columns;
  for (int64_t o = 0; o < s.out_channels; ++o) {
    permuted.bias[o] = layer.bias[order[o]];
    for (int64_t p = 0; p < pixels; ++p) {
      permuted.out_gradient[s.out().Index(0, p, o)] =
          layer.out_gradient[s.out().Index(0, p, order[o])];
    }
  }
  const Results plain(layer, BestIsa()), turned(permuted, BestIsa());
  for (int64_t o = 0; o < s.out_channels; ++o) {
    for (int64_t p = 0; p < pixels; ++p) {
      ASSERT_TRUE(SameBits(turned.out[s.out().Index(0, p, o)],
                           plain.out[s.out().Index(0, p, order[o])]));
    }
    ASSERT_TRUE(
        SameBits(turned.bias_gradient[o], plain.bias_gradient[order[o]]));
  }
  layer.ForEachWeight([&](int64_t u, int64_t v, int64_t i, int64_t o) {
    ASSERT_TRUE(
        SameBits(turned.weight_gradient[s.WeightIndex(u, v, i, o)],
                 plain.weight_gradient[s.WeightIndex(u, v, i, order[o])]));
  });
}

TEST(ConvolutionLawsTest, AnImageHasTheSameBitsAloneAndInABatch) {
  const Layer layer({7, 5, 3, 10, 3}, 64);
  const ConvolutionShape& s = layer.shape;
  const Results batch(layer, BestIsa());
  const Convolution convolution(s);
  Floats turned(s.turned_count());
  convolution.TurnWeights(layer.weights.get(), turned.get());
  for (int64_t b = 0; b < layer.images; ++b) {
    Floats out(s.out().size()), framed_out(s.out().size());
    Floats in_gradient(s.in().size());
    convolution.Forward(1, layer.in.get() + b * s.in().size(),
                        layer.weights.get(), layer.bias.get(), out.get());
    convolution.ForwardFramed(
        1, layer.framed.get() + b * s.in().framed_size(s.kernel),
        layer.weights.get(), layer.bias.get(), framed_out.get());
    convolution.InputGradient(1, layer.out_gradient.get() + b * s.out().size(),
                              turned.get(), in_gradient.get());
    for (int64_t at = 0; at < out.size(); ++at) {
      ASSERT_TRUE(SameBits(out[at], batch.out[b * out.size() + at]));
      ASSERT_TRUE(
          SameBits(framed_out[at], batch.framed_out[b * out.size() + at]));
    }
    for (int64_t at = 0; at < in_gradient.size(); ++at) {
      ASSERT_TRUE(SameBits(in_gradient[at],
                           batch.in_gradient[b * in_gradient.size() + at]));
    }
  }
}

// As the header promises for parts of any size.
TEST(ConvolutionLawsTest, WeightGradientsInPartsHaveTheBitsOfTheWhole) {
  for (const ConvolutionShape& s : {ConvolutionShape{20, 20, 2, 10, 3},
                                    ConvolutionShape{10, 15, 2, 10, 3}}) {
    const Layer layer(s, 11);
    const Results whole(layer, BestIsa());
    const Convolution convolution(s);
    Floats workspace(convolution.gradient_workspace(layer.images));
    Floats weights(s.weight_count()), bias(s.bias_count());
    for (const int64_t part : {1, 2, 5}) {
      Convolution::GradientSum sum = {workspace.get(), weights.get(),
                                      bias.get()};
      Convolution::GradientSum framed_sum = sum;
      for (int64_t b = 0; b < layer.images; b += part) {
        convolution.AddWeightGradient(
            std::min(part, layer.images - b),
            layer.in.get() + b * s.in().size(),
            layer.out_gradient.get() + b * s.out().size(), sum);
      }
      convolution.EndWeightGradient(sum);
      ExpectSameBits(weights, whole.weight_gradient);
      ExpectSameBits(bias, whole.bias_gradient);
      for (int64_t b = 0; b < layer.images; b += part) {
        convolution.AddWeightGradientFramed(
            std::min(part, layer.images - b),
            layer.framed.get() + b * s.in().framed_size(s.kernel),
            layer.out_gradient.get() + b * s.out().size(), framed_sum);
      }
      convolution.EndWeightGradient(framed_sum);
      ExpectSameBits(weights, whole.framed_weight_gradient);
      ExpectSameBits(bias, whole.framed_bias_gradient);
    }
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
