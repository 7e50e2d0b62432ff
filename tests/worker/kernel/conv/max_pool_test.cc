#include "worker/kernel/conv/max_pool.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/kernel/conv/floats.h"
#include "worker/kernel/conv/images.h"
#include "worker/kernel/isa.h"

namespace fathom::worker::kernel {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Pooled {
  Pooled(const MaxPool& pool, int64_t images, const Floats& in)
      : out(images * pool.out().size()), chosen(out.size(), 99) {
    pool.Forward(images, in.get(), out.get(), chosen.data());
  }

  Floats out;
  std::vector<uint8_t> chosen;
};

// Few values, so that there are many ties, with zeros in the padding.
Floats Images(const ImageShape& shape, int64_t images) {
  RandomFloats random;
  Floats in(images * shape.size());
  for (int64_t p = 0; p < images * shape.rows * shape.columns; ++p) {
    for (int64_t c = 0; c < shape.channels; ++c) {
      in[shape.Index(0, p, c)] = std::round(2 * random.Next());
    }
  }
  return in;
}

TEST(MaxPoolTest, ChoosesTheFirstOfTheGreatestOfEveryWindow) {
  for (const int64_t size : {1, 2, 3, 5}) {
    for (const int64_t channels : {1, 10, 16, 33}) {
      const ImageShape shape = {2 * size, 3 * size, channels};
      const Floats in = Images(shape, 2);
      for (const Isa isa : SupportedIsas()) {
        const MaxPool pool(shape, size, isa);
        const Pooled pooled(pool, 2, in);
        for (int64_t at = 0; at < pooled.out.size(); ++at) {
          const int64_t padded = PaddedChannels(channels);
          const int64_t c = at % padded, x = at / padded % 3;
          const int64_t row = at / padded / 3;  // Of all images.
          float most = -std::numeric_limits<float>::infinity();
          int64_t first = 0;
          for (int64_t k = 0; k < size * size; ++k) {
            const float value =
                in[shape.Index(row * size + k / size, x * size + k % size, c)];
            if (value > most) first = k;
            most = std::max(most, value);
          }
          ASSERT_EQ(pooled.out[at], most) << IsaName(isa) << " " << at;
          ASSERT_EQ(pooled.chosen[at], first) << IsaName(isa) << " " << at;
        }
      }
    }
  }
}

TEST(MaxPoolTest, ANanIsNotLostWhereverItStands) {
  const ImageShape shape = {2, 2, 1};
  for (const Isa isa : SupportedIsas()) {
    for (int64_t place = 0; place < 4; ++place) {
      Floats in(shape.size());
      for (int64_t p = 0; p < 4; ++p) in[shape.Index(0, p, 0)] = 5 - p;
      in[shape.Index(0, place, 0)] = kNan;
      const Pooled pooled(MaxPool(shape, 2, isa), 1, in);
      EXPECT_TRUE(std::isnan(pooled.out[0])) << place;
      EXPECT_EQ(pooled.chosen[0], place);
    }
  }
}

TEST(MaxPoolTest, GradientsGoToWhatWasChosenAlone) {
  for (const int64_t size : {1, 2, 3}) {
    const ImageShape shape = {2 * size, 4 * size, 20};
    const Floats in = Images(shape, 3);
    for (const Isa isa : SupportedIsas()) {
      const MaxPool pool(shape, size, isa);
      const Pooled pooled(pool, 3, in);
      const Floats gradient = RandomFloats().Fill(pooled.out.size());
      Floats in_gradient(in.size());
      std::fill(in_gradient.span().begin(), in_gradient.span().end(), kNan);
      pool.Backward(3, gradient.get(), pooled.chosen.data(), in_gradient.get());
      const int64_t padded = PaddedChannels(shape.channels);
      for (int64_t at = 0; at < in.size(); ++at) {
        const int64_t c = at % padded, x = at / padded % shape.columns;
        const int64_t y = at / padded / shape.columns;
        const int64_t window =
            ((y / size) * pool.out().columns + x / size) * padded + c;
        const int64_t place = y % size * size + x % size;
        const float expected =
            pooled.chosen[window] == place ? gradient[window] : 0;
        ASSERT_TRUE(SameBits(in_gradient[at], expected)) << at;
      }
    }
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
