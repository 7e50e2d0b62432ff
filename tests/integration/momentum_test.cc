// This test follows the weights of past gradients from trained trials to the
// ledger's view.
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/space.h"
#include "tests/testing/cluster.h"
#include "worker/data/problem.h"
#include "worker/kernel/models/initialize.h"
#include "worker/kernel/models/scalar_product.h"
#include "worker/kernel/optimizers/optimizers.h"

namespace fathom {
namespace {

using ::fathom::test::Cluster;

constexpr int64_t kSteps = 60;
constexpr int64_t kColumns = 3;
constexpr double kRate = 0.02;

v1::SweepSpec WarmUpSweep() {
  v1::SweepSpec spec;
  spec.set_name("warm-up");
  v1::TrialSpec& trial = *spec.mutable_trial();
  v1::SyntheticData& data = *trial.mutable_data()->mutable_synthetic();
  data.set_rows(20);
  data.set_columns(kColumns);
  trial.mutable_loss()->set_lp(4);
  trial.mutable_model()->set_family(v1::MODEL_FAMILY_SCALAR_PRODUCT);
  // This start keeps the sign of omega, and gamma below 1.
  v1::InitSpec& init = *trial.mutable_model()->mutable_init();
  init.set_scheme(v1::INIT_SCHEME_BALANCED);
  init.set_norm(0.3);
  trial.mutable_optimizer()->set_learning_rate(kRate);
  trial.set_steps(kSteps);
  trial.mutable_record()->set_points(kSteps + 1);
  trial.mutable_record()->set_spacing(v1::RECORD_SPACING_LINEAR);
  for (const v1::Metric metric :
       {v1::METRIC_LOSS, v1::METRIC_WARMUP_GROWTH, v1::METRIC_WARMUP_RHO,
        v1::METRIC_WARMUP_GAMMA}) {
    trial.mutable_record()->add_metrics(metric);
  }
  v1::Axis& seed = *spec.add_axes()->add_axes();
  seed.set_field("seed");
  seed.mutable_range()->set_from(0);
  seed.mutable_range()->set_to(2);
  return Normalize(spec);
}

struct Step {
  std::vector<double> w;  // W
  std::vector<double> g;  // G
  double omega = 0;
  double along = 0;  // <G, w>
};

// Trains the same trial in plain loops.
std::vector<Step> Train(const v1::TrialSpec& trial) {
  const worker::Problem problem = worker::GenerateProblem(trial.data()).value();
  worker::kernel::ScalarProduct product(1, kColumns);
  EXPECT_OK(worker::kernel::InitializeBalanced(
      worker::kernel::DrawEndToEnd(trial.seed(), 1, kColumns,
                                   trial.model().init().norm()),
      product));
  worker::kernel::GradientDescent descent(kRate, 0);
  std::vector<Step> steps;
  for (int64_t t = 0; t <= kSteps; ++t) {
    Step step = {std::vector<double>(kColumns), std::vector<double>(kColumns),
                 product.scalar()};
    product.WriteEndToEnd({step.w.data(), 1, kColumns, kColumns});
    for (int64_t i = 0; i < problem.rows; ++i) {
      const double* x = problem.x.data() + i * kColumns;
      const double r =
          worker::kernel::Dot(x, step.w.data(), kColumns) - problem.y[i];
      for (int64_t c = 0; c < kColumns; ++c) {
        step.g[c] += r * r * r * x[c] / static_cast<double>(problem.rows);
      }
    }
    step.along =
        worker::kernel::Dot(step.g.data(), product.matrix().data, kColumns);
    product.PullBack({step.g.data(), 1, kColumns, kColumns});
    product.Update(descent);
    steps.push_back(std::move(step));
  }
  return steps;
}

// gamma_t W_t is the sum of the past gradients with the view's weights, plus
// what is left of the start, plus what has become of the terms eta^2 omega <G,
// w> G that the warm-up drops. This is an identity.
TEST_F(Cluster, MomentumWeightsOfTheLedgerAddUpToTheShrinking) {
  StartServer();
  auto worker = StartWorker("w");
  const v1::SweepSpec spec = WarmUpSweep();
  WaitUntilComplete(Submit(spec).sweep_id());

  const int64_t pairs = kSteps * (kSteps + 1) / 2;
  for (int64_t trial = 0; trial < 2; ++trial) {
    const std::vector<Step> steps = Train(Space::Create(spec)->TrialAt(trial));
    std::map<int64_t, std::map<int64_t, double>> weights;  // [t][tau]
    for (const std::string& row : Rows(
             absl::StrCat("SELECT step, past_step, value FROM momentum_weights "
                          "WHERE sweep=1 AND trial=",
                          trial))) {
      const std::vector<std::string> cells = absl::StrSplit(row, '|');
      weights[std::stoll(cells[0])][std::stoll(cells[1])] =
          std::strtod(cells[2].c_str(), nullptr);
    }
    int64_t count = 0;
    for (int64_t t = 1; t <= kSteps; ++t) {
      const double gamma = kRate * steps[t].along / steps[t].omega;
      count += static_cast<int64_t>(weights[t].size());
      for (int64_t c = 0; c < kColumns; ++c) {
        double left = steps[0].w[c];  // Part of the start.
        double dropped = 0;           // Part of the dropped terms.
        double past = 0;
        for (int64_t tau = 0; tau < t; ++tau) {
          const Step& s = steps[tau];
          const double keep = 1 - kRate * s.along / s.omega;
          left *= keep;
          dropped = dropped * keep + kRate * kRate * s.omega * s.along * s.g[c];
          past += weights[t].at(tau) * s.g[c];
        }
        EXPECT_NEAR(gamma * steps[t].w[c], past + gamma * (left + dropped),
                    1e-12 * std::fabs(gamma))
            << "step " << t;
        // Both parts must be large enough to matter.
        EXPECT_GT(std::fabs(past), 1e-12 * std::fabs(gamma));
      }
    }
    EXPECT_EQ(count, pairs);
  }
}

}  // namespace
}  // namespace fathom
