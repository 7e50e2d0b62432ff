#include "worker/kernel/pass/data_pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {
int64_t allocations = 0;

void* CountedAllocation(size_t alignment, size_t size) {
  ++allocations;
  size = (size + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, size);
  if (memory == nullptr) std::abort();
  return memory;
}
}  // namespace

void* operator new(size_t size) { return CountedAllocation(16, size); }
void* operator new(size_t size, std::align_val_t alignment) {
  return CountedAllocation(static_cast<size_t>(alignment), size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace fathom::worker::kernel {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Shape {
  int64_t m, d, k;
};

// More than one block each way, none of them full at the end.
constexpr Shape kUneven = {395, 203, 3};

constexpr Shape kShapes[] = {{1, 1, 1},     {1, 20, 2},    {9, 1, 1},
                             {8, 8, 1},     {7, 9, 2},     {65, 17, 1},
                             {192, 192, 1}, {193, 193, 1}, kUneven};

std::vector<Isa> SupportedIsas() {
  std::vector<Isa> isas;
  for (Isa isa : kIsas) {
    if (Supports(isa)) isas.push_back(isa);
  }
  return isas;
}

struct Problem {
  explicit Problem(Shape s) : shape(s), x(s.m * s.d), y(s.m * s.k) {
    std::mt19937_64 random(s.m * 1000 + s.d);
    std::normal_distribution<double> normal;
    for (double& v : x) v = normal(random);
    for (double& v : y) v = normal(random);
    data = PackedData::Pack(s.m, s.d, s.k, x, y);
  }

  Shape shape;
  std::vector<double> x, y;
  PackedData data;
};

struct Lane {
  std::vector<double> weights;  // d of them.
  int output = 0;
  int p = 2;
};

struct Result {
  double error;
  std::vector<double> gradient;  // padded_columns() of them.
};

std::vector<Lane> RandomLanes(const Shape& shape, int count) {
  constexpr int kExponents[] = {2, 4, 6, 8, 14, 64};
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(0, 1 / std::sqrt(shape.d));
  std::vector<Lane> lanes(count);
  for (int c = 0; c < count; ++c) {
    lanes[c].weights.resize(shape.d);
    for (double& w : lanes[c].weights) w = normal(random);
    lanes[c].output = (c / 2) % static_cast<int>(shape.k);
    lanes[c].p = kExponents[c % std::size(kExponents)];
  }
  return lanes;
}

// The buffers of a call; what the pass must overwrite starts as NaN.
class Buffers {
 public:
  Buffers(const PackedData& data, const std::vector<Lane>& lanes)
      : stride_(data.padded_columns()),
        weights_(AllocateAligned(stride_ * lanes.size())),
        gradients_(AllocateAligned(stride_ * lanes.size())),
        errors_(lanes.size(), kNaN) {
    std::fill_n(gradients_.get(), stride_ * lanes.size(), kNaN);
    for (size_t c = 0; c < lanes.size(); ++c) {
      std::copy(lanes[c].weights.begin(), lanes[c].weights.end(),
                &weights_[c * stride_]);
      columns_.push_back({.weights = &weights_[c * stride_],
                          .gradient = &gradients_[c * stride_],
                          .error = &errors_[c],
                          .output = lanes[c].output,
                          .loss = {.p = static_cast<double>(lanes[c].p)}});
    }
  }

  const std::vector<Column>& columns() const { return columns_; }
  Result result(size_t c) const {
    const double* gradient = &gradients_[c * stride_];
    return {errors_[c], std::vector<double>(gradient, gradient + stride_)};
  }

 private:
  const int64_t stride_;
  AlignedDoubles weights_, gradients_;
  std::vector<double> errors_;
  std::vector<Column> columns_;
};

std::vector<Result> RunPass(const PackedData& data, Isa isa,
                            const std::vector<Lane>& lanes) {
  Buffers buffers(data, lanes);
  DataPass(&data, isa).Run(buffers.columns());
  std::vector<Result> results;
  for (size_t c = 0; c < lanes.size(); ++c) {
    results.push_back(buffers.result(c));
  }
  return results;
}

bool SameBits(const Result& a, const Result& b) {
  const auto same = [](double u, double v) {
    return std::bit_cast<uint64_t>(u) == std::bit_cast<uint64_t>(v);
  };
  return same(a.error, b.error) &&
         std::equal(a.gradient.begin(), a.gradient.end(), b.gradient.begin(),
                    b.gradient.end(), same);
}

template <class T>
T Power(T base, int exponent) {
  T power = 1;
  for (int i = 0; i < exponent; ++i) power *= base;
  return power;
}

// The definitions in long double, and how large the sums' terms are.
struct Reference {
  Reference(const Problem& problem, const Lane& lane)
      : gradient(problem.shape.d), gradient_terms(problem.shape.d) {
    const auto [m, d, k] = problem.shape;
    for (int64_t i = 0; i < m; ++i) {
      const double* x = &problem.x[i * d];
      long double r = -static_cast<long double>(problem.y[i * k + lane.output]);
      for (int64_t j = 0; j < d; ++j) {
        r += static_cast<long double>(lane.weights[j]) * x[j];
      }
      error += Power(r, lane.p) / m;
      for (int64_t j = 0; j < d; ++j) {
        const long double term = Power(r, lane.p - 1) * x[j] / m;
        gradient[j] += term;
        gradient_terms[j] += std::abs(term);
      }
    }
  }

  long double error = 0;
  std::vector<long double> gradient, gradient_terms;
};

// The order of operations that data_pass.h promises, one double at a time.
Result DocumentedOrder(const Problem& problem, const Lane& lane) {
  const auto [m, d, k] = problem.shape;
  Result result{0, std::vector<double>(problem.data.padded_columns())};
  std::vector<double> lanes(8), block(d);
  for (int64_t i = 0; i < m; ++i) {
    const double* x = &problem.x[i * d];
    double r = -problem.y[i * k + lane.output];
    for (int64_t j = 0; j < d; ++j) r = std::fma(x[j], lane.weights[j], r);
    double power = r, square = r * r;
    for (int bits = (lane.p - 2) / 2; bits > 0; bits /= 2, square *= square) {
      if (bits % 2 == 1) power *= square;
    }
    lanes[i % 8] = std::fma(power, r, lanes[i % 8]);
    for (int64_t j = 0; j < d; ++j) block[j] = std::fma(x[j], power, block[j]);
    if (i % 192 == 191 || i == m - 1) {
      for (int64_t j = 0; j < d; ++j) result.gradient[j] += block[j];
      std::fill(block.begin(), block.end(), 0.0);
    }
  }
  const double scale = 1.0 / static_cast<double>(m);
  for (double lane_sum : lanes) result.error += lane_sum;
  result.error *= scale;
  for (double& g : result.gradient) g *= scale;
  return result;
}

std::string Describe(const Shape& shape, Isa isa) {
  return std::to_string(shape.m) + "x" + std::to_string(shape.d) + "x" +
         std::to_string(shape.k) + " " + IsaName(isa);
}

TEST(DataPass, BestInstructionSetIsSupported) {
  EXPECT_TRUE(Supports(BestIsa()));
  EXPECT_TRUE(Supports(Isa::kPortable));
}

TEST(DataPass, ErrorsAndGradientsAgreeWithLongDoubleSums) {
  for (const Shape& shape : kShapes) {
    const Problem problem(shape);
    const std::vector<Lane> lanes = RandomLanes(shape, 7);
    std::vector<Reference> references;
    for (const Lane& lane : lanes) references.emplace_back(problem, lane);
    for (Isa isa : SupportedIsas()) {
      SCOPED_TRACE(Describe(shape, isa));
      const std::vector<Result> results = RunPass(problem.data, isa, lanes);
      for (size_t c = 0; c < lanes.size(); ++c) {
        const Reference& expected = references[c];
        EXPECT_NEAR(results[c].error, expected.error, 1e-12 * expected.error);
        for (int64_t j = 0; j < shape.d; ++j) {
          ASSERT_NEAR(results[c].gradient[j], expected.gradient[j],
                      1e-12 * expected.gradient_terms[j])
              << "column " << c << " feature " << j;
        }
      }
    }
  }
}

TEST(DataPass, EveryInstructionSetFollowsTheDocumentedOrderToTheBit) {
  for (const Shape& shape : kShapes) {
    const Problem problem(shape);
    const std::vector<Lane> lanes = RandomLanes(shape, 25);
    for (Isa isa : SupportedIsas()) {
      const std::vector<Result> results = RunPass(problem.data, isa, lanes);
      for (size_t c = 0; c < lanes.size(); ++c) {
        EXPECT_TRUE(SameBits(results[c], DocumentedOrder(problem, lanes[c])))
            << Describe(shape, isa) << " column " << c;
      }
    }
  }
}

// So much that some numbers of columns read X once instead of twice.
TEST(DataPass, LargeDataHasTheSameOrder) {
  constexpr Shape kLarge = {2701, 205, 1};
  const Problem problem(kLarge);
  const std::vector<Lane> lanes = RandomLanes(kLarge, 30);
  std::vector<Result> expected;
  for (const Lane& lane : lanes) {
    expected.push_back(DocumentedOrder(problem, lane));
  }
  for (const size_t count : {1, 6, 12, 13, 30}) {
    const std::vector<Lane> chosen(lanes.begin(), lanes.begin() + count);
    for (Isa isa : SupportedIsas()) {
      if (isa == Isa::kPortable && count > 6) continue;
      const std::vector<Result> results = RunPass(problem.data, isa, chosen);
      for (size_t c = 0; c < count; ++c) {
        EXPECT_TRUE(SameBits(results[c], expected[c]))
            << IsaName(isa) << " column " << c << " of " << count;
      }
    }
  }
}

TEST(DataPass, BitsDependNeitherOnTheNumberNorOnTheOrderOfColumns) {
  const Problem problem(kUneven);
  const std::vector<Lane> lanes = RandomLanes(kUneven, 100);
  std::vector<Result> alone;
  for (const Lane& lane : lanes) {
    alone.push_back(RunPass(problem.data, Isa::kPortable, {lane})[0]);
  }
  std::mt19937_64 random(3);
  std::vector<int> order(lanes.size());
  std::iota(order.begin(), order.end(), 0);
  for (int count : {1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 14, 25, 31, 64, 100}) {
    for (int round = 0; round < 3; ++round) {
      std::shuffle(order.begin(), order.end(), random);
      std::vector<Lane> chosen;
      for (int c = 0; c < count; ++c) chosen.push_back(lanes[order[c]]);
      for (Isa isa : SupportedIsas()) {
        if (isa == Isa::kPortable && round > 0) continue;
        const std::vector<Result> results = RunPass(problem.data, isa, chosen);
        for (int c = 0; c < count; ++c) {
          EXPECT_TRUE(SameBits(results[c], alone[order[c]]))
              << IsaName(isa) << " column " << c << " of " << count;
        }
      }
    }
  }
}

TEST(DataPass, OneColumnHasTheSameBitsInEveryPosition) {
  constexpr Shape kSmall = {205, 37, 1};
  const Problem problem(kSmall);
  std::vector<Lane> neighbours = RandomLanes(kSmall, 31);
  const Lane lane = RandomLanes(kSmall, 32).back();
  for (Isa isa : SupportedIsas()) {
    const Result alone = RunPass(problem.data, isa, {lane})[0];
    for (int count : {2, 3, 5, 8, 13, 31}) {
      for (int position = 0; position < count; ++position) {
        std::vector<Lane> lanes(neighbours.begin(), neighbours.begin() + count);
        lanes[position] = lane;
        EXPECT_TRUE(
            SameBits(RunPass(problem.data, isa, lanes)[position], alone))
            << IsaName(isa) << " column " << position << " of " << count;
      }
    }
  }
}

TEST(DataPass, NonFiniteColumnsStayAlone) {
  const Problem problem(kUneven);
  std::vector<Lane> lanes = RandomLanes(kUneven, 13);
  for (Isa isa : SupportedIsas()) {
    const std::vector<Result> healthy = RunPass(problem.data, isa, lanes);
    std::vector<Lane> sick = lanes;
    sick[3].weights[5] = kNaN;
    sick[7].weights[0] = kInfinity;
    std::fill(sick[8].weights.begin(), sick[8].weights.end(), 1e300);
    const std::vector<Result> results = RunPass(problem.data, isa, sick);
    for (int c : {3, 7, 8}) {
      EXPECT_FALSE(std::isfinite(results[c].error)) << IsaName(isa) << c;
      EXPECT_FALSE(std::isfinite(results[c].gradient[0])) << IsaName(isa) << c;
    }
    for (int c : {0, 1, 2, 4, 5, 6, 9, 10, 11, 12}) {
      EXPECT_TRUE(SameBits(results[c], healthy[c])) << IsaName(isa) << c;
    }
  }
}

TEST(DataPass, PaddingOfGradientsIsZeroEvenWhenTheColumnDiverged) {
  const Problem problem({9, 5, 1});
  std::vector<Lane> lanes = RandomLanes(problem.shape, 2);
  lanes[1].weights[0] = kInfinity;
  for (Isa isa : SupportedIsas()) {
    for (const Result& result : RunPass(problem.data, isa, lanes)) {
      ASSERT_EQ(result.gradient.size(), 8u);
      for (int j = 5; j < 8; ++j) EXPECT_EQ(result.gradient[j], 0.0);
    }
  }
}

TEST(DataPass, ColumnsMayShareTheirWeights) {
  const Problem problem(kUneven);
  const std::vector<Lane> lanes(2, RandomLanes(kUneven, 1)[0]);
  Buffers buffers(problem.data, lanes);
  std::vector<Column> columns = buffers.columns();
  columns[1].weights = columns[0].weights;
  DataPass(&problem.data).Run(columns);
  EXPECT_TRUE(SameBits(buffers.result(0), buffers.result(1)));
}

TEST(DataPass, AllocatesOnlyWhenThereAreMoreColumnsThanEverBefore) {
  const Problem problem(kUneven);
  const std::vector<Lane> lanes = RandomLanes(kUneven, 20);
  const Buffers buffers(problem.data, lanes);
  const std::span<const Column> columns = buffers.columns();
  DataPass pass(&problem.data);
  pass.Run(columns);
  const int64_t before = allocations;
  pass.Run(columns);
  pass.Run(columns.first(7));
  pass.Run({});
  pass.Run(columns);
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace fathom::worker::kernel
