#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "worker/kernel/models/initialize.h"
#include "worker/kernel/models/scalar_product.h"
#include "worker/kernel/optimizers/optimizers.h"
#include "worker/theory/claims.h"
#include "worker/theory/lp_problem.h"

namespace fathom::worker::theory {
namespace {

// The state of a run of W = omega w at a step.
struct Point {
  Dense w;  // W before the update.
  Dense gradient;
  double rho = 0;
  double gamma = 0;
  Dense next;  // W after the update.
};

kernel::ScalarProduct Start(uint64_t seed, const LpProblem& problem) {
  kernel::ScalarProduct product(problem.k(), problem.d());
  kernel::InitializeGaussian(seed, 0.2, product);
  // This keeps omega away from 0, where gamma has no meaning.
  product.scalar() = 0.5;
  return product;
}

// Returns the states of a run at its first `steps` steps.
std::vector<Point> RunTrace(uint64_t seed, const LpProblem& problem,
                            double rate, int64_t steps,
                            const Formulas& formulas) {
  kernel::ScalarProduct product = Start(seed, problem);
  kernel::GradientDescent descent(rate, 0);
  std::vector<Point> points;
  for (int64_t t = 0; t < steps; ++t) {
    Point point;
    point.w = point.next = Dense(problem.k(), problem.d());
    product.WriteEndToEnd(point.w);
    point.gradient = problem.Gradient(point.w);
    const double omega = product.scalar();
    const double along = InnerProduct(point.gradient, CopyOf(product.matrix()));
    point.rho = formulas.warm_up_rho(rate, omega);
    point.gamma = formulas.warm_up_gamma(rate, omega, along);
    product.PullBack(point.gradient);
    product.Update(descent);
    product.WriteEndToEnd(point.next);
    points.push_back(std::move(point));
  }
  return points;
}

// Returns |W_{t+1} - (W - rho G - gamma W)|.
double Dropped(const Point& point) {
  const Dense predicted =
      Sum(Sum(point.w, -point.rho, point.gradient), -point.gamma, point.w);
  return Distance(point.next, predicted);
}

// Returns the relative distance of gamma_t W_t, with t the last point, from the
// sum of the past gradients and what is left of W_0. The weights of the
// gradients are mu(t, tau) = -gamma_t rho_tau prod (1 - gamma_s) over tau < s <
// t.
double MomentumError(const std::vector<Point>& points) {
  const Point& last = points.back();
  double left = last.gamma;
  Dense sum(last.w.rows, last.w.columns);
  for (size_t tau = points.size() - 1; tau-- > 0;) {
    sum = Sum(sum, -left * points[tau].rho, points[tau].gradient);
    left *= 1 - points[tau].gamma;
  }
  sum = Sum(sum, left, points[0].w);
  const Dense shrinking = Sum(Dense(sum.rows, sum.columns), last.gamma, last.w);
  return Distance(sum, shrinking) / FrobeniusNorm(shrinking);
}

}  // namespace

// Checks section 3. Of an update of (w, omega) the prediction leaves out
// exactly eta^2 omega <G, w> G. The order in eta is therefore 2 up to rounding,
// which is 1e-9 parts of a residual near 1e-6. Summed over a fixed time, such
// terms make an error of order eta in the accumulated gradients.
Findings CheckWarmUp(const Formulas& formulas) {
  Findings findings;
  for (const auto& [k, p] : {std::pair(1, 2), {1, 4}, {3, 4}}) {
    const LpProblem problem(1, {.k = k, .p = p});
    Findings updates;
    for (const uint64_t seed : {1, 2, 3}) {
      constexpr double kRate = 1e-3;
      updates.push_back(OrderFinding(
          "W' = W - rho G - gamma W + O(eta^2)",
          absl::StrCat("k=", k, " p=", p, " eta=", kRate, " seeds 1-3"), 2,
          Dropped(RunTrace(seed, problem, kRate, 1, formulas).back()),
          Dropped(RunTrace(seed, problem, kRate / 2, 1, formulas).back()),
          1e-6));
    }
    findings.push_back(Worst(updates));
    for (const double time : {0.5, 2.0}) {
      constexpr double kRate = 1e-3;
      const auto steps = static_cast<int64_t>(std::lround(time / kRate));
      findings.push_back(OrderFinding(
          "gamma W = past gradients + rest of W_0",
          absl::StrCat("k=", k, " p=", p, " eta t=", time), 1,
          MomentumError(RunTrace(1, problem, kRate, steps, formulas)),
          MomentumError(RunTrace(1, problem, kRate / 2, 2 * steps, formulas))));
    }
  }
  return findings;
}

}  // namespace fathom::worker::theory
