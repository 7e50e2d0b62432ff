#ifndef FATHOM_WORKER_KERNEL_CONV_WINOGRAD_H_
#define FATHOM_WORKER_KERNEL_CONV_WINOGRAD_H_

#include <cstdint>

#include "worker/kernel/conv/convolution.h"
#include "worker/kernel/conv/images.h"
#include "worker/kernel/isa.h"

namespace fathom::worker::kernel {

// A convolution with a kernel of 5 x 5 with fewer products, F(2 x 2, 5 x 5) of
// Winograd (Lavin and Gray 2016): tiles of 6 x 6 pixels, 4 apart less 2, give
// 2 x 2 outputs with 36 products per pair of channels instead of 100. With the
// matrices of tile_transforms.h, for an output tile Y, its input tile D and
// weights W (per pair of channels):
//   Y = A^T [sum_i (G W G^T) .* (B^T D B)] A + bias,
//   gradient by W = G^T [sum over tiles of (B^T D B) .* (A dY A^T)] G.
// The map and its gradients are those of Convolution, but for rounding.
// Relative to the root mean square of what they are part of, the numbers of 14
// x 14 pixels, 32 to 64 channels and 64 images differ from those of Convolution
// by 0.9e-6 (outputs), 1.3e-6 (gradients by the input) and 2.0e-6 (by weights)
// on average, and by 2e-5 at most; Convolution's own errors are 0.35e-6. It
// is 1.7 to 1.9 times as fast there, and no faster where there are fewer than
// some 16 channels on either side.
//
// Bits: every number is computed by operations in an order that is the same for
// each channel, each tile and each instruction set; the sums over channels i,
// and over the tiles of a group of images, are chains of fused multiply-adds.
// Layouts, ownership and threads are those of Convolution.
class WinogradConvolution {
 public:
  // Whether there is one for this shape: the kernel is 5 and the sides are
  // even.
  static bool Takes(const ConvolutionShape& shape);
  // Whether it is also the faster one: at least 16 channels on either side, and
  // at least 1.5 times as many products in the direct sums, less those of the
  // taps outside the image, of which a small one has many.
  static bool Pays(const ConvolutionShape& shape);

  explicit WinogradConvolution(const ConvolutionShape& shape,
                               Isa isa = ActiveIsa());

  const ConvolutionShape& shape() const { return shape_; }

  // G W G^T for every pair of channels: of these weights for Forward, and of
  // the turned ones for InputGradient. Once per step.
  int64_t transformed_count() const;
  int64_t turned_count() const;
  void TransformWeights(const float* weights, float* transformed) const;
  // `turned`: what Convolution::TurnWeights writes.
  void TransformTurned(const float* turned, float* transformed) const;

  // How many floats of workspace Forward and InputGradient need.
  int64_t workspace() const;
  void Forward(int64_t images, const float* in, const float* transformed,
               const float* bias, float* out, float* workspace) const;
  void InputGradient(int64_t images, const float* out_gradient,
                     const float* transformed_turned, float* in_gradient,
                     float* workspace) const;

  // The gradient by weights in parts, as that of Convolution. Groups are
  // max(1, 512 / number of tiles of an image) images, and their sums are the
  // same tree. `workspace` is of gradient_workspace(all images) floats.
  int64_t gradient_workspace(int64_t images) const;
  struct GradientSum {
    float* workspace;
    int64_t images = 0;
    int64_t levels = 0;
  };
  void AddWeightGradient(int64_t images, const float* in,
                         const float* out_gradient, GradientSum& sum) const;
  void EndWeightGradient(GradientSum& sum, float* weight_gradient,
                         float* bias_gradient) const;

 private:
  struct Map;  // From so many channels to so many.

  int64_t tiles() const { return shape_.rows / 2 * (shape_.columns / 2); }
  int64_t framed_count(int64_t channels) const;
  int64_t group_size() const;
  // Writes B^T D B of all tiles of an image, position by position. The frame of
  // `framed` must be zero.
  void TransformImage(int64_t channels, const float* image, float* framed,
                      float* transformed) const;
  void Transform(const Map& map, const float* weights,
                 float* transformed) const;
  void Apply(const Map& map, int64_t images, const float* from,
             const float* transformed, const float* bias, float* to,
             float* workspace) const;
  float* LevelAt(const GradientSum& sum, int64_t level) const;
  void MergeLevel(const GradientSum& sum, int64_t level) const;

  ConvolutionShape shape_;
  const ConvKernels* kernels_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_WINOGRAD_H_
