#ifndef FATHOM_TESTS_WORKER_ENGINE_NET_NETS_H_
#define FATHOM_TESTS_WORKER_ENGINE_NET_NETS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "tests/worker/engine/linear/trials.h"
#include "worker/data/problem.h"
#include "worker/engine/net/net_engine.h"
#include "worker/kernel/random/random.h"

// Small images, and small nets that learn to tell them apart.
namespace fathom::test {

// Images of `side` x `side` pixels of three classes that differ in where they
// are bright.
inline Dataset ImageData(int64_t rows, int64_t side) {
  Dataset data = {.rows = rows,
                  .columns = static_cast<int32_t>(side * side),
                  .targets = 1,
                  .x = {},
                  .y = {}};
  worker::kernel::RandomStream random(2, worker::kernel::Purpose::kFeatures);
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t label = i % 3;
    for (int64_t pixel = 0; pixel < side * side; ++pixel) {
      const bool bright = pixel / side * 3 / side == label;
      data.x.push_back(0.3 * random.Normal() + (bright ? 0.7 : 0));
    }
    data.y.push_back(static_cast<double>(label));
  }
  return data;
}

// Prepares such images, of which `spec` may hold out rows.
inline worker::Problem Prepared(const Dataset& data, v1::DataSpec spec = {}) {
  spec.set_one_hot(true);
  return worker::PrepareProblem(spec, data).value();
}

inline worker::Problem Images(int64_t rows, int64_t side) {
  return Prepared(ImageData(rows, side));
}

inline v1::TrialSpec SmallNet(int depth, int64_t steps) {
  v1::TrialSpec trial;
  trial.mutable_loss()->set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  v1::ModelSpec& model = *trial.mutable_model();
  model.set_family(v1::MODEL_FAMILY_CONV_NET);
  model.set_depth(depth);
  model.mutable_conv1()->set_channels(4);
  model.mutable_conv1()->set_kernel(3);
  model.mutable_conv2()->set_channels(0);
  model.mutable_dense1()->set_width(8);
  trial.mutable_optimizer()->set_name(v1::OPTIMIZER_NAME_MOMENTUM);
  trial.mutable_optimizer()->set_momentum(0.9);
  trial.mutable_optimizer()->set_learning_rate(0.05);
  trial.mutable_optimizer()->set_batch_size(10);
  trial.mutable_regularizer()->set_l2(1e-3);
  trial.set_steps(steps);
  trial.mutable_record()->set_points(9);
  trial.mutable_record()->set_spacing(v1::RECORD_SPACING_LINEAR);
  for (const v1::Metric metric :
       {v1::METRIC_LOSS, v1::METRIC_ACCURACY, v1::METRIC_BATCH_LOSS,
        v1::METRIC_BATCH_DATA_LOSS, v1::METRIC_REGULARIZER,
        v1::METRIC_BATCH_ERROR}) {
    trial.mutable_record()->add_metrics(metric);
  }
  trial.mutable_stop()->set_diverge_factor(1e6);
  return trial;
}

inline Recorder Train(const worker::Problem& problem,
                      const std::vector<v1::TrialSpec>& trials) {
  Recorder recorder;
  worker::NetEngine().Run(problem, trials, recorder);
  return recorder;
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_ENGINE_NET_NETS_H_
