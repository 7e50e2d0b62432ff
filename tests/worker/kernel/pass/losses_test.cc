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

// The losses of the data pass against their definitions in long double.
namespace fathom::worker::kernel {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Loss kCrossEntropy = {.kind = LossKind::kCrossEntropy};
constexpr double kRealExponents[] = {1.1, 1.5, 3, 3.7, 7.25, 63.5};

// Not a multiple of 8 samples, and more than one block of them.
constexpr int64_t kRows = 205;
constexpr int64_t kFeatures = 13;

std::vector<Isa> SupportedIsas() {
  std::vector<Isa> isas;
  for (Isa isa : kIsas) {
    if (Supports(isa)) isas.push_back(isa);
  }
  return isas;
}

struct Data {
  int64_t m = kRows, d = kFeatures, k = 1;
  std::vector<double> x, y;

  PackedData Pack() const { return PackedData::Pack(m, d, k, x, y); }
};

// Gaussian features; targets are Gaussian, or labels: 0 and 1 for one output,
// one-hot for several.
Data RandomData(int64_t k, bool labels) {
  Data data = {.k = k, .x = {}, .y = {}};
  std::mt19937_64 random(k);
  std::normal_distribution<double> normal;
  data.x.resize(data.m * data.d);
  data.y.resize(data.m * k);
  for (double& v : data.x) v = normal(random);
  for (double& v : data.y) v = normal(random);
  for (int64_t i = 0; labels && i < data.m; ++i) {
    double* y = &data.y[i * k];
    const auto label = static_cast<int64_t>(random() % std::max<int64_t>(k, 2));
    for (int64_t o = 0; o < k; ++o) y[o] = k == 1 ? label : o == label;
  }
  return data;
}

// One lane: k rows of d weights, and its loss.
struct Lane {
  std::vector<double> weights;
  Loss loss;
};

struct Result {
  double error = 0;              // Summed over the outputs.
  std::vector<double> gradient;  // k x d.
};

Lane RandomLane(const Data& data, Loss loss, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0, 0.5);
  Lane lane = {std::vector<double>(data.k * data.d), loss};
  for (double& w : lane.weights) w = normal(random);
  return lane;
}

std::vector<Result> RunPass(const Data& data, const std::vector<Lane>& lanes,
                            Isa isa = BestIsa()) {
  const PackedData packed = data.Pack();
  const int64_t stride = packed.padded_columns();
  const int64_t size = data.k * stride;
  AlignedDoubles weights = AllocateAligned(size * lanes.size());
  AlignedDoubles gradients = AllocateAligned(size * lanes.size());
  std::vector<double> errors(data.k * lanes.size());
  std::vector<Column> columns;
  for (size_t l = 0; l < lanes.size(); ++l) {
    for (int64_t o = 0; o < data.k; ++o) {
      double* row = &weights[l * size + o * stride];
      std::copy_n(&lanes[l].weights[o * data.d], data.d, row);
      columns.push_back({.weights = row,
                         .gradient = &gradients[l * size + o * stride],
                         .error = &errors[l * data.k + o],
                         .output = static_cast<int>(o),
                         .loss = lanes[l].loss});
    }
  }
  DataPass(&packed, isa).Run(columns);
  std::vector<Result> results(lanes.size());
  for (size_t l = 0; l < lanes.size(); ++l) {
    for (int64_t o = 0; o < data.k; ++o) {
      const Column& column = columns[l * data.k + o];
      results[l].error += *column.error;
      results[l].gradient.insert(results[l].gradient.end(), column.gradient,
                                 column.gradient + data.d);
    }
  }
  return results;
}

// The error of `weights` by its definition.
long double Error(const Data& data, const std::vector<long double>& weights,
                  Loss loss) {
  long double error = 0;
  std::vector<long double> z(data.k);
  for (int64_t i = 0; i < data.m; ++i) {
    const double* y = &data.y[i * data.k];
    for (int64_t o = 0; o < data.k; ++o) {
      z[o] = 0;
      for (int64_t j = 0; j < data.d; ++j) {
        z[o] += weights[o * data.d + j] * data.x[i * data.d + j];
      }
    }
    long double part = 0;
    if (loss.kind == LossKind::kLp) {
      for (int64_t o = 0; o < data.k; ++o) {
        part +=
            std::pow(std::abs(z[o] - y[o]), static_cast<long double>(loss.p));
      }
    } else if (data.k == 1) {
      const long double v = y[0] == 1 ? -z[0] : z[0];
      part = std::max(v, 0.0L) + std::log1p(std::exp(-std::abs(v)));
    } else {
      const long double label = z[std::max_element(y, y + data.k) - y];
      for (const long double other : z) part += std::exp(other - label);
      part = std::log(part);
    }
    error += part / data.m;
  }
  return error;
}

