#include <cmath>
#include <cstdint>

#include "gtest/gtest.h"
#include "tests/worker/kernel/conv/layer.h"
#include "worker/kernel/conv/winograd.h"

#ifdef FATHOM_ONEDNN
#include <dlfcn.h>

#include <oneapi/dnnl/dnnl.hpp>
#endif

// A convolution and its gradients against oneDNN, where its development package
// is installed; nothing else uses it.
namespace fathom::worker::kernel {
namespace {

#ifdef FATHOM_ONEDNN

using Tag = dnnl::memory::format_tag;

// oneDNN has a thread for every processor unless OpenMP is told otherwise.
void UseOneThread() {
  using SetThreads = void (*)(int);
  const auto set =
      reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set != nullptr) set(1);
}

// The same layer in oneDNN, of channels that need no padding: pixels then lie
// as ours do. Weights are by output, input, row and column.
class OneDnn {
 public:
  explicit OneDnn(const Layer& layer)
      : s_(layer.shape),
        weights(s_.out_channels * s_.in_channels * s_.kernel * s_.kernel),
        out(layer.out_gradient.size()),
        in_gradient(layer.in.size()),
        weight_gradient(weights.size()),
        bias_gradient(s_.out_channels) {
    layer.ForEachWeight([&](int64_t u, int64_t v, int64_t i, int64_t o) {
      weights[Index(u, v, i, o)] = layer.Weight(u, v, i, o);
    });
    const int64_t half = s_.kernel / 2;
    strides_ = {1, 1};
    padding_ = {half, half};
    const dnnl::memory in =
        Memory({layer.images, s_.in_channels, s_.rows, s_.columns}, Tag::nhwc,
               layer.in);
    const dnnl::memory::dims out_dims = {layer.images, s_.out_channels, s_.rows,
                                         s_.columns};
    const dnnl::memory::dims weight_dims = {s_.out_channels, s_.in_channels,
                                            s_.kernel, s_.kernel};
    const dnnl::memory by_out = Memory(out_dims, Tag::nhwc, layer.out_gradient);
    const dnnl::memory w = Memory(weight_dims, Tag::oihw, weights);
    const dnnl::memory b = Memory({s_.out_channels}, Tag::x, layer.bias);
    const dnnl::memory y = Memory(out_dims, Tag::nhwc, out);
    const dnnl::memory by_in =
        Memory({layer.images, s_.in_channels, s_.rows, s_.columns}, Tag::nhwc,
               in_gradient);
    const dnnl::memory by_w = Memory(weight_dims, Tag::oihw, weight_gradient);
    const dnnl::memory by_b = Memory({s_.out_channels}, Tag::x, bias_gradient);
    Run(in, w, b, y, by_out, by_in, by_w, by_b);
  }

  int64_t Index(int64_t u, int64_t v, int64_t i, int64_t o) const {
    return ((o * s_.in_channels + i) * s_.kernel + u) * s_.kernel + v;
  }

 private:
  using Forward = dnnl::convolution_forward;
  using ByInput = dnnl::convolution_backward_data;
  using ByWeights = dnnl::convolution_backward_weights;
  static constexpr auto kHow = dnnl::algorithm::convolution_direct;

  dnnl::memory Memory(const dnnl::memory::dims& dims, Tag tag,
                      const Floats& floats) {
    return dnnl::memory({dims, dnnl::memory::data_type::f32, tag}, engine_,
                        floats.get());
  }

