#include "worker/engine/net/net_stage.h"

#include <algorithm>

namespace fathom::worker {
namespace {

// With fewer channels than this the first convolution is faster on images with
// a frame (convolution.h).
constexpr int64_t kFramedChannels = 8;

kernel::ConvolutionShape ConvolutionOf(const ConvStage& stage) {
  return {.rows = stage.in.height,
          .columns = stage.in.width,
          .in_channels = stage.in.channels,
          .out_channels = stage.channels,
          .kernel = stage.kernel};
}

}  // namespace

NetStage::NetStage(const ConvStage& stage, kernel::Activation activation,
                   bool first)
    : direct_(ConvolutionOf(stage)),
      pool_(ConvolutionOf(stage).out(), stage.pool),
      activation_(activation),
      first_(first),
      framed_(first && stage.in.channels < kFramedChannels) {
  if (!framed_ && kernel::WinogradConvolution::Pays(shape())) {
    fast_.emplace(shape());
  }
}

int64_t NetStage::in_size() const {
  return framed_ ? shape().in().framed_size(shape().kernel)
                 : shape().in().size();
}

int64_t NetStage::transformed_count() const {
  if (!fast_.has_value()) return 0;
  return std::max(fast_->transformed_count(), fast_->turned_count());
}

int64_t NetStage::sum_count(int64_t samples) const {
  return fast_.has_value() ? fast_->gradient_workspace(samples)
                           : direct_.gradient_workspace(samples);
}

int64_t NetStage::scratch_count() const {
  return fast_.has_value() ? fast_->workspace() : 0;
}

void NetStage::BeginForward(const float* weights, const Room& room) const {
  if (fast_.has_value()) fast_->TransformWeights(weights, room.transformed);
}

void NetStage::Forward(int64_t first, int64_t samples, const float* in,
                       const float* weights, const float* bias,
                       const Room& room, float* convolved,
                       float* scratch) const {
  if (framed_) {
    direct_.ForwardFramed(samples, in, weights, bias, convolved);
  } else if (fast_.has_value()) {
    fast_->Forward(samples, in, room.transformed, bias, convolved, scratch);
  } else {
    direct_.Forward(samples, in, weights, bias, convolved);
  }
  // The activations do not decrease: what is largest before is so after.
  float* const out = room.out + first * out_size();
  pool_.Forward(samples, convolved, out, room.chosen + first * out_size());
  kernel::Activate(activation_, samples * out_size(), out);
}

NetStage::Gradient NetStage::BeginBackward(const float* weights,
                                           const Room& room,
                                           float* weight_gradient,
                                           float* bias_gradient) const {
  if (!first_) {
    direct_.TurnWeights(weights, room.turned);
    if (fast_.has_value()) {
      fast_->TransformTurned(room.turned, room.transformed);
    }
  }
  return {.direct = {room.sum, weight_gradient, bias_gradient},
          .fast = {room.sum}};
}

void NetStage::Backward(int64_t first, int64_t samples, const float* in,
                        const Room& room, float* by_out, float* by_in,
                        float* convolved, float* scratch,
                        Gradient& gradient) const {
  const int64_t at = first * out_size();
  kernel::ActivateBackward(activation_, samples * out_size(), room.out + at,
                           by_out);
  pool_.Backward(samples, by_out, room.chosen + at, convolved);
  if (framed_) {
    direct_.AddWeightGradientFramed(samples, in, convolved, gradient.direct);
  } else if (fast_.has_value()) {
    fast_->AddWeightGradient(samples, in, convolved, gradient.fast);
  } else {
    direct_.AddWeightGradient(samples, in, convolved, gradient.direct);
  }
  if (first_) return;
  if (fast_.has_value()) {
    fast_->InputGradient(samples, convolved, room.transformed, by_in, scratch);
  } else {
    direct_.InputGradient(samples, convolved, room.turned, by_in);
  }
}

void NetStage::EndBackward(Gradient& gradient) const {
  if (fast_.has_value()) {
    fast_->EndWeightGradient(gradient.fast, gradient.direct.weight_gradient,
                             gradient.direct.bias_gradient);
  } else {
    direct_.EndWeightGradient(gradient.direct);
  }
}

}  // namespace fathom::worker
