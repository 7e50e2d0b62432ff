#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/net/net.h"
#include "worker/engine/net/net_loss.h"
#include "worker/engine/net/net_workspace.h"
#include "worker/kernel/random/random.h"

// With a linear activation and without pooling, a net is a linear net on the
// unfolded data, and trains as one. Weights that pixels share have no
// counterpart in a linear net, so the law is exact where every weight of the
// kernel meets the data once: images as large as the kernel that are zero but
// for the pixel in the middle. Output pixel (y, x) then has tap (2 - y, 2 - x)
// of that pixel's channels and nothing else, and the convolution is the dense
// matrix of a linear net from the channels to 9 pixels of some channels.
//
// The linear net has no biases. Those of the net start at zero and stay there,
// as every sample (x, y) has a neighbour (-x, -y): gradients by biases vanish.
namespace fathom::worker {
namespace {

using test::Recorder;

constexpr int64_t kKernel = 3;
constexpr int64_t kHiddenChannels = 4;
constexpr int64_t kOutputs = 2;
constexpr int64_t kSamples = 20;
constexpr uint64_t kSeed = 3;
constexpr double kStd = 0.3;
constexpr double kRate = 0.05;
constexpr int kSteps = 60;

v1::LossSpec SquaredLoss() {
  v1::LossSpec loss;
  loss.set_kind(v1::LOSS_KIND_LP);
  loss.set_lp(2);
  loss.set_factor(v1::LOSS_FACTOR_ONE_OVER_P);
  return loss;
}

v1::ModelSpec OneConvolution(int channels) {
  v1::ModelSpec model;
  model.set_family(v1::MODEL_FAMILY_CONV_NET);
  model.set_activation(v1::ACTIVATION_LINEAR);
  model.mutable_image()->set_channels(channels);
  model.mutable_conv1()->set_channels(kHiddenChannels);
  model.mutable_conv1()->set_kernel(kKernel);
  model.mutable_conv1()->set_pool(1);
  model.mutable_conv1()->set_bias(0);
  model.mutable_conv2()->set_channels(0);
  model.mutable_dense1()->set_width(0);
  model.mutable_output()->set_bias(0);
  return model;
}

Problem PixelsInTheMiddle(int64_t channels) {
  Problem problem;
  problem.rows = kSamples;
  problem.columns = channels;
  problem.outputs = kOutputs;
  kernel::RandomStream random(1, kernel::Purpose::kFeatures);
  for (int64_t i = 0; i < kSamples; i += 2) {
    std::vector<double> x(channels), y(kOutputs);
    for (double& number : x) number = static_cast<float>(random.Normal());
    for (double& number : y) number = static_cast<float>(random.Normal());
    for (const double sign : {1.0, -1.0}) {
      for (const double number : x) problem.x.push_back(sign * number);
      for (const double number : y) problem.y.push_back(sign * number);
    }
  }
  return problem;
}

// The loss at every step of the linear engine, whose matrices are drawn row by
// row from streams of their own.
std::vector<double> OfTheLinearEngine(const Problem& problem) {
  v1::TrialSpec trial = test::SmallTrial(2, 2, kRate, kSteps);
  trial.mutable_model()->set_hidden_width(kKernel * kKernel * kHiddenChannels);
  trial.mutable_model()->mutable_init()->set_std(kStd);
  trial.set_seed(kSeed);
  Recorder recorder = test::RunAll(problem, {trial});
  std::vector<double> losses;
  for (const auto& [step, values] : recorder.lanes[0].points) {
    losses.push_back(values[0]);
  }
  return losses;
}

// Writes the matrices that the linear engine starts from, unit by unit.
void WriteStart(const Net& net, float* weights) {
  const Net::Stage& stage = net.stages()[0];
  const Net::Factor& head = net.dense()[0].factors[0];
  const kernel::ImageShape hidden = stage.map.out();
  kernel::RandomStream first(kSeed, kernel::Purpose::kFactor, 1);
  for (int64_t y = 0; y < kKernel; ++y) {
    for (int64_t x = 0; x < kKernel; ++x) {
      for (int64_t o = 0; o < kHiddenChannels; ++o) {
        for (int64_t c = 0; c < stage.map.shape().in_channels; ++c) {
          weights[stage.weights + stage.map.shape().WeightIndex(
                                      kKernel - 1 - y, kKernel - 1 - x, c, o)] =
              static_cast<float>(kStd * first.Normal());
        }
      }
    }
  }
  kernel::RandomStream second(kSeed, kernel::Purpose::kFactor, 2);
  for (int64_t k = 0; k < kOutputs; ++k) {
    for (int64_t unit = 0; unit < kKernel * kKernel * kHiddenChannels; ++unit) {
      const int64_t pixel = unit / kHiddenChannels;
      weights[head.offset + k * head.inputs +
              hidden.Index(0, pixel, unit % kHiddenChannels)] =
          static_cast<float>(kStd * second.Normal());
    }
  }
}

// The same of the net.
std::vector<double> OfTheNet(const Problem& problem) {
  const auto channels = static_cast<int>(problem.columns);
  const int64_t pixels = kKernel * kKernel;
  const Net net(
      ResolveNet(OneConvolution(channels), channels * pixels, kOutputs).layers);
  auto weights = kernel::AllocateAlignedArray<float>(net.weight_count());
  auto gradient = kernel::AllocateAlignedArray<float>(net.weight_count());
  auto inputs =
      kernel::AllocateAlignedArray<float>(kSamples * net.input_size());
  NetWorkspace workspace(net, kSamples);
  WriteStart(net, weights.get());
  for (int64_t i = 0; i < kSamples; ++i) {
    std::vector<double> image(channels * pixels);
    for (int64_t c = 0; c < channels; ++c) {
      image[c * pixels + pixels / 2] = problem.x[i * channels + c];
    }
    net.WriteInput(image.data(), inputs.get() + i * net.input_size());
  }
  const NetLoss loss = *NetLoss::Create(SquaredLoss(), problem.y, kOutputs);
  std::vector<int32_t> samples(kSamples);
  std::iota(samples.begin(), samples.end(), 0);
  std::vector<double> losses;
  for (int step = 0; step <= kSteps; ++step) {
    const kernel::FloatMatrix outputs =
        net.Forward(kSamples, inputs.get(), weights.get(), nullptr, workspace);
    losses.push_back(loss.Evaluate(samples, outputs, true).loss / kSamples);
    net.Backward(kSamples, inputs.get(), weights.get(), nullptr, workspace,
                 gradient.get());
    for (int64_t i = 0; i < net.weight_count(); ++i) {
      weights[i] -= static_cast<float>(kRate) * gradient[i];
    }
  }
  return losses;
}

// Of few channels, on images with a frame, and of more.
TEST(UnfoldedTest, ALinearConvolutionTrainsAsALinearNet) {
  for (const int64_t channels : {3, 10}) {
    SCOPED_TRACE(channels);
    const Problem problem = PixelsInTheMiddle(channels);
    const std::vector<double> expected = OfTheLinearEngine(problem);
    const std::vector<double> found = OfTheNet(problem);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t step = 0; step < expected.size(); ++step) {
      EXPECT_NEAR(found[step] / expected[step], 1, 1e-5) << step;
    }
    EXPECT_LT(expected.back(), 0.6 * expected.front());
  }
}

}  // namespace
}  // namespace fathom::worker
