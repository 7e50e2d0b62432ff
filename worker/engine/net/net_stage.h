#ifndef FATHOM_WORKER_ENGINE_NET_NET_STAGE_H_
#define FATHOM_WORKER_ENGINE_NET_NET_STAGE_H_

#include <cstdint>
#include <optional>

#include "proto/sweep/net.h"
#include "worker/kernel/conv/activations.h"
#include "worker/kernel/conv/convolution.h"
#include "worker/kernel/conv/max_pool.h"
#include "worker/kernel/conv/winograd.h"

namespace fathom::worker {

// A stage of a net: a convolution, max pooling and an activation. Which kernels
// compute it depends on its shape and on whether it is the first one, and on
// nothing else: Winograd's where they have fewer products to compute, direct
// ones otherwise, on images with a frame where the input of the net has few
// channels.
//
// Samples come in parts, a few at a time, so that what a part writes is in the
// caches when it is read; how they are cut into parts changes no bit.
//
// Immutable, hence thread-safe for different memory.
class NetStage {
 public:
  NetStage(const ConvStage& stage, kernel::Activation activation, bool first);

  const kernel::ConvolutionShape& shape() const { return direct_.shape(); }
  kernel::ImageShape out() const { return pool_.out(); }
  // Whether its input is a framed image (kernel::ImageShape::FramedIndex).
  bool framed() const { return framed_; }
  bool winograd() const { return fast_.has_value(); }
  // Floats of the input, of the convolution and of the output of one sample.
  int64_t in_size() const;
  int64_t convolved_size() const { return shape().out().size(); }
  int64_t out_size() const { return out().size(); }

  // What a stage works with, in floats unless it says otherwise. What is kept
  // of a batch is found in `out` and `chosen`, sample by sample.
  struct Room {
    float* out = nullptr;          // out_size() per sample.
    uint8_t* chosen = nullptr;     // Bytes, as many.
    float* turned = nullptr;       // turned_count()
    float* transformed = nullptr;  // transformed_count()
    float* sum = nullptr;          // sum_count() of all samples.
  };
  int64_t turned_count() const { return shape().turned_count(); }
  int64_t transformed_count() const;
  int64_t sum_count(int64_t samples) const;
  // Room that all stages share: `convolved`, for a part, and `scratch`.
  int64_t scratch_count() const;

  // Once before the parts of a forward pass.
  void BeginForward(const float* weights, const Room& room) const;
  // Takes `samples` samples from number `first` of the batch on; `in` is the
  // input of number `first`.
  void Forward(int64_t first, int64_t samples, const float* in,
               const float* weights, const float* bias, const Room& room,
               float* convolved, float* scratch) const;

  // The gradient by weights and biases, summed over the parts.
  struct Gradient {
    kernel::Convolution::GradientSum direct;
    kernel::WinogradConvolution::GradientSum fast;
  };
  // Once before the parts of a backward pass, in the order of the forward one.
  Gradient BeginBackward(const float* weights, const Room& room,
                         float* weight_gradient, float* bias_gradient) const;
  // `by_out`: the gradient by the outputs of these samples, which is changed.
  // Writes that by the inputs to `by_in`, which may be `by_out`, unless this is
  // the first stage.
  void Backward(int64_t first, int64_t samples, const float* in,
                const Room& room, float* by_out, float* by_in, float* convolved,
                float* scratch, Gradient& gradient) const;
  // Writes the gradients.
  void EndBackward(Gradient& gradient) const;

 private:
  const kernel::Convolution direct_;
  const kernel::MaxPool pool_;
  const kernel::Activation activation_;
  const bool first_;
  const bool framed_;
  std::optional<kernel::WinogradConvolution> fast_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_NET_NET_STAGE_H_
