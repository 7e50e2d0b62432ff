#include "worker/kernel/conv/convolution.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/kernel/conv/floats.h"
#include "worker/kernel/conv/images.h"
#include "worker/kernel/isa.h"

// Convolutions against plain loops: in long double up to the error of a chain,
// and bit by bit against chains in the order that the header promises.
namespace fathom::worker::kernel {
namespace {

// Sizes that fill no tile, one channel, the layers of the net for MNIST, and a
// kernel that is larger than the image.
const ConvolutionShape kShapes[] = {{7, 5, 1, 10, 3},    {7, 5, 3, 16, 1},
                                    {7, 5, 32, 33, 5},   {5, 7, 3, 64, 5},
                                    {14, 14, 32, 64, 5}, {28, 28, 1, 32, 5},
                                    {3, 4, 2, 5, 11},    {30, 29, 2, 3, 3}};

std::string Name(const ConvolutionShape& s) {
  return std::to_string(s.rows) + "x" + std::to_string(s.columns) + "from" +
         std::to_string(s.in_channels) + "to" + std::to_string(s.out_channels) +
         "by" + std::to_string(s.kernel);
}

// Everything that goes into a layer, with zeros in the padding.
struct Layer {
  Layer(const ConvolutionShape& s, int64_t count)
      : shape(s),
        images(count),
        in(count * s.in().size()),
        framed(count * s.in().framed_size(s.kernel)),
        weights(s.weight_count()),
        bias(s.bias_count()),
        out_gradient(count * s.out().size()) {
    RandomFloats random;
    for (int64_t b = 0; b < count; ++b) {
      Floats plain(s.rows * s.columns * s.in_channels);
      for (int64_t p = 0; p < s.rows * s.columns; ++p) {
        for (int64_t i = 0; i < s.in_channels; ++i) {
          const float x = random.Next();
          plain[p * s.in_channels + i] = x;
          in[b * s.in().size() + s.in().Index(0, p, i)] = x;
        }
        for (int64_t o = 0; o < s.out_channels; ++o) {
          out_gradient[b * s.out().size() + s.out().Index(0, p, o)] =
              random.Next();
        }
      }
      FrameImage(s.in(), s.kernel, plain.get(),
                 framed.get() + b * s.in().framed_size(s.kernel));
    }
    ForEachWeight([&](int64_t u, int64_t v, int64_t i, int64_t o) {
      weights[s.WeightIndex(u, v, i, o)] = random.Next();
    });
    for (int64_t o = 0; o < s.out_channels; ++o) bias[o] = random.Next();
  }

  void ForEachWeight(const std::function<void(int64_t, int64_t, int64_t,
                                              int64_t)>& call) const {
    for (int64_t u = 0; u < shape.kernel; ++u) {
      for (int64_t v = 0; v < shape.kernel; ++v) {
        for (int64_t i = 0; i < shape.in_channels; ++i) {
          for (int64_t o = 0; o < shape.out_channels; ++o) call(u, v, i, o);
        }
      }
    }
  }

  bool Inside(int64_t y, int64_t x) const {
    return y >= 0 && y < shape.rows && x >= 0 && x < shape.columns;
  }
  float In(int64_t b, int64_t y, int64_t x, int64_t i) const {
    return in[b * shape.in().size() + shape.in().Index(y, x, i)];
  }
  float OutGradient(int64_t b, int64_t y, int64_t x, int64_t o) const {
    return out_gradient[b * shape.out().size() + shape.out().Index(y, x, o)];
  }
  float Weight(int64_t u, int64_t v, int64_t i, int64_t o) const {
    return weights[shape.WeightIndex(u, v, i, o)];
  }

  ConvolutionShape shape;
  int64_t images;
  Floats in, framed, weights, bias, out_gradient;
};

// Everything that comes out of a layer.
struct Results {
  Results(const Layer& layer, Isa isa)
      : out(layer.images * layer.shape.out().size()),
        framed_out(out.size()),
        in_gradient(layer.images * layer.shape.in().size()),
        weight_gradient(layer.shape.weight_count()),
        bias_gradient(layer.shape.bias_count()),
        framed_weight_gradient(layer.shape.weight_count()),
        framed_bias_gradient(layer.shape.bias_count()) {
    const Convolution convolution(layer.shape, isa);
    Floats turned(layer.shape.turned_count());
    Floats workspace(convolution.gradient_workspace(layer.images));
    const float kGarbage = 77;  // Nothing may depend on what was there.
    for (const Floats* floats :
         {&out, &framed_out, &in_gradient, &weight_gradient, &bias_gradient,
          &framed_weight_gradient, &framed_bias_gradient, &turned,
          &workspace}) {
      std::fill(floats->span().begin(), floats->span().end(), kGarbage);
    }
    convolution.Forward(layer.images, layer.in.get(), layer.weights.get(),
                        layer.bias.get(), out.get());
    convolution.ForwardFramed(layer.images, layer.framed.get(),
                              layer.weights.get(), layer.bias.get(),
                              framed_out.get());
    convolution.TurnWeights(layer.weights.get(), turned.get());
    convolution.InputGradient(layer.images, layer.out_gradient.get(),
                              turned.get(), in_gradient.get());
    convolution.WeightGradient(layer.images, layer.in.get(),
                               layer.out_gradient.get(), workspace.get(),
                               weight_gradient.get(), bias_gradient.get());
    convolution.WeightGradientFramed(layer.images, layer.framed.get(),
                                     layer.out_gradient.get(), workspace.get(),
                                     framed_weight_gradient.get(),
                                     framed_bias_gradient.get());
  }

