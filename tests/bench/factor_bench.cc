// Measures what a trial does with its own factors: products against the FMA
// peak, and steps of optimizers on a layer against the time to copy its memory.
//
//   factor_bench [--isa avx2] [--rounds 15]
//
// Rounds alternate between what is measured and what it is compared with.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "worker/bench/peak.h"
#include "worker/kernel/aligned.h"
#include "worker/kernel/models/linear_net.h"
#include "worker/kernel/models/preconditioner.h"
#include "worker/kernel/optimizers/optimizers.h"

namespace fathom::worker::kernel {
namespace {

using bench::Median;
using bench::Peak;
using bench::ThreadSeconds;

int rounds = 15;

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

AlignedDoubles Random(int64_t count) {
  static std::mt19937_64 random(1);
  std::normal_distribution<double> normal(0, 0.1);
  AlignedDoubles numbers = AllocateAligned(count);
  for (int64_t i = 0; i < count; ++i) numbers[i] = normal(random);
  return numbers;
}

void ReportProduct(const char* name, double flops,
                   const std::function<void()>& call) {
  std::vector<double> seconds, shares;
  call();
  for (int round = 0; round < rounds; ++round) {
    const double peak = Peak(ActiveIsa());
    seconds.push_back(Time(call));
    shares.push_back(flops / seconds.back() /
                     std::max(peak, Peak(ActiveIsa())));
  }
  std::printf("%-8s %-32s %9.2f us %6.1f GF/s %5.1f %% of peak\n",
              IsaName(ActiveIsa()), name, 1e6 * Median(seconds),
              flops / Median(seconds) / 1e9, 100 * Median(shares));
}

void Products(int64_t r, int64_t l, int64_t c) {
  const AlignedDoubles a = Random(r * l), b = Random(l * c);
  const AlignedDoubles at = Random(l * r), bt = Random(c * l);
  const AlignedDoubles out = AllocateAligned(r * c);
  const double flops = 2.0 * static_cast<double>(r * l * c);
  const Matrix to = {out.get(), r, c, c};
  const std::string shape = " " + std::to_string(r) + "x" + std::to_string(l) +
                            "x" + std::to_string(c);
  ReportProduct(("A B" + shape).c_str(), flops, [&] {
    Multiply({a.get(), r, l, l}, {b.get(), l, c, c}, to);
  });
  ReportProduct(("A B^T" + shape).c_str(), flops, [&] {
    MultiplyTransposed({a.get(), r, l, l}, {bt.get(), c, l, l}, to);
  });
  ReportProduct(("A^T B" + shape).c_str(), flops, [&] {
    TransposedProductRows({at.get(), l, r, r}, {b.get(), l, c, c}, 0, to);
  });
}

// Measures a rank-one step on a layer of h x d weights, against a copy of as
// many doubles as the step writes.
void Step(const char* name, Optimizer& optimizer, int64_t numbers_per_weight) {
  constexpr int64_t kSize = 128;
  const AlignedDoubles w = Random(kSize * kSize), u = Random(kSize),
                       t = Random(kSize);
  const int64_t count = numbers_per_weight * kSize * kSize;
  const AlignedDoubles from = Random(count), to = Random(count);
  std::vector<double> seconds, ratios;
  for (int round = 0; round < rounds; ++round) {
    seconds.push_back(Time([&] {
      optimizer.Update(0, {u.get(), t.get(), kSize, kSize}, w.get());
    }));
    const double copy = Time([&] {
      std::memcpy(to.get(), from.get(), count * sizeof(double));
      asm volatile("" ::: "memory");
    });
    ratios.push_back(seconds.back() / copy);
  }
  std::printf("%-8s %-32s %9.2f us %6.2f times a copy of what it writes\n",
              IsaName(ActiveIsa()), name, 1e6 * Median(seconds),
              Median(ratios));
}

void Steps() {
  GradientDescent gd(1e-9, 0);
  Step("gd 128x128", gd, 1);
  HeavyBall momentum({1e-9, 0, 0.9});
  Step("momentum 128x128", momentum, 2);
  Nesterov nesterov({1e-9, 0, 0.9});
  Step("nesterov 128x128", nesterov, 2);
  AdaGrad adagrad({1e-9, 0, 1e-8, 0});
  Step("adagrad 128x128", adagrad, 2);
  RmsProp rmsprop({1e-9, 0, 0.9, 1e-8});
  Step("rmsprop 128x128", rmsprop, 2);
  AdaDelta adadelta({1e-9, 0, 0.9, 1e-8});
  Step("adadelta 128x128", adadelta, 3);
  Adam adam({1e-9, 0, 0.9, 0.999, 1e-8});
  Step("adam 128x128", adam, 3);
}

// Measures everything but the data pass, per net, for `count` nets in turn.
void Nets(const char* name, std::vector<int64_t> widths, bool adam,
          int64_t count) {
  const int64_t d = widths.front(), k = widths.back();
  std::vector<std::unique_ptr<LinearNet>> nets;
  std::vector<std::unique_ptr<Optimizer>> optimizers;
  for (int64_t i = 0; i < count; ++i) {
    nets.push_back(std::make_unique<LinearNet>(widths));
    for (int j = 1; j <= nets[i]->depth(); ++j) {
      const Matrix w = nets[i]->factor(j);
      const AlignedDoubles start = Random(w.rows * w.columns);
      std::copy_n(start.get(), w.rows * w.columns, w.data);
    }
    if (adam) {
      optimizers.push_back(
          std::make_unique<Adam>(Adam::Options{1e-9, 0, 0.9, 0.999, 1e-8}));
    } else {
      optimizers.push_back(std::make_unique<GradientDescent>(1e-9, 0));
    }
  }
  const AlignedDoubles w = Random(k * d), g = Random(k * d);
  std::vector<double> seconds;
  for (int round = 0; round < rounds; ++round) {
    seconds.push_back(Time([&] {
      for (int64_t i = 0; i < count; ++i) {
        nets[i]->WriteEndToEnd({w.get(), k, d, d});
        nets[i]->PullBack({g.get(), k, d, d});
        nets[i]->Update(*optimizers[i]);
      }
    }));
  }
  std::printf("%-8s %-23s %4d nets %9.2f us\n", IsaName(ActiveIsa()), name,
              static_cast<int>(count),
              1e6 * Median(seconds) / static_cast<double>(count));
}

void Nets() {
  Nets("128-1, gd", {128, 1}, false, 1);
  Nets("128-1-1-1, gd", {128, 1, 1, 1}, false, 1);
  for (const int64_t count : {1, 4, 16, 100}) {
    Nets("128-128-128-1, gd", {128, 128, 128, 1}, false, count);
    Nets("128-128-128-1, adam", {128, 128, 128, 1}, true, count);
  }
  Nets("784-10-10-10, gd", {784, 10, 10, 10}, false, 1);
  Nets("784-10-10-10, adam", {784, 10, 10, 10}, true, 1);
}

void Rule(int64_t k, int64_t d) {
  const AlignedDoubles w = Random(k * d), g = Random(k * d);
  const AlignedDoubles out = AllocateAligned(k * d);
  Preconditioner preconditioner(3, k, d);
  std::vector<double> seconds;
  for (int round = 0; round < rounds; ++round) {
    seconds.push_back(Time([&] {
      preconditioner.Apply({w.get(), k, d, d}, {g.get(), k, d, d},
                           {out.get(), k, d, d});
      // W moves a little, as in training.
      for (int64_t i = 0; i < k * d; ++i) w[i] -= 1e-6 * out[i];
    }));
  }
  std::printf("%-8s end-to-end rule k=%-3d d=%-12d %9.2f us\n",
              IsaName(ActiveIsa()), static_cast<int>(k), static_cast<int>(d),
              1e6 * Median(seconds));
}

int Main(int argc, char** argv) {
  // All but the portable one.
  std::vector<Isa> isas = {std::begin(kIsas) + 1, std::end(kIsas)};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--isa") == 0) {
      std::erase_if(isas, [&](Isa isa) {
        return std::strcmp(IsaName(isa), argv[i + 1]) != 0;
      });
    } else if (std::strcmp(argv[i], "--rounds") == 0) {
      rounds = std::atoi(argv[i + 1]);
    } else {
      return 2;
    }
  }
  std::printf("%s\n", bench::CpuName().c_str());
  for (const Isa isa : isas) {
    if (!Supports(isa)) continue;
    ForceIsa(isa);
    Products(100, 100, 100);
    Products(128, 128, 128);
    Products(10, 784, 10);
    Products(10, 10, 784);
    Products(1, 128, 128);
    Steps();
    Nets();
    Rule(10, 784);
  }
  return 0;
}

}  // namespace
}  // namespace fathom::worker::kernel

int main(int argc, char** argv) {
  return fathom::worker::kernel::Main(argc, argv);
}
