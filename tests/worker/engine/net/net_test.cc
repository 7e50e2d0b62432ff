#include "worker/engine/net/net.h"

#include <cmath>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/engine/net/naive_net.h"
#include "worker/engine/net/net_loss.h"
#include "worker/engine/net/net_workspace.h"
#include "worker/engine/net/regularizer.h"
#include "worker/kernel/random/random.h"

// The map and the gradients of a conv_net against plain loops in long double.
namespace fathom::worker {
namespace {

using test::NaiveNet;

// A net and the data that it is looked at with.
struct Case {
  std::string name;
  v1::ModelSpec model;
  int64_t columns = 0;
  int64_t classes = 3;
  // Whether the second convolution is Winograd's, whose sums are less exact.
  bool winograd = false;
};

v1::ModelSpec SmallModel(v1::Activation activation, int depth) {
  v1::ModelSpec model;
  model.set_family(v1::MODEL_FAMILY_CONV_NET);
  model.set_activation(activation);
  model.set_depth(depth);
  model.mutable_conv1()->set_channels(5);
  model.mutable_conv1()->set_kernel(3);
  model.mutable_conv1()->set_std(0.4);
  model.mutable_conv1()->set_bias(0.05);
  model.mutable_conv2()->set_channels(18);
  model.mutable_conv2()->set_kernel(3);
  model.mutable_conv2()->set_pool(2);
  model.mutable_conv2()->set_std(0.3);
  model.mutable_dense1()->set_width(7);
  model.mutable_dense1()->set_std(0.3);
  model.mutable_dense1()->set_dropout(0);
  model.mutable_output()->set_std(0.5);
  return model;
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  cases.push_back({"Relu", SmallModel(v1::ACTIVATION_RELU, 1), 64});
  cases.push_back({"Tanh", SmallModel(v1::ACTIVATION_TANH, 1), 64});
  cases.push_back({"Linear", SmallModel(v1::ACTIVATION_LINEAR, 1), 64});
  cases.push_back({"Depth2", SmallModel(v1::ACTIVATION_RELU, 2), 64});
  Case deep = {"Depth3", SmallModel(v1::ACTIVATION_TANH, 3), 64};
  deep.model.set_hidden_width(9);
  deep.model.mutable_output()->set_depth(2);
  cases.push_back(deep);
  // Many channels, an image that is no square, one stage without pooling.
  Case colours = {"Colours", SmallModel(v1::ACTIVATION_RELU, 1), 12 * 4 * 6};
  colours.model.mutable_image()->set_channels(12);
  colours.model.mutable_image()->set_height(4);
  colours.model.mutable_image()->set_width(6);
  colours.model.mutable_conv1()->set_pool(1);
  colours.model.mutable_conv1()->set_std(0.1);
  cases.push_back(colours);
  Case fast = {"Winograd", SmallModel(v1::ACTIVATION_TANH, 1), 36};
  fast.model.mutable_conv1()->set_channels(16);
  fast.model.mutable_conv1()->set_pool(1);
  fast.model.mutable_conv2()->set_kernel(5);
  fast.model.mutable_conv2()->set_std(0.1);
  fast.winograd = true;
  cases.push_back(fast);
  Case flat = {"NoConvolution", SmallModel(v1::ACTIVATION_RELU, 2), 11};
  flat.model.set_conv(v1::CONVOLUTION_KIND_NONE);
  flat.model.mutable_dense2()->set_width(6);
  flat.model.mutable_dense2()->set_std(0.5);
  cases.push_back(flat);
  return cases;
}

class NetTest : public ::testing::TestWithParam<Case> {
 protected:
  static constexpr int64_t kSamples = 6;
  // Of so many weights one is looked at: prime, so that all places of all
  // layers take part.
  static int64_t Every() { return GetParam().winograd ? 127 : 31; }

