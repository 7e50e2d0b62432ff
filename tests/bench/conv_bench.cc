// Speed of the kernels of convolutional nets, for the layers of TensorFlow's
// tutorial net for MNIST: 28x28x1, 5x5 to 32 channels, pool, 5x5 to 64
// channels, pool, dense 512, dense 10; batch 64, one thread, float32.
//
//   conv_bench [--isa avx2] [--rounds 30]
//
// The second convolution is there twice: direct, and Winograd's.
//
// Says of each kernel the flops per second, counted the direct way (taps
// outside the image included, though some kernels leave them out: hence more
// than 100 % of the peak), and the share of the fused multiply-adds that a core
// can do. Times are the best of all rounds, in CPU time of the thread, as
// machines are seldom idle; the whole step is timed as a whole.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "worker/bench/peak.h"
#include "worker/kernel/aligned.h"
#include "worker/kernel/conv/activations.h"
#include "worker/kernel/conv/convolution.h"
#include "worker/kernel/conv/dense.h"
#include "worker/kernel/conv/max_pool.h"
#include "worker/kernel/conv/softmax_loss.h"
#include "worker/kernel/conv/winograd.h"

namespace fathom::worker::kernel {
namespace {

using bench::Peak;
using bench::ThreadSeconds;
using Floats = AlignedArray<float>;

constexpr int64_t kBatch = 64;
constexpr int64_t kHidden = 512;
constexpr int64_t kClasses = 10;
constexpr ConvolutionShape kFirst = {28, 28, 1, 32, 5};
constexpr ConvolutionShape kSecond = {14, 14, 32, 64, 5};

int rounds = 30;

Floats Random(int64_t count, float deviation = 0.1f) {
  static std::mt19937_64 random(1);
  std::normal_distribution<float> normal(0, deviation);
  Floats numbers = AllocateAlignedArray<float>(count);
  for (int64_t i = 0; i < count; ++i) numbers[i] = normal(random);
  return numbers;
}

// A layer's weights, their gradients and what momentum remembers of them.
struct Weights {
  explicit Weights(int64_t n)
      : count(n), values(Random(n)), gradient(Random(n)), velocity(Random(n)) {}

  // The plainest loop for it, here for the sake of the whole.
  void Update() const {
    for (int64_t i = 0; i < count; ++i) {
      velocity[i] = 0.9f * velocity[i] + gradient[i];
      values[i] -= 1e-5f * velocity[i];
    }
  }

  int64_t count;
  Floats values, gradient, velocity;
};

class Net {
 public:
  explicit Net(Isa isa)
      : isa_(isa),
        first_(kFirst, isa),
        second_(kSecond, isa),
        fast_(kSecond, isa),
        first_pool_(kFirst.out(), 2, isa),
        second_pool_(kSecond.out(), 2, isa) {
    for (int64_t b = 0; b < kBatch; ++b) labels_.push_back(b % kClasses);
  }

  struct Part {
    std::string name;
    double flops;
    std::function<void()> run;
  };

  // All kernels, in the order of a step.
  std::vector<Part> Parts() {
    const double first = Flops(28 * 28, 25 * 32), second = Flops(196, 800 * 64);
    const double third = Flops(kInputs, kHidden);
    const double fourth = Flops(kHidden, kClasses);
    return {
        {"conv1 forward", first, [this] { ForwardFirst(0, kBatch); }},
        {"pool1, relu forward", 0, [this] { PoolFirst(0, kBatch); }},
        {"conv2 forward", second, [this] { ForwardSecond(0, kBatch); }},
        {"  Winograd's", second, [this] { FastForwardSecond(0, kBatch); }},
        {"pool2, relu forward", 0, [this] { PoolSecond(0, kBatch); }},
        {"dense1 forward", third, [this] { ForwardThird(); }},
        {"dense2 forward", fourth, [this] { ForwardFourth(); }},
        {"loss", 0, [this] { Loss(); }},
        {"dense2 backward", 2 * fourth, [this] { BackwardFourth(); }},
        {"dense1 by input", third, [this] { ThirdByInput(); }},
        {"dense1 by weights", third, [this] { ThirdByWeights(); }},
        {"pool2, relu backward", 0, [this] { UnpoolSecond(0, kBatch); }},
        {"conv2 by input", second, [this] { SecondByInput(0, kBatch); }},
        {"  Winograd's", second, [this] { FastSecondByInput(0, kBatch); }},
        {"conv2 by weights", second, [this] { SecondByWeights(0, kBatch); }},
        {"  Winograd's", second, [this] { FastSecondByWeights(0, kBatch); }},
        {"pool1, relu backward", 0, [this] { UnpoolFirst(0, kBatch); }},
        {"conv1 by weights", first, [this] { FirstByWeights(0, kBatch); }}};
  }

