// Measures the speed of the data pass against the FMA peak of the core that it
// runs on.
//
//   data_pass_bench [--isa avx2] [--shape 2565x128] [--columns 12] [--rounds 9]
//                   [--threads 1] [--precision float]
//   data_pass_bench --table 1 [--isa avx2] [--precision float] [--rounds 9]
//   data_pass_bench --losses 1 [--isa avx2] [--shape 2565x128] [--rounds 9]
//                   [--precision float]
//   data_pass_bench --batches 1 [--isa avx2] [--shape 2565x128] [--rounds 9]
//
// The second form prints a table of shares of the peak, the third says how long
// other losses take, relative to p = 4, and the fourth how long it takes to
// pack a batch, relative to its pass.
//
// Rounds alternate between the peak loop and the pass. Flops are counted as
// 4 m d per column; figures are per thread.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "worker/bench/peak.h"
#include "worker/kernel/pass/data_pass.h"

namespace fathom::worker::kernel {
namespace {

using bench::Median;
using bench::Peak;
using bench::ThreadSeconds;

struct Shape {
  int64_t m, d;
};

// Returns random data whose targets are labels: 0 and 1, or one-hot.
template <class T>
PackedDataOf<T> RandomData(Shape shape, int64_t outputs = 1) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> x(shape.m * shape.d), y(shape.m * outputs);
  for (double& v : x) v = normal(random);
  for (int64_t i = 0; i < shape.m; ++i) {
    y[i * outputs + static_cast<int64_t>(random() % outputs)] = i % 2;
  }
  return PackedDataOf<T>::Pack(shape.m, shape.d, outputs, x, y);
}

template <class T>
constexpr const char* NameOf() {
  return sizeof(T) == sizeof(double) ? "double" : "float";
}

struct Speed {
  double flops_per_second;
  double share_of_peak;
};

// Room for `count` columns of weights, and for the gradients and errors of
// these.
class Columns {
 public:
  template <class T>
  Columns(const PackedDataOf<T>& data, int64_t count, Loss loss = {.p = 4})
      : weights_(AllocateAligned(count * data.padded_columns())),
        gradients_(AllocateAligned(count * data.padded_columns())),
        errors_(count) {
    const int64_t stride = data.padded_columns();
    std::mt19937_64 random(2);
    std::normal_distribution<double> normal(0, 0.03);
    for (int64_t c = 0; c < count; ++c) {
      for (int64_t j = 0; j < data.columns(); ++j) {
        weights_[c * stride + j] = normal(random);
      }
      columns_.push_back({.weights = &weights_[c * stride],
                          .gradient = &gradients_[c * stride],
                          .error = &errors_[c],
                          .output = static_cast<int>(c % data.outputs()),
                          .loss = loss});
    }
  }

  std::span<const Column> get() const { return columns_; }