  NetTest()
      : net_(
            ResolveNet(GetParam().model, GetParam().columns, GetParam().classes)
                .layers),
        weights_(kernel::AllocateAlignedArray<float>(net_.weight_count())),
        gradient_(kernel::AllocateAlignedArray<float>(net_.weight_count())),
        inputs_(
            kernel::AllocateAlignedArray<float>(kSamples * net_.input_size())),
        workspace_(net_, kSamples) {
    net_.Initialize(5, weights_.get());
    kernel::RandomStream random(1, kernel::Purpose::kFeatures);
    for (int64_t i = 0; i < kSamples; ++i) {
      for (int64_t c = 0; c < GetParam().columns; ++c) {
        // Floats, so that the reference sees the same numbers.
        features_.push_back(static_cast<float>(random.Normal()));
      }
      labels_.push_back(static_cast<int32_t>(i % GetParam().classes));
      net_.WriteInput(&features_[i * GetParam().columns],
                      inputs_.get() + i * net_.input_size());
    }
    targets_.resize(kSamples * GetParam().classes);
    for (int64_t i = 0; i < kSamples; ++i) {
      targets_[i * GetParam().classes + labels_[i]] = 1;
    }
  }

  // Runs a step and returns the mean loss.
  double Step(const Dropout* dropout = nullptr) {
    v1::LossSpec spec;
    spec.set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
    const NetLoss loss = *NetLoss::Create(spec, targets_, GetParam().classes);
    std::vector<int32_t> samples(kSamples);
    std::iota(samples.begin(), samples.end(), 0);
    const kernel::FloatMatrix outputs = net_.Forward(
        kSamples, inputs_.get(), weights_.get(), dropout, workspace_);
    const double sum = loss.Evaluate(samples, outputs, true).loss;
    net_.Backward(kSamples, inputs_.get(), weights_.get(), dropout, workspace_,
                  gradient_.get());
    return sum / kSamples;
  }

  // Returns the derivative of `value` by weight `at`, by central differences.
  template <typename Value>
  long double Slope(int64_t at, const Value& value) {
    constexpr long double kStep = 1e-8L;  // Rarely meets a kink.
    NaiveNet naive(net_, weights_.get());
    naive.weight(at) += kStep;
    const long double above = value(naive);
    naive.weight(at) -= 2 * kStep;
    return (above - value(naive)) / (2 * kStep);
  }

