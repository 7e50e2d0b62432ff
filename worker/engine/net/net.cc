#include "worker/engine/net/net.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "worker/kernel/conv/dense.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker {
namespace {

// Draws of different layers come from streams of their own, and so do those of
// different factors of one, of which there are at most 64.
constexpr uint32_t kStreamsPerLayer = 128;

kernel::Activation ActivationOf(v1::Activation activation) {
  switch (activation) {
    case v1::ACTIVATION_TANH:
      return kernel::Activation::kTanh;
    case v1::ACTIVATION_LINEAR:
      return kernel::Activation::kLinear;
    default:
      return kernel::Activation::kRelu;
  }
}

kernel::ImageShape ShapeOf(const ImageSize& size) {
  return {size.height, size.width, size.channels};
}

// A matrix of samples with padded rows.
kernel::FloatMatrix Samples(float* data, int64_t samples, int64_t columns) {
  return {data, samples, columns, kernel::RoundUp(columns, kLineFloats)};
}

// A normal number that is at most 2 away from 0.
double TruncatedNormal(kernel::RandomStream& random) {
  while (true) {
    const double draw = random.Normal();
    if (std::fabs(draw) <= 2) return draw;
  }
}

// Writes 0 for a unit that is dropped, and `kept` for one that is not. Unit u
// of sample s is number s outputs + u of a step; four of them share a draw.
void DrawDropout(const Dropout& dropout, double rate, size_t layer,
                 kernel::FloatMatrix factors) {
  const auto kept = static_cast<float>(1 / (1 - rate));
  const auto threshold = static_cast<uint64_t>(rate * 0x1p32);
  const uint64_t stream =
      static_cast<uint64_t>(kernel::Purpose::kDropout) << 32 | layer;
  const int64_t units = factors.rows * factors.columns;
  const auto blocks = static_cast<uint64_t>((units + 3) / 4);
  int64_t row = 0;
  int64_t column = 0;
  for (uint64_t block = 0; block < blocks; ++block) {
    const kernel::PhiloxBlock bits = kernel::Philox(
        {static_cast<uint64_t>(dropout.step) * blocks + block, stream},
        dropout.seed);
    for (const uint64_t word : {bits.first & 0xffffffff, bits.first >> 32,
                                bits.second & 0xffffffff, bits.second >> 32}) {
      if (row == factors.rows) return;
      factors.data[row * factors.stride + column] = word < threshold ? 0 : kept;
      if (++column == factors.columns) {
        column = 0;
        ++row;
      }
    }
  }
}

}  // namespace

Net::Net(const NetLayers& layers)
    : layers_(layers), activation_(ActivationOf(layers.activation)) {
  for (const ConvStage& stage : layers.stages) AddStage(stage);
  for (const DenseLayer& layer : layers.dense) AddDense(layer);
}

int64_t Net::Take(int64_t count) {
  const int64_t offset = weight_count_;
  weight_count_ += kernel::RoundUp(count, kLineFloats);
  return offset;
}

void Net::AddStage(const ConvStage& stage) {
  NetStage map(stage, activation_, stages_.empty());
  const int64_t weights = Take(map.shape().weight_count());
  const int64_t bias = Take(map.shape().bias_count());
  stages_.push_back({.map = std::move(map), .weights = weights, .bias = bias});
}

void Net::AddDense(const DenseLayer& layer) {
  Dense dense = {.factors = {}, .bias = 0, .dropout = layer.dropout};
  // The first layer after the convolutions takes their padding as well.
  int64_t inputs = dense_.empty() && !stages_.empty()
                       ? stages_.back().map.out_size()
                       : layer.inputs();
  for (size_t j = 1; j < layer.widths.size(); ++j) {
    const int64_t outputs = layer.widths[j];
    dense.factors.push_back({.offset = Take(outputs * inputs),
                             .outputs = outputs,
                             .inputs = inputs});
    inputs = outputs;
  }
  dense.bias = Take(layer.outputs());
  dense_.push_back(std::move(dense));
}

double Net::ForwardFlops() const {
  double flops = 0;
  for (const ConvStage& stage : layers_.stages) {
    flops += 2.0 * static_cast<double>(stage.weights() * stage.in.height *
                                       stage.in.width);
  }
  for (const DenseLayer& layer : layers_.dense) {
    flops += 2.0 * static_cast<double>(layer.weights());
  }
  return flops;
}

double Net::StepFlops() const {
  double first = 0;  // By the inputs of the net there is no gradient.
  if (!layers_.stages.empty()) {
    const ConvStage& stage = layers_.stages.front();
    first = 2.0 * static_cast<double>(stage.weights() * stage.in.height *
                                      stage.in.width);
  } else {
    const std::vector<int64_t>& widths = layers_.dense.front().widths;
    first = 2.0 * static_cast<double>(widths[0] * widths[1]);
  }
  return 3 * ForwardFlops() - first;
}

