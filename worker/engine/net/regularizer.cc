#include "worker/engine/net/regularizer.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "worker/kernel/conv/float_product.h"

namespace fathom::worker {
namespace {

using kernel::ConstFloatMatrix;
using kernel::FloatMatrix;
using kernel::Into;
using kernel::Turn;

// A long sum is that of so many shorter ones, each over every 16th number,
// which do not wait for each other.
constexpr int64_t kSums = 16;

double Total(const double (&sums)[kSums]) {
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

// Returns the sum of the products of numbers, in double.
double InnerProduct(const float* a, const float* b, int64_t count) {
  double sums[kSums] = {};
  int64_t i = 0;
  for (; i + kSums <= count; i += kSums) {
    for (int64_t k = 0; k < kSums; ++k) {
      sums[k] += static_cast<double>(a[i + k]) * b[i + k];
    }
  }
  for (int64_t k = 0; i < count; ++i, ++k) {
    sums[k] += static_cast<double>(a[i]) * b[i];
  }
  return Total(sums);
}

double SquaredNorm(const float* numbers, int64_t count) {
  return InnerProduct(numbers, numbers, count);
}

void AddScaled(float scale, const float* __restrict from, int64_t count,
               float* __restrict to) {
  for (int64_t i = 0; i < count; ++i) to[i] += scale * from[i];
}

FloatMatrix Matrix(const kernel::AlignedArray<float>& memory, int64_t rows,
                   int64_t columns) {
  return {memory.get(), rows, columns, columns};
}

// Flops of the gradient by sides: one is half a product, and others are in
// front of it between others.
double SideFlops(const Net::Dense& layer) {
  const size_t depth = layer.factors.size();
  double flops = 0;
  for (size_t j = 0; j < depth; ++j) {
    const auto rows = static_cast<double>(layer.factors[j].outputs);
    const auto columns = static_cast<double>(layer.factors[j].inputs);
    const bool first = j == 0;
    const bool last = j + 1 == depth;
    const double by_rows = 2 * rows * rows * columns;
    const double by_columns = 2 * rows * columns * columns;
    if (!first) flops += 1.5 * by_columns;
    if (!last) flops += 1.5 * by_rows;
    if (!first && !last) flops += by_rows;
  }
  return flops;
}

// Flops of the gradient by the product itself: A, and two products back.
double WrittenFlops(const Net::Dense& layer) {
  const auto inputs = static_cast<double>(layer.factors.front().inputs);
  double flops = 0;
  for (size_t j = 1; j < layer.factors.size(); ++j) {
    flops += 6 * static_cast<double>(layer.factors[j].outputs) *
             static_cast<double>(layer.factors[j].inputs) * inputs;
  }
  return flops;
}

bool IsWritten(const Net::Dense& layer) {
  return WrittenFlops(layer) < SideFlops(layer);
}

}  // namespace

void Regularizer::AddSides(const Net::Dense& layer, Sizes& most) {
  const size_t depth = layer.factors.size();
  if (most.left.size() < depth - 1) most.left.resize(depth - 1);
  for (size_t j = 0; j < depth; ++j) {
    const int64_t rows = layer.factors[j].outputs;
    const int64_t columns = layer.factors[j].inputs;
    most.product = std::max(most.product, rows * columns);
    most.workspace = std::max({most.workspace,
                               kernel::ProductWorkspace(rows, columns, columns),
                               kernel::ProductWorkspace(columns, rows, columns),
                               kernel::ProductWorkspace(rows, columns, rows),
                               kernel::ProductWorkspace(rows, rows, columns)});
    if (j + 1 == depth) continue;
    most.left[j] = std::max(most.left[j], rows * rows);
    most.right = std::max(most.right, rows * rows);
  }
}

void Regularizer::AddWritten(const Net::Dense& layer, Sizes& most) {
  const int64_t inputs = layer.factors.front().inputs;
  const size_t depth = layer.factors.size();
  if (most.left.size() < depth) most.left.resize(depth);
  for (size_t j = 1; j < depth; ++j) {
    const int64_t rows = layer.factors[j].outputs;
    const int64_t columns = layer.factors[j].inputs;
    most.left[j] = std::max(most.left[j], rows * inputs);
    most.product = std::max(most.product, columns * inputs);
    most.right = std::max(most.right, columns * inputs);
    most.workspace = std::max(
        {most.workspace, kernel::ProductWorkspace(rows, columns, inputs),
         kernel::ProductWorkspace(rows, inputs, columns),
         kernel::ProductWorkspace(columns, rows, inputs)});
  }
}

Regularizer::Sizes Regularizer::SizesFor(const v1::RegularizerSpec& spec,
                                         const Net& net) {
  Sizes most;
  if (spec.l2() == 0 || spec.on() == v1::REGULARIZER_PLACE_FACTORS) return most;
  for (const Net::Dense& layer : net.dense()) {
    const size_t depth = layer.factors.size();
    if (depth == 1) continue;
    if (IsWritten(layer)) {
      AddWritten(layer, most);
    } else {
      AddSides(layer, most);
    }
  }
  return most;
}

int64_t Regularizer::Bytes(const v1::RegularizerSpec& spec, const Net& net) {
  const Sizes sizes = SizesFor(spec, net);
  return std::accumulate(sizes.left.begin(), sizes.left.end(),
                         sizes.right + sizes.product + sizes.workspace) *
         int64_t{sizeof(float)};
}

Regularizer::Regularizer(const v1::RegularizerSpec& spec, const Net& net)
    : net_(net),
      l2_(spec.l2()),
      on_product_(spec.on() != v1::REGULARIZER_PLACE_FACTORS) {
  const Sizes sizes = SizesFor(spec, net);
  if (sizes.product == 0) return;
  for (const int64_t count : sizes.left) {
    left_.push_back(kernel::AllocateAlignedArray<float>(count));
  }
  right_ = kernel::AllocateAlignedArray<float>(sizes.right);
  product_ = kernel::AllocateAlignedArray<float>(sizes.product);
  workspace_ = kernel::AllocateAlignedArray<float>(sizes.workspace);
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
      sum += IsWritten(layer) ? ApplyWritten(layer, weights, gradient)
                              : ApplySides(layer, weights, gradient);
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

void Regularizer::WriteLeft(const Net::Dense& layer, const float* weights) {
  const size_t depth = layer.factors.size();
  for (size_t j = depth - 1; j > 0; --j) {
    const Net::Factor& factor = layer.factors[j];
    const bool last = j + 1 == depth;
    ConstFloatMatrix right = factor.In(weights);  // c L_j A_j, but for the c
    if (!last) {
      const FloatMatrix out = Matrix(product_, factor.outputs, factor.inputs);
      kernel::Multiply(Matrix(left_[j], factor.outputs, factor.outputs),
                       Turn::kAsIs, right, Turn::kAsIs, Into::kReplace, out,
                       workspace_.get());
      right = out;
    }
    const FloatMatrix out = Matrix(left_[j - 1], factor.inputs, factor.inputs);
    kernel::MultiplySymmetric(factor.In(weights), Turn::kTransposed, right,
                              Turn::kAsIs, out, workspace_.get());
    if (!last) continue;
    const auto c = static_cast<float>(l2_);
    for (int64_t i = 0; i < out.rows * out.columns; ++i) out.data[i] *= c;
  }
}

double Regularizer::ApplySides(const Net::Dense& layer, const float* weights,
                               float* gradient) {
  if (gradient != nullptr) WriteLeft(layer, weights);
  double square = 0;
  for (size_t j = 0; j < layer.factors.size(); ++j) {
    const Net::Factor& factor = layer.factors[j];
    const int64_t count = factor.outputs * factor.inputs;
    const bool last = j + 1 == layer.factors.size();
    ConstFloatMatrix scaled = factor.In(weights);  // A_j R_j
    if (j > 0) {
      const FloatMatrix out = Matrix(product_, factor.outputs, factor.inputs);
      kernel::Multiply(scaled, Turn::kAsIs,
                       Matrix(right_, factor.inputs, factor.inputs),
                       Turn::kAsIs, Into::kReplace, out, workspace_.get());
      scaled = out;
    }
    if (last) {
      square = InnerProduct(scaled.data, weights + factor.offset, count);
      if (gradient == nullptr) break;
      AddScaled(static_cast<float>(l2_), scaled.data, count,
                gradient + factor.offset);
      break;
    }
    const FloatMatrix next = Matrix(right_, factor.outputs, factor.outputs);
    kernel::MultiplySymmetric(scaled, Turn::kAsIs, factor.In(weights),
                              Turn::kTransposed, next, workspace_.get());
    if (gradient == nullptr) continue;
    kernel::Multiply(Matrix(left_[j], factor.outputs, factor.outputs),
                     Turn::kAsIs, scaled, Turn::kAsIs, Into::kAdd,
                     factor.In(gradient), workspace_.get());
  }
  return square;
}

double Regularizer::ApplyWritten(const Net::Dense& layer, const float* weights,
                                 float* gradient) {
  const int64_t inputs = layer.factors.front().inputs;
  const size_t depth = layer.factors.size();
  // A_j ... A_1, the first of which is there.
  const auto part = [&](size_t j) -> ConstFloatMatrix {
    if (j == 0) return layer.factors[0].In(weights);
    return Matrix(left_[j], layer.factors[j].outputs, inputs);
  };
  for (size_t j = 1; j < depth; ++j) {
    kernel::Multiply(layer.factors[j].In(weights), Turn::kAsIs, part(j - 1),
                     Turn::kAsIs, Into::kReplace,
                     Matrix(left_[j], layer.factors[j].outputs, inputs),
                     workspace_.get());
  }
  float* const product = left_[depth - 1].get();
  const int64_t count = layer.outputs() * inputs;
  const double square = SquaredNorm(product, count);
  if (gradient == nullptr) return square;
  const auto c = static_cast<float>(l2_);
  for (int64_t i = 0; i < count; ++i) product[i] *= c;
  FloatMatrix by_part = Matrix(left_[depth - 1], layer.outputs(), inputs);
  for (size_t j = depth - 1; j > 0; --j) {
    const Net::Factor& factor = layer.factors[j];
    kernel::Multiply(by_part, Turn::kAsIs, part(j - 1), Turn::kTransposed,
                     Into::kAdd, factor.In(gradient), workspace_.get());
    // In turns, as one is read while the other is written.
    const FloatMatrix next =
        Matrix(j % 2 == 0 ? right_ : product_, factor.inputs, inputs);
    kernel::Multiply(factor.In(weights), Turn::kTransposed, by_part,
                     Turn::kAsIs, Into::kReplace, next, workspace_.get());
    by_part = next;
  }
  AddScaled(1, by_part.data, by_part.rows * inputs,
            gradient + layer.factors[0].offset);
  return square;
}

double Regularizer::Flops(const v1::RegularizerSpec& spec, const Net& net) {
  if (spec.l2() == 0) return 0;
  double flops = 0;
  for (const Net::Dense& layer : net.dense()) {
    for (const Net::Factor& factor : layer.factors) {
      flops += 4 * static_cast<double>(factor.outputs * factor.inputs);
    }
    if (spec.on() == v1::REGULARIZER_PLACE_FACTORS) continue;
    if (layer.factors.size() == 1) continue;
    flops += std::min(SideFlops(layer), WrittenFlops(layer));
  }
  return flops;
}

}  // namespace fathom::worker
