// The layers of nets allocate nothing. Replaces operator new for this program.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/kernel/conv/floats.h"
#include "worker/kernel/conv/activations.h"
#include "worker/kernel/conv/convolution.h"
#include "worker/kernel/conv/dense.h"
#include "worker/kernel/conv/max_pool.h"
#include "worker/kernel/conv/softmax_loss.h"

namespace {

int64_t allocations = 0;

void* Allocate(size_t size, size_t alignment) {
  ++allocations;
  void* const memory = std::aligned_alloc(
      alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(size_t size) {
  return Allocate(size, alignof(std::max_align_t));
}
void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
// Sanitizers have arrays of their own otherwise.
void* operator new[](size_t size) { return operator new(size); }
void* operator new[](size_t size, std::align_val_t alignment) {
  return operator new(size, alignment);
}
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace fathom::worker::kernel {
namespace {

TEST(AllocationsTest, LayersAllocateNothing) {
  constexpr int64_t kImages = 5;
  constexpr int64_t kClasses = 10;
  const ConvolutionShape shape = {20, 20, 3, 20, 3};
  const Convolution convolution(shape);
  const MaxPool pool(shape.out(), 2);
  const int64_t inputs = pool.out().size();
  const Floats in(kImages * shape.in().size());
  const Floats framed(kImages * shape.in().framed_size(shape.kernel));
  const Floats weights(shape.weight_count()), bias(shape.bias_count());
  const Floats turned(shape.turned_count());
  const Floats workspace(convolution.gradient_workspace(kImages));
  const Floats out(kImages * shape.out().size());
  const Floats pooled(kImages * inputs), dense(kClasses * inputs);
  const Floats logits(kImages * kClasses);
  const Floats dense_workspace(DenseWorkspace(kImages, inputs, kClasses));
  std::vector<uint8_t> chosen(pooled.size());
  const std::vector<int32_t> labels(kImages);

  const int64_t before = allocations;
  convolution.ForwardFramed(kImages, framed.get(), weights.get(), bias.get(),
                            out.get());
  convolution.Forward(kImages, in.get(), weights.get(), bias.get(), out.get());
  pool.Forward(kImages, out.get(), pooled.get(), chosen.data());
  Activate(Activation::kTanh, pooled.size(), pooled.get());
  const FloatMatrix samples = {pooled.get(), kImages, inputs, inputs};
  const FloatMatrix units = {dense.get(), kClasses, inputs, inputs};
  FloatMatrix outputs = {logits.get(), kImages, kClasses, kClasses};
  DenseForward(samples, units, bias.get(), outputs, dense_workspace.get());
  MeasureSoftmaxLoss(outputs, labels, 1, &outputs);
  DenseInputGradient(outputs, units, samples, dense_workspace.get());
  DenseWeightGradient(samples, outputs, units, bias.get(),
                      dense_workspace.get());
  ActivateBackward(Activation::kTanh, pooled.size(), pooled.get(),
                   pooled.get());
  MultiplyBy(pooled.size(), pooled.get(), pooled.get());
  pool.Backward(kImages, pooled.get(), chosen.data(), out.get());
  convolution.TurnWeights(weights.get(), turned.get());
  convolution.InputGradient(kImages, out.get(), turned.get(), in.get());
  convolution.WeightGradient(kImages, in.get(), out.get(), workspace.get(),
                             weights.get(), bias.get());
  convolution.WeightGradientFramed(kImages, framed.get(), out.get(),
                                   workspace.get(), weights.get(), bias.get());
  EXPECT_EQ(allocations, before);
}

TEST(AllocationsTest, AllocationsAreCounted) {
  const int64_t before = allocations;
  const Floats floats(3);
  EXPECT_GT(allocations, before);
}

}  // namespace
}  // namespace fathom::worker::kernel