  std::vector<const Floats*> All() const {
    return {&out,
            &framed_out,
            &in_gradient,
            &weight_gradient,
            &bias_gradient,
            &framed_weight_gradient,
            &framed_bias_gradient};
  }

  Floats out, framed_out, in_gradient;
  Floats weight_gradient, bias_gradient;
  Floats framed_weight_gradient, framed_bias_gradient;
};

Sum OutputOf(const Layer& layer, int64_t b, int64_t y, int64_t x, int64_t o) {
  const ConvolutionShape& s = layer.shape;
  Sum sum(layer.bias[o]);
  for (int64_t u = 0; u < s.kernel; ++u) {
    for (int64_t v = 0; v < s.kernel; ++v) {
      const int64_t from_y = y + u - s.kernel / 2,
                    from_x = x + v - s.kernel / 2;
      if (!layer.Inside(from_y, from_x)) continue;
      for (int64_t i = 0; i < s.in_channels; ++i) {
        sum.Add(layer.In(b, from_y, from_x, i), layer.Weight(u, v, i, o));
      }
    }
  }
  return sum;
}

Sum InputGradientOf(const Layer& layer, int64_t b, int64_t y, int64_t x,
                    int64_t i) {
  const ConvolutionShape& s = layer.shape;
  Sum sum;
  for (int64_t u = s.kernel - 1; u >= 0; --u) {
    for (int64_t v = s.kernel - 1; v >= 0; --v) {
      const int64_t to_y = y - u + s.kernel / 2, to_x = x - v + s.kernel / 2;
      if (!layer.Inside(to_y, to_x)) continue;
      for (int64_t o = 0; o < s.out_channels; ++o) {
        sum.Add(layer.OutGradient(b, to_y, to_x, o), layer.Weight(u, v, i, o));
      }
    }
  }
  return sum;
}

// The tree of WeightGradient over the chains of groups.
float Tree(std::span<const float> groups) {
  if (groups.size() == 1) return groups[0];
  size_t first = 1;
  while (2 * first < groups.size()) first *= 2;
  return Tree(groups.first(first)) + Tree(groups.subspan(first));
}

// `all` has the whole sum; returned is what the tree makes of it.
float TreeOver(
    const Layer& layer,
    const std::function<void(int64_t b, int64_t y, int64_t x, Sum& sum)>& add,
    Sum& all) {
  const ConvolutionShape& s = layer.shape;
  const int64_t size = std::max<int64_t>(1, 512 / (s.rows * s.columns));
  std::vector<float> groups;
  for (int64_t first = 0; first < layer.images; first += size) {
    Sum group;
    for (int64_t b = first; b < std::min(layer.images, first + size); ++b) {
      for (int64_t y = 0; y < s.rows; ++y) {
        for (int64_t x = 0; x < s.columns; ++x) {
          add(b, y, x, group);
        }
      }
    }
    groups.push_back(group.chain);
    all.value += group.value;
    all.size += group.size;
    all.length = std::max(all.length, group.length);
  }
  all.length += std::ssize(groups);
  return Tree(groups);
}

// How many images: enough for a tree where that does not take too long.
int64_t ImagesFor(const ConvolutionShape& shape) {
  return shape.weight_count() > 40'000 ? 3 : 7;
}

class ConvolutionTest : public ::testing::TestWithParam<ConvolutionShape> {};

TEST_P(ConvolutionTest, OutputsAreChainsOverTheTapsInOrder) {
  const Layer layer(GetParam(), ImagesFor(GetParam()));
  const ConvolutionShape& s = layer.shape;
  const Results results(layer, BestIsa());
  for (int64_t b = 0; b < layer.images; ++b) {
    for (int64_t y = 0; y < s.rows; ++y) {
      for (int64_t x = 0; x < s.columns; ++x) {
        for (int64_t o = 0; o < PaddedChannels(s.out_channels); ++o) {
          const int64_t at = b * s.out().size() + s.out().Index(y, x, o);
          if (o >= s.out_channels) {
            ASSERT_TRUE(SameBits(results.out[at], 0)) << "padding " << o;
            ASSERT_TRUE(SameBits(results.framed_out[at], 0)) << "padding " << o;
            continue;
          }
          const Sum sum = OutputOf(layer, b, y, x, o);
          ASSERT_TRUE(SameBits(results.out[at], sum.chain))
              << b << " " << y << " " << x << " " << o << ": "
              << results.out[at] << " " << sum.chain;
          ASSERT_NEAR(results.out[at], sum.value, sum.Bound());
          ASSERT_NEAR(results.framed_out[at], sum.value, sum.Bound());
        }
      }
    }
  }
}

TEST_P(ConvolutionTest, InputGradientsAreChainsOverTheTurnedTaps) {
  const Layer layer(GetParam(), ImagesFor(GetParam()));
  const ConvolutionShape& s = layer.shape;
  const Results results(layer, BestIsa());
  for (int64_t b = 0; b < layer.images; ++b) {
    for (int64_t y = 0; y < s.rows; ++y) {
      for (int64_t x = 0; x < s.columns; ++x) {
        for (int64_t i = 0; i < PaddedChannels(s.in_channels); ++i) {
          const float value =
              results.in_gradient[b * s.in().size() + s.in().Index(y, x, i)];
          if (i >= s.in_channels) {
            ASSERT_TRUE(SameBits(value, 0)) << "padding " << i;
            continue;
          }
          const Sum sum = InputGradientOf(layer, b, y, x, i);
          ASSERT_TRUE(SameBits(value, sum.chain))
              << b << " " << y << " " << x << " " << i;
          ASSERT_NEAR(value, sum.value, sum.Bound());
        }
      }
    }
  }
}

TEST_P(ConvolutionTest, WeightGradientsAreTreesOverGroupsOfImages) {
  const Layer layer(GetParam(), ImagesFor(GetParam()));
  const ConvolutionShape& s = layer.shape;
  const Results results(layer, BestIsa());
  layer.ForEachWeight([&](int64_t u, int64_t v, int64_t i, int64_t o) {
    // Some of many.
    if (s.weight_count() > 10'000 && (i + 3 * o + u + v) % 7 != 0) return;
    Sum all;
    const float tree = TreeOver(
        layer,
        [&](int64_t b, int64_t y, int64_t x, Sum& sum) {
          const int64_t from_y = y + u - s.kernel / 2;
          const int64_t from_x = x + v - s.kernel / 2;
          if (!layer.Inside(from_y, from_x)) return;
          sum.Add(layer.In(b, from_y, from_x, i),
                  layer.OutGradient(b, y, x, o));
        },
        all);
    const int64_t at = s.WeightIndex(u, v, i, o);
    ASSERT_TRUE(SameBits(results.weight_gradient[at], tree))
        << u << " " << v << " " << i << " " << o << ": "
        << results.weight_gradient[at] << " " << tree;
    ASSERT_NEAR(results.weight_gradient[at], all.value, all.Bound());
    ASSERT_NEAR(results.framed_weight_gradient[at], all.value, all.Bound());
  });
  for (int64_t o = 0; o < s.out_channels; ++o) {
    Sum all;
    const float tree = TreeOver(
        layer,
        [&](int64_t b, int64_t y, int64_t x, Sum& sum) {
          sum.Add(1, layer.OutGradient(b, y, x, o));
        },
        all);
    ASSERT_TRUE(SameBits(results.bias_gradient[o], tree)) << o;
    ASSERT_TRUE(SameBits(results.framed_bias_gradient[o], tree)) << o;
    ASSERT_NEAR(tree, all.value, all.Bound());
  }
}

TEST_P(ConvolutionTest, PaddingOfWeightsGetsNoGradient) {
  const Layer layer(GetParam(), 2);
  const ConvolutionShape& s = layer.shape;
  const Results results(layer, BestIsa());
  for (int64_t o = s.out_channels; o < s.bias_count(); ++o) {
    ASSERT_TRUE(SameBits(results.bias_gradient[o], 0));
    for (int64_t at = 0; at < s.kernel * s.kernel * s.in_channels; ++at) {
      const int64_t index = s.WeightIndex(0, 0, at, o);
      ASSERT_TRUE(SameBits(results.weight_gradient[index], 0));
      ASSERT_TRUE(SameBits(results.framed_weight_gradient[index], 0));
    }
  }
}

TEST_P(ConvolutionTest, EveryInstructionSetGivesTheSameBits) {
  const Layer layer(GetParam(), ImagesFor(GetParam()));
  const Results best(layer, BestIsa());
  for (const Isa isa : SupportedIsas()) {
    SCOPED_TRACE(IsaName(isa));
    const Results results(layer, isa);
    for (size_t k = 0; k < best.All().size(); ++k) {
      SCOPED_TRACE(k);
      ExpectSameBits(*results.All()[k], *best.All()[k]);
    }
  }
}

TEST_P(ConvolutionTest, ReadsNoPaddingOfItsInput) {
  Layer layer(GetParam(), 2);
  const ConvolutionShape& s = layer.shape;
  const Results before(layer, BestIsa());
  for (int64_t p = 0; p < layer.images * s.rows * s.columns; ++p) {
    for (int64_t i = s.in_channels; i < PaddedChannels(s.in_channels); ++i) {
      layer.in[s.in().Index(0, p, i)] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  const Results after(layer, BestIsa());
  ExpectSameBits(before.out, after.out);
  ExpectSameBits(before.weight_gradient, after.weight_gradient);
}

INSTANTIATE_TEST_SUITE_P(Shapes, ConvolutionTest, ::testing::ValuesIn(kShapes),
                         [](const auto& param) { return Name(param.param); });

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
