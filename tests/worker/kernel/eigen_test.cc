// Decompositions, systems and optima give the same bits on every machine, with
// every compiler and at every level of optimization: their digests are recorded
// here. Where an intended change alters one, the results of trials change:
// raise the version in NumericsString (worker/engine) together with the digest.
#include "worker/kernel/eigen.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "proto/shared/sha256.h"
#include "tests/testing/status_matchers.h"
#include "worker/kernel/isa.h"
#include "worker/kernel/models/initialize.h"
#include "worker/kernel/models/preconditioner.h"
#include "worker/kernel/optimum/gram.h"
#include "worker/kernel/optimum/optimum.h"
#include "worker/kernel/random/random.h"
#include "worker/kernel/singular_values.h"

namespace fathom::worker::kernel {
namespace {

// Multiples of 2^-52 in [-1, 1).
std::vector<double> Draw(uint64_t seed, int64_t count) {
  RandomStream random(seed, Purpose::kTheory);
  std::vector<double> numbers(count);
  for (double& number : numbers) number = 2 * random.Uniform() - 1;
  return numbers;
}

RowMajorMatrix DrawMatrix(uint64_t seed, int64_t rows, int64_t columns) {
  const std::vector<double> numbers = Draw(seed, rows * columns);
  return Eigen::Map<const RowMajorMatrix>(numbers.data(), rows, columns);
}

// The first 64 bits of the SHA-256 of the numbers' bytes.
class Digest {
 public:
  void Add(const double* numbers, int64_t count) {
    sha256_.Update(
        absl::string_view(reinterpret_cast<const char*>(numbers), 8 * count));
  }
  void Add(const std::vector<double>& numbers) {
    Add(numbers.data(), static_cast<int64_t>(numbers.size()));
  }
  void Add(const RowMajorMatrix& a) { Add(a.data(), a.size()); }
  std::string Hex() { return sha256_.HexDigest().substr(0, 16); }

 private:
  Sha256 sha256_;
};

// Every instruction set of this machine in turn.
class DigestTest : public ::testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    if (!Supports(GetParam())) {
      GTEST_SKIP() << "this machine has no " << IsaName(GetParam());
    }
    ForceIsa(GetParam());
  }
  void TearDown() override { ForceIsa(BestIsa()); }
};

TEST_P(DigestTest, OfSingularValuesAndDirections) {
  Digest digest;
  for (const auto& [k, d] :
       {std::pair(1, 9), std::pair(5, 40), std::pair(40, 5), std::pair(20, 20),
        std::pair(10, 784)}) {
    const std::vector<double> a = Draw(1, k * d);
    const SingularValues svd = Decompose({a.data(), k, d, d});
    digest.Add(svd.u);
    digest.Add(svd.s);
    digest.Add(svd.v_t);
  }
  EXPECT_EQ(digest.Hex(), "4c5c7cf382b338d3");
}

TEST_P(DigestTest, OfMomentsTheirFactorAndASolution) {
  Digest digest;
  for (const auto& [m, d] : {std::pair(700, 67), std::pair(400, 300)}) {
    const std::vector<double> x = Draw(2, m * d);
    std::vector<double> weights = Draw(3, m);
    for (double& weight : weights) weight += 2;
    std::vector<double> sum(d * d);
    AddGram({x.data(), m, d, d}, weights.data(), {sum.data(), d, d, d});
    std::vector<double> solution = Draw(4, d);
    Cholesky cholesky;
    ASSERT_TRUE(cholesky.Factor({sum.data(), d, d, d}, 1e-15));
    cholesky.Solve(solution.data());
    digest.Add(solution);
  }
  EXPECT_EQ(digest.Hex(), "96877e550992f4e1");
}

TEST_P(DigestTest, OfStepsOfTheEndToEndRule) {
  Digest digest;
  for (const auto& [k, d] : {std::pair(1, 9), std::pair(5, 40),
                             std::pair(40, 5), std::pair(12, 12)}) {
    std::vector<double> w = Draw(5, k * d);
    const std::vector<double> g = Draw(6, k * d);
    std::vector<double> out(k * d);
    Preconditioner preconditioner(3, k, d);
    for (int step = 0; step < 20; ++step) {
      preconditioner.Apply({w.data(), k, d, d}, {g.data(), k, d, d},
                           {out.data(), k, d, d});
      for (int64_t i = 0; i < k * d; ++i) w[i] -= 0.01 * out[i];
    }
    digest.Add(w);
  }
  EXPECT_EQ(digest.Hex(), "043f74d47b2c3380");
}

TEST_P(DigestTest, OfBalancedStarts) {
  Digest digest;
  for (const auto& [k, d] : {std::pair(1, 9), std::pair(5, 12)}) {
    LinearNet net({d, 6, 7, k});
    ASSERT_OK(InitializeBalanced(Draw(7, k * d), net));
    for (int j = 1; j <= net.depth(); ++j) {
      digest.Add(net.factor(j).data,
                 net.factor(j).rows * net.factor(j).columns);
    }
  }
  EXPECT_EQ(digest.Hex(), "06af77d0e7740555");
}

