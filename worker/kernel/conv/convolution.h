#ifndef FATHOM_WORKER_KERNEL_CONV_CONVOLUTION_H_
#define FATHOM_WORKER_KERNEL_CONV_CONVOLUTION_H_

#include <cstdint>

#include "worker/kernel/conv/images.h"
#include "worker/kernel/isa.h"

namespace fathom::worker::kernel {

struct ConvKernels;

// A convolution with stride 1 whose output has the size of its input ("same"),
// in float32. With h = kernel / 2 its linear map is
//   out(y, x, o) = bias(o) + sum_{u, v, i} weight(u, v, i, o)
//                                          in(y + u - h, x + v - h, i)
// for 0 <= u, v < kernel, over the taps (u, v) that meet the image. (The
// correlation that all frameworks call a convolution.)
struct ConvolutionShape {
  int64_t rows, columns;  // Of the input and of the output, at least 1.
  int64_t in_channels, out_channels;
  int64_t kernel;  // Odd, 1 to 11.

  constexpr ImageShape in() const { return {rows, columns, in_channels}; }
  constexpr ImageShape out() const { return {rows, columns, out_channels}; }

  // Weights lie in blocks of 16 output channels; the padding of the last block
  // holds zeros, and gets gradients of zero. An optimizer may go through all
  // weight_count() numbers.
  constexpr int64_t weight_count() const {
    return PaddedChannels(out_channels) * kernel * kernel * in_channels;
  }
  constexpr int64_t WeightIndex(int64_t u, int64_t v, int64_t i,
                                int64_t o) const {
    return (((o / kChannelBlock * kernel + u) * kernel + v) * in_channels + i) *
               kChannelBlock +
           o % kChannelBlock;
  }
  // Biases of output channels, padded by zeros.
  constexpr int64_t bias_count() const { return PaddedChannels(out_channels); }
  // Numbers of the weights turned over by TurnWeights.
  constexpr int64_t turned_count() const {
    return PaddedChannels(in_channels) * kernel * kernel * out_channels;
  }
};

// The kernels of a layer. They allocate nothing, and every buffer belongs to
// the caller: layouts are those of images.h and of ConvolutionShape, buffers of
// one call must not overlap. Safe to share between threads.
//
// Bits: every output is one chain of fused multiply-adds, so that they do not
// depend on the instruction set, nor on the number of images.
//
// Cost: 2 rows columns kernel^2 in_channels out_channels flops per image and
// function, less those of the taps outside the image, which Forward,
// InputGradient and WeightGradient leave out (16 % for 14 x 14 and kernel 5).
// With fewer than some 8 input channels the functions for framed images are
// the faster ones. WinogradConvolution is faster than both where it can be had.
class Convolution {
 public:
  explicit Convolution(const ConvolutionShape& shape, Isa isa = ActiveIsa());

  const ConvolutionShape& shape() const { return shape_; }

  // The map above. A chain starts at the bias and runs over u, v, i in this
  // order.
  void Forward(int64_t images, const float* in, const float* weights,
               const float* bias, float* out) const;
  // The same for framed input; taps outside the image multiply zeros.
  void ForwardFramed(int64_t images, const float* framed, const float* weights,
                     const float* bias, float* out) const;

  // turned(kernel - 1 - u, kernel - 1 - v, o, i) = weight(u, v, i, o): the
  // weights of the convolution that takes gradients by the output to those by
  // the input. Once per step; as long as some thousandths of a step.
  void TurnWeights(const float* weights, float* turned) const;
  // in_gradient(y, x, i) = sum_{u, v, o} weight(u, v, i, o)
  //                                      out_gradient(y + h - u, x + h - v, o):
  // the gradient by the input from that by the output. A chain starts at zero
  // and runs over kernel - 1 - u, kernel - 1 - v, o in this order.
  void InputGradient(int64_t images, const float* out_gradient,
                     const float* turned, float* in_gradient) const;

  // How many floats of workspace the gradient by weights of so many images
  // needs.
  int64_t gradient_workspace(int64_t images) const;
  // weight_gradient(u, v, i, o) = sum_{b, y, x} in(b, y + u - h, x + v - h, i)
  //                                             out_gradient(b, y, x, o),
  // bias_gradient(o) = sum_{b, y, x} out_gradient(b, y, x, o).
  // A chain starts at zero and runs over the pixels of a group of max(1, 512 /
  // (rows columns)) images, in order (b, y, x). Groups are added as a tree: the
  // sum of n groups is that of the first p plus that of the others, where p is
  // the greatest power of two below n. So the order of a sum depends on rows,
  // columns and `images` alone.
  void WeightGradient(int64_t images, const float* in,
                      const float* out_gradient, float* workspace,
                      float* weight_gradient, float* bias_gradient) const;
  // The same for framed input; taps outside the image multiply zeros.
  void WeightGradientFramed(int64_t images, const float* framed,
                            const float* out_gradient, float* workspace,
                            float* weight_gradient, float* bias_gradient) const;

  // The same in parts, with the same bits: some images after the other while
  // they are in the caches, then the end. The sum and its buffers (workspace
  // for all images) belong together from the first part to the end.
  struct GradientSum {
    float* workspace;
    float* weight_gradient;
    float* bias_gradient;
    int64_t images = 0;  // So far.
    int64_t levels = 0;  // Parts of the tree that wait to be added.
  };
  void AddWeightGradient(int64_t images, const float* in,
                         const float* out_gradient, GradientSum& sum) const;
  void AddWeightGradientFramed(int64_t images, const float* framed,
                               const float* out_gradient,
                               GradientSum& sum) const;
  void EndWeightGradient(GradientSum& sum) const;

 private:
  // The gradient by weights of one image, added to `to`, or written there.
  void ImageGradient(const float* in, const float* out_gradient, bool extends,
                     float* to) const;
  void FramedImageGradient(const float* framed, const float* out_gradient,
                           bool extends, float* to) const;
  // Calls add(image, extends, where its gradient by weights goes) for every
  // image, and adds up what that leaves.
  template <class Add>
  void AddImages(int64_t images, const float* out_gradient, const Add& add,
                 GradientSum& sum) const;
  // Where the sum of a level is, and the addition of the last to the one
  // before.
  float* WeightsAt(const GradientSum& sum, int64_t level) const;
  float* BiasesAt(const GradientSum& sum, int64_t level) const;
  void MergeLevel(const GradientSum& sum, int64_t level) const;

  ConvolutionShape shape_;
  const ConvKernels* kernels_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_CONVOLUTION_H_
