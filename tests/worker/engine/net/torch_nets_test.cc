#include "tests/worker/engine/net/data/torch_nets.h"

#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/engine/net/nets.h"
#include "worker/engine/net/net.h"
#include "worker/engine/net/net_loss.h"
#include "worker/engine/net/net_workspace.h"
#include "worker/engine/net/regularizer.h"
#include "worker/kernel/random/random.h"

// Gradients of every layer and whole trajectories of small nets against what
// PyTorch finds in double, with the same weights, batches and dropout:
// data/torch_nets.py has the nets once more.
namespace fathom::worker {
namespace {

using test::Recorder;
using test::TorchGradient;
using test::TorchNet;
using test::TorchTrajectory;

constexpr int64_t kSamples = 6;
constexpr int64_t kRows = 24;
constexpr int64_t kClasses = 3;
constexpr uint64_t kSeed = 5;

void SetConvolution(int channels, int kernel, int pool, double std,
                    v1::ConvolutionSpec& spec) {
  spec.set_channels(channels);
  spec.set_kernel(kernel);
  spec.set_pool(pool);
  spec.set_std(std);
}

v1::ModelSpec Model(v1::Activation activation, int depth, int width,
                    double dropout) {
  v1::ModelSpec model;
  model.set_family(v1::MODEL_FAMILY_CONV_NET);
  model.set_activation(activation);
  model.set_depth(depth);
  model.mutable_conv1()->set_bias(0.05);
  model.mutable_conv2()->set_channels(0);
  model.mutable_dense1()->set_width(width);
  model.mutable_dense1()->set_std(0.3);
  model.mutable_dense1()->set_dropout(dropout);
  model.mutable_output()->set_std(0.5);
  return model;
}

struct Case {
  v1::ModelSpec model;
  v1::RegularizerSpec regularizer;
  int64_t columns = 64;
  // The bound of the error of a gradient, relative to the gradient by all
  // weights; Winograd's sums have larger ones.
  double gradient_error = 4e-7;
};

Case CaseOf(const std::string& name) {
  Case it;
  it.regularizer.set_l2(0.01);
  it.regularizer.set_on(v1::REGULARIZER_PLACE_PRODUCT);
  if (name == "relu") {
    it.model = Model(v1::ACTIVATION_RELU, 1, 7, 0.4);
    it.model.mutable_image()->set_channels(2);
    it.columns = 128;
    SetConvolution(5, 5, 2, 0.3, *it.model.mutable_conv1());
  } else if (name == "tanh") {
    it.model = Model(v1::ACTIVATION_TANH, 2, 6, 0.5);
    SetConvolution(4, 3, 2, 0.3, *it.model.mutable_conv1());
    SetConvolution(6, 3, 1, 0.3, *it.model.mutable_conv2());
  } else if (name == "deep" || name == "deep_product") {
    it.model = Model(name == "deep" ? v1::ACTIVATION_TANH : v1::ACTIVATION_RELU,
                     3, 8, 0.3);
    it.model.set_hidden_width(9);
    SetConvolution(3, 5, 2, 0.3, *it.model.mutable_conv1());
    if (name == "deep") {
      it.model.mutable_output()->set_depth(2);
      it.regularizer.set_on(v1::REGULARIZER_PLACE_FACTORS);
    }
  } else if (name == "flat") {
    it.model = Model(v1::ACTIVATION_LINEAR, 2, 7, 0.25);
    it.model.set_conv(v1::CONVOLUTION_KIND_NONE);
    it.model.mutable_dense2()->set_width(5);
    it.model.mutable_dense2()->set_std(0.3);
    it.columns = 11;
  } else if (name == "winograd") {
    it.model = Model(v1::ACTIVATION_RELU, 1, 6, 0.5);
    SetConvolution(16, 3, 1, 0.3, *it.model.mutable_conv1());
    SetConvolution(16, 5, 2, 0.1, *it.model.mutable_conv2());
    it.columns = 36;
    it.gradient_error = 5e-6;
  } else {
    ADD_FAILURE() << "no net is called " << name;
  }
  return it;
}

// Samples of normal numbers that are floats, of one class after the other.
Problem RandomProblem(int64_t rows, int64_t columns) {
  Problem problem;
  problem.rows = rows;
  problem.columns = columns;
  problem.outputs = kClasses;
  kernel::RandomStream random(1, kernel::Purpose::kFeatures);
  problem.x.resize(rows * columns);
  for (double& x : problem.x) x = static_cast<float>(random.Normal());
  problem.y.resize(rows * kClasses);
  for (int64_t i = 0; i < rows; ++i) problem.y[i * kClasses + i % kClasses] = 1;
  return problem;
}

// Where the numbers of each layer lie in the array of weights, in PyTorch's
// order: kernels by output, input, row and column; the inputs of the first
// dense layer channel by channel.
std::vector<std::vector<int64_t>> PlacesOf(const Net& net) {
  std::vector<std::vector<int64_t>> places;
  for (const Net::Stage& stage : net.stages()) {
    const kernel::ConvolutionShape& shape = stage.map.shape();
    std::vector<int64_t>& weights = places.emplace_back();
    for (int64_t o = 0; o < shape.out_channels; ++o) {
      for (int64_t i = 0; i < shape.in_channels; ++i) {
        for (int64_t tap = 0; tap < shape.kernel * shape.kernel; ++tap) {
          weights.push_back(
              stage.weights +
              shape.WeightIndex(tap / shape.kernel, tap % shape.kernel, i, o));
        }
      }
    }
    places.emplace_back(shape.out_channels);
    std::iota(places.back().begin(), places.back().end(), stage.bias);
  }
  for (const Net::Dense& layer : net.dense()) {
    for (const Net::Factor& factor : layer.factors) {
      std::vector<int64_t>& weights = places.emplace_back();
      const bool images =
          places.size() == 2 * net.stages().size() + 1 && !net.stages().empty();
      for (int64_t o = 0; o < factor.outputs; ++o) {
        const int64_t row = factor.offset + o * factor.inputs;
        if (!images) {
          for (int64_t i = 0; i < factor.inputs; ++i)
            weights.push_back(row + i);
          continue;
        }
        const kernel::ImageShape shape = net.stages().back().map.out();
        for (int64_t c = 0; c < shape.channels; ++c) {
          for (int64_t p = 0; p < shape.rows * shape.columns; ++p) {
            weights.push_back(row + shape.Index(0, p, c));
          }
        }
      }
    }
    places.emplace_back(layer.outputs());
    std::iota(places.back().begin(), places.back().end(), layer.bias);
  }
  return places;
}

class TorchGradientsTest : public ::testing::TestWithParam<TorchNet> {};
class TorchTrajectoriesTest : public ::testing::TestWithParam<TorchTrajectory> {
};

INSTANTIATE_TEST_SUITE_P(Nets, TorchGradientsTest,
                         ::testing::ValuesIn(test::kTorchNets),
                         [](const auto& test) {
                           return std::string(test.param.name);
                         });
INSTANTIATE_TEST_SUITE_P(Nets, TorchTrajectoriesTest,
                         ::testing::ValuesIn(test::kTorchTrajectories),
                         [](const auto& test) {
                           return std::string(test.param.name);
                         });

TEST_P(TorchGradientsTest, AreThoseOfEveryLayer) {
  const Case it = CaseOf(GetParam().name);
  const Net net(ResolveNet(it.model, it.columns, kClasses).layers);
  const Problem problem = RandomProblem(kSamples, it.columns);
  auto weights = kernel::AllocateAlignedArray<float>(net.weight_count());
  auto gradient = kernel::AllocateAlignedArray<float>(net.weight_count());
  auto inputs =
      kernel::AllocateAlignedArray<float>(kSamples * net.input_size());
  NetWorkspace workspace(net, kSamples);
  net.Initialize(kSeed, weights.get());
  for (int64_t i = 0; i < kSamples; ++i) {
    net.WriteInput(&problem.x[i * it.columns],
                   inputs.get() + i * net.input_size());
  }
  const Dropout dropout = {kSeed, 3};
  const kernel::FloatMatrix outputs =
      net.Forward(kSamples, inputs.get(), weights.get(), &dropout, workspace);
  v1::LossSpec spec;
  spec.set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  std::vector<int32_t> samples(kSamples);
  std::iota(samples.begin(), samples.end(), 0);
  const double loss = NetLoss::Create(spec, problem.y, kClasses)
                          ->Evaluate(samples, outputs, /*gradient=*/true)
                          .loss /
                      kSamples;
  EXPECT_NEAR(loss / GetParam().loss, 1, 2 * it.gradient_error);
  net.Backward(kSamples, inputs.get(), weights.get(), &dropout, workspace,
               gradient.get());
  const double value =
      Regularizer(it.regularizer, net).Apply(weights.get(), gradient.get());
  EXPECT_NEAR(value / GetParam().regularizer, 1, 3e-7);

  const std::vector<std::vector<int64_t>> places = PlacesOf(net);
  ASSERT_EQ(places.size(), GetParam().gradients.size());
  double all_errors = 0, all_sizes = 0;
  for (size_t layer = 0; layer < places.size(); ++layer) {
    SCOPED_TRACE(layer);
    const TorchGradient& expected = GetParam().gradients[layer];
    ASSERT_EQ(static_cast<int64_t>(places[layer].size()), expected.count);
    double squares = 0;
    for (const int64_t place : places[layer]) {
      squares += double{gradient[place]} * gradient[place];
    }
    double errors = 0, sizes = 0;
    for (size_t i = 0; i < expected.values.size(); ++i) {
      const double found = gradient[places[layer][i * expected.every]];
      errors += std::pow(found - expected.values[i], 2);
      sizes += std::pow(expected.values[i], 2);
    }
    // Some layers have small sums of large numbers.
    EXPECT_NEAR(std::sqrt(squares) / expected.norm, 1, 10 * it.gradient_error);
    EXPECT_LT(std::sqrt(errors / sizes), 10 * it.gradient_error);
    all_errors += errors;
    all_sizes += sizes;
  }
  EXPECT_LT(std::sqrt(all_errors / all_sizes), it.gradient_error);
}

TEST_P(TorchTrajectoriesTest, StayTogetherFor200Steps) {
  const Case it = CaseOf(GetParam().name);
  const Problem problem = RandomProblem(kRows, it.columns);
  v1::TrialSpec trial = test::SmallNet(1, 200);
  *trial.mutable_model() = it.model;
  *trial.mutable_regularizer() = it.regularizer;
  trial.set_seed(kSeed);
  trial.mutable_optimizer()->set_learning_rate(0.02);
  trial.mutable_optimizer()->set_batch_size(kSamples);
  const bool in_order = GetParam().name == std::string("relu") ||
                        GetParam().name == std::string("winograd");
  trial.mutable_optimizer()->set_batch_order(
      in_order ? v1::BATCH_ORDER_IN_ORDER : v1::BATCH_ORDER_SHUFFLED);
  trial.mutable_record()->set_points(21);
  trial.mutable_record()->clear_metrics();
  trial.mutable_record()->add_metrics(v1::METRIC_BATCH_DATA_LOSS);
  trial.mutable_record()->add_metrics(v1::METRIC_REGULARIZER);
  Recorder recorder = test::Train(problem, {trial});
  const auto& points = recorder.lanes[0].points;
  ASSERT_EQ(points.size(), GetParam().losses.size());
  for (size_t i = 0; i < GetParam().losses.size(); ++i) {
    const auto step = static_cast<int64_t>(10 * i);
    EXPECT_NEAR(points.at(step)[0] / GetParam().losses[i], 1, 1e-3) << step;
    EXPECT_NEAR(points.at(step)[1] / GetParam().regularizers[i], 1, 1e-3)
        << step;
  }
  // There was something to lose the way in.
  EXPECT_LT(GetParam().losses.back(), 0.7 * GetParam().losses.front());
}

}  // namespace
}  // namespace fathom::worker
