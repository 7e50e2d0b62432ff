#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "worker/kernel/pass/data_pass.h"

// The data pass in single precision. What is not about floats is tested with
// doubles.
namespace fathom::worker::kernel {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<Isa> SupportedIsas() {
  std::vector<Isa> isas;
  for (Isa isa : kIsas) {
    if (Supports(isa)) isas.push_back(isa);
  }
  return isas;
}

struct Shape {
  int64_t m, d, k;
};

// More than one block each way, none of them full at the end.
constexpr Shape kUneven = {781, 399, 3};

constexpr Shape kShapes[] = {{1, 1, 1},     {17, 9, 2},    {16, 16, 1},
                             {15, 31, 1},   {384, 32, 1},  {385, 385, 1},
                             {2000, 20, 1}, {200, 784, 1}, kUneven};

// Data that floats do not hold exactly; labels are 0 and 1, or one-hot.
struct Data {
  explicit Data(Shape s, bool labels = false)
      : shape(s), x(s.m * s.d), y(s.m * s.k) {
    std::mt19937_64 random(s.m * 1000 + s.d);
    std::normal_distribution<double> normal;
    for (double& v : x) v = normal(random);
    for (double& v : y) v = labels ? 0 : normal(random);
    if (!labels) return;
    for (int64_t i = 0; i < s.m; ++i) {
      y[i * s.k + static_cast<int64_t>(random() % s.k)] = s.k > 1 ? 1 : i % 2;
    }
  }

  template <class T>
  PackedDataOf<T> Pack() const {
    return PackedDataOf<T>::Pack(shape.m, shape.d, shape.k, x, y);
  }
  // With what floats make of the numbers.
  Data Rounded() const {
    Data data = *this;
    for (double& v : data.x) v = static_cast<float>(v);
    for (double& v : data.y) v = static_cast<float>(v);
    return data;
  }

  Shape shape;
  std::vector<double> x, y;
};

struct Lane {
  std::vector<double> weights;  // d of them.
  Loss loss;
  int output = 0;
};

std::vector<Lane> RandomLanes(const Shape& shape, int count) {
  constexpr double kExponents[] = {2, 4, 6, 3.7, 14};
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(0, 1 / std::sqrt(shape.d));
  std::vector<Lane> lanes(count);
  for (int c = 0; c < count; ++c) {
    lanes[c].weights.resize(shape.d);
    for (double& w : lanes[c].weights) w = normal(random);
    lanes[c].loss.p = kExponents[c % std::size(kExponents)];
    lanes[c].output = (c / 2) % static_cast<int>(shape.k);
  }
  return lanes;
}

struct Result {
  double error = kNaN;
  std::vector<double> gradient;  // PaddedColumns(d) of them.