 private:
  AlignedDoubles weights_, gradients_;
  std::vector<double> errors_;
  std::vector<Column> columns_;
};

double SecondsOf(Pass& pass, std::span<const Column> columns, int64_t repeats) {
  const double start = ThreadSeconds();
  for (int64_t r = 0; r < repeats; ++r) pass.Run(columns);
  return (ThreadSeconds() - start) / static_cast<double>(repeats);
}

int64_t Repeats(Pass& pass, std::span<const Column> columns) {
  pass.Run(columns);
  return std::max<int64_t>(1, 0.03 / SecondsOf(pass, columns, 1));
}

template <class T>
Speed Measure(const PackedDataOf<T>& data, Isa isa, int64_t count, int rounds) {
  const Columns columns(data, count);
  DataPassOf<T> pass(&data, isa);
  const double flops = 4.0 * data.rows() * data.columns() * count;
  const int64_t repeats = Repeats(pass, columns.get());
  std::vector<double> speeds, shares;
  for (int round = 0; round < rounds; ++round) {
    const double before = Peak<T>(isa);
    const double speed = flops / SecondsOf(pass, columns.get(), repeats);
    speeds.push_back(speed);
    shares.push_back(speed / std::max(before, Peak<T>(isa)));
  }
  return {Median(speeds), Median(shares)};
}

// Reports the time of other losses as a multiple of that of p = 4, on the same
// 20 columns.
template <class T>
void ReportLosses(Shape shape, Isa isa, int rounds) {
  constexpr Loss kReal = {.p = 3.7};
  constexpr Loss kCrossEntropy = {.kind = LossKind::kCrossEntropy};
  struct Case {
    const char* name;
    int64_t outputs;
    Loss loss;
  };
  for (const Case& c :
       {Case{"p = 2", 1, {.p = 2}}, Case{"p = 8", 1, {.p = 8}},
        Case{"p = 3.7", 1, kReal}, Case{"logistic", 1, kCrossEntropy},
        Case{"softmax of 10", 10, kCrossEntropy}}) {
    const auto data = RandomData<T>(shape, c.outputs);
    const Columns base(data, 20);
    const Columns columns(data, 20, c.loss);
    DataPassOf<T> pass(&data, isa);
    const int64_t repeats = Repeats(pass, base.get());
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
      const double before = SecondsOf(pass, base.get(), repeats);
      ratios.push_back(SecondsOf(pass, columns.get(), repeats) / before);
    }
    std::printf("%-8s %6dx%-4d %-14s %5.2f x the time of p = 4\n", IsaName(isa),
                static_cast<int>(shape.m), static_cast<int>(shape.d), c.name,
                Median(ratios));
    std::fflush(stdout);
  }
}

// Reports the time to gather random batches as a share of gathering and running
// them.
void ReportBatches(Shape shape, Isa isa, int rounds) {
  std::mt19937_64 random(3);
  std::vector<double> x(shape.m * shape.d), y(shape.m);
  for (double& v : x) v = std::normal_distribution<double>()(random);
  for (const int64_t size : {16, 64, 256, 1024}) {
    PackedData batch = PackedData::Allocate(size, shape.d, 1);
    DataPass pass(&batch, isa);
    for (const int64_t count : {1, 8, 32}) {
      const Columns columns(batch, count);
      const int64_t repeats = Repeats(pass, columns.get());
      std::vector<int32_t> chosen(size);
      std::vector<double> shares;
      for (int round = 0; round < rounds; ++round) {
        double packing = 0;
        double running = 0;
        for (int64_t r = 0; r < repeats; ++r) {
          for (int32_t& i : chosen)
            i = static_cast<int32_t>(random() % shape.m);
          const double start = ThreadSeconds();
          batch.Gather(chosen, x, y);
          const double packed = ThreadSeconds();
          pass.Run(columns.get());
          packing += packed - start;
          running += ThreadSeconds() - packed;
        }
        shares.push_back(packing / (packing + running));
      }
      std::printf("%-8s %6dx%-4d batch %-5d K=%-3d packing is %4.1f %%\n",
                  IsaName(isa), static_cast<int>(shape.m),
                  static_cast<int>(shape.d), static_cast<int>(size),
                  static_cast<int>(count), 100 * Median(shares));
      std::fflush(stdout);
    }
  }
}

// Measures `threads` threads at once, each with its own pass over the same
// data.
template <class T>
void Report(const PackedDataOf<T>& data, Isa isa, int64_t count, int rounds,
            int threads) {
  std::vector<Speed> speeds(threads);
  {
    std::vector<std::jthread> running;
    for (Speed& speed : speeds) {
      running.emplace_back([&] { speed = Measure(data, isa, count, rounds); });
    }
  }
  double flops = 0, share = 0;
  for (const Speed& speed : speeds) {
    flops += speed.flops_per_second / threads;
    share += speed.share_of_peak / threads;
  }
  const double pass_flops = 4.0 * data.rows() * data.columns();
  std::printf(
      "%-7s %-6s %6dx%-4d K=%-4d %6.1f GF/s  %5.1f %% of peak  %8.0f "
      "columns/s\n",
      IsaName(isa), NameOf<T>(), static_cast<int>(data.rows()),
      static_cast<int>(data.columns()), static_cast<int>(count), flops / 1e9,
      100 * share, flops / pass_flops);
  std::fflush(stdout);
}