  // Flops of a step.
  static double StepFlops() {
    return 2 * Flops(28 * 28, 25 * 32) + 3 * Flops(196, 800 * 64) +
           3 * Flops(kInputs, kHidden) + 3 * Flops(kHidden, kClasses);
  }

  // A step, with so many images at a time, as they may stay in the caches.
  void Step(int64_t n, bool fast) {
    for (int64_t b = 0; b < kBatch; b += n) {
      ForwardFirst(b, n);
      PoolFirst(b, n);
      fast ? FastForwardSecond(b, n) : ForwardSecond(b, n);
      PoolSecond(b, n);
    }
    ForwardThird();
    ForwardFourth();
    Loss();
    BackwardFourth();
    ThirdByInput();
    ThirdByWeights();
    for (int64_t b = 0; b < kBatch; b += n) {
      UnpoolSecond(b, n);
      fast ? FastSecondByInput(b, n) : SecondByInput(b, n);
      fast ? FastSecondByWeights(b, n) : SecondByWeights(b, n);
      UnpoolFirst(b, n);
      FirstByWeights(b, n);
    }
  }

  void Update() const {
    for (const Weights* weights : {&w1_, &b1_, &w2_, &b2_, &w3_, &b3_, &w4_}) {
      weights->Update();
    }
  }

 private:
  static constexpr int64_t kInputs = 7 * 7 * 64;

  static double Flops(int64_t a, int64_t b) {
    return 2.0 * static_cast<double>(kBatch * a * b);
  }
  static FloatMatrix View(const Floats& floats, int64_t rows, int64_t columns) {
    return {floats.get(), rows, columns, columns};
  }

