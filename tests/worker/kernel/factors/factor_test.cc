// Products and updates of factors: what they compute, and that every
// instruction set computes the same bits.
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "worker/kernel/isa.h"
#include "worker/kernel/optimizers/optimizers.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker::kernel {
namespace {

std::vector<Isa> Isas() {
  std::vector<Isa> isas;
  for (const Isa isa : kIsas) {
    if (Supports(isa)) isas.push_back(isa);
  }
  return isas;
}

// Restores the instruction set of the process.
class FactorTest : public ::testing::Test {
 protected:
  ~FactorTest() override { ForceIsa(BestIsa()); }

  std::vector<double> Random(int64_t count) {
    std::normal_distribution<double> normal;
    std::vector<double> numbers(count);
    for (double& x : numbers) x = normal(random_);
    return numbers;
  }

  std::mt19937_64 random_{7};
};

std::vector<uint64_t> Bits(const std::vector<double>& numbers) {
  std::vector<uint64_t> bits;
  for (const double x : numbers) bits.push_back(std::bit_cast<uint64_t>(x));
  return bits;
}

// Every remainder of every tile, and vectors of no whole register.
const int64_t kSizes[] = {1, 2, 3, 5, 8, 9, 13, 17, 24, 31, 52};

TEST_F(FactorTest, ProductsAreThoseOfTheTextbook) {
  for (const Isa isa : Isas()) {
    ForceIsa(isa);
    for (const int64_t r : kSizes) {
      for (const int64_t l : {1, 7, 8, 19}) {
        for (const int64_t c : kSizes) {
          const auto a = Random(r * l), at = Random(l * r), b = Random(l * c),
                     bt = Random(c * l);
          std::vector<double> chain(r * c), dot(r * c), turned(r * c);
          Multiply({a.data(), r, l, l}, {b.data(), l, c, c},
                   {chain.data(), r, c, c});
          MultiplyTransposed({a.data(), r, l, l}, {bt.data(), c, l, l},
                             {dot.data(), r, c, c});
          TransposedProductRows({at.data(), l, r, r}, {b.data(), l, c, c}, 0,
                                {turned.data(), r, c, c});
          for (int64_t i = 0; i < r; ++i) {
            for (int64_t j = 0; j < c; ++j) {
              long double exact = 0, exact_dot = 0, exact_turned = 0;
              for (int64_t s = 0; s < l; ++s) {
                exact += static_cast<long double>(a[i * l + s]) * b[s * c + j];
                exact_dot +=
                    static_cast<long double>(a[i * l + s]) * bt[j * l + s];
                exact_turned +=
                    static_cast<long double>(at[s * r + i]) * b[s * c + j];
              }
              ASSERT_NEAR(chain[i * c + j], static_cast<double>(exact), 1e-13);
              ASSERT_NEAR(dot[i * c + j], static_cast<double>(exact_dot),
                          1e-13);
              ASSERT_NEAR(turned[i * c + j], static_cast<double>(exact_turned),
                          1e-13);
            }
          }
        }
      }
    }
  }
}

TEST_F(FactorTest, ProductsKeepTheirOrderOfSummation) {
  for (const Isa isa : Isas()) {
    ForceIsa(isa);
    for (const int64_t r : {1, 3, 11}) {
      for (const int64_t c : {1, 6, 26}) {
        constexpr int64_t kLength = 21;
        const auto a = Random(r * kLength), b = Random(kLength * c);
        std::vector<double> bt(c * kLength), chain(r * c), dot(r * c);
        for (int64_t l = 0; l < kLength; ++l) {
          for (int64_t j = 0; j < c; ++j) bt[j * kLength + l] = b[l * c + j];
        }
        Multiply({a.data(), r, kLength, kLength}, {b.data(), kLength, c, c},
                 {chain.data(), r, c, c});
        MultiplyTransposed({a.data(), r, kLength, kLength},
                           {bt.data(), c, kLength, kLength},
                           {dot.data(), r, c, c});
        for (int64_t i = 0; i < r; ++i) {
          for (int64_t j = 0; j < c; ++j) {
            double sum = 0, s[8] = {};
            for (int64_t l = 0; l < kLength; ++l) {
              sum = std::fma(a[i * kLength + l], b[l * c + j], sum);
              s[l % 8] = std::fma(a[i * kLength + l], b[l * c + j], s[l % 8]);
            }
            ASSERT_EQ(chain[i * c + j], sum) << IsaName(isa);
            const double tree = ((s[0] + s[4]) + (s[2] + s[6])) +
                                ((s[1] + s[5]) + (s[3] + s[7]));
            ASSERT_EQ(dot[i * c + j], tree) << IsaName(isa);
          }
        }
      }
    }
  }
}

TEST_F(FactorTest, ProductsLeaveWhatLiesAroundThemAlone) {
  constexpr int64_t kRows = 5, kColumns = 11, kStride = 16;
  const auto a = Random(kRows * 3), b = Random(3 * kStride),
             bt = Random(kColumns * 3);
  for (const Isa isa : Isas()) {
    ForceIsa(isa);
    std::vector<double> out(kRows * kStride, 42);
    const Matrix to = {out.data(), kRows, kColumns, kStride};
    for (const bool transposed : {false, true}) {
      if (transposed) {
        MultiplyTransposed({a.data(), kRows, 3, 3}, {bt.data(), kColumns, 3, 3},
                           to);
      } else {
        Multiply({a.data(), kRows, 3, 3}, {b.data(), 3, kColumns, kStride}, to);
      }
      for (int64_t i = 0; i < kRows; ++i) {
        for (int64_t j = kColumns; j < kStride; ++j) {
          EXPECT_EQ(to.row(i)[j], 42) << IsaName(isa);
        }
      }
    }
  }
}

// Not-a-number and infinity travel, and only where they belong.
TEST_F(FactorTest, OneNumberThatIsNotFiniteSpoilsItsRowAlone) {
  constexpr int64_t kSize = 19;
  for (const Isa isa : Isas()) {
    ForceIsa(isa);
    auto a = Random(kSize * kSize);
    const auto b = Random(kSize * kSize);
    a[4 * kSize + 18] = std::numeric_limits<double>::infinity();
    std::vector<double> out(kSize * kSize);
    const ConstMatrix left = {a.data(), kSize, kSize, kSize};
    const ConstMatrix right = {b.data(), kSize, kSize, kSize};
    for (const auto product : {Multiply, MultiplyTransposed}) {
      product(left, right, {out.data(), kSize, kSize, kSize});
      for (int64_t i = 0; i < kSize * kSize; ++i) {
        EXPECT_EQ(std::isfinite(out[i]), i / kSize != 4) << IsaName(isa) << i;
      }
    }
  }
}

struct Rule {
  std::string name;
  std::function<std::unique_ptr<Optimizer>()> make;
};

std::vector<Rule> Rules() {
  return {
      {"gd", [] { return std::make_unique<GradientDescent>(0.1, 0.01); }},
      {"momentum",
       [] {
         return std::make_unique<HeavyBall>(HeavyBall::Options{0.1, 0.01, 0.9});
       }},
      {"nesterov",
       [] {
         return std::make_unique<Nesterov>(Nesterov::Options{0.1, 0.01, 0.9});
       }},
      {"adagrad",
       [] {
         return std::make_unique<AdaGrad>(
             AdaGrad::Options{0.1, 0.01, 1e-8, 0.1});
       }},
      {"rmsprop",
       [] {
         return std::make_unique<RmsProp>(
             RmsProp::Options{0.1, 0.01, 0.9, 1e-8});
       }},
      {"adadelta",
       [] {
         return std::make_unique<AdaDelta>(
             AdaDelta::Options{1, 0.01, 0.9, 1e-6});
       }},
      {"adam",
       [] {
         return std::make_unique<Adam>(
             Adam::Options{0.1, 0.01, 0.9, 0.999, 1e-8});
       }},
  };
}

// Some steps with u_i t_c as gradient, in one piece or written down and cut.
std::vector<double> Train(Optimizer& optimizer, int64_t rows, int64_t columns,
                          bool written, std::mt19937_64 random) {
  std::normal_distribution<double> normal;
  std::vector<double> w(rows * columns), u(rows), t(columns);
  for (double& x : w) x = normal(random);
  for (int step = 0; step < 5; ++step) {
    for (double& x : u) x = normal(random);
    for (double& x : t) x = step == 3 ? 0 : normal(random);
    if (!written) {
      optimizer.Update(0, {u.data(), t.data(), rows, columns}, w.data());
      continue;
    }
    std::vector<double> g;
    for (const double a : u) {
      for (const double b : t) g.push_back(a * b);
    }
    const int64_t half = rows * columns / 2;
    optimizer.Update(0, WrittenGradient(g.data(), half), w.data());
    optimizer.Update(half, WrittenGradient(&g[half], rows * columns - half),
                     w.data() + half);
  }
  return w;
}

TEST_F(FactorTest, UpdatesHaveTheSameBitsForEveryIsaAndFormOfTheGradient) {
  for (const Rule& rule : Rules()) {
    for (const int64_t rows : {1, 2, 7}) {
      for (const int64_t columns : {1, 3, 8, 13, 128}) {
        if (rows * columns < 2) continue;
        std::vector<uint64_t> first;
        for (const Isa isa : Isas()) {
          ForceIsa(isa);
          for (const bool written : {false, true}) {
            const auto optimizer = rule.make();
            const auto bits =
                Bits(Train(*optimizer, rows, columns, written, random_));
            if (first.empty()) first = bits;
            EXPECT_EQ(bits, first) << rule.name << " " << IsaName(isa) << " "
                                   << rows << "x" << columns << written;
          }
        }
      }
    }
  }
}

// AdaGrad without memory and epsilon near nothing moves by rate * h / |h|; with
// an accumulator a it moves by rate * h / sqrt(a + h^2).
TEST_F(FactorTest, RootsAreAsGoodAsThoseOfTheLibrary) {
  for (const Isa isa : Isas()) {
    ForceIsa(isa);
    std::uniform_real_distribution<double> exponent(-900, 1000);
    for (int i = 0; i < 20000; ++i) {
      const double square = std::exp2(exponent(random_));
      AdaGrad rule({1, 0, 1e-300, square});
      double weight = 0;
      const double g = std::exp2(-500);  // Its square adds nothing.
      if (square < 1e-280) continue;
      rule.Update(0, WrittenGradient(&g, 1), &weight);
      const double want = -g / std::sqrt(square);
      // Half a unit of the root and half of the quotient.
      ASSERT_NEAR(weight / want, 1, 0x1p-52) << IsaName(isa) << " " << square;
    }
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
