#include "worker/kernel/conv/activations.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "gtest/gtest.h"
#include "tests/worker/kernel/conv/floats.h"
#include "worker/kernel/isa.h"

namespace fathom::worker::kernel {
namespace {

constexpr float kInfinite = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Numbers of all sizes and both signs; not a multiple of 16 of them.
Floats AllSizes() {
  Floats x(20'005);
  for (int64_t i = 0; i < x.size(); ++i) {
    const float size = std::exp2(static_cast<float>(i / 2) / 125 - 70);
    x[i] = i % 2 == 0 ? size : -size;
  }
  return x;
}

TEST(ActivationsTest, TanhIsExactToAUnitInTheLastPlace) {
  for (const Isa isa : SupportedIsas()) {
    const Floats x = AllSizes();
    Floats y = x;
    Activate(Activation::kTanh, y.size(), y.get(), isa);
    for (int64_t i = 0; i < x.size(); ++i) {
      const long double exact = std::tanh(static_cast<long double>(x[i]));
      const float near = static_cast<float>(exact);
      const float unit = std::abs(std::nextafter(near, 2.0f) - near);
      ASSERT_LE(std::abs(y[i] - exact), unit) << IsaName(isa) << " " << x[i];
    }
  }
}

TEST(ActivationsTest, TanhOfWhatIsNoNumberOrInfinite) {
  for (const Isa isa : SupportedIsas()) {
    Floats x(5);
    x[0] = kInfinite, x[1] = -kInfinite, x[2] = kNan, x[3] = -0.0f, x[4] = 0;
    Activate(Activation::kTanh, 5, x.get(), isa);
    EXPECT_EQ(x[0], 1);
    EXPECT_EQ(x[1], -1);
    EXPECT_TRUE(std::isnan(x[2]));
    EXPECT_TRUE(SameBits(x[3], -0.0f));
    EXPECT_TRUE(SameBits(x[4], 0));
  }
}

TEST(ActivationsTest, EveryInstructionSetGivesTheSameBits) {
  for (const Activation activation :
       {Activation::kLinear, Activation::kRelu, Activation::kTanh}) {
    Floats best = AllSizes();
    Activate(activation, best.size(), best.get(), BestIsa());
    for (const Isa isa : SupportedIsas()) {
      SCOPED_TRACE(IsaName(isa));
      Floats y = AllSizes();
      Activate(activation, y.size(), y.get(), isa);
      ExpectSameBits(y, best);
    }
  }
}

TEST(ActivationsTest, ReluKeepsWhatIsNotNegative) {
  Floats x(5);
  x[0] = -1, x[1] = 2, x[2] = kNan, x[3] = -kInfinite, x[4] = kInfinite;
  Activate(Activation::kRelu, 5, x.get());
  EXPECT_TRUE(SameBits(x[0], 0));
  EXPECT_EQ(x[1], 2);
  EXPECT_TRUE(std::isnan(x[2]));
  EXPECT_TRUE(SameBits(x[3], 0));
  EXPECT_EQ(x[4], kInfinite);
}

TEST(ActivationsTest, GradientsAreDerivativesTimesGradients) {
  RandomFloats random;
  const Floats x = random.Fill(501), gradient = random.Fill(501);
  for (const Activation activation :
       {Activation::kLinear, Activation::kRelu, Activation::kTanh}) {
    Floats y = x, result = gradient;
    Activate(activation, y.size(), y.get());
    ActivateBackward(activation, y.size(), y.get(), result.get());
    for (int64_t i = 0; i < x.size(); ++i) {
      const auto f = [&](long double at) {
        switch (activation) {
          case Activation::kLinear:
            return at;
          case Activation::kRelu:
            return std::max(at, 0.0L);
          case Activation::kTanh:
            break;
        }
        return std::tanh(at);
      };
      const long double slope = (f(x[i] + 1e-5L) - f(x[i] - 1e-5L)) / 2e-5L;
      ASSERT_NEAR(result[i], slope * gradient[i], 1e-6 * std::abs(gradient[i]))
          << x[i];
    }
  }
}

TEST(ActivationsTest, ADroppedUnitHasNoGradientEvenIfThatIsInfinite) {
  Floats y(1), gradient(1);
  gradient[0] = kInfinite;
  ActivateBackward(Activation::kRelu, 1, y.get(), gradient.get());
  EXPECT_TRUE(SameBits(gradient[0], 0));
}

TEST(ActivationsTest, FactorsMultiplyOneByOne) {
  Floats values = RandomFloats().Fill(37);
  const Floats before = values;
  Floats factors(37);
  for (int64_t i = 0; i < 37; i += 2) factors[i] = 2;
  MultiplyBy(37, factors.get(), values.get());
  for (int64_t i = 0; i < 37; ++i) {
    EXPECT_EQ(values[i], i % 2 == 0 ? 2 * before[i] : 0);
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