void Net::Initialize(uint64_t seed, float* weights) const {
  std::fill_n(weights, weight_count_, 0.0f);
  uint32_t layer = 0;
  for (size_t i = 0; i < stages_.size(); ++i, ++layer) {
    const ConvStage& spec = layers_.stages[i];
    const kernel::ConvolutionShape& shape = stages_[i].map.shape();
    kernel::RandomStream random(seed, kernel::Purpose::kNetWeights,
                                layer * kStreamsPerLayer);
    for (int64_t o = 0; o < shape.out_channels; ++o) {
      for (int64_t c = 0; c < shape.in_channels; ++c) {
        for (int64_t u = 0; u < shape.kernel; ++u) {
          for (int64_t v = 0; v < shape.kernel; ++v) {
            weights[stages_[i].weights + shape.WeightIndex(u, v, c, o)] =
                static_cast<float>(spec.std * TruncatedNormal(random));
          }
        }
      }
      weights[stages_[i].bias + o] = static_cast<float>(spec.bias);
    }
  }
  for (size_t i = 0; i < dense_.size(); ++i, ++layer) {
    const DenseLayer& spec = layers_.dense[i];
    for (size_t j = 0; j < dense_[i].factors.size(); ++j) {
      const Factor& factor = dense_[i].factors[j];
      kernel::RandomStream random(
          seed, kernel::Purpose::kNetWeights,
          layer * kStreamsPerLayer + static_cast<uint32_t>(j));
      // Of the padding of images there is nothing to weigh.
      const bool images = i == 0 && j == 0 && !stages_.empty();
      const int64_t channels =
          images ? stages_.back().map.out().channels : factor.inputs;
      const int64_t padded =
          images ? kernel::PaddedChannels(channels) : factor.inputs;
      for (int64_t o = 0; o < factor.outputs; ++o) {
        for (int64_t c = 0; c < factor.inputs; ++c) {
          if (c % padded >= channels) continue;
          weights[factor.offset + o * factor.inputs + c] =
              static_cast<float>(spec.std * TruncatedNormal(random));
        }
      }
    }
    std::fill_n(weights + dense_[i].bias, spec.outputs(),
                static_cast<float>(spec.bias));
  }
}

int64_t Net::input_size() const {
  if (stages_.empty())
    return kernel::RoundUp(layers_.image.numbers(), kLineFloats);
  return stages_[0].map.in_size();
}

void Net::WriteInput(const double* features, float* input) const {
  if (stages_.empty()) {
    for (int64_t i = 0; i < layers_.image.numbers(); ++i) {
      input[i] = static_cast<float>(features[i]);
    }
    return;
  }
  const NetStage& first = stages_[0].map;
  const kernel::ImageShape shape = ShapeOf(layers_.image);
  std::fill_n(input, input_size(), 0.0f);
  for (int64_t c = 0; c < shape.channels; ++c) {
    for (int64_t h = 0; h < shape.rows; ++h) {
      for (int64_t w = 0; w < shape.columns; ++w) {
        const int64_t at =
            first.framed() ? shape.FramedIndex(first.shape().kernel, h, w, c)
                           : shape.Index(h, w, c);
        input[at] = static_cast<float>(*features++);
      }
    }
  }
}

kernel::FloatMatrix Net::Forward(int64_t samples, const float* input,
                                 const float* weights, const Dropout* dropout,
                                 NetWorkspace& workspace) const {
  ForwardStages(samples, input, weights, workspace);
  const size_t stages = stages_.size();
  kernel::ConstFloatMatrix rows(
      TakenBy(stages, 0, input, workspace), samples,
      dense_[0].factors[0].inputs,
      stages == 0 ? input_size() : stages_.back().map.out_size());
  kernel::FloatMatrix out = {};
  for (size_t i = 0; i < dense_.size(); ++i) {
    out = ForwardDense(i, rows, weights, dropout, workspace);
    rows = out;
  }
  return out;
}

const float* Net::TakenBy(size_t index, int64_t first, const float* input,
                          const NetWorkspace& workspace) const {
  if (index == 0) return input + first * input_size();
  return workspace.stages_[index - 1].out +
         first * stages_[index - 1].map.out_size();
}

void Net::ForwardStages(int64_t samples, const float* input,
                        const float* weights, NetWorkspace& workspace) const {
  for (size_t i = 0; i < stages_.size(); ++i) {
    stages_[i].map.BeginForward(weights + stages_[i].weights,
                                workspace.stages_[i]);
  }
  for (int64_t first = 0; first < samples; first += kTogether) {
    const int64_t count = std::min(kTogether, samples - first);
    for (size_t i = 0; i < stages_.size(); ++i) {
      stages_[i].map.Forward(first, count, TakenBy(i, first, input, workspace),
                             weights + stages_[i].weights,
                             weights + stages_[i].bias, workspace.stages_[i],
                             workspace.convolved_, workspace.kernels_);
    }
  }
}

