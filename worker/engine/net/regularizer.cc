#include "worker/engine/net/regularizer.h"

#include <algorithm>
#include <cstdint>

#include "worker/kernel/conv/float_product.h"

namespace fathom::worker {
namespace {

using kernel::ConstFloatMatrix;
using kernel::FloatMatrix;
using kernel::Into;
using kernel::Turn;

// Sums in double.
double SquaredNorm(const float* numbers, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    sum += static_cast<double>(numbers[i]) * numbers[i];
  }
  return sum;
}

double InnerProduct(const float* a, const float* b, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

void AddScaled(float scale, const float* from, int64_t count, float* to) {
  for (int64_t i = 0; i < count; ++i) to[i] += scale * from[i];
}

FloatMatrix Resized(std::vector<float>& memory, int64_t rows, int64_t columns) {
  memory.resize(rows * columns);
  return {memory.data(), rows, columns, columns};
}

ConstFloatMatrix Square(const std::vector<float>& memory, int64_t side) {
  return {memory.data(), side, side, side};
}

}  // namespace

Regularizer::Regularizer(const v1::RegularizerSpec& spec, const Net& net)
    : net_(net),
      l2_(spec.l2()),
      on_product_(spec.on() != v1::REGULARIZER_PLACE_FACTORS) {
  if (none() || !on_product_) return;
  int64_t most = 0;
  for (const Net::Dense& layer : net.dense()) {
    if (layer.factors.size() == 1) continue;
    for (const Net::Factor& factor : layer.factors) {
      const int64_t rows = factor.outputs;
      const int64_t columns = factor.inputs;
      most = std::max({most, kernel::ProductWorkspace(rows, columns, columns),
                       kernel::ProductWorkspace(columns, rows, columns),
                       kernel::ProductWorkspace(rows, columns, rows),
                       kernel::ProductWorkspace(rows, rows, columns)});
    }
  }
  workspace_ = kernel::AllocateAlignedArray<float>(most);
}

double Regularizer::Apply(const float* weights, float* gradient) {
  if (none()) return 0;
  double sum = 0;
  for (const Net::Dense& layer : net_.dense()) {
    sum += SquaredNorm(weights + layer.bias, layer.outputs());
    if (gradient != nullptr) {
      AddScaled(static_cast<float>(l2_), weights + layer.bias, layer.outputs(),
                gradient + layer.bias);
    }
    if (on_product_ && layer.factors.size() > 1) {
      sum += ApplyProduct(layer, weights, gradient);
      continue;
    }
    for (const Net::Factor& factor : layer.factors) {
      const int64_t count = factor.outputs * factor.inputs;
      sum += SquaredNorm(weights + factor.offset, count);
      if (gradient == nullptr) continue;
      AddScaled(static_cast<float>(l2_), weights + factor.offset, count,
                gradient + factor.offset);
    }
  }
  return l2_ / 2 * sum;
}

void Regularizer::WriteSides(const Net::Dense& layer, const float* weights) {
  const size_t depth = layer.factors.size();
  left_.assign(depth, {});
  right_.assign(depth, {});
  for (size_t j = depth - 1; j > 0; --j) {
    const Net::Factor& factor = layer.factors[j];
    ConstFloatMatrix right = factor.In(weights);  // L_j A_j
    if (!left_[j].empty()) {
      const FloatMatrix out = Resized(product_, factor.outputs, factor.inputs);
      kernel::Multiply(Square(left_[j], factor.outputs), Turn::kAsIs, right,
                       Turn::kAsIs, Into::kReplace, out, workspace_.get());
      right = out;
    }
    const FloatMatrix out = Resized(left_[j - 1], factor.inputs, factor.inputs);
    kernel::Multiply(factor.In(weights), Turn::kTransposed, right, Turn::kAsIs,
                     Into::kReplace, out, workspace_.get());
  }
  for (size_t j = 0; j + 1 < depth; ++j) {
    const Net::Factor& factor = layer.factors[j];
    ConstFloatMatrix left = factor.In(weights);  // A_j R_j
    if (!right_[j].empty()) {
      const FloatMatrix out = Resized(product_, factor.outputs, factor.inputs);
      kernel::Multiply(left, Turn::kAsIs, Square(right_[j], factor.inputs),
                       Turn::kAsIs, Into::kReplace, out, workspace_.get());
      left = out;
    }
    const FloatMatrix out =
        Resized(right_[j + 1], factor.outputs, factor.outputs);
    kernel::Multiply(left, Turn::kAsIs, factor.In(weights), Turn::kTransposed,
                     Into::kReplace, out, workspace_.get());
  }
}

double Regularizer::ApplyProduct(const Net::Dense& layer, const float* weights,
                                 float* gradient) {
  WriteSides(layer, weights);
  double square = 0;
  for (size_t j = 0; j < layer.factors.size(); ++j) {
    const Net::Factor& factor = layer.factors[j];
    const int64_t count = factor.outputs * factor.inputs;
    const bool last = j + 1 == layer.factors.size();
    if (!last && gradient == nullptr) continue;
    ConstFloatMatrix scaled = factor.In(weights);  // A_j R_j
    if (!right_[j].empty()) {
      const FloatMatrix out = Resized(product_, factor.outputs, factor.inputs);
      kernel::Multiply(scaled, Turn::kAsIs, Square(right_[j], factor.inputs),
                       Turn::kAsIs, Into::kReplace, out, workspace_.get());
      scaled = out;
    }
    if (last) {
      square = InnerProduct(scaled.data, weights + factor.offset, count);
    }
    if (gradient == nullptr) break;
    if (!left_[j].empty()) {
      const FloatMatrix out = Resized(result_, factor.outputs, factor.inputs);
      kernel::Multiply(Square(left_[j], factor.outputs), Turn::kAsIs, scaled,
                       Turn::kAsIs, Into::kReplace, out, workspace_.get());
      scaled = out;
    }
    AddScaled(static_cast<float>(l2_), scaled.data, count,
              gradient + factor.offset);
  }
  return square;
}

double Regularizer::Flops() const {
  if (none()) return 0;
  double flops = 0;
  for (const Net::Dense& layer : net_.dense()) {
    for (size_t j = 0; j < layer.factors.size(); ++j) {
      const auto rows = static_cast<double>(layer.factors[j].outputs);
      const auto columns = static_cast<double>(layer.factors[j].inputs);
      flops += 4 * rows * columns;
      if (!on_product_ || layer.factors.size() == 1) continue;
      // Four products at most for each: two sides and the gradient.
      flops += 2 * rows * columns * (rows + columns);
    }
  }
  return flops;
}

}  // namespace fathom::worker
