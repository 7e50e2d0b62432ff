#ifndef FATHOM_TESTS_WORKER_NAIVE_NET_H_
#define FATHOM_TESTS_WORKER_NAIVE_NET_H_

#include <cmath>
#include <cstdint>
#include <vector>

#include "worker/kernel/models/linear_net.h"

namespace fathom::test {

// A linear net as a text book trains it: every sample goes forward through all
// layers, and its error goes back. It is slow and shares no code with the
// kernels.
template <typename Real>
class NaiveNet {
 public:
  explicit NaiveNet(const worker::kernel::LinearNet& net) {
    for (int j = 1; j <= net.depth(); ++j) {
      const worker::kernel::ConstMatrix w = net.factor(j);
      layers_.push_back({w.rows, w.columns, {}});
      for (int64_t i = 0; i < w.rows * w.columns; ++i) {
        layers_.back().weights.push_back(w.data[i]);
      }
    }
  }

  // Returns weight i of W_j.
  Real& weight(int j, int64_t i) { return layers_[j - 1].weights[i]; }

  // Returns factor * (1/m) sum |W x - y|^p, and fills in its gradient by
  // weight.
  Real Loss(const std::vector<double>& x, const std::vector<double>& y, int p,
            Real factor,
            std::vector<std::vector<Real>>* gradient = nullptr) const {
    const int64_t d = layers_.front().columns;
    const int64_t k = layers_.back().rows;
    const int64_t m = static_cast<int64_t>(y.size()) / k;
    if (gradient != nullptr) {
      gradient->clear();
      for (const Layer& layer : layers_) {
        gradient->emplace_back(layer.weights.size());
      }
    }
    Real loss = 0;
    for (int64_t i = 0; i < m; ++i) {
      std::vector<std::vector<Real>> values = {
          {x.begin() + i * d, x.begin() + (i + 1) * d}};
      for (const Layer& layer : layers_) {
        values.push_back(Forward(layer, values.back()));
      }
      std::vector<Real> back(k);
      for (int64_t o = 0; o < k; ++o) {
        const Real residual = values.back()[o] - y[i * k + o];
        loss += factor * std::pow(residual, p) / m;
        back[o] = factor * p * std::pow(residual, p - 1) / m;
      }
      for (size_t j = layers_.size(); gradient != nullptr && j-- > 0;) {
        back = Backward(layers_[j], values[j], back, (*gradient)[j]);
      }
    }
    return loss;
  }

  // Takes one step of gradient descent with weight decay.
  void Descend(const std::vector<std::vector<Real>>& gradient, Real rate,
               Real decay) {
    for (size_t j = 0; j < layers_.size(); ++j) {
      for (size_t i = 0; i < layers_[j].weights.size(); ++i) {
        Real& w = layers_[j].weights[i];
        w -= rate * (gradient[j][i] + decay * w);
      }
    }
  }

  // Returns the Frobenius norm of W, whose columns are the images of the unit
  // vectors.
  Real EndToEndNorm() const {
    Real square = 0;
    for (int64_t c = 0; c < layers_.front().columns; ++c) {
      std::vector<Real> column(layers_.front().columns);
      column[c] = 1;
      for (const Layer& layer : layers_) column = Forward(layer, column);
      for (const Real entry : column) square += entry * entry;
    }
    return std::sqrt(square);
  }

 private:
  struct Layer {
    int64_t rows;
    int64_t columns;
    std::vector<Real> weights;
  };

  static std::vector<Real> Forward(const Layer& layer,
                                   const std::vector<Real>& in) {
    std::vector<Real> out(layer.rows);
    for (int64_t r = 0; r < layer.rows; ++r) {
      for (int64_t c = 0; c < layer.columns; ++c) {
        out[r] += layer.weights[r * layer.columns + c] * in[c];
      }
    }
    return out;
  }

  static std::vector<Real> Backward(const Layer& layer,
                                    const std::vector<Real>& in,
                                    const std::vector<Real>& back,
                                    std::vector<Real>& gradient) {
    std::vector<Real> below(layer.columns);
    for (int64_t r = 0; r < layer.rows; ++r) {
      for (int64_t c = 0; c < layer.columns; ++c) {
        gradient[r * layer.columns + c] += back[r] * in[c];
        below[c] += layer.weights[r * layer.columns + c] * back[r];
      }
    }
    return below;
  }

  std::vector<Layer> layers_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_NAIVE_NET_H_