  const Net net_;
  kernel::AlignedArray<float> weights_;
  kernel::AlignedArray<float> gradient_;
  kernel::AlignedArray<float> inputs_;
  NetWorkspace workspace_;
  std::vector<double> features_;
  std::vector<int32_t> labels_;
  std::vector<double> targets_;
};

INSTANTIATE_TEST_SUITE_P(Nets, NetTest, ::testing::ValuesIn(Cases()),
                         [](const auto& test) { return test.param.name; });

TEST_P(NetTest, OutputsAreThoseOfPlainLoops) {
  const kernel::FloatMatrix outputs = net_.Forward(
      kSamples, inputs_.get(), weights_.get(), nullptr, workspace_);
  const NaiveNet naive(net_, weights_.get());
  ASSERT_EQ(outputs.columns, GetParam().classes);
  for (int64_t s = 0; s < kSamples; ++s) {
    const auto expected = naive.Outputs(&features_[s * GetParam().columns]);
    long double size = 0;
    for (const long double z : expected) size = std::max(size, std::fabs(z));
    for (int64_t c = 0; c < outputs.columns; ++c) {
      EXPECT_NEAR(outputs.data[s * outputs.stride + c],
                  static_cast<double>(expected[c]),
                  (GetParam().winograd ? 1e-5 : 2e-6) * size);
    }
  }
}

// Weights and biases of all layers, against differences; the padding has none.
TEST_P(NetTest, GradientsAreThoseOfDifferences) {
  Step();
  long double error = 0;
  long double size = 0;
  for (int64_t i = 0; i < net_.weight_count(); i += Every()) {
    const long double slope = Slope(i, [this](const NaiveNet& naive) {
      return naive.CrossEntropy(features_, labels_);
    });
    error += (gradient_[i] - slope) * (gradient_[i] - slope);
    size += slope * slope;
    if (slope == 0) {
      EXPECT_EQ(gradient_[i], 0) << i;
    }
  }
  EXPECT_GT(size, 1e-4);
  EXPECT_LT(std::sqrt(error / size), GetParam().winograd ? 5e-6 : 4e-7);
}

// Which kernels compute a stage depends on its shape alone.
TEST_P(NetTest, WinogradsConvolutionsAreWhereTheyPay) {
  for (size_t i = 0; i < net_.stages().size(); ++i) {
    EXPECT_EQ(net_.stages()[i].map.winograd(), i == 1 && GetParam().winograd);
  }
}

TEST_P(NetTest, TheLossIsThatOfPlainLoops) {
  const NaiveNet naive(net_, weights_.get());
  EXPECT_NEAR(Step(),
              static_cast<double>(naive.CrossEntropy(features_, labels_)),
              2e-6);
}

TEST_P(NetTest, RegularizersAndTheirGradientsAreThoseOfDifferences) {
  for (const bool product : {true, false}) {
    v1::RegularizerSpec spec;
    spec.set_l2(0.03);
    spec.set_on(product ? v1::REGULARIZER_PLACE_PRODUCT
                        : v1::REGULARIZER_PLACE_FACTORS);
    Regularizer regularizer(spec, net_);
    std::fill_n(gradient_.get(), net_.weight_count(), 0.0f);
    const double value = regularizer.Apply(weights_.get(), gradient_.get());
    EXPECT_EQ(regularizer.Apply(weights_.get(), nullptr), value);
    const auto expected = [product](const NaiveNet& naive) {
      return naive.Regularizer(0.03L, product);
    };
    const NaiveNet naive(net_, weights_.get());
    EXPECT_NEAR(value, static_cast<double>(expected(naive)), 1e-6 * value);
    long double error = 0;
    long double size = 0;
    for (int64_t i = 0; i < net_.weight_count(); i += Every()) {
      const long double slope = Slope(i, expected);
      error += (gradient_[i] - slope) * (gradient_[i] - slope);
      size += slope * slope;
    }
    EXPECT_LT(std::sqrt(error / size), 5e-7) << product;
  }
}

// The bits of a sample's outputs do not depend on its batch.
TEST_P(NetTest, OutputsOfASampleDoNotDependOnItsNeighbours) {
  const kernel::FloatMatrix outputs = net_.Forward(
      kSamples, inputs_.get(), weights_.get(), nullptr, workspace_);
  std::vector<float> together;
  for (int64_t s = 0; s < kSamples; ++s) {
    const float* const row = outputs.data + s * outputs.stride;
    together.insert(together.end(), row, row + outputs.columns);
  }
  NetWorkspace single(net_, 1);
  for (int64_t s = 0; s < kSamples; ++s) {
    const kernel::FloatMatrix alone =
        net_.Forward(1, inputs_.get() + s * net_.input_size(), weights_.get(),
                     nullptr, single);
    EXPECT_EQ(0, std::memcmp(alone.data, &together[s * alone.columns],
                             alone.columns * sizeof(float)));
  }
}

// A hidden unit is known by its weights alone: another order of units changes
// nothing outside but the rounding of sums.
TEST_P(NetTest, HiddenUnitsMayBePermuted) {
  const kernel::FloatMatrix before = net_.Forward(
      kSamples, inputs_.get(), weights_.get(), nullptr, workspace_);
  const std::vector<float> expected(before.data,
                                    before.data + kSamples * before.stride);
  const Net::Dense& layer = net_.dense()[0];
  const Net::Factor& into = layer.factors.back();
  const Net::Factor& out_of = net_.dense()[1].factors.front();
  float* const w = weights_.get();
  std::swap_ranges(w + into.offset, w + into.offset + into.inputs,
                   w + into.offset + 3 * into.inputs);
  std::swap(w[layer.bias], w[layer.bias + 3]);
  for (int64_t o = 0; o < out_of.outputs; ++o) {
    float* const row = w + out_of.offset + o * out_of.inputs;
    std::swap(row[0], row[3]);
  }
  const kernel::FloatMatrix after = net_.Forward(
      kSamples, inputs_.get(), weights_.get(), nullptr, workspace_);
  for (int64_t s = 0; s < kSamples; ++s) {
    for (int64_t c = 0; c < after.columns; ++c) {
      const int64_t at = s * after.stride + c;
      EXPECT_NEAR(after.data[at], expected[at],
                  3e-6 * (1 + std::fabs(expected[at])));
    }
  }
}

// A net of one hidden layer whose units all give 1, and whose output is the
// mean of what is left of them.
class DropoutTest : public ::testing::Test {
 protected:
  static constexpr int64_t kUnits = 500;
  static constexpr int64_t kSamples = 40;
  static constexpr double kRate = 0.3;

