#ifndef FATHOM_TESTS_WORKER_ENGINE_LINEAR_RANDOM_TRIAL_H_
#define FATHOM_TESTS_WORKER_ENGINE_LINEAR_RANDOM_TRIAL_H_

#include <cstdint>
#include <random>

#include "fathom/v1/sweep.pb.h"
#include "tests/worker/engine/linear/trials.h"

namespace fathom::test {

inline uint64_t Below(uint64_t bound, std::mt19937_64& random) {
  return random() % bound;
}

// Returns a normalized trial of at most 24 steps with any loss (on classes also
// cross-entropy), family, depth, width, start and optimizer, on all data or in
// batches. Some of the trials diverge, are stopped, or fail to start.
inline v1::TrialSpec RandomTrial(bool classes, std::mt19937_64& random) {
  const auto one_in = [&](uint64_t n) { return Below(n, random) == 0; };
  static constexpr double kPowers[] = {2, 2, 4, 6, 3, 1.5};
  static constexpr double kRates[] = {1e-3, 1e-2, 0.1, 0.5, 3};
  const int depth = 1 + static_cast<int>(Below(4, random));
  v1::TrialSpec trial =
      SmallTrial(kPowers[Below(6, random)], depth, kRates[Below(5, random)],
                 1 + static_cast<int64_t>(Below(24, random)));
  trial.set_seed(random());
  if (classes && !one_in(3)) {
    trial.clear_loss();
    trial.mutable_loss()->set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  } else if (one_in(4)) {
    trial.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE);
  }
  if (one_in(4)) trial.set_precision(v1::PRECISION_FLOAT);
  v1::ModelSpec& model = *trial.mutable_model();
  model.set_hidden_width(static_cast<int32_t>(Below(9, random)));
  if (one_in(3)) {
    model.mutable_init()->set_scheme(one_in(2) ? v1::INIT_SCHEME_BALANCED
                                               : v1::INIT_SCHEME_IDENTITY);
  }
  v1::OptimizerSpec& optimizer = *trial.mutable_optimizer();
  if (one_in(5)) {
    model.set_family(v1::MODEL_FAMILY_END_TO_END);
    model.set_order(1 + static_cast<double>(Below(40, random)) / 8);
  } else {
    if (one_in(6)) model.set_family(v1::MODEL_FAMILY_SCALAR_PRODUCT);
    optimizer.set_name(static_cast<v1::OptimizerName>(
        1 + Below(v1::OptimizerName_ARRAYSIZE - 1, random)));
    optimizer.set_momentum(0.9);
    optimizer.set_beta1(0.9);
    optimizer.set_beta2(0.999);
    optimizer.set_rho(0.9);
    optimizer.set_epsilon(1e-8);
  }
  if (one_in(3)) optimizer.set_weight_decay(0.1);
  if (one_in(4)) {
    optimizer.set_batch_size(1 + static_cast<int64_t>(Below(9, random)));
    optimizer.set_batch_seed(Below(2, random));
    optimizer.set_batch_order(
        static_cast<v1::BatchOrder>(Below(v1::BatchOrder_ARRAYSIZE, random)));
  }
  if (one_in(4)) {
    v1::ScheduleSpec& schedule = *optimizer.mutable_schedule();
    schedule.set_name(static_cast<v1::ScheduleName>(
        1 + Below(v1::ScheduleName_ARRAYSIZE - 1, random)));
    schedule.set_decay(0.9);
    schedule.set_warm_up(static_cast<int64_t>(Below(3, random)));
  }
  trial.mutable_stop()->set_diverge_factor(one_in(2) ? 1e6 : 2);
  if (one_in(5)) trial.mutable_stop()->set_loss_below(0.2);
  trial.mutable_record()->set_points(2 +
                                     static_cast<int32_t>(Below(9, random)));
  for (const v1::Metric metric :
       {v1::METRIC_GRADIENT_NORM, v1::METRIC_WEIGHT_NORM,
        v1::METRIC_BALANCEDNESS, v1::METRIC_E2E_DEVIATION,
        v1::METRIC_SINGULAR_MAX}) {
    if (one_in(3)) trial.mutable_record()->add_metrics(metric);
  }
  return trial;
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_ENGINE_LINEAR_RANDOM_TRIAL_H_