  // Of `n` images from `b` on.
  void ForwardFirst(int64_t b, int64_t n) {
    first_.ForwardFramed(n, in_.get() + b * kFirst.in().framed_size(5),
                         w1_.values.get(), b1_.values.get(),
                         out1_.get() + b * kFirst.out().size());
  }
  void PoolFirst(int64_t b, int64_t n) {
    float* const pooled = pooled1_.get() + b * kPooled1;
    first_pool_.Forward(n, out1_.get() + b * kFirst.out().size(), pooled,
                        chosen1_.data() + b * kPooled1);
    Activate(Activation::kRelu, n * kPooled1, pooled, isa_);
  }
  void ForwardSecond(int64_t b, int64_t n) {
    second_.Forward(n, pooled1_.get() + b * kPooled1, w2_.values.get(),
                    b2_.values.get(), out2_.get() + b * kSecond.out().size());
  }
  void PoolSecond(int64_t b, int64_t n) {
    float* const pooled = pooled2_.get() + b * kInputs;
    second_pool_.Forward(n, out2_.get() + b * kSecond.out().size(), pooled,
                         chosen2_.data() + b * kInputs);
    Activate(Activation::kRelu, n * kInputs, pooled, isa_);
  }
  void ForwardThird() {
    DenseForward(View(pooled2_, kBatch, kInputs), Weights3(), b3_.values.get(),
                 View(hidden_, kBatch, kHidden), workspace_.get(), isa_);
    Activate(Activation::kRelu, kBatch * kHidden, hidden_.get(), isa_);
    MultiplyBy(kBatch * kHidden, mask_.get(), hidden_.get());
  }
  void ForwardFourth() {
    DenseForward(View(hidden_, kBatch, kHidden), Weights4(), nullptr,
                 View(logits_, kBatch, kClasses), workspace_.get(), isa_);
  }
  void Loss() {
    FloatMatrix logits = View(logits_, kBatch, kClasses);
    MeasureSoftmaxLoss(logits, labels_, 1.0 / kBatch, &logits);
  }
  void BackwardFourth() {
    const FloatMatrix by_logits = View(logits_, kBatch, kClasses);
    DenseWeightGradient(View(hidden_, kBatch, kHidden), by_logits,
                        View(w4_.gradient, kClasses, kHidden), nullptr,
                        workspace_.get(), isa_);
    DenseInputGradient(by_logits, Weights4(), View(by_hidden_, kBatch, kHidden),
                       workspace_.get(), isa_);
    MultiplyBy(kBatch * kHidden, mask_.get(), by_hidden_.get());
    ActivateBackward(Activation::kRelu, kBatch * kHidden, hidden_.get(),
                     by_hidden_.get());
  }
  void ThirdByInput() {
    DenseInputGradient(View(by_hidden_, kBatch, kHidden), Weights3(),
                       View(by_pooled2_, kBatch, kInputs), workspace_.get(),
                       isa_);
  }
  void ThirdByWeights() {
    DenseWeightGradient(View(pooled2_, kBatch, kInputs),
                        View(by_hidden_, kBatch, kHidden),
                        View(w3_.gradient, kHidden, kInputs),
                        b3_.gradient.get(), workspace_.get(), isa_);
  }
  void UnpoolSecond(int64_t b, int64_t n) {
    float* const gradient = by_pooled2_.get() + b * kInputs;
    ActivateBackward(Activation::kRelu, n * kInputs,
                     pooled2_.get() + b * kInputs, gradient);
    second_pool_.Backward(n, gradient, chosen2_.data() + b * kInputs,
                          by_out2_.get() + b * kSecond.out().size());
  }
  void SecondByInput(int64_t b, int64_t n) {
    if (b == 0) second_.TurnWeights(w2_.values.get(), turned_.get());
    second_.InputGradient(n, by_out2_.get() + b * kSecond.out().size(),
                          turned_.get(), by_pooled1_.get() + b * kPooled1);
  }
  void SecondByWeights(int64_t b, int64_t n) {
    if (b == 0) {
      second_sum_ = {second_workspace_.get(), w2_.gradient.get(),
                     b2_.gradient.get()};
    }
    second_.AddWeightGradient(n, pooled1_.get() + b * kPooled1,
                              by_out2_.get() + b * kSecond.out().size(),
                              second_sum_);
    if (b + n == kBatch) second_.EndWeightGradient(second_sum_);
  }
  void FastForwardSecond(int64_t b, int64_t n) {
    if (b == 0) fast_.TransformWeights(w2_.values.get(), transformed_.get());
    fast_.Forward(n, pooled1_.get() + b * kPooled1, transformed_.get(),
                  b2_.values.get(), out2_.get() + b * kSecond.out().size(),
                  fast_workspace_.get());
  }
  void FastSecondByInput(int64_t b, int64_t n) {
    if (b == 0) {
      second_.TurnWeights(w2_.values.get(), turned_.get());
      fast_.TransformTurned(turned_.get(), transformed_.get());
    }
    fast_.InputGradient(n, by_out2_.get() + b * kSecond.out().size(),
                        transformed_.get(), by_pooled1_.get() + b * kPooled1,
                        fast_workspace_.get());
  }
  void FastSecondByWeights(int64_t b, int64_t n) {
    if (b == 0) fast_sum_ = {fast_sum_workspace_.get()};
    fast_.AddWeightGradient(n, pooled1_.get() + b * kPooled1,
                            by_out2_.get() + b * kSecond.out().size(),
                            fast_sum_);
    if (b + n == kBatch) {
      fast_.EndWeightGradient(fast_sum_, w2_.gradient.get(),
                              b2_.gradient.get());
    }
  }
  void UnpoolFirst(int64_t b, int64_t n) {
    float* const gradient = by_pooled1_.get() + b * kPooled1;
    ActivateBackward(Activation::kRelu, n * kPooled1,
                     pooled1_.get() + b * kPooled1, gradient);
    first_pool_.Backward(n, gradient, chosen1_.data() + b * kPooled1,
                         by_out1_.get() + b * kFirst.out().size());
  }
  void FirstByWeights(int64_t b, int64_t n) {
    if (b == 0) {
      first_sum_ = {first_workspace_.get(), w1_.gradient.get(),
                    b1_.gradient.get()};
    }
    first_.AddWeightGradientFramed(
        n, in_.get() + b * kFirst.in().framed_size(5),
        by_out1_.get() + b * kFirst.out().size(), first_sum_);
    if (b + n == kBatch) first_.EndWeightGradient(first_sum_);
  }
  FloatMatrix Weights3() const { return View(w3_.values, kHidden, kInputs); }
  FloatMatrix Weights4() const { return View(w4_.values, kClasses, kHidden); }

  static constexpr int64_t kPooled1 = 14 * 14 * 32;  // Of an image.

