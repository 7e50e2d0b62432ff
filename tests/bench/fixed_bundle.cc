// Trains two bundles that never change, with the kernels for AVX2. How many
// instructions that takes does not depend on a machine's load or clock.
// instructions_test.sh counts them under callgrind, from the entry into a
// function with the name fathom_fixed_NAME until its return.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/linear/linear_engine.h"
#include "worker/kernel/isa.h"

namespace fathom {
namespace {

// Adds up what a run reports, so that the compiler can leave nothing out.
class Sum final : public worker::BundleObserver {
 public:
  void OnPoint(int /*lane*/, int64_t /*step*/,
               absl::Span<const double> values) override {
    for (const double value : values) sum_ += value;
  }
  void OnFinished(int /*lane*/, v1::TrialResult result) override {
    sum_ += result.final_loss();
  }
  bool KeepGoing(int64_t /*steps*/) override { return true; }
  double sum() const { return sum_; }

 private:
  double sum_ = 0;
};

v1::TrialSpec Trial(double p, int depth, int width, v1::OptimizerName name,
                    int64_t steps) {
  v1::TrialSpec trial = test::SmallTrial(p, depth, 1e-3, steps);
  trial.mutable_model()->set_hidden_width(width);
  v1::OptimizerSpec& optimizer = *trial.mutable_optimizer();
  optimizer.set_name(name);
  optimizer.set_beta1(0.9);
  optimizer.set_beta2(0.999);
  optimizer.set_epsilon(1e-8);
  trial.mutable_record()->set_points(10);
  trial.mutable_record()->add_metrics(v1::METRIC_WEIGHT_NORM);
  return trial;
}

// Most time goes into the data of these trials: p = 4 and 3, and p = 2 on
// reduced data.
std::vector<v1::TrialSpec> DataTrials() {
  std::vector<v1::TrialSpec> trials;
  for (const double p : {4.0, 4.0, 2.0, 3.0}) {
    for (const int depth : {1, 2, 3}) {
      trials.push_back(Trial(p, depth, 1, v1::OPTIMIZER_NAME_GD, 20));
      trials.push_back(Trial(p, depth, 1, v1::OPTIMIZER_NAME_GD, 30));
    }
  }
  return trials;
}

// Most time goes into the factors of these trials and their updates.
std::vector<v1::TrialSpec> FactorTrials() {
  std::vector<v1::TrialSpec> trials;
  for (const int width : {16, 48}) {
    for (const v1::OptimizerName name :
         {v1::OPTIMIZER_NAME_GD, v1::OPTIMIZER_NAME_ADAM}) {
      for (const int depth : {2, 3}) {
        trials.push_back(Trial(2, depth, width, name, 60));
      }
    }
  }
  return trials;
}

double Train(const worker::Problem& problem,
             const std::vector<v1::TrialSpec>& trials) {
  Sum sum;
  worker::LinearEngine().Run(problem, trials, sum);
  return sum.sum();
}

}  // namespace
}  // namespace fathom

extern "C" {

__attribute__((noinline)) double fathom_fixed_data(
    const fathom::worker::Problem& problem,
    const std::vector<fathom::v1::TrialSpec>& trials) {
  return fathom::Train(problem, trials);
}

__attribute__((noinline)) double fathom_fixed_factors(
    const fathom::worker::Problem& problem,
    const std::vector<fathom::v1::TrialSpec>& trials) {
  return 1 + fathom::Train(problem, trials);  // Differs from the other.
}

}  // extern "C"

int main() {
  using fathom::worker::kernel::Isa;
  if (!fathom::worker::kernel::Supports(Isa::kAvx2)) {
    std::puts("no avx2");
    return 77;
  }
  fathom::worker::kernel::ForceIsa(Isa::kAvx2);
  const fathom::worker::Problem problem =
      fathom::test::SmallProblem(400, 48, 1);
  const auto data = fathom::DataTrials();
  const auto factors = fathom::FactorTrials();
  // This run does what happens only once: the reduction, and relocations.
  fathom::Train(problem, data);
  std::printf("%a %a\n", fathom_fixed_data(problem, data),
              fathom_fixed_factors(problem, factors));
  return 0;
}
