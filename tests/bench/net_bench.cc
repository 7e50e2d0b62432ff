// Speed of whole training steps of a conv_net: TensorFlow's tutorial net for
// MNIST, batch 64, momentum, one thread.
//
//   net_bench [STEPS]
//   net_bench --json [STEPS]      one run, for net_peers.py
//
// Prints, for the net as it is and with every dense matrix as a product of two,
// with the regularizer on the product or on the factors, the time of a step,
// the images per second, the share of the core's peak, and the ratio to the net
// as it is. Times are CPU time of the thread, the least of five runs; flops are
// counted the direct way, taps outside the images included.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "worker/bench/peak.h"
#include "worker/engine/net/net_engine.h"
#include "worker/kernel/isa.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker {
namespace {

constexpr int64_t kBatch = 64;

// The first steps, and what comes before them, are not counted.
constexpr int64_t kWarmUp = 2;

class Clock final : public BundleObserver {
 public:
  void OnPoint(int, int64_t, absl::Span<const double>) override {}
  void OnFinished(int, v1::TrialResult result) override { result_ = result; }
  // Called before every step.
  bool KeepGoing(int64_t steps) override {
    if (steps == kWarmUp) start_ = bench::ThreadSeconds();
    if (steps > last_) {
      last_ = steps;
      end_ = bench::ThreadSeconds();
    }
    return true;
  }
  double SecondsPerStep() const {
    return (end_ - start_) / static_cast<double>(last_ - kWarmUp);
  }
  const v1::TrialResult& result() const { return result_; }

 private:
  v1::TrialResult result_;
  int64_t last_ = 0;
  double start_ = 0, end_ = 0;
};

Problem Images(int64_t rows) {
  Problem problem;
  problem.rows = rows;
  problem.columns = 784;
  problem.outputs = 10;
  kernel::RandomStream random(1, kernel::Purpose::kFeatures);
  problem.x.resize(rows * 784);
  for (double& x : problem.x) x = random.Uniform() - 0.5;
  problem.y.resize(rows * 10);
  for (int64_t i = 0; i < rows; ++i) problem.y[i * 10 + i % 10] = 1;
  return problem;
}

v1::TrialSpec Tutorial(int depth, double l2, v1::RegularizerPlace place,
                       int64_t steps) {
  v1::TrialSpec trial;
  trial.mutable_loss()->set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  trial.mutable_model()->set_family(v1::MODEL_FAMILY_CONV_NET);
  trial.mutable_model()->set_depth(depth);
  trial.mutable_optimizer()->set_name(v1::OPTIMIZER_NAME_MOMENTUM);
  trial.mutable_optimizer()->set_momentum(0.9);
  trial.mutable_optimizer()->set_learning_rate(0.01);
  trial.mutable_optimizer()->set_batch_size(kBatch);
  trial.mutable_optimizer()->set_batch_order(v1::BATCH_ORDER_IN_ORDER);
  trial.mutable_regularizer()->set_l2(l2);
  trial.mutable_regularizer()->set_on(place);
  trial.mutable_record()->set_points(2);
  trial.mutable_record()->add_metrics(v1::METRIC_BATCH_LOSS);
  trial.mutable_stop()->set_diverge_factor(1e6);
  trial.set_steps(steps);
  return trial;
}

double SecondsPerStep(const Problem& problem, const v1::TrialSpec& trial,
                      int runs) {
  double best = 1e9;
  for (int run = 0; run < runs; ++run) {
    Clock observer;
    NetEngine().Run(problem, {&trial, 1}, observer);
    best = std::min(best, observer.SecondsPerStep());
    if (observer.result().outcome() != v1::TRIAL_STATE_SUCCEEDED) {
      std::fprintf(stderr, "%s\n", observer.result().DebugString().c_str());
      std::exit(1);
    }
  }
  return best;
}

// Flops of a step of the net as it is: forward, by inputs (but for the first
// layer) and by weights.
double Flops() {
  constexpr double kFirst = 2.0 * 28 * 28 * 25 * 32;
  constexpr double kOthers = 2.0 * (14 * 14 * 800 * 64 + 3136 * 512 + 512 * 10);
  return kBatch * (2 * kFirst + 3 * kOthers);
}

void Run(int64_t steps, bool json) {
  // As few samples as there can be: the last step measures all of them.
  const Problem problem = Images(kBatch);
  const struct {
    const char* name;
    const char* key;
    int depth;
    double l2;
    v1::RegularizerPlace place;
  } cases[] = {
      {"as it is, no regularizer", "bare", 1, 0, v1::REGULARIZER_PLACE_PRODUCT},
      {"as it is", "plain", 1, 5e-4, v1::REGULARIZER_PLACE_PRODUCT},
      {"products of two, on the factors", "factors", 2, 5e-4,
       v1::REGULARIZER_PLACE_FACTORS},
      {"products of two, on the product", "product", 2, 5e-4,
       v1::REGULARIZER_PLACE_PRODUCT},
  };
  const double peak = bench::Peak<float>(kernel::ActiveIsa());
  if (json) {
    std::printf("{\"peak\": %.6g, \"flops\": %.6g, \"isa\": \"%s\"", peak,
                Flops(), kernel::IsaName(kernel::ActiveIsa()));
  } else {
    std::printf("%-34s %10s %12s %8s %8s\n", "net", "ms a step", "images/s",
                "of peak", "ratio");
  }
  double first = 0;
  for (const auto& one : cases) {
    const double seconds = SecondsPerStep(
        problem, Tutorial(one.depth, one.l2, one.place, steps), json ? 1 : 5);
    if (first == 0) first = seconds;
    if (json) {
      std::printf(", \"%s\": %.6g", one.key, seconds);
    } else {
      std::printf("%-34s %10.2f %12.0f %6.1f %% %8.3f\n", one.name,
                  1e3 * seconds, kBatch / seconds,
                  100 * Flops() / seconds / peak, seconds / first);
    }
  }
  if (json) std::printf("}\n");
}

}  // namespace
}  // namespace fathom::worker

int main(int argc, char** argv) {
  const bool json = argc > 1 && std::strcmp(argv[1], "--json") == 0;
  const char* const steps = argc > 1 + json ? argv[1 + json] : "20";
  fathom::worker::Run(std::atoi(steps), json);
  return 0;
}