std::vector<long double> Long(const std::vector<double>& v) {
  return {v.begin(), v.end()};
}

bool SameBits(const Result& a, const Result& b) {
  const auto same = [](double u, double v) {
    return std::bit_cast<uint64_t>(u) == std::bit_cast<uint64_t>(v);
  };
  return same(a.error, b.error) &&
         std::equal(a.gradient.begin(), a.gradient.end(), b.gradient.begin(),
                    b.gradient.end(), same);
}

std::vector<Loss> AllLosses(bool labels) {
  std::vector<Loss> losses = {{.p = 2}, {.p = 4}, {.p = 6}};
  for (const double p : kRealExponents) losses.push_back({.p = p});
  if (labels) losses.push_back(kCrossEntropy);
  return losses;
}

TEST(Losses, ErrorsAgreeWithTheirDefinitions) {
  for (const int64_t k : {1, 2, 5}) {
    const Data data = RandomData(k, true);
    for (const Loss& loss : AllLosses(true)) {
      const Lane lane = RandomLane(data, loss, 3);
      const long double expected = Error(data, Long(lane.weights), loss);
      EXPECT_NEAR(RunPass(data, {lane})[0].error / expected, 1, 2e-14)
          << "k " << k << " p " << loss.p;
    }
  }
}

TEST(Losses, GradientsAreTheSlopesOfTheErrors) {
  for (const int64_t k : {1, 4}) {
    const Data data = RandomData(k, true);
    for (const Loss& loss : AllLosses(true)) {
      const Lane lane = RandomLane(data, loss, 5);
      const Result result = RunPass(data, {lane})[0];
      const double scale = loss.kind == LossKind::kLp ? loss.p : 1;
      const double most = *std::max_element(
          result.gradient.begin(), result.gradient.end(),
          [](double a, double b) { return std::abs(a) < std::abs(b); });
      for (size_t j = 0; j < lane.weights.size(); j += 3) {
        std::vector<long double> moved = Long(lane.weights);
        constexpr long double kStep = 1e-5;
        moved[j] += kStep;
        long double slope = Error(data, moved, loss);
        moved[j] -= 2 * kStep;
        slope = (slope - Error(data, moved, loss)) / (2 * kStep);
        // |r|^1.1 has a bend of its own at r = 0.
        EXPECT_NEAR(scale * result.gradient[j], slope,
                    (loss.p < 2 ? 1e-4 : 1e-7) * scale * std::abs(most))
            << "k " << k << " p " << loss.p << " weight " << j;
      }
    }
  }
}

TEST(Losses, RealExponentsMeetTheEvenOnes) {
  const Data data = RandomData(1, false);
  for (const double p : {2.0, 4.0, 14.0, 62.0}) {
    const double beside = std::nextafter(p, 64.0);
    const auto results = RunPass(data, {RandomLane(data, {.p = p}, 1),
                                        RandomLane(data, {.p = beside}, 1)});
    EXPECT_FALSE(SameBits(results[0], results[1]));
    EXPECT_NEAR(results[1].error / results[0].error, 1, 1e-15 * p);
    for (int64_t j = 0; j < data.d; ++j) {
      EXPECT_NEAR(results[1].gradient[j], results[0].gradient[j],
                  1e-14 * p * results[0].error);
    }
  }
}

