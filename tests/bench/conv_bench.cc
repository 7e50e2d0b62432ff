// Speed of the kernels of convolutional nets, for the layers of TensorFlow's
// tutorial net for MNIST: 28x28x1, 5x5 to 32 channels, pool, 5x5 to 64
// channels, pool, dense 512, dense 10; batch 64, one thread, float32.
//
//   conv_bench [--isa avx2] [--rounds 30]
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
        first_pool_(kFirst.out(), 2, isa),
        second_pool_(kSecond.out(), 2, isa) {
    for (int64_t b = 0; b < kBatch; ++b) labels_.push_back(b % kClasses);
  }

  struct Part {
    std::string name;
    double flops;
    std::function<void()> run;
  };

  // All kernels of a step, in order.
  std::vector<Part> Parts() {
    const double first = Flops(28 * 28, 25 * 32), second = Flops(196, 800 * 64);
    const double third = Flops(kInputs, kHidden);
    const double fourth = Flops(kHidden, kClasses);
    return {{"conv1 forward", first, [this] { ForwardFirst(); }},
            {"pool1, relu forward", 0, [this] { PoolFirst(); }},
            {"conv2 forward", second, [this] { ForwardSecond(); }},
            {"pool2, relu forward", 0, [this] { PoolSecond(); }},
            {"dense1 forward", third, [this] { ForwardThird(); }},
            {"dense2 forward", fourth, [this] { ForwardFourth(); }},
            {"loss", 0, [this] { Loss(); }},
            {"dense2 backward", 2 * fourth, [this] { BackwardFourth(); }},
            {"dense1 by input", third, [this] { ThirdByInput(); }},
            {"dense1 by weights", third, [this] { ThirdByWeights(); }},
            {"pool2, relu backward", 0, [this] { UnpoolSecond(); }},
            {"conv2 by input", second, [this] { SecondByInput(); }},
            {"conv2 by weights", second, [this] { SecondByWeights(); }},
            {"pool1, relu backward", 0, [this] { UnpoolFirst(); }},
            {"conv1 by weights", first, [this] { FirstByWeights(); }}};
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

  void ForwardFirst() {
    first_.ForwardFramed(kBatch, in_.get(), w1_.values.get(), b1_.values.get(),
                         out1_.get());
  }
  void PoolFirst() {
    first_pool_.Forward(kBatch, out1_.get(), pooled1_.get(), chosen1_.data());
    Activate(Activation::kRelu, kPooled1, pooled1_.get(), isa_);
  }
  void ForwardSecond() {
    second_.Forward(kBatch, pooled1_.get(), w2_.values.get(), b2_.values.get(),
                    out2_.get());
  }
  void PoolSecond() {
    second_pool_.Forward(kBatch, out2_.get(), pooled2_.get(), chosen2_.data());
    Activate(Activation::kRelu, kBatch * kInputs, pooled2_.get(), isa_);
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
  void UnpoolSecond() {
    ActivateBackward(Activation::kRelu, kBatch * kInputs, pooled2_.get(),
                     by_pooled2_.get());
    second_pool_.Backward(kBatch, by_pooled2_.get(), chosen2_.data(),
                          by_out2_.get());
  }
  void SecondByInput() {
    second_.TurnWeights(w2_.values.get(), turned_.get());
    second_.InputGradient(kBatch, by_out2_.get(), turned_.get(),
                          by_pooled1_.get());
  }
  void SecondByWeights() {
    second_.WeightGradient(kBatch, pooled1_.get(), by_out2_.get(),
                           gradient_workspace_.get(), w2_.gradient.get(),
                           b2_.gradient.get());
  }
  void UnpoolFirst() {
    ActivateBackward(Activation::kRelu, kPooled1, pooled1_.get(),
                     by_pooled1_.get());
    first_pool_.Backward(kBatch, by_pooled1_.get(), chosen1_.data(),
                         by_out1_.get());
  }
  void FirstByWeights() {
    first_.WeightGradientFramed(kBatch, in_.get(), by_out1_.get(),
                                gradient_workspace_.get(), w1_.gradient.get(),
                                b1_.gradient.get());
  }
  FloatMatrix Weights3() const { return View(w3_.values, kHidden, kInputs); }
  FloatMatrix Weights4() const { return View(w4_.values, kClasses, kHidden); }

  static constexpr int64_t kPooled1 = kBatch * 14 * 14 * 32;

  const Isa isa_;
  const Convolution first_, second_;
  const MaxPool first_pool_, second_pool_;
  Weights w1_{kFirst.weight_count()}, b1_{kFirst.bias_count()};
  Weights w2_{kSecond.weight_count()}, b2_{kSecond.bias_count()};
  Weights w3_{kInputs * kHidden}, b3_{kHidden}, w4_{kHidden * kClasses};
  Floats in_ = Random(kBatch * kFirst.in().framed_size(5), 0.5f);
  Floats out1_ = Random(kBatch * kFirst.out().size());
  Floats by_out1_ = Random(kBatch * kFirst.out().size());
  Floats pooled1_ = Random(kPooled1), by_pooled1_ = Random(kPooled1);
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
  Floats gradient_workspace_ = Random(second_.gradient_workspace(kBatch));
  std::vector<uint8_t> chosen1_ = std::vector<uint8_t>(kPooled1);
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
  double peak = 0, flops = 0, step = 1e9, update = 1e9;
  for (int round = 0; round < rounds; ++round) {
    peak = std::max(peak, Peak<float>(isa));
    double whole = 0;
    for (size_t p = 0; p < parts.size(); ++p) {
      const double time = Time(parts[p].run);
      seconds[p] = std::min(seconds[p], time);
      whole += time;
    }
    step = std::min(step, whole);
    update = std::min(update, Time([&] { net.Update(); }));
  }
  std::printf("%s: %.0f GF/s at most; best of %d rounds, CPU time\n",
              IsaName(isa), peak / 1e9, rounds);
  for (size_t p = 0; p < parts.size(); ++p) {
    flops += parts[p].flops;
    std::printf("  %-22s %8.3f ms", parts[p].name.c_str(), 1e3 * seconds[p]);
    if (parts[p].flops > 0) {
      std::printf(" %7.1f GF/s %6.1f %% of peak",
                  parts[p].flops / seconds[p] / 1e9,
                  100 * parts[p].flops / seconds[p] / peak);
    }
    std::printf("\n");
  }
  const auto images = [](double time) { return kBatch / time; };
  std::printf("  %-22s %8.3f ms %7.1f GF/s %6.1f %% of peak %6.0f images/s\n",
              "forward and backward", 1e3 * step, flops / step / 1e9,
              100 * flops / step / peak, images(step));
  std::printf("  %-22s %8.3f ms, with it %.0f images/s\n",
              "momentum, plain loop", 1e3 * update, images(step + update));
}

int Main(int argc, char** argv) {
  std::vector<Isa> isas = {Isa::kAvx2, Isa::kAvx512};
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
