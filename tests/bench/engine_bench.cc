// Measures a whole sweep against the FMA peak: at least 100 lanes of mixed
// depth, width and optimizer on 2565 x 128, with recording and divergence.
//
//   engine_bench [--isa avx2] [--steps 300] [--rounds 5] [--p 4]
//
// Only the flops that the data pass needs are counted, 4 m d per step of a
// lane, against thread CPU time. Rounds alternate with the peak loop.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string>
#include <vector>

#include "tests/worker/engine/linear/trials.h"
#include "worker/bench/peak.h"
#include "worker/engine/linear/linear_engine.h"

namespace fathom {
namespace {

constexpr int64_t kRows = 2565;
constexpr int kColumns = 128;

int64_t steps = 300;
int rounds = 5;
double p = 4;

// Counts what a run reports.
class Counter final : public worker::BundleObserver {
 public:
  void OnPoint(int /*lane*/, int64_t /*step*/,
               absl::Span<const double> values) override {
    numbers_ += static_cast<int64_t>(values.size());
  }
  void OnFinished(int /*lane*/, v1::TrialResult result) override {
    // The last step has a pass but no update.
    passes_ += result.steps() + 1;
    diverged_ += result.outcome() == v1::TRIAL_STATE_DIVERGED;
  }
  bool KeepGoing(int64_t /*steps*/) override { return true; }

  int64_t passes() const { return passes_; }
  int64_t diverged() const { return diverged_; }
  int64_t numbers() const { return numbers_; }

 private:
  int64_t passes_ = 0;
  int64_t diverged_ = 0;
  int64_t numbers_ = 0;
};

v1::TrialSpec Trial(int depth, int width, v1::OptimizerName name, double rate,
                    uint64_t seed) {
  v1::TrialSpec trial = test::SmallTrial(p, depth, rate, steps);
  trial.set_seed(seed);
  trial.mutable_model()->set_hidden_width(width);
  trial.mutable_model()->mutable_init()->set_std(0.01);
  if (width > 1) trial.mutable_model()->mutable_init()->set_std(0.05);
  v1::OptimizerSpec& optimizer = *trial.mutable_optimizer();
  optimizer.set_name(name);
  optimizer.set_beta1(0.9);
  optimizer.set_beta2(0.999);
  optimizer.set_epsilon(1e-8);
  v1::RecordSpec& record = *trial.mutable_record();
  record.set_points(100);
  record.set_spacing(v1::RECORD_SPACING_LOG);
  record.clear_metrics();
  for (const v1::Metric metric :
       {v1::METRIC_LOSS, v1::METRIC_GRADIENT_NORM, v1::METRIC_WEIGHT_NORM}) {
    record.add_metrics(metric);
  }
  return trial;
}

struct Mix {
  const char* name;
  std::vector<int> depths;
  std::vector<int> widths;
  std::vector<v1::OptimizerName> optimizers;
};

std::vector<v1::TrialSpec> Trials(const Mix& mix) {
  std::vector<v1::TrialSpec> trials;
  for (uint64_t seed = 0; trials.size() < 100; ++seed) {
    for (const int depth : mix.depths) {
      for (const int width : mix.widths) {
        for (const v1::OptimizerName name : mix.optimizers) {
          // With gradient descent the largest rate diverges at once.
          for (const double rate : {1e-4, 1e-3, 1e-2, 10.0}) {
            trials.push_back(Trial(depth, width, name, rate, seed));
          }
        }
      }
    }
  }
  return trials;
}

void Report(const worker::Problem& problem, const Mix& mix) {
  const std::vector<v1::TrialSpec> trials = Trials(mix);
  std::vector<double> shares, rates;
  Counter first;
  for (int round = 0; round < rounds; ++round) {
    const double before = worker::bench::Peak(worker::kernel::ActiveIsa());
    Counter counter;
    const double start = worker::bench::ThreadSeconds();
    worker::LinearEngine().Run(problem, trials, counter);
    const double seconds = worker::bench::ThreadSeconds() - start;
    const double peak =
        std::max(before, worker::bench::Peak(worker::kernel::ActiveIsa()));
    const double flops =
        4.0 * kRows * kColumns * static_cast<double>(counter.passes());
    shares.push_back(flops / seconds / peak);
    rates.push_back(static_cast<double>(counter.passes()) / seconds);
    first = counter;
  }
  std::printf(
      "%-7s %-34s %3d lanes %3d diverged %6d numbers %7.0f lane-steps/s %5.1f "
      "%% of peak\n",
      worker::kernel::IsaName(worker::kernel::ActiveIsa()), mix.name,
      static_cast<int>(trials.size()), static_cast<int>(first.diverged()),
      static_cast<int>(first.numbers()), worker::bench::Median(rates),
      100 * worker::bench::Median(shares));
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  // All but the portable one.
  std::vector<worker::kernel::Isa> isas = {
      std::begin(worker::kernel::kIsas) + 1, std::end(worker::kernel::kIsas)};
  for (int i = 1; i + 1 < argc; i += 2) {
    const char* value = argv[i + 1];
    if (std::strcmp(argv[i], "--isa") == 0) {
      std::erase_if(isas, [&](worker::kernel::Isa isa) {
        return std::strcmp(worker::kernel::IsaName(isa), value) != 0;
      });
    } else if (std::strcmp(argv[i], "--steps") == 0) {
      steps = std::atol(value);
    } else if (std::strcmp(argv[i], "--rounds") == 0) {
      rounds = std::atoi(value);
    } else if (std::strcmp(argv[i], "--p") == 0) {
      p = std::atof(value);
    } else {
      return 2;
    }
  }
  std::printf("%s\n", worker::bench::CpuName().c_str());
  const worker::Problem problem = test::SmallProblem(kRows, kColumns, 1);
  constexpr auto kGd = v1::OPTIMIZER_NAME_GD;
  constexpr auto kAdam = v1::OPTIMIZER_NAME_ADAM;
  for (const worker::kernel::Isa isa : isas) {
    if (!worker::kernel::Supports(isa)) continue;
    worker::kernel::ForceIsa(isa);
    Report(problem, {"depth 1, gd", {1}, {1}, {kGd}});
    Report(problem, {"depth 1-3, width 1, gd", {1, 2, 3}, {1}, {kGd}});
    Report(problem,
           {"depth 1-3, width 1, gd + adam", {1, 2, 3}, {1}, {kGd, kAdam}});
    Report(problem,
           {"depth 1-3, width 1 + 128, gd", {1, 2, 3}, {1, 128}, {kGd}});
    Report(problem, {"depth 1-3, width 1 + 128, gd + adam",
                     {1, 2, 3},
                     {1, 128},
                     {kGd, kAdam}});
  }
  return 0;
}

}  // namespace
}  // namespace fathom

int main(int argc, char** argv) { return fathom::Main(argc, argv); }
