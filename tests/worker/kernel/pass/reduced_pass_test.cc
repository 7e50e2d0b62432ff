// Squared errors from reduced data against those from all of it.
#include "worker/kernel/pass/reduced_pass.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "worker/kernel/pass/data_pass.h"

namespace fathom::worker::kernel {
namespace {

struct Shape {
  int64_t m, d, k;
};

// The last two have several blocks of rows and features.
const Shape kShapes[] = {{1, 1, 1},   {5, 3, 2},     {40, 16, 1},
                         {41, 17, 3}, {20, 8, 1},    {300, 33, 2},
                         {7, 12, 1},  {700, 200, 2}, {900, 391, 1}};

struct Data {
  Shape shape;
  std::vector<double> x, y;
};

class ReducedPassTest : public ::testing::Test {
 protected:
  double Normal() { return normal_(random_); }

  Data Random(Shape shape) {
    Data data = {shape, {}, {}};
    for (int64_t i = 0; i < shape.m * shape.d; ++i) data.x.push_back(Normal());
    for (int64_t i = 0; i < shape.m * shape.k; ++i) data.y.push_back(Normal());
    return data;
  }

  std::mt19937_64 random_{11};
  std::normal_distribution<double> normal_;
};

struct Result {
  double error = 0;
  std::vector<double> gradient;  // Padded.
};

// Tries weights, one row of d each, on outputs 0, 1, ..., k-1, 0, ...
std::vector<Result> Try(Pass& pass, const Shape& shape,
                        const std::vector<std::vector<double>>& weights) {
  const int64_t stride = PaddedColumns(shape.d);
  const auto count = static_cast<int64_t>(weights.size());
  const AlignedDoubles w = AllocateAligned(count * stride);
  const AlignedDoubles g = AllocateAligned(count * stride);
  std::vector<Result> results(count);
  std::vector<Column> columns;
  for (int64_t c = 0; c < count; ++c) {
    std::copy_n(weights[c].data(), shape.d, &w[c * stride]);
    columns.push_back({.weights = &w[c * stride],
                       .gradient = &g[c * stride],
                       .error = &results[c].error,
                       .output = static_cast<int>(c % shape.k),
                       .loss = {.p = 2}});
  }
  pass.Run(columns);
  for (int64_t c = 0; c < count; ++c) {
    results[c].gradient.assign(&g[c * stride], &g[c * stride] + stride);
  }
  return results;
}

ReducedData Reduce(const Data& data) {
  return *ReducedData::Reduce(data.shape.m, data.shape.d, data.shape.k, data.x,
                              data.y);
}

std::vector<uint64_t> Bits(const Result& result) {
  std::vector<uint64_t> bits = {std::bit_cast<uint64_t>(result.error)};
  for (const double x : result.gradient) {
    bits.push_back(std::bit_cast<uint64_t>(x));
  }
  return bits;
}

TEST_F(ReducedPassTest, ComputesWhatTheDataPassDoes) {
  for (const Shape& shape : kShapes) {
    const Data data = Random(shape);
    const ReducedData reduced = Reduce(data);
    const PackedData packed =
        PackedData::Pack(shape.m, shape.d, shape.k, data.x, data.y);
    std::vector<std::vector<double>> weights(7, std::vector<double>(shape.d));
    for (auto& row : weights) {
      for (double& x : row) x = 0.3 * Normal();
    }
    ReducedPass reduced_pass(&reduced);
    DataPass data_pass(&packed);
    const auto got = Try(reduced_pass, shape, weights);
    const auto want = Try(data_pass, shape, weights);
    for (size_t c = 0; c < weights.size(); ++c) {
      EXPECT_NEAR(got[c].error / want[c].error, 1, 2e-14) << shape.d;
      for (size_t j = 0; j < got[c].gradient.size(); ++j) {
        EXPECT_NEAR(got[c].gradient[j], want[c].gradient[j],
                    2e-14 * std::sqrt(static_cast<double>(shape.d)))
            << shape.d << " " << j;
      }
    }
  }
}

TEST_F(ReducedPassTest, BitsDependOnTheColumnAlone) {
  for (const Shape& shape : {kShapes[3], kShapes[7]}) {
    const Data data = Random(shape);
    std::vector<std::vector<double>> weights(29, std::vector<double>(shape.d));
    for (auto& row : weights) {
      for (double& x : row) x = Normal();
    }
    std::vector<std::vector<uint64_t>> first;
    for (const Isa isa : kIsas) {
      if (!Supports(isa)) continue;
      ForceIsa(isa);
      const ReducedData reduced = Reduce(data);
      ReducedPass pass(&reduced);
      // Outputs go round, so a start at a multiple of k keeps them.
      for (const int64_t start : {int64_t{0}, shape.k, 4 * shape.k}) {
        const auto results = Try(
            pass, shape,
            {weights.begin() + start, weights.begin() + start + 2 * shape.k});
        const auto all = Try(pass, shape, weights);
        for (int64_t c = 0; c < 2 * shape.k; ++c) {
          EXPECT_EQ(Bits(results[c]), Bits(all[start + c])) << IsaName(isa);
        }
        if (first.empty()) {
          for (const Result& result : all) first.push_back(Bits(result));
        }
        for (size_t c = 0; c < all.size(); ++c) {
          EXPECT_EQ(Bits(all[c]), first[c]) << IsaName(isa) << " " << c;
        }
      }
    }
    ForceIsa(BestIsa());
  }
}

// Features that are sums of few directions, sizes down to 1e-5: the condition
// of X^T X is 1e10, where its entries in doubles know little of the small ones.
Data IllConditioned(std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  const Shape shape = {600, 24, 1};
  Data data = {shape, std::vector<double>(shape.m * shape.d), {}};
  std::vector<double> mix(shape.d * shape.d);
  for (double& x : mix) x = normal(random);
  for (int64_t i = 0; i < shape.m; ++i) {
    double target = normal(random) * 0.3;
    for (int64_t l = 0; l < shape.d; ++l) {
      const double size = std::pow(1e-5, static_cast<double>(l) / 23);
      const double z = normal(random);
      target += 0.2 * z;
      for (int64_t j = 0; j < shape.d; ++j) {
        data.x[i * shape.d + j] += size * z * mix[l * shape.d + j];
      }
    }
    data.y.push_back(target);
  }
  return data;
}

long double ExactError(const Data& data, const std::vector<double>& w) {
  long double sum = 0;
  for (int64_t i = 0; i < data.shape.m; ++i) {
    long double r = -data.y[i];
    for (int64_t j = 0; j < data.shape.d; ++j) {
      r += static_cast<long double>(data.x[i * data.shape.d + j]) * w[j];
    }
    sum += r * r;
  }
  return sum / data.shape.m;
}

// Far from the optimum and near it, large weights along small directions.
TEST_F(ReducedPassTest, LosesNoDigitsOfIllConditionedData) {
  const Data data = IllConditioned(random_);
  const ReducedData reduced = Reduce(data);
  ReducedPass pass(&reduced);
  std::vector<double> w(data.shape.d);
  // Gradient descent with rates of many sizes, so as to come near.
  std::vector<double> momentum(data.shape.d);
  double last = std::numeric_limits<double>::infinity();
  for (int step = 0; step < 4000; ++step) {
    const Result result = Try(pass, data.shape, {w})[0];
    if (step % 400 == 0) {
      const auto exact = static_cast<double>(ExactError(data, w));
      EXPECT_NEAR(result.error / exact, 1, 1e-13) << step;
      EXPECT_LT(result.error, last);
      last = result.error;
    }
    for (int64_t j = 0; j < data.shape.d; ++j) {
      momentum[j] = 0.99 * momentum[j] - 0.005 * result.gradient[j];
      w[j] += momentum[j];
    }
  }
  // Differences of 1e-6 and less of the error.
  std::vector<double> near = w;
  for (double& x : near) x += 1e-4 * Normal();
  const auto results = Try(pass, data.shape, {w, near});
  const auto difference =
      static_cast<double>(ExactError(data, near) - ExactError(data, w));
  EXPECT_LT(std::fabs(difference), 1e-5);
  EXPECT_NEAR(results[1].error - results[0].error, difference,
              1e-13 * results[0].error);
}

// R w = s has a solution when there are no more samples than features.
TEST_F(ReducedPassTest, ExactFitHasNoRest) {
  Data data = Random({9, 9, 1});
  const std::vector<double> w = {1, -2, 3, 0.5, 0, 1, -1, 2, 4};
  for (int64_t i = 0; i < 9; ++i) {
    data.y[i] = 0;
    for (int64_t j = 0; j < 9; ++j) data.y[i] += data.x[i * 9 + j] * w[j];
  }
  const ReducedData reduced = Reduce(data);
  ReducedPass pass(&reduced);
  const Result result = Try(pass, data.shape, {w})[0];
  EXPECT_LT(result.error, 1e-26);
  for (const double x : result.gradient) EXPECT_LT(std::fabs(x), 1e-13);
}

TEST_F(ReducedPassTest, TakesFeaturesOfAnySizeAndDependence) {
  Data data = Random({50, 6, 1});
  for (int64_t i = 0; i < 50; ++i) {
    double* row = &data.x[i * 6];
    row[1] = std::ldexp(row[1], 400);
    row[2] = std::ldexp(row[2], -600);
    row[3] = 2 * row[0];  // Dependent.
    row[4] = 0;
  }
  const std::vector<double> w = {
      0.5, std::ldexp(1.0, -400), std::ldexp(1.0, 600), -1, 3, 0.25};
  const ReducedData reduced = Reduce(data);
  ReducedPass pass(&reduced);
  EXPECT_NEAR(Try(pass, data.shape, {w})[0].error,
              static_cast<double>(ExactError(data, w)), 1e-13);
}

TEST_F(ReducedPassTest, WeightsThatAreNotFiniteSpoilTheirColumnAlone) {
  const Shape shape = {60, 20, 1};
  const Data data = Random(shape);
  const ReducedData reduced = Reduce(data);
  ReducedPass pass(&reduced);
  std::vector<std::vector<double>> weights(15, std::vector<double>(20, 0.1));
  const Result healthy = Try(pass, shape, weights)[0];
  weights[4][19] = std::numeric_limits<double>::infinity();
  weights[9][0] = std::numeric_limits<double>::quiet_NaN();
  weights[10][7] = 1e200;
  const auto results = Try(pass, shape, weights);
  for (int c = 0; c < 15; ++c) {
    if (c == 4 || c == 9 || c == 10) {
      EXPECT_FALSE(std::isfinite(results[c].error)) << c;
    } else {
      EXPECT_EQ(Bits(results[c]), Bits(healthy)) << c;
    }
    for (size_t j = 20; j < results[c].gradient.size(); ++j) {
      EXPECT_EQ(results[c].gradient[j], 0) << c;
    }
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