  void Run(const dnnl::memory& in, const dnnl::memory& w, const dnnl::memory& b,
           const dnnl::memory& y, const dnnl::memory& by_out,
           const dnnl::memory& by_in, const dnnl::memory& by_w,
           const dnnl::memory& by_b) {
    const auto d = [](const dnnl::memory& memory) { return memory.get_desc(); };
    const auto training = dnnl::prop_kind::forward_training;
#if DNNL_VERSION_MAJOR >= 3
    const Forward::primitive_desc forward(engine_, training, kHow, d(in), d(w),
                                          d(b), d(y), strides_, padding_,
                                          padding_);
    const ByInput::primitive_desc by_input(engine_, kHow, d(by_in), d(w),
                                           d(by_out), strides_, padding_,
                                           padding_, forward);
    const ByWeights::primitive_desc by_weights(engine_, kHow, d(in), d(by_w),
                                               d(by_b), d(by_out), strides_,
                                               padding_, padding_, forward);
#else
    const Forward::primitive_desc forward(
        {training, kHow, d(in), d(w), d(b), d(y), strides_, padding_, padding_},
        engine_);
    const ByInput::primitive_desc by_input(
        {kHow, d(by_in), d(w), d(by_out), strides_, padding_, padding_},
        engine_, forward);
    const ByWeights::primitive_desc by_weights(
        {kHow, d(in), d(by_w), d(by_b), d(by_out), strides_, padding_,
         padding_},
        engine_, forward);
#endif
    dnnl::stream stream(engine_);
    Forward(forward).execute(stream, {{DNNL_ARG_SRC, in},
                                      {DNNL_ARG_WEIGHTS, w},
                                      {DNNL_ARG_BIAS, b},
                                      {DNNL_ARG_DST, y}});
    ByInput(by_input).execute(stream, {{DNNL_ARG_DIFF_DST, by_out},
                                       {DNNL_ARG_WEIGHTS, w},
                                       {DNNL_ARG_DIFF_SRC, by_in}});
    ByWeights(by_weights)
        .execute(stream, {{DNNL_ARG_SRC, in},
                          {DNNL_ARG_DIFF_DST, by_out},
                          {DNNL_ARG_DIFF_WEIGHTS, by_w},
                          {DNNL_ARG_DIFF_BIAS, by_b}});
    stream.wait();
  }

  const ConvolutionShape s_;
  const dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::memory::dims strides_, padding_;

 public:
  Floats weights, out, in_gradient, weight_gradient, bias_gradient;
};

// Of the numbers as a whole.
void ExpectClose(const Floats& found, const Floats& expected) {
  ASSERT_EQ(found.size(), expected.size());
  double errors = 0, squares = 0;
  for (int64_t i = 0; i < found.size(); ++i) {
    errors += std::pow(double{found[i]} - expected[i], 2);
    squares += std::pow(double{expected[i]}, 2);
  }
  EXPECT_GT(squares, 0);
  EXPECT_LT(std::sqrt(errors), 1e-5 * std::sqrt(squares));
}

// Weights as oneDNN has them.
Floats Turned(const Layer& layer, const OneDnn& other, const Floats& weights) {
  Floats turned(other.weights.size());
  layer.ForEachWeight([&](int64_t u, int64_t v, int64_t i, int64_t o) {
    turned[other.Index(u, v, i, o)] =
        weights[layer.shape.WeightIndex(u, v, i, o)];
  });
  return turned;
}

TEST(OneDnnTest, ConvolutionsAgree) {
  UseOneThread();
  const Layer layer({14, 14, 32, 64, 5}, 3);
  const ConvolutionShape& s = layer.shape;
  const OneDnn expected(layer);
  {
    SCOPED_TRACE("direct");
    const Results found(layer, BestIsa());
    ExpectClose(found.out, expected.out);
    ExpectClose(found.in_gradient, expected.in_gradient);
    ExpectClose(Turned(layer, expected, found.weight_gradient),
                expected.weight_gradient);
    ExpectClose(found.bias_gradient, expected.bias_gradient);
  }
  const WinogradConvolution fast(s);
  Floats out(layer.out_gradient.size()), in_gradient(layer.in.size());
  Floats weight_gradient(s.weight_count()), bias_gradient(s.bias_count());
  Floats turned(s.turned_count());
  Convolution(s).TurnWeights(layer.weights.get(), turned.get());
  SCOPED_TRACE("Winograd's");
  Floats workspace(fast.workspace()), transformed(fast.transformed_count());
  Floats sum_workspace(fast.gradient_workspace(layer.images));
  fast.TransformWeights(layer.weights.get(), transformed.get());
  fast.Forward(layer.images, layer.in.get(), transformed.get(),
               layer.bias.get(), out.get(), workspace.get());
  fast.TransformTurned(turned.get(), transformed.get());
  fast.InputGradient(layer.images, layer.out_gradient.get(), transformed.get(),
                     in_gradient.get(), workspace.get());
  WinogradConvolution::GradientSum sum = {sum_workspace.get()};
  fast.AddWeightGradient(layer.images, layer.in.get(), layer.out_gradient.get(),
                         sum);
  fast.EndWeightGradient(sum, weight_gradient.get(), bias_gradient.get());
  ExpectClose(out, expected.out);
  ExpectClose(in_gradient, expected.in_gradient);
  ExpectClose(Turned(layer, expected, weight_gradient),
              expected.weight_gradient);
  ExpectClose(bias_gradient, expected.bias_gradient);
}

#else

TEST(OneDnnTest, ConvolutionsAgree) {
  GTEST_SKIP() << "oneDNN is not installed (Debian: libdnnl-dev)";
}

#endif

}  // namespace
}  // namespace fathom::worker::kernel
