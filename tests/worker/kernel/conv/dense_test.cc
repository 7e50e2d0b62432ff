#include "worker/kernel/conv/dense.h"

#include <algorithm>
#include <cstdint>

#include "gtest/gtest.h"
#include "tests/worker/kernel/conv/floats.h"
#include "worker/kernel/conv/float_product.h"
#include "worker/kernel/isa.h"

namespace fathom::worker::kernel {
namespace {

// A dense layer with rows that follow each other without gaps.
struct Dense {
  Dense(int64_t b, int64_t n, int64_t m)
      : batch(b),
        inputs(n),
        outputs(m),
        in(random.Fill(b * n)),
        weights(random.Fill(m * n)),
        bias(random.Fill(m)),
        out_gradient(random.Fill(b * m)),
        out(b * m),
        in_gradient(b * n),
        weight_gradient(m * n),
        bias_gradient(m),
        workspace(DenseWorkspace(b, n, m)) {}

  void Run(Isa isa) {
    // Nothing may depend on what was there.
    for (const Floats* floats :
         {&out, &in_gradient, &weight_gradient, &bias_gradient, &workspace}) {
      std::fill_n(floats->get(), floats->size(), 77.0f);
    }
    DenseForward(View(in, batch), View(weights, outputs), bias.get(),
                 View(out, batch), workspace.get(), isa);
    DenseInputGradient(View(out_gradient, batch), View(weights, outputs),
                       View(in_gradient, batch), workspace.get(), isa);
    DenseWeightGradient(View(in, batch), View(out_gradient, batch),
                        View(weight_gradient, outputs), bias_gradient.get(),
                        workspace.get(), isa);
  }
  static FloatMatrix View(const Floats& floats, int64_t rows) {
    const int64_t columns = floats.size() / rows;
    return {floats.get(), rows, columns, columns};
  }
  Sum Output(int64_t s, int64_t o) const {
    Sum sum(bias[o]);
    for (int64_t i = 0; i < inputs; ++i) {
      sum.Add(in[s * inputs + i], weights[o * inputs + i]);
    }
    return sum;
  }
  // <out, out_gradient>
  long double Objective() const {
    long double sum = 0;
    for (int64_t s = 0; s < batch; ++s) {
      for (int64_t o = 0; o < outputs; ++o) {
        sum += Output(s, o).value * out_gradient[s * outputs + o];
      }
    }
    return sum;
  }

  RandomFloats random;
  int64_t batch, inputs, outputs;
  Floats in, weights, bias, out_gradient;
  Floats out, in_gradient, weight_gradient, bias_gradient, workspace;
};

TEST(DenseTest, OutputsAreChainsFromTheBias) {
  for (const Isa isa : SupportedIsas()) {
    Dense dense(19, 530, 33);
    dense.Run(isa);
    for (int64_t s = 0; s < dense.batch; ++s) {
      for (int64_t o = 0; o < dense.outputs; ++o) {
        const float value = dense.out[s * dense.outputs + o];
        const Sum sum = dense.Output(s, o);
        ASSERT_TRUE(SameBits(value, sum.chain)) << s << " " << o;
        ASSERT_NEAR(value, sum.value, sum.Bound());
      }
    }
  }
}

TEST(DenseTest, GradientsAreThoseOfTheMap) {
  Dense dense(5, 7, 3);
  dense.Run(BestIsa());
  // By central differences in long double; exact, as the map is linear in each
  // of its numbers.
  const auto expect_slopes = [&](const Floats& of, const Floats& gradient) {
    for (int64_t at = 0; at < of.size(); ++at) {
      const float number = of[at];
      of[at] = number + 1;
      const long double high = of[at];
      long double change = dense.Objective();
      of[at] = number - 1;
      change -= dense.Objective();
      const long double width = high - of[at];
      of[at] = number;
      EXPECT_NEAR(gradient[at], change / width, 1e-5) << at;
    }
  };
  expect_slopes(dense.in, dense.in_gradient);
  expect_slopes(dense.weights, dense.weight_gradient);
  expect_slopes(dense.bias, dense.bias_gradient);
}

TEST(DenseTest, EveryInstructionSetGivesTheSameBits) {
  Dense best(64, 100, 40);
  best.Run(BestIsa());
  for (const Isa isa : SupportedIsas()) {
    SCOPED_TRACE(IsaName(isa));
    Dense dense(64, 100, 40);
    dense.Run(isa);
    ExpectSameBits(dense.out, best.out);
    ExpectSameBits(dense.in_gradient, best.in_gradient);
    ExpectSameBits(dense.weight_gradient, best.weight_gradient);
    ExpectSameBits(dense.bias_gradient, best.bias_gradient);
  }
}

TEST(DenseTest, ASampleHasTheSameBitsAloneAndInABatch) {
  Dense batch(64, 100, 40);
  batch.Run(BestIsa());
  for (int64_t s = 0; s < batch.batch; ++s) {
    Dense alone(1, 100, 40);
    std::copy_n(batch.in.get() + s * 100, 100, alone.in.get());
    std::copy_n(batch.out_gradient.get() + s * 40, 40,
                alone.out_gradient.get());
    std::copy_n(batch.weights.get(), 4000, alone.weights.get());
    std::copy_n(batch.bias.get(), 40, alone.bias.get());
    alone.Run(BestIsa());
    for (int64_t o = 0; o < 40; ++o) {
      ASSERT_TRUE(SameBits(alone.out[o], batch.out[s * 40 + o]));
    }
    for (int64_t i = 0; i < 100; ++i) {
      ASSERT_TRUE(
          SameBits(alone.in_gradient[i], batch.in_gradient[s * 100 + i]));
    }
  }
}

TEST(DenseTest, WithoutABiasChainsStartAtZero) {
  Dense with(9, 50, 20), without(9, 50, 20);
  std::fill_n(with.bias.get(), 20, 0.0f);
  with.Run(BestIsa());
  std::fill_n(without.out.get(), without.out.size(), 77.0f);
  DenseForward(Dense::View(without.in, 9), Dense::View(without.weights, 20),
               nullptr, Dense::View(without.out, 9), without.workspace.get());
  ExpectSameBits(with.out, without.out);
}

}  // namespace
}  // namespace fathom::worker::kernel
