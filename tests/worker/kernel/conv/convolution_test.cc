#include "worker/kernel/conv/convolution.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/kernel/conv/floats.h"
#include "tests/worker/kernel/conv/layer.h"
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

}  // namespace
}  // namespace fathom::worker::kernel