kernel::FloatMatrix Net::ForwardDense(size_t index, kernel::ConstFloatMatrix in,
                                      const float* weights,
                                      const Dropout* dropout,
                                      NetWorkspace& workspace) const {
  const Dense& layer = dense_[index];
  NetWorkspace::Dense& room = workspace.dense_[index];
  const size_t depth = layer.factors.size();
  for (size_t j = 0; j < depth; ++j) {
    const kernel::FloatMatrix out =
        Samples(room.products[j], in.rows, layer.factors[j].outputs);
    const bool last = j + 1 == depth;
    kernel::DenseForward(in, layer.factors[j].In(weights),
                         last ? weights + layer.bias : nullptr, out,
                         workspace.kernels_);
    in = out;
  }
  const kernel::FloatMatrix out =
      Samples(room.products.back(), in.rows, layer.outputs());
  if (index + 1 == dense_.size()) return out;
  kernel::Activate(activation_, out.rows * out.stride, out.data);
  if (layer.dropout == 0 || dropout == nullptr) return out;
  const kernel::FloatMatrix factors =
      Samples(room.factors, in.rows, layer.outputs());
  DrawDropout(*dropout, layer.dropout, stages_.size() + index, factors);
  const kernel::FloatMatrix dropped =
      Samples(room.dropped, in.rows, layer.outputs());
  std::copy_n(out.data, out.rows * out.stride, dropped.data);
  kernel::MultiplyBy(out.rows * out.stride, factors.data, dropped.data);
  return dropped;
}

void Net::Backward(int64_t samples, const float* input, const float* weights,
                   const Dropout* dropout, NetWorkspace& workspace,
                   float* gradient) const {
  // What layer i of the dense ones took, as Forward gave it.
  const auto taken = [&](size_t i) -> kernel::ConstFloatMatrix {
    const int64_t inputs = dense_[i].factors[0].inputs;
    if (i == 0) {
      return {TakenBy(stages_.size(), 0, input, workspace), samples, inputs,
              stages_.empty() ? input_size() : stages_.back().map.out_size()};
    }
    const NetWorkspace::Dense& before = workspace.dense_[i - 1];
    const bool dropped = dense_[i - 1].dropout != 0 && dropout != nullptr;
    return Samples(dropped ? before.dropped : before.products.back(), samples,
                   inputs);
  };
  for (size_t i = dense_.size(); i-- > 0;) {
    BackwardDense(i, taken(i), weights, dropout, workspace, gradient);
  }
  BackwardStages(samples, input, weights, workspace, gradient);
}

void Net::BackwardDense(size_t index, kernel::ConstFloatMatrix in,
                        const float* weights, const Dropout* dropout,
                        NetWorkspace& workspace, float* gradient) const {
  const Dense& layer = dense_[index];
  NetWorkspace::Dense& room = workspace.dense_[index];
  const bool outputs = index + 1 == dense_.size();
  kernel::FloatMatrix by_out =
      Samples(outputs ? room.products.back() : workspace.gradients_[0], in.rows,
              layer.outputs());
  if (!outputs) {
    const int64_t count = by_out.rows * by_out.stride;
    if (layer.dropout != 0 && dropout != nullptr) {
      kernel::MultiplyBy(count, room.factors, by_out.data);
    }
    kernel::ActivateBackward(activation_, count, room.products.back(),
                             by_out.data);
  }
  for (size_t j = layer.factors.size(); j-- > 0;) {
    const Factor& factor = layer.factors[j];
    const kernel::ConstFloatMatrix took =
        j == 0 ? in
               : kernel::ConstFloatMatrix(
                     Samples(room.products[j - 1], in.rows, factor.inputs));
    const bool last = j + 1 == layer.factors.size();
    kernel::DenseWeightGradient(took, by_out, factor.In(gradient),
                                last ? gradient + layer.bias : nullptr,
                                workspace.kernels_);
    if (index == 0 && j == 0 && stages_.empty()) return;
    const kernel::FloatMatrix by_in =
        Samples(workspace.gradients_[1], in.rows, factor.inputs);
    kernel::DenseInputGradient(by_out, factor.In(weights), by_in,
                               workspace.kernels_);
    std::swap(workspace.gradients_[0], workspace.gradients_[1]);
    by_out = by_in;
  }
}

void Net::BackwardStages(int64_t samples, const float* input,
                         const float* weights, NetWorkspace& workspace,
                         float* gradient) const {
  if (stages_.empty()) return;
  std::vector<NetStage::Gradient> sums;
  for (size_t i = 0; i < stages_.size(); ++i) {
    sums.push_back(stages_[i].map.BeginBackward(
        weights + stages_[i].weights, workspace.stages_[i],
        gradient + stages_[i].weights, gradient + stages_[i].bias));
  }
  for (int64_t first = 0; first < samples; first += kTogether) {
    const int64_t count = std::min(kTogether, samples - first);
    float* by_out =
        workspace.gradients_[0] + first * stages_.back().map.out_size();
    for (size_t i = stages_.size(); i-- > 0;) {
      stages_[i].map.Backward(first, count, TakenBy(i, first, input, workspace),
                              workspace.stages_[i], by_out,
                              workspace.gradients_[1], workspace.convolved_,
                              workspace.kernels_, sums[i]);
      by_out = workspace.gradients_[1];
    }
  }
  for (size_t i = 0; i < stages_.size(); ++i)
    stages_[i].map.EndBackward(sums[i]);
}

}  // namespace fathom::worker
