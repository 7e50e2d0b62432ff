#include "proto/sweep/net.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fathom {
namespace {

// The net of TensorFlow's tutorial for MNIST (tensorflow/models,
// tutorials/image/mnist).
constexpr int64_t kTutorialChannels[] = {32, 64, 0};
constexpr double kTutorialBiases[] = {0, 0.1, 0.1};
constexpr int64_t kTutorialWidths[] = {512, 0, 0};
constexpr double kTutorialDropouts[] = {0.5, 0, 0};
constexpr double kTutorialStd = 0.1;
constexpr double kTutorialBias = 0.1;

constexpr int64_t kDefaultKernel = 5;
constexpr int64_t kDefaultPool = 2;

class Resolver {
 public:
  Resolver(const v1::ModelSpec& model, int64_t columns, int64_t outputs)
      : model_(model), outputs_(outputs) {
    net_.layers.activation = model.activation() == v1::ACTIVATION_UNSPECIFIED
                                 ? v1::ACTIVATION_RELU
                                 : model.activation();
    next_ = {.channels = columns, .height = 1, .width = 1};
  }

  ResolvedNet Resolve() {
    const bool images = model_.conv() != v1::CONVOLUTION_KIND_NONE;
    if (images && !ReadImage()) return std::move(net_);
    net_.layers.image = next_;
    if (images) {
      const v1::ConvolutionSpec* const stages[] = {
          &model_.conv1(), &model_.conv2(), &model_.conv3()};
      for (int i = 0; i < 3; ++i) AddStage(i, *stages[i]);
    }
    const v1::DenseSpec* const hidden[] = {&model_.dense1(), &model_.dense2(),
                                           &model_.dense3()};
    for (int i = 0; i < 3; ++i) {
      const int64_t width =
          hidden[i]->has_width() ? hidden[i]->width() : kTutorialWidths[i];
      if (width > 0) AddDense(*hidden[i], width, kTutorialDropouts[i]);
    }
    AddDense(model_.output(), outputs_, 0);
    return std::move(net_);
  }

 private:
  void Object(std::string field, std::string found, std::string expected) {
    net_.objections.push_back(
        {std::move(field), std::move(found), std::move(expected)});
  }

  // Sets the size of the image; false where the features are none.
  bool ReadImage() {
    const v1::ImageSpec& spec = model_.image();
    const int64_t features = next_.numbers();
    ImageSize size = {.channels = std::max<int64_t>(1, spec.channels()),
                      .height = spec.height(),
                      .width = spec.width()};
    const int64_t pixels = features / size.channels;
    if (size.height == 0 && size.width == 0) {
      size.height = size.width = static_cast<int64_t>(
          std::lround(std::sqrt(static_cast<double>(pixels))));
    } else if (size.height == 0) {
      size.height = pixels / size.width;
    } else if (size.width == 0) {
      size.width = pixels / size.height;
    }
    if (size.numbers() != features) {
      Object("image",
             absl::StrCat(features, features == 1 ? " feature" : " features"),
             spec.height() == 0 && spec.width() == 0
                 ? absl::StrCat("square images of ", size.channels,
                                size.channels == 1 ? " channel" : " channels",
                                ", an image that says how features are pixels, "
                                "or conv: none")
                 : absl::StrCat("height x width x channels, ", size.height,
                                " x ", size.width, " x ", size.channels, " = ",
                                size.numbers()));
      return false;
    }
    next_ = size;
    return true;
  }

  void AddStage(int number, const v1::ConvolutionSpec& spec) {
    ConvStage stage = {
        .in = next_,
        .channels =
            spec.has_channels() ? spec.channels() : kTutorialChannels[number],
        .kernel = spec.has_kernel() ? spec.kernel() : kDefaultKernel,
        .pool = spec.has_pool() ? spec.pool() : kDefaultPool,
        .std = spec.has_std() ? spec.std() : kTutorialStd,
        .bias = spec.has_bias() ? spec.bias() : kTutorialBiases[number]};
    if (stage.channels == 0) return;
    const std::string field = absl::StrCat("conv", number + 1);
    // A spec that was never checked must not lead to a division by zero.
    if (stage.kernel < 1 || stage.kernel > 11 || stage.kernel % 2 == 0) {
      return Object(absl::StrCat(field, ".kernel"),
                    absl::StrCat("kernel ", stage.kernel),
                    "an odd number from 1 to 11");
    }
    if (stage.pool < 1 || stage.pool > 15) {
      return Object(absl::StrCat(field, ".pool"),
                    absl::StrCat("pool ", stage.pool), "1 to 15");
    }
    const std::string size = absl::StrCat("an image of ", next_.height, " x ",
                                          next_.width, " pixels");
    if (stage.kernel > std::min(next_.height, next_.width)) {
      Object(absl::StrCat(field, ".kernel"),
             absl::StrCat("kernel ", stage.kernel, " of ", field, " on ", size),
             "a kernel that is no larger than the image");
    }
    if (next_.height % stage.pool != 0 || next_.width % stage.pool != 0) {
      Object(absl::StrCat(field, ".pool"),
             absl::StrCat("pool ", stage.pool, " of ", field, " on ", size),
             "a pool that divides height and width");
    }
    next_ = stage.out();
    net_.layers.stages.push_back(stage);
  }

  void AddDense(const v1::DenseSpec& spec, int64_t width, double dropout) {
    DenseLayer layer = {
        .widths = {next_.numbers()},
        .dropout = spec.has_dropout() ? spec.dropout() : dropout,
        .std = spec.has_std() ? spec.std() : kTutorialStd,
        .bias = spec.has_bias() ? spec.bias() : kTutorialBias};
    const int64_t depth = spec.depth() > 0 ? spec.depth() : model_.depth();
    int64_t inner =
        spec.inner_width() > 0 ? spec.inner_width() : model_.hidden_width();
    if (inner == 0) inner = std::min(next_.numbers(), width);
    layer.widths.resize(std::max<int64_t>(1, depth), inner);
    layer.widths[0] = next_.numbers();
    layer.widths.push_back(width);
    net_.layers.dense.push_back(std::move(layer));
    next_ = {.channels = width, .height = 1, .width = 1};
  }

  const v1::ModelSpec& model_;
  const int64_t outputs_;
  ImageSize next_;  // What the next layer gets.
  ResolvedNet net_;
};

}  // namespace

int64_t DenseLayer::weights() const {
  int64_t sum = 0;
  for (size_t i = 1; i < widths.size(); ++i) sum += widths[i - 1] * widths[i];
  return sum;
}

int64_t NetLayers::parameters() const {
  int64_t sum = 0;
  for (const ConvStage& stage : stages) sum += stage.weights() + stage.channels;
  for (const DenseLayer& layer : dense)
    sum += layer.weights() + layer.outputs();
  return sum;
}

int64_t NetLayers::activations() const {
  int64_t sum = 0;
  for (const ConvStage& stage : stages) {
    // Channels come in blocks of 16.
    const int64_t channels = (stage.channels + 15) / 16 * 16;
    const ImageSize out = stage.out();
    sum +=
        channels * (stage.in.height * stage.in.width + out.height * out.width);
  }
  for (const DenseLayer& layer : dense) {
    for (size_t i = 1; i < layer.widths.size(); ++i) sum += layer.widths[i];
  }
  return sum;
}

ResolvedNet ResolveNet(const v1::ModelSpec& model, int64_t columns,
                       int64_t outputs) {
  return Resolver(model, columns, outputs).Resolve();
}

}  // namespace fathom