  const Isa isa_;
  const Convolution first_, second_;
  const WinogradConvolution fast_;
  const MaxPool first_pool_, second_pool_;
  Weights w1_{kFirst.weight_count()}, b1_{kFirst.bias_count()};
  Weights w2_{kSecond.weight_count()}, b2_{kSecond.bias_count()};
  Weights w3_{kInputs * kHidden}, b3_{kHidden}, w4_{kHidden * kClasses};
  Floats in_ = Random(kBatch * kFirst.in().framed_size(5), 0.5f);
  Floats out1_ = Random(kBatch * kFirst.out().size());
  Floats by_out1_ = Random(kBatch * kFirst.out().size());
  Floats pooled1_ = Random(kBatch * kPooled1),
         by_pooled1_ = Random(kBatch * kPooled1);
  Floats out2_ = Random(kBatch * kSecond.out().size());
  Floats by_out2_ = Random(kBatch * kSecond.out().size());
  Floats pooled2_ = Random(kBatch * kInputs);
  Floats by_pooled2_ = Random(kBatch * kInputs);
  Floats hidden_ = Random(kBatch * kHidden);
  Floats by_hidden_ = Random(kBatch * kHidden);
  Floats mask_ = Random(kBatch * kHidden);
  Floats logits_ = Random(kBatch * kClasses);
  Floats turned_ = Random(kSecond.turned_count());
  Floats workspace_ = Random(DenseWorkspace(kBatch, kInputs, kHidden));
  Floats first_workspace_ = Random(first_.gradient_workspace(kBatch));
  Floats second_workspace_ = Random(second_.gradient_workspace(kBatch));
  Convolution::GradientSum first_sum_, second_sum_;
  Floats transformed_ =
      Random(std::max(fast_.transformed_count(), fast_.turned_count()));
  Floats fast_workspace_ = Random(fast_.workspace());
  Floats fast_sum_workspace_ = Random(fast_.gradient_workspace(kBatch));
  WinogradConvolution::GradientSum fast_sum_;
  std::vector<uint8_t> chosen1_ = std::vector<uint8_t>(kBatch * kPooled1);
  std::vector<uint8_t> chosen2_ = std::vector<uint8_t>(kBatch * kInputs);
  std::vector<int32_t> labels_;
};

double Time(const std::function<void()>& call) {
  const double start = ThreadSeconds();
  call();
  return ThreadSeconds() - start;
}

void Report(Isa isa) {
  Net net(isa);
  const std::vector<Net::Part> parts = net.Parts();
  std::vector<double> seconds(parts.size(), 1e9);
  struct Way {
    int64_t images;
    bool fast;
    double seconds = 1e9;
  };
  Way ways[] = {{1, false}, {2, false}, {4, false}, {64, false},
                {1, true},  {2, true},  {4, true},  {64, true}};
  double peak = 0, update = 1e9;
  for (int round = 0; round < rounds; ++round) {
    peak = std::max(peak, Peak<float>(isa));
    for (size_t p = 0; p < parts.size(); ++p) {
      seconds[p] = std::min(seconds[p], Time(parts[p].run));
    }
    for (Way& way : ways) {
      way.seconds =
          std::min(way.seconds, Time([&] { net.Step(way.images, way.fast); }));
    }
    update = std::min(update, Time([&] { net.Update(); }));
  }
  std::printf("%s: %.0f GF/s at most; best of %d rounds, CPU time\n",
              IsaName(isa), peak / 1e9, rounds);
  for (size_t p = 0; p < parts.size(); ++p) {
    std::printf("  %-22s %8.3f ms", parts[p].name.c_str(), 1e3 * seconds[p]);
    if (parts[p].flops > 0) {
      std::printf(" %7.1f GF/s %6.1f %% of peak",
                  parts[p].flops / seconds[p] / 1e9,
                  100 * parts[p].flops / seconds[p] / peak);
    }
    std::printf("\n");
  }
  for (const Way& way : ways) {
    std::printf(
        "  step, %-8s %2d images a time %8.3f ms %7.1f GF/s %6.1f %% of peak"
        " %6.0f images/s\n",
        way.fast ? "Winograd" : "direct", static_cast<int>(way.images),
        1e3 * way.seconds, Net::StepFlops() / way.seconds / 1e9,
        100 * Net::StepFlops() / way.seconds / peak, kBatch / way.seconds);
  }
  std::printf("  momentum, a plain loop %8.3f ms\n", 1e3 * update);
}

int Main(int argc, char** argv) {
  // All but the portable one.
  std::vector<Isa> isas = {std::begin(kIsas) + 1, std::end(kIsas)};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--isa") == 0) {
      isas.clear();
      if (const auto isa = FindIsa(argv[i + 1])) isas.push_back(*isa);
    } else if (std::strcmp(argv[i], "--rounds") == 0) {
      rounds = std::atoi(argv[i + 1]);
    } else {
      return 2;
    }
  }
  std::printf("%s\n", bench::CpuName().c_str());
  for (const Isa isa : isas) {
    if (Supports(isa)) Report(isa);
  }
  return 0;
}

}  // namespace
}  // namespace fathom::worker::kernel

int main(int argc, char** argv) {
  return fathom::worker::kernel::Main(argc, argv);
}
