#ifndef FATHOM_TESTS_WORKER_ENGINE_NET_NAIVE_NET_H_
#define FATHOM_TESTS_WORKER_ENGINE_NET_NAIVE_NET_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "proto/sweep/net.h"
#include "worker/engine/net/net.h"

namespace fathom::test {

// A conv_net written down as plain loops in long double, which reads its
// weights where worker::Net has them. One sample at a time, without dropout.
class NaiveNet {
 public:
  using Real = long double;

  // `net` must outlive this. The weights are those of `weights` at the start.
  NaiveNet(const worker::Net& net, const float* weights)
      : net_(net), weights_(weights, weights + net.weight_count()) {}

  Real& weight(int64_t index) { return weights_[index]; }

  // Returns the outputs for one sample, whose features are an image channel by
  // channel.
  std::vector<Real> Outputs(const double* features) const {
    const NetLayers& layers = net_.layers();
    std::vector<Real> x(features, features + layers.image.numbers());
    for (size_t i = 0; i < layers.stages.size(); ++i) x = RunStage(i, x);
    for (size_t i = 0; i < layers.dense.size(); ++i) x = RunDense(i, x);
    return x;
  }

  // Returns the mean over samples of the cross-entropy of softmax.
  Real CrossEntropy(const std::vector<double>& features,
                    const std::vector<int32_t>& labels) const {
    const int64_t columns = net_.layers().image.numbers();
    Real sum = 0;
    for (size_t s = 0; s < labels.size(); ++s) {
      const std::vector<Real> z =
          Outputs(&features[static_cast<int64_t>(s) * columns]);
      const Real most = *std::max_element(z.begin(), z.end());
      Real total = 0;
      for (const Real one : z) total += std::exp(one - most);
      sum += std::log(total) - (z[labels[s]] - most);
    }
    return sum / static_cast<Real>(labels.size());
  }

  // Returns c/2 times the squares of the dense layers, of products or factors.
  Real Regularizer(Real c, bool product) const {
    Real sum = 0;
    for (const worker::Net::Dense& layer : net_.dense()) {
      for (int64_t o = 0; o < layer.outputs(); ++o) {
        sum += weights_[layer.bias + o] * weights_[layer.bias + o];
      }
      if (!product) {
        for (const worker::Net::Factor& factor : layer.factors) {
          for (int64_t i = 0; i < factor.outputs * factor.inputs; ++i) {
            sum += weights_[factor.offset + i] * weights_[factor.offset + i];
          }
        }
        continue;
      }
      for (const Real entry : Product(layer)) sum += entry * entry;
    }
    return c / 2 * sum;
  }

 private:
  Real Activated(Real z) const {
    switch (net_.layers().activation) {
      case v1::ACTIVATION_TANH:
        return std::tanh(z);
      case v1::ACTIVATION_LINEAR:
        return z;
      default:
        return z > 0 ? z : 0;
    }
  }

  std::vector<Real> RunStage(size_t index, const std::vector<Real>& in) const {
    const ConvStage& spec = net_.layers().stages[index];
    const worker::Net::Stage& stage = net_.stages()[index];
    const auto& shape = stage.map.shape();
    const int64_t height = spec.in.height;
    const int64_t width = spec.in.width;
    const int64_t reach = spec.kernel / 2;
    const ImageSize out = spec.out();
    std::vector<Real> result(out.numbers(), -INFINITY);
    for (int64_t o = 0; o < spec.channels; ++o) {
      for (int64_t h = 0; h < height; ++h) {
        for (int64_t w = 0; w < width; ++w) {
          Real z = weights_[stage.bias + o];
          for (int64_t c = 0; c < spec.in.channels; ++c) {
            for (int64_t u = 0; u < spec.kernel; ++u) {
              for (int64_t v = 0; v < spec.kernel; ++v) {
                const int64_t y = h + u - reach;
                const int64_t x = w + v - reach;
                if (y < 0 || y >= height || x < 0 || x >= width) continue;
                z += weights_[stage.weights + shape.WeightIndex(u, v, c, o)] *
                     in[(c * height + y) * width + x];
              }
            }
          }
          Real& most = result[(o * out.height + h / spec.pool) * out.width +
                              w / spec.pool];
          most = std::max(most, Activated(z));
        }
      }
    }
    return result;
  }

  // Returns entry (o, i) of a factor, where the inputs of the first dense layer
  // are an image channel by channel.
  Real Entry(size_t layer, size_t factor, int64_t o, int64_t i) const {
    const worker::Net::Factor& f = net_.dense()[layer].factors[factor];
    if (layer == 0 && factor == 0 && !net_.stages().empty()) {
      const auto shape = net_.stages().back().map.out();
      const int64_t pixels = shape.rows * shape.columns;
      i = shape.Index(i % pixels / shape.columns, i % shape.columns,
                      i / pixels);
    }
    return weights_[f.offset + o * f.inputs + i];
  }

  std::vector<Real> RunDense(size_t index, std::vector<Real> x) const {
    const DenseLayer& spec = net_.layers().dense[index];
    for (size_t j = 0; j + 1 < spec.widths.size(); ++j) {
      std::vector<Real> next(spec.widths[j + 1]);
      for (int64_t o = 0; o < spec.widths[j + 1]; ++o) {
        for (int64_t i = 0; i < spec.widths[j]; ++i) {
          next[o] += Entry(index, j, o, i) * x[i];
        }
      }
      x = std::move(next);
    }
    for (int64_t o = 0; o < spec.outputs(); ++o) {
      x[o] += weights_[net_.dense()[index].bias + o];
    }
    if (index + 1 == net_.layers().dense.size()) return x;
    for (Real& z : x) z = Activated(z);
    return x;
  }

  // Returns A_N ... A_1, padding included.
  std::vector<Real> Product(const worker::Net::Dense& layer) const {
    const worker::Net::Factor& first = layer.factors.front();
    const int64_t columns = first.inputs;
    std::vector<Real> product(
        weights_.begin() + first.offset,
        weights_.begin() + first.offset + first.outputs * columns);
    for (size_t j = 1; j < layer.factors.size(); ++j) {
      const worker::Net::Factor& factor = layer.factors[j];
      std::vector<Real> next(factor.outputs * columns);
      for (int64_t o = 0; o < factor.outputs; ++o) {
        for (int64_t k = 0; k < factor.inputs; ++k) {
          const Real a = weights_[factor.offset + o * factor.inputs + k];
          for (int64_t i = 0; i < columns; ++i) {
            next[o * columns + i] += a * product[k * columns + i];
          }
        }
      }
      product = std::move(next);
    }
    return product;
  }

  const worker::Net& net_;
  std::vector<Real> weights_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_ENGINE_NET_NAIVE_NET_H_