// Prints a line for each shape and instruction set, in Markdown.
template <class T>
void PrintTable(std::span<const Isa> isas, int rounds) {
  struct Case {
    Shape shape;
    int64_t outputs;
  };
  for (const Case& c :
       {Case{{1000, 32}, 1}, Case{{2565, 128}, 1}, Case{{10000, 64}, 1},
        Case{{60000, 784}, 1}, Case{{1000, 32}, 10}, Case{{2565, 128}, 10},
        Case{{60000, 784}, 10}}) {
    const auto data = RandomData<T>(c.shape, c.outputs);
    for (const Isa isa : isas) {
      std::printf("| %dx%d, k = %d | %s | %s |", static_cast<int>(c.shape.m),
                  static_cast<int>(c.shape.d), static_cast<int>(c.outputs),
                  NameOf<T>(), IsaName(isa));
      for (const int64_t count : {12, 64, 96}) {
        std::printf(" %.0f |",
                    100 * Measure(data, isa, count, rounds).share_of_peak);
        std::fflush(stdout);
      }
      std::printf("\n");
    }
  }
}

struct Options {
  std::vector<Shape> shapes = {
      {2565, 128}, {2565, 783}, {1000, 32}, {60000, 784}};
  std::vector<int64_t> counts = {1, 4, 8, 12, 16, 32, 64, 256};
  // All but the portable one.
  std::vector<Isa> isas = {std::begin(kIsas) + 1, std::end(kIsas)};
  int rounds = 9;
  int threads = 1;
  bool floats = true;
  bool doubles = true;
  bool losses = false;
  bool batches = false;
  bool table = false;
};

template <class T>
void Run(const Options& options) {
  if (options.table) return PrintTable<T>(options.isas, options.rounds);
  for (const Shape& shape : options.shapes) {
    if (options.losses) {
      for (Isa isa : options.isas) {
        ReportLosses<T>(shape, isa, options.rounds);
      }
      continue;
    }
    const auto data = RandomData<T>(shape);
    for (Isa isa : options.isas) {
      for (int64_t count : options.counts) {
        if (shape.m * shape.d * count > 600'000'000) continue;
        Report(data, isa, count, options.rounds, options.threads);
      }
    }
  }
}

// Reads the options. Returns false where an option is not known.
bool Read(int argc, char** argv, Options* options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* value = argv[i + 1];
    const int number = std::atoi(value);
    if (name == "--isa") {
      std::erase_if(options->isas, [&](Isa isa) {
        return std::strcmp(IsaName(isa), value) != 0;
      });
    } else if (name == "--shape") {
      long m = 0, d = 0;
      if (std::sscanf(value, "%ldx%ld", &m, &d) != 2) return false;
      options->shapes = {{m, d}};
    } else if (name == "--precision") {
      options->floats = std::strcmp(value, "float") == 0;
      options->doubles = !options->floats;
    } else if (name == "--columns") {
      options->counts = {number};
    } else if (name == "--rounds") {
      options->rounds = number;
    } else if (name == "--losses") {
      options->losses = number != 0;
    } else if (name == "--batches") {
      options->batches = number != 0;
    } else if (name == "--table") {
      options->table = number != 0;
    } else if (name == "--threads") {
      options->threads = number;
    } else {
      return false;
    }
  }
  std::erase_if(options->isas, [](Isa isa) { return !Supports(isa); });
  return true;
}

int Main(int argc, char** argv) {
  Options options;
  if (!Read(argc, argv, &options)) return 2;
  std::printf("%s\n", bench::CpuName().c_str());
  if (options.batches) {
    for (const Shape& shape : options.shapes) {
      for (Isa isa : options.isas) ReportBatches(shape, isa, options.rounds);
    }
    return 0;
  }
  if (options.table) {
    std::printf(
        "| shape | precision | instructions | K = 12 | K = 64 | K = 96 |\n"
        "|---|---|---|---:|---:|---:|\n");
  }
  if (options.doubles) Run<double>(options);
  if (options.floats) Run<float>(options);
  return 0;
}

}  // namespace
}  // namespace fathom::worker::kernel

int main(int argc, char** argv) {
  return fathom::worker::kernel::Main(argc, argv);
}
