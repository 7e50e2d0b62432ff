#ifndef FATHOM_TESTS_WORKER_KERNEL_CONV_LAYER_H_
#define FATHOM_TESTS_WORKER_KERNEL_CONV_LAYER_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "tests/worker/kernel/conv/floats.h"
#include "worker/kernel/conv/convolution.h"
#include "worker/kernel/conv/images.h"
#include "worker/kernel/isa.h"

// A convolutional layer with random numbers, and all that Convolution computes.
namespace fathom::worker::kernel {

// Everything that goes into a layer, with zeros in the padding.
struct Layer {
  Layer(const ConvolutionShape& s, int64_t count)
      : shape(s),
        images(count),
        in(count * s.in().size()),
        framed(count * s.in().framed_size(s.kernel)),
        weights(s.weight_count()),
        bias(s.bias_count()),
        out_gradient(count * s.out().size()) {
    RandomFloats random;
    for (int64_t b = 0; b < count; ++b) {
      Floats plain(s.rows * s.columns * s.in_channels);
      for (int64_t p = 0; p < s.rows * s.columns; ++p) {
        for (int64_t i = 0; i < s.in_channels; ++i) {
          const float x = random.Next();
          plain[p * s.in_channels + i] = x;
          in[b * s.in().size() + s.in().Index(0, p, i)] = x;
        }
        for (int64_t o = 0; o < s.out_channels; ++o) {
          out_gradient[b * s.out().size() + s.out().Index(0, p, o)] =
              random.Next();
        }
      }
      FrameImage(s.in(), s.kernel, plain.get(),
                 framed.get() + b * s.in().framed_size(s.kernel));
    }
    ForEachWeight([&](int64_t u, int64_t v, int64_t i, int64_t o) {
      weights[s.WeightIndex(u, v, i, o)] = random.Next();
    });
    for (int64_t o = 0; o < s.out_channels; ++o) bias[o] = random.Next();
  }

  void ForEachWeight(const std::function<void(int64_t, int64_t, int64_t,
                                              int64_t)>& call) const {
    for (int64_t u = 0; u < shape.kernel; ++u) {
      for (int64_t v = 0; v < shape.kernel; ++v) {
        for (int64_t i = 0; i < shape.in_channels; ++i) {
          for (int64_t o = 0; o < shape.out_channels; ++o) call(u, v, i, o);
        }
      }
    }
  }

  bool Inside(int64_t y, int64_t x) const {
    return y >= 0 && y < shape.rows && x >= 0 && x < shape.columns;
  }
  float In(int64_t b, int64_t y, int64_t x, int64_t i) const {
    return in[b * shape.in().size() + shape.in().Index(y, x, i)];
  }
  float OutGradient(int64_t b, int64_t y, int64_t x, int64_t o) const {
    return out_gradient[b * shape.out().size() + shape.out().Index(y, x, o)];
  }
  float Weight(int64_t u, int64_t v, int64_t i, int64_t o) const {
    return weights[shape.WeightIndex(u, v, i, o)];
  }

  ConvolutionShape shape;
  int64_t images;
  Floats in, framed, weights, bias, out_gradient;
};

// Everything that comes out of a layer.
struct Results {
  Results(const Layer& layer, Isa isa)
      : out(layer.images * layer.shape.out().size()),
        framed_out(out.size()),
        in_gradient(layer.images * layer.shape.in().size()),
        weight_gradient(layer.shape.weight_count()),
        bias_gradient(layer.shape.bias_count()),
        framed_weight_gradient(layer.shape.weight_count()),
        framed_bias_gradient(layer.shape.bias_count()) {
    const Convolution convolution(layer.shape, isa);
    Floats turned(layer.shape.turned_count());
    Floats workspace(convolution.gradient_workspace(layer.images));
    const float kGarbage = 77;  // Nothing may depend on what was there.
    for (const Floats* floats :
         {&out, &framed_out, &in_gradient, &weight_gradient, &bias_gradient,
          &framed_weight_gradient, &framed_bias_gradient, &turned,
          &workspace}) {
      std::fill(floats->span().begin(), floats->span().end(), kGarbage);
    }
    convolution.Forward(layer.images, layer.in.get(), layer.weights.get(),
                        layer.bias.get(), out.get());
    convolution.ForwardFramed(layer.images, layer.framed.get(),
                              layer.weights.get(), layer.bias.get(),
                              framed_out.get());
    convolution.TurnWeights(layer.weights.get(), turned.get());
    convolution.InputGradient(layer.images, layer.out_gradient.get(),
                              turned.get(), in_gradient.get());
    convolution.WeightGradient(layer.images, layer.in.get(),
                               layer.out_gradient.get(), workspace.get(),
                               weight_gradient.get(), bias_gradient.get());
    convolution.WeightGradientFramed(layer.images, layer.framed.get(),
                                     layer.out_gradient.get(), workspace.get(),
                                     framed_weight_gradient.get(),
                                     framed_bias_gradient.get());
  }

  std::vector<const Floats*> All() const {
    return {&out,
            &framed_out,
            &in_gradient,
            &weight_gradient,
            &bias_gradient,
            &framed_weight_gradient,
            &framed_bias_gradient};
  }

  Floats out, framed_out, in_gradient;
  Floats weight_gradient, bias_gradient;
  Floats framed_weight_gradient, framed_bias_gradient;
};

// What an output is by its definition.
inline Sum OutputOf(const Layer& layer, int64_t b, int64_t y, int64_t x,
                    int64_t o) {
  const ConvolutionShape& s = layer.shape;
  Sum sum(layer.bias[o]);
  for (int64_t u = 0; u < s.kernel; ++u) {
    for (int64_t v = 0; v < s.kernel; ++v) {
      const int64_t from_y = y + u - s.kernel / 2,
                    from_x = x + v - s.kernel / 2;
      if (!layer.Inside(from_y, from_x)) continue;
      for (int64_t i = 0; i < s.in_channels; ++i) {
        sum.Add(layer.In(b, from_y, from_x, i), layer.Weight(u, v, i, o));
      }
    }
  }
  return sum;
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_TESTS_WORKER_KERNEL_CONV_LAYER_H_
