// Measures the dense linear algebra around training: singular values, a step of
// the end-to-end rule, systems and optima, and the reduction of squared errors.
//
//   linear_algebra_bench [--rounds 9]
//
// Prints milliseconds of processor time, as medians over the rounds.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "worker/bench/peak.h"
#include "worker/kernel/models/preconditioner.h"
#include "worker/kernel/optimum/gram.h"
#include "worker/kernel/optimum/optimum.h"
#include "worker/kernel/pass/reduced_data.h"
#include "worker/kernel/singular_values.h"

namespace fathom::worker::kernel {
namespace {

using bench::ThreadSeconds;

int rounds = 9;

// Returns the seconds of one call, measured over as many calls as fill a
// millisecond.
double Time(const std::function<void()>& call) {
  for (int64_t repeats = 1;; repeats *= 2) {
    const double start = ThreadSeconds();
    for (int64_t r = 0; r < repeats; ++r) call();
    const double seconds = ThreadSeconds() - start;
    if (seconds > 1e-3) return seconds / static_cast<double>(repeats);
  }
}

void Report(const std::string& name, const std::function<void()>& call) {
  call();
  std::vector<double> seconds;
  for (int round = 0; round < rounds; ++round) seconds.push_back(Time(call));
  std::printf("%-44s %12.4f ms\n", name.c_str(), 1e3 * bench::Median(seconds));
  std::fflush(stdout);
}

std::string Shape(const char* name, int64_t rows, int64_t columns) {
  return std::string(name) + " " + std::to_string(rows) + "x" +
         std::to_string(columns);
}

std::vector<double> Draw(int64_t count) {
  static std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> numbers(count);
  for (double& number : numbers) number = normal(random);
  return numbers;
}

void SingularValuesOf(int64_t k, int64_t d) {
  const std::vector<double> a = Draw(k * d);
  SingularValueFinder finder;
  Report(Shape("singular values", k, d), [&] {
    finder.Find({a.data(), k, d, d});
  });
  Report(Shape("singular values and directions", k, d), [&] {
    Decompose({a.data(), k, d, d});
  });
}

// W moves a little from step to step, as in training.
void StepOfRule(int64_t k, int64_t d) {
  std::vector<double> w = Draw(k * d), out(k * d);
  for (double& entry : w) entry *= 0.1;
  const std::vector<double> g = w;
  Preconditioner preconditioner(3, k, d);
  Report(Shape("step of the end-to-end rule", k, d), [&] {
    preconditioner.Apply({w.data(), k, d, d}, {g.data(), k, d, d},
                         {out.data(), k, d, d});
    for (int64_t i = 0; i < k * d; ++i) w[i] -= 1e-6 * out[i];
  });
}

void MomentsAndFactor(int64_t m, int64_t d) {
  const std::vector<double> x = Draw(m * d);
  const std::vector<double> weights(m, 0.5);
  std::vector<double> sum(d * d);
  Report(Shape("second moments", m, d), [&] {
    std::fill(sum.begin(), sum.end(), 0.0);
    AddGram({x.data(), m, d, d}, weights.data(), {sum.data(), d, d, d});
  });
  Cholesky cholesky;
  Report(Shape("Cholesky factor", d, d), [&] {
    cholesky.Factor({sum.data(), d, d, d}, 0);
  });
}

void OptimumOf(const char* name, int64_t m, int64_t d, const Loss& objective) {
  const std::vector<double> x = Draw(m * d);
  const std::vector<double> noise = Draw(m);
  std::vector<double> y(m);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < d; ++j) y[i] += x[i * d + j] / 10;
    y[i] += noise[i];
    if (objective.kind == LossKind::kCrossEntropy) y[i] = y[i] > 0;
  }
  Report(Shape(name, m, d), [&] {
    const auto found = FindOptimum({x.data(), m, d, d}, {y.data(), m, 1, 1},
                                   objective, [] { return true; });
    if (!found.ok()) {
      std::fprintf(stderr, "%s\n",
                   std::string(found.status().message()).c_str());
      std::exit(1);
    }
  });
}

void Reduction(int64_t m, int64_t d) {
  const std::vector<double> x = Draw(m * d), y = Draw(m);
  Report(Shape("reduction of squared errors", m, d),
         [&] { ReducedData::Reduce(m, d, 1, x, y); });
}

int Main(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--rounds") != 0) return 2;
    rounds = std::max(1, std::atoi(argv[i + 1]));
  }
  std::printf("%s\n", bench::CpuName().c_str());
  StepOfRule(3, 64);
  StepOfRule(10, 784);
  StepOfRule(64, 64);
  SingularValuesOf(10, 784);
  SingularValuesOf(64, 64);
  SingularValuesOf(200, 200);
  MomentsAndFactor(2565, 128);
  MomentsAndFactor(2000, 784);
  using Kind = LossKind;
  OptimumOf("optimum of l_2", 2565, 128, {.p = 2});
  OptimumOf("optimum of l_4", 2565, 128, {.p = 4});
  OptimumOf("optimum of l_1.5", 2565, 128, {.p = 1.5});
  OptimumOf("optimum of the logistic loss", 2565, 128,
            {.kind = Kind::kCrossEntropy});
  Reduction(2565, 128);
  Reduction(4096, 784);
  return 0;
}

}  // namespace
}  // namespace fathom::worker::kernel

int main(int argc, char** argv) {
  return fathom::worker::kernel::Main(argc, argv);
}