  bool operator==(const Result& other) const {
    const auto same = [](double a, double b) {
      return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
    };
    return same(error, other.error) &&
           std::equal(gradient.begin(), gradient.end(), other.gradient.begin(),
                      other.gradient.end(), same);
  }
};

template <class T>
std::vector<Result> RunPass(const PackedDataOf<T>& data, Isa isa,
                            const std::vector<Lane>& lanes) {
  const int64_t stride = data.padded_columns();
  AlignedDoubles weights = AllocateAligned(stride * lanes.size());
  AlignedDoubles gradients = AllocateAligned(stride * lanes.size());
  std::fill_n(gradients.get(), stride * lanes.size(), kNaN);
  std::vector<Result> results(lanes.size());
  std::vector<Column> columns;
  for (size_t c = 0; c < lanes.size(); ++c) {
    std::copy(lanes[c].weights.begin(), lanes[c].weights.end(),
              &weights[c * stride]);
    columns.push_back({.weights = &weights[c * stride],
                       .gradient = &gradients[c * stride],
                       .error = &results[c].error,
                       .output = lanes[c].output,
                       .loss = lanes[c].loss});
  }
  DataPassOf<T>(&data, isa).Run(columns);
  for (size_t c = 0; c < lanes.size(); ++c) {
    results[c].gradient.assign(columns[c].gradient,
                               columns[c].gradient + stride);
  }
  return results;
}

// The order of operations that data_pass.h promises, one number at a time.
Result DocumentedOrder(const Data& data, const Lane& lane) {
  const auto [m, d, k] = data.shape;
  const int p = static_cast<int>(lane.loss.p);
  const bool single = p <= 4;
  const int width = single ? 16 : 8;
  Result result{0, std::vector<double>(PaddedColumns(d))};
  std::vector<double> errors(width);
  std::vector<float> block_errors(width), block(d);
  for (int64_t i = 0; i < m; ++i) {
    const double* x = &data.x[i * d];
    auto r = static_cast<float>(-data.y[i * k + lane.output]);
    for (int64_t j = 0; j < d; ++j) {
      r = std::fma(static_cast<float>(x[j]),
                   static_cast<float>(lane.weights[j]), r);
    }
    float slope = 0;
    if (single) {
      slope = p == 2 ? r : r * (r * r);
      block_errors[i % 16] = std::fma(slope, r, block_errors[i % 16]);
    } else {
      double power = r;
      double square = power * power;
      for (int bits = (p - 2) / 2; bits > 0; bits /= 2, square *= square) {
        if (bits % 2 == 1) power *= square;
      }
      slope = static_cast<float>(power);
      errors[i % 8] = std::fma(power, static_cast<double>(r), errors[i % 8]);
    }
    for (int64_t j = 0; j < d; ++j) {
      block[j] = std::fma(static_cast<float>(x[j]), slope, block[j]);
    }
    if (i % 384 != 383 && i != m - 1) continue;
    for (int64_t j = 0; j < d; ++j) result.gradient[j] += block[j];
    for (int l = 0; l < width; ++l) errors[l] += block_errors[l];
    std::fill(block.begin(), block.end(), 0.0F);
    std::fill(block_errors.begin(), block_errors.end(), 0.0F);
  }
  const double scale = 1.0 / static_cast<double>(m);
  for (const double error : errors) result.error += error;
  result.error *= scale;
  for (double& g : result.gradient) g *= scale;
  return result;
}

std::string Describe(const Shape& shape, Isa isa) {
  return std::to_string(shape.m) + "x" + std::to_string(shape.d) + "x" +
         std::to_string(shape.k) + " " + IsaName(isa);
}

TEST(FloatPass, EveryInstructionSetFollowsTheDocumentedOrderToTheBit) {
  for (const Shape& shape : kShapes) {
    const Data data(shape);
    const auto packed = data.Pack<float>();
    std::vector<Lane> lanes = RandomLanes(shape, 25);
    for (Lane& lane : lanes) {
      if (lane.loss.p == 3.7) lane.loss.p = 64;
    }
    for (Isa isa : SupportedIsas()) {
      const std::vector<Result> results = RunPass(packed, isa, lanes);
      for (size_t c = 0; c < lanes.size(); ++c) {
        EXPECT_TRUE(results[c] == DocumentedOrder(data, lanes[c]))
            << Describe(shape, isa) << " column " << c << " p "
            << lanes[c].loss.p;
      }
    }
  }
}

// Gradients relative to their norms, of data that both hold.
void ExpectNear(const std::vector<Result>& floats,
                const std::vector<Result>& doubles, double tolerance) {
  for (size_t c = 0; c < floats.size(); ++c) {
    EXPECT_NEAR(floats[c].error, doubles[c].error, tolerance * doubles[c].error)
        << c;
    double distance = 0;
    double size = 0;
    for (size_t j = 0; j < doubles[c].gradient.size(); ++j) {
      const double g = doubles[c].gradient[j];
      distance += (floats[c].gradient[j] - g) * (floats[c].gradient[j] - g);
      size += g * g;
    }
    EXPECT_LE(std::sqrt(distance), tolerance * std::sqrt(size)) << c;
  }
}

TEST(FloatPass, AgreesWithDoubles) {
  for (const Shape& shape : kShapes) {
    const Data data(shape);
    const std::vector<Lane> lanes = RandomLanes(shape, 10);
    ExpectNear(RunPass(data.Pack<float>(), ActiveIsa(), lanes),
               RunPass(data.Pack<double>(), ActiveIsa(), lanes), 2e-5);
  }
}

TEST(FloatPass, CrossEntropyAgreesWithDoublesAndIsTheSameEverywhere) {
  for (const int64_t k : {1, 4}) {
    const Data data({500, 21, k}, true);
    std::vector<Lane> lanes = RandomLanes(data.shape, static_cast<int>(5 * k));
    for (size_t c = 0; c < lanes.size(); ++c) {
      lanes[c].loss = {.kind = LossKind::kCrossEntropy};
      lanes[c].output = static_cast<int>(c) % static_cast<int>(k);
    }
    const auto packed = data.Pack<float>();
    const std::vector<Result> first = RunPass(packed, Isa::kPortable, lanes);
    ExpectNear(first, RunPass(data.Pack<double>(), ActiveIsa(), lanes), 2e-6);
    for (Isa isa : SupportedIsas()) {
      EXPECT_TRUE(RunPass(packed, isa, lanes) == first) << IsaName(isa);
    }
  }
}

TEST(FloatPass, ErrorIsGoodToSixDigitsOverManySamples) {
  const Data data = Data({60000, 5, 1}).Rounded();
  std::vector<Lane> lanes = RandomLanes(data.shape, 5);
  for (Lane& lane : lanes) {
    for (double& w : lane.weights) w = static_cast<float>(w);
  }
  const std::vector<Result> floats =
      RunPass(data.Pack<float>(), ActiveIsa(), lanes);
  const std::vector<Result> doubles =
      RunPass(data.Pack<double>(), ActiveIsa(), lanes);
  for (size_t c = 0; c < lanes.size(); ++c) {
    EXPECT_NEAR(floats[c].error / doubles[c].error, 1, 2e-7) << lanes[c].loss.p;
  }
}

TEST(FloatPass, PowersMayLeaveTheRangeOfFloats) {
  Data data({20, 3, 1});
  for (double& y : data.y) y *= 30;
  std::vector<Lane> lanes = RandomLanes(data.shape, 2);
  lanes[0].loss.p = 64;  // 30^64 is about 1e94.
  lanes[1].loss.p = 63.5;
  const std::vector<Result> floats =
      RunPass(data.Pack<float>(), ActiveIsa(), lanes);
  const std::vector<Result> doubles =
      RunPass(data.Pack<double>(), ActiveIsa(), lanes);
  for (size_t c = 0; c < lanes.size(); ++c) {
    EXPECT_GT(doubles[c].error, 1e50);
    EXPECT_NEAR(floats[c].error / doubles[c].error, 1, 1e-4);
  }
}

TEST(FloatPass, BitsDependNeitherOnTheNumberNorOnTheOrderOfColumns) {
  const Data data(kUneven);
  const auto packed = data.Pack<float>();
  const std::vector<Lane> lanes = RandomLanes(kUneven, 64);
  std::vector<Result> alone;
  for (const Lane& lane : lanes) {
    alone.push_back(RunPass(packed, ActiveIsa(), {lane})[0]);
  }
  std::mt19937_64 random(3);
  std::vector<int> order(lanes.size());
  std::iota(order.begin(), order.end(), 0);
  for (int count = 1; count <= 64; ++count) {
    std::shuffle(order.begin(), order.end(), random);
    std::vector<Lane> chosen;
    for (int c = 0; c < count; ++c) chosen.push_back(lanes[order[c]]);
    for (Isa isa : SupportedIsas()) {
      if (isa == Isa::kPortable && count % 21 != 0) continue;
      const std::vector<Result> results = RunPass(packed, isa, chosen);
      for (int c = 0; c < count; ++c) {
        EXPECT_TRUE(results[c] == alone[order[c]])
            << IsaName(isa) << " column " << c << " of " << count;
      }
    }
  }
}

// So much that some numbers of columns read X once instead of twice.
TEST(FloatPass, LargeDataHasTheSameBits) {
  for (const bool labels : {false, true}) {
    const Data data({2701, 405, 3}, labels);
    const auto packed = data.Pack<float>();
    std::vector<Lane> lanes = RandomLanes(data.shape, 30);
    if (labels) {
      for (size_t c = 0; c < lanes.size(); ++c) {
        lanes[c].loss = {.kind = LossKind::kCrossEntropy};
        lanes[c].output = static_cast<int>(c) % 3;
      }
    }
    std::vector<Result> few;
    for (auto lane = lanes.begin(); lane != lanes.end(); lane += 3) {
      for (const Result& result :
           RunPass(packed, BestIsa(), {lane, lane + 3})) {
        few.push_back(result);
      }
    }
    for (const size_t count : {3, 12, 15, 30}) {
      const std::vector<Lane> chosen(lanes.begin(), lanes.begin() + count);
      for (Isa isa : SupportedIsas()) {
        if (isa == Isa::kPortable && count > 3) continue;
        const std::vector<Result> results = RunPass(packed, isa, chosen);
        for (size_t c = 0; c < count; ++c) {
          EXPECT_TRUE(results[c] == few[c])
              << IsaName(isa) << " column " << c << " of " << count;
        }
      }
    }
  }
}

TEST(FloatPass, NonFiniteColumnsStayAloneAndLeaveNoPadding) {
  const Data data({400, 21, 1});
  const auto packed = data.Pack<float>();
  const std::vector<Lane> lanes = RandomLanes(data.shape, 13);
  std::vector<Lane> sick = lanes;
  sick[3].weights[5] = kNaN;
  sick[7].weights[0] = 1e300;  // Infinite as a float.
  std::fill(sick[8].weights.begin(), sick[8].weights.end(), 1e30);
  sick[8].loss.p = 4;
  for (Isa isa : SupportedIsas()) {
    const std::vector<Result> healthy = RunPass(packed, isa, lanes);
    const std::vector<Result> results = RunPass(packed, isa, sick);
    for (size_t c = 0; c < lanes.size(); ++c) {
      for (int64_t j = 21; j < 24; ++j) EXPECT_EQ(results[c].gradient[j], 0);
      if (c == 3 || c == 7 || c == 8) {
        EXPECT_FALSE(std::isfinite(results[c].error)) << IsaName(isa) << c;
        EXPECT_FALSE(std::isfinite(results[c].gradient[0]));
      } else {
        EXPECT_TRUE(results[c] == healthy[c]) << IsaName(isa) << c;
      }
    }
  }
}

TEST(FloatPass, GatheredSamplesArePackedOnes) {
  const Data data({37, 40, 2});
  std::vector<int32_t> chosen = {5, 36, 5, 0, 17, 20, 21, 22, 23, 24,
                                 1, 2,  3, 4, 6,  7,  8,  9,  10};
  Data batch({19, 40, 2});
  for (size_t i = 0; i < chosen.size(); ++i) {
    std::copy_n(&data.x[chosen[i] * 40], 40, &batch.x[i * 40]);
    std::copy_n(&data.y[chosen[i] * 2], 2, &batch.y[i * 2]);
  }
  const std::vector<Lane> lanes = RandomLanes(data.shape, 5);
  for (Isa isa : SupportedIsas()) {
    ForceIsa(isa);
    auto gathered = PackedDataOf<float>::Allocate(19, 40, 2);
    gathered.Gather(chosen, data.x, data.y);
    EXPECT_TRUE(RunPass(gathered, isa, lanes) ==
                RunPass(batch.Pack<float>(), isa, lanes))
        << IsaName(isa);
    for (const Lane& lane : lanes) {
      if (lane.loss.p == 3.7) continue;
      EXPECT_TRUE(RunPass(gathered, isa, {lane})[0] ==
                  DocumentedOrder(batch, lane));
    }
  }
  ForceIsa(BestIsa());
}

}  // namespace
}  // namespace fathom::worker::kernel