TEST_P(DigestTest, OfOptima) {
  Digest digest;
  constexpr int64_t kSamples = 300, kFeatures = 20;
  const std::vector<double> x = Draw(8, kSamples * kFeatures);
  std::vector<double> y = Draw(9, kSamples);
  const auto add = [&](const Loss& objective) {
    const absl::StatusOr<Optimum> optimum =
        FindOptimum({x.data(), kSamples, kFeatures, kFeatures},
                    {y.data(), kSamples, 1, 1}, objective, [] { return true; });
    ASSERT_OK(optimum);
    const double numbers[] = {optimum->value, optimum->gap,
                              static_cast<double>(optimum->iterations)};
    digest.Add(numbers, 3);
  };
  for (const double p : {1.5, 2.0, 4.0}) {
    add({.p = p, .kind = LossKind::kLp});
  }
  for (double& target : y) target = target > 0 ? 1 : 0;
  add({.kind = LossKind::kCrossEntropy});
  EXPECT_EQ(digest.Hex(), "957e2f03ae066cdc");
}

INSTANTIATE_TEST_SUITE_P(Isas, DigestTest, ::testing::ValuesIn(kIsas),
                         [](const auto& isa) {
                           return std::string(IsaName(isa.param));
                         });

// Sums that are longer than what Eigen lets into a cache at a time.
std::string DigestOfLongSums() {
  Digest digest;
  const RowMajorMatrix a = DrawMatrix(10, 60, 2000);
  const RowMajorMatrix b = DrawMatrix(11, 2000, 50);
  digest.Add(RowMajorMatrix(a * b));
  return digest.Hex();
}

TEST(EigenTest, DigestOfLongSums) {
  EXPECT_EQ(DigestOfLongSums(), "5672b40f7ddabcc2");
}

TEST(EigenTest, DigestOfDecompositionsInBlocks) {
  Digest digest;
  const RowMajorMatrix a = DrawMatrix(12, 300, 130);
  const Eigen::HouseholderQR<RowMajorMatrix> qr(a);
  digest.Add(qr.matrixQR());
  digest.Add(RowMajorMatrix(qr.householderQ()));
  const RowMajorMatrix square = a.transpose() * a;
  const Eigen::LLT<RowMajorMatrix> cholesky(square);
  digest.Add(RowMajorMatrix(cholesky.matrixL()));
  const Eigen::SelfAdjointEigenSolver<RowMajorMatrix> eigen(square);
  digest.Add(RowMajorMatrix(eigen.eigenvalues()));
  digest.Add(RowMajorMatrix(eigen.eigenvectors()));
  EXPECT_EQ(digest.Hex(), "b9642e22766975db");
}

// Else a digest could be right by the caches of the machine that ran the test.
TEST(EigenTest, CachesAreThoseOfTheSetUpOnEveryMachine) {
  EXPECT_EQ(Eigen::l1CacheSize(), 32 * 1024);
  EXPECT_EQ(Eigen::l2CacheSize(), 256 * 1024);
  EXPECT_EQ(Eigen::l3CacheSize(), 2 * 1024 * 1024);
}

// What the set-up is there for.
TEST(EigenTest, OtherCachesWouldChangeTheBits) {
  const std::string digest = DigestOfLongSums();
  Eigen::setCpuCacheSizes(48 * 1024, 1024 * 1024, 32 * 1024 * 1024);
  const std::string other = DigestOfLongSums();
  Eigen::setCpuCacheSizes(32 * 1024, 256 * 1024, 2 * 1024 * 1024);
  EXPECT_NE(other, digest);
  EXPECT_EQ(DigestOfLongSums(), digest);
}

// A sum over vectors would begin where the memory is aligned.
TEST(EigenTest, BitsDoNotDependOnTheAddress) {
  std::vector<double> memory = Draw(13, 2 * 1001 + 3);
  using Vector = Eigen::Map<Eigen::VectorXd>;
  std::vector<double> sums, products;
  for (int64_t offset = 0; offset < 3; ++offset) {
    const std::vector<double> numbers = Draw(14, 2 * 1001);
    std::copy(numbers.begin(), numbers.end(), memory.begin() + offset);
    const Vector a(memory.data() + offset, 1001);
    const Vector b(memory.data() + offset + 1001, 1001);
    sums.push_back(a.sum());
    products.push_back(a.dot(b));
  }
  EXPECT_EQ(sums, std::vector<double>(3, sums[0]));
  EXPECT_EQ(products, std::vector<double>(3, products[0]));
}

}  // namespace
}  // namespace fathom::worker::kernel