// A single sample with x = 1 and y = 0: the error is |w|^p.
TEST(Losses, PowersAreExactOverTheWholeRange) {
  const Data data = {.m = 1, .d = 1, .k = 1, .x = {1}, .y = {0}};
  for (const double p : {1.05, 1.5, 3.0, 3.7, 7.25}) {
    for (double r = 1e-320; r < 1e300; r *= 7.3) {
      for (const double w : {r, -r}) {
        const Result result = RunPass(data, {{{w}, {.p = p}}})[0];
        const long double slope =
            std::pow(static_cast<long double>(r), p - 1.0L);
        if (slope < 1e-307L || slope * r > 1e308L) continue;
        EXPECT_NEAR(std::abs(result.gradient[0]) / slope, 1, 2e-16 * (4 + p))
            << w << " " << p;
        EXPECT_EQ(std::signbit(result.gradient[0]), w < 0);
        if (slope * r < 1e-307L) continue;
        EXPECT_NEAR(result.error / (slope * r), 1, 2e-16 * (5 + p)) << w;
      }
    }
  }
}

TEST(Losses, ResidualZeroCostsNothingAndPullsNowhere) {
  Data data = RandomData(1, false);
  std::fill(data.y.begin(), data.y.end(), 0.0);
  for (const Loss& loss : AllLosses(false)) {
    const Result result =
        RunPass(data, {{std::vector<double>(data.d), loss}})[0];
    EXPECT_EQ(result.error, 0) << loss.p;
    for (const double g : result.gradient) EXPECT_EQ(g, 0) << loss.p;
  }
}

TEST(Losses, PowersOutOfRangeUnderflowToZeroAndOverflowToInfinity) {
  const Data data = {.m = 1, .d = 1, .k = 1, .x = {1}, .y = {0}};
  const Result small = RunPass(data, {{{1e-300}, {.p = 3}}})[0];
  EXPECT_EQ(small.error, 0);
  EXPECT_EQ(small.gradient[0], 0);
  EXPECT_EQ(RunPass(data, {{{1e300}, {.p = 3}}})[0].error, kInfinity);
}

TEST(CrossEntropy, LogisticIsSoftmaxWithTwoClasses) {
  Data one = RandomData(1, true);
  Data two = one;
  two.k = 2;
  two.y.clear();
  for (const double y : one.y) two.y.insert(two.y.end(), {1 - y, y});
  for (const double scale : {0.1, 1.0, 30.0}) {
    Lane lane = RandomLane(one, kCrossEntropy, 1);
    for (double& w : lane.weights) w *= scale;
    Lane pair = {std::vector<double>(one.d), kCrossEntropy};
    pair.weights.insert(pair.weights.end(), lane.weights.begin(),
                        lane.weights.end());
    const Result a = RunPass(one, {lane})[0];
    const Result b = RunPass(two, {pair})[0];
    EXPECT_NEAR(b.error / a.error, 1, 1e-15);
    for (int64_t j = 0; j < one.d; ++j) {
      EXPECT_NEAR(b.gradient[one.d + j], a.gradient[j], 1e-15);
      EXPECT_NEAR(b.gradient[j], -a.gradient[j], 1e-15);
    }
  }
}

TEST(CrossEntropy, SoftmaxDoesNotSeeWhatAllClassesShare) {
  const Data data = RandomData(4, true);
  const Lane lane = RandomLane(data, kCrossEntropy, 1);
  Lane shifted = lane;
  for (size_t j = 0; j < lane.weights.size(); ++j) {
    shifted.weights[j] += 1 + 0.5 * static_cast<double>(j % data.d);
  }
  const auto results = RunPass(data, {lane, shifted});
  EXPECT_NEAR(results[1].error, results[0].error, 1e-14);
  for (size_t j = 0; j < lane.weights.size(); ++j) {
    EXPECT_NEAR(results[1].gradient[j], results[0].gradient[j], 1e-14);
  }
  // Nor do the gradients move it.
  for (int64_t j = 0; j < data.d; ++j) {
    double sum = 0;
    for (int64_t o = 0; o < data.k; ++o) {
      sum += results[0].gradient[o * data.d + j];
    }
    EXPECT_NEAR(sum, 0, 1e-15);
  }
}

TEST(CrossEntropy, ZeroMapKnowsNothing) {
  for (const int64_t k : {1, 2, 3, 10}) {
    const Data data = RandomData(k, true);
    const std::vector<double> zeros(k * data.d);
    EXPECT_NEAR(RunPass(data, {{zeros, kCrossEntropy}})[0].error,
                std::log(static_cast<double>(std::max<int64_t>(k, 2))), 1e-15);
  }
}