  DropoutTest()
      : net_(ResolveNet(Model(), 1, 1).layers),
        weights_(kernel::AllocateAlignedArray<float>(net_.weight_count())),
        inputs_(
            kernel::AllocateAlignedArray<float>(kSamples * net_.input_size())),
        workspace_(net_, kSamples) {
    std::fill_n(weights_.get() + net_.dense()[0].bias, kUnits, 1.0f);
    std::fill_n(weights_.get() + net_.dense()[1].factors[0].offset, kUnits,
                1.0f / kUnits);
  }

  static v1::ModelSpec Model() {
    v1::ModelSpec model;
    model.set_family(v1::MODEL_FAMILY_CONV_NET);
    model.set_conv(v1::CONVOLUTION_KIND_NONE);
    model.set_activation(v1::ACTIVATION_LINEAR);
    model.mutable_dense1()->set_width(kUnits);
    model.mutable_dense1()->set_dropout(kRate);
    return model;
  }

  std::vector<float> Outputs(uint64_t seed, int64_t step) {
    const Dropout dropout = {seed, step};
    const kernel::FloatMatrix outputs = net_.Forward(
        kSamples, inputs_.get(), weights_.get(), &dropout, workspace_);
    std::vector<float> values;
    for (int64_t s = 0; s < kSamples; ++s) {
      values.push_back(outputs.data[s * outputs.stride]);
    }
    return values;
  }

  const Net net_;
  kernel::AlignedArray<float> weights_;
  kernel::AlignedArray<float> inputs_;
  NetWorkspace workspace_;
};

TEST_F(DropoutTest, KeepsTheMeanAndHasTheVarianceOfItsRate) {
  double sum = 0;
  double squares = 0;
  constexpr int kSteps = 50;
  for (int step = 0; step < kSteps; ++step) {
    for (const float value : Outputs(3, step)) {
      sum += value;
      squares += (value - 1) * (value - 1);
    }
  }
  constexpr double kDraws = kSteps * kSamples;
  // A unit is 1 / 0.7 or 0: its variance is 0.3 / 0.7, that of the mean of 500
  // of them a 500th of it.
  const double variance = kRate / (1 - kRate) / kUnits;
  EXPECT_NEAR(sum / kDraws, 1, 4 * std::sqrt(variance / kDraws));
  EXPECT_NEAR(squares / kDraws / variance, 1, 4 * std::sqrt(2 / kDraws));
}

TEST_F(DropoutTest, DependsOnSeedStepAndSampleAlone) {
  const std::vector<float> first = Outputs(3, 7);
  EXPECT_NE(Outputs(3, 8), first);
  EXPECT_NE(Outputs(4, 7), first);
  EXPECT_EQ(Outputs(3, 7), first);
  EXPECT_NE(first[0], first[1]);
}

}  // namespace
}  // namespace fathom::worker