// Two samples, x = 1 and -1, of which the weights are sure.
TEST(CrossEntropy, ExtremeLogitsHaveErrorsWithAllTheirDigits) {
  const Data one = {.m = 2, .d = 1, .k = 1, .x = {1, -1}, .y = {1, 0}};
  const Data two = {.m = 2, .d = 1, .k = 2, .x = {1, -1}, .y = {0, 1, 1, 0}};
  for (const double sure : {1.0, 20.0, 50.0, 600.0, 700.0}) {
    const long double right = std::log1p(std::exp(-1.0L * sure));
    const Result a = RunPass(one, {{{sure}, kCrossEntropy}})[0];
    const Result b = RunPass(two, {{{-sure / 2, sure / 2}, kCrossEntropy}})[0];
    EXPECT_NEAR(a.error / right, 1, 1e-15) << sure;
    EXPECT_NEAR(b.error / right, 1, 1e-15) << sure;
    EXPECT_NEAR(a.gradient[0] / std::expm1(-right), 1, 1e-15) << sure;
    const Result wrong = RunPass(one, {{{-sure}, kCrossEntropy}})[0];
    EXPECT_NEAR(wrong.error / (sure + right), 1, 1e-15) << sure;
  }
  for (const double size : {1e4, 1e150, 1e307}) {
    EXPECT_EQ(RunPass(one, {{{size}, kCrossEntropy}})[0].error, 0);
    EXPECT_EQ(RunPass(one, {{{-size}, kCrossEntropy}})[0].error, size);
    EXPECT_EQ(RunPass(two, {{{-size, size}, kCrossEntropy}})[0].error, 0);
    const Result wrong = RunPass(two, {{{size, -size}, kCrossEntropy}})[0];
    EXPECT_EQ(wrong.error, 2 * size);
    EXPECT_EQ(wrong.gradient, (std::vector<double>{1, -1}));
  }
}

TEST(Losses, BitsDependNeitherOnInstructionSetNorOnNeighbours) {
  for (const int64_t k : {1, 3}) {
    const Data data = RandomData(k, true);
    std::vector<Lane> lanes;
    for (const Loss& loss : AllLosses(true)) {
      lanes.push_back(RandomLane(data, loss, lanes.size()));
      lanes.push_back(RandomLane(data, kCrossEntropy, lanes.size()));
    }
    std::vector<Result> alone;
    for (const Lane& lane : lanes) {
      alone.push_back(RunPass(data, {lane}, Isa::kPortable)[0]);
    }
    std::mt19937_64 random(1);
    for (const Isa isa : SupportedIsas()) {
      std::vector<int> order(lanes.size());
      std::iota(order.begin(), order.end(), 0);
      for (const size_t count :
           {lanes.size(), size_t{13}, size_t{4}, size_t{1}}) {
        std::shuffle(order.begin(), order.end(), random);
        std::vector<Lane> chosen;
        for (size_t l = 0; l < count; ++l) chosen.push_back(lanes[order[l]]);
        const std::vector<Result> results = RunPass(data, chosen, isa);
        for (size_t l = 0; l < count; ++l) {
          EXPECT_TRUE(SameBits(results[l], alone[order[l]]))
              << IsaName(isa) << " lane " << order[l] << " of " << count;
        }
      }
    }
  }
}

TEST(Losses, LanesThatAreNotFiniteStayAlone) {
  const Data data = RandomData(3, true);
  for (const Loss& loss : AllLosses(true)) {
    for (const Isa isa : SupportedIsas()) {
      std::vector<Lane> lanes = {RandomLane(data, loss, 1),
                                 RandomLane(data, loss, 2),
                                 RandomLane(data, loss, 3)};
      const std::vector<Result> healthy = RunPass(data, lanes, isa);
      for (const double sick : {kInfinity, -kInfinity, std::nan("")}) {
        lanes[1].weights[data.d + 2] = sick;
        const std::vector<Result> results = RunPass(data, lanes, isa);
        EXPECT_FALSE(std::isfinite(results[1].error)) << loss.p << sick;
        EXPECT_TRUE(SameBits(results[0], healthy[0]));
        EXPECT_TRUE(SameBits(results[2], healthy[2]));
      }
    }
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
