#include "worker/theory/dynamics.h"

#include <cassert>
#include <utility>

#include "worker/kernel/models/end_to_end_rule.h"
#include "worker/kernel/models/initialize.h"
#include "worker/kernel/models/preconditioner.h"
#include "worker/kernel/optimizers/optimizers.h"

namespace fathom::worker::theory {

Dense Train(kernel::Parameterization& model, const LpProblem& problem,
            const Descent& descent) {
  kernel::GradientDescent optimizer(descent.rate, descent.decay);
  Dense w(problem.k(), problem.d());
  model.WriteEndToEnd(w);
  for (int64_t step = 0; step < descent.steps; ++step) {
    const Dense gradient = problem.Gradient(w);
    model.PullBack(gradient);
    model.Update(optimizer);
    model.WriteEndToEnd(w);
  }
  return w;
}

Dense TrainRule(double n, const Dense& start, const LpProblem& problem,
                const Descent& descent, const Formulas& formulas) {
  kernel::EndToEndRule rule(formulas.rule_order(n), start);
  Descent scaled = descent;
  scaled.decay *= formulas.decay_factor(n);
  return Train(rule, problem, scaled);
}

Dense IntegrateFlow(double n, const Dense& start, const LpProblem& problem,
                    const Descent& descent, const Formulas& formulas) {
  kernel::Preconditioner preconditioner(formulas.rule_order(n), start.rows,
                                        start.columns);
  const double decay = descent.decay * formulas.decay_factor(n);
  const auto velocity = [&](const Dense& w) {
    Dense v(w.rows, w.columns);
    preconditioner.Apply(w, problem.Gradient(w), v);
    return Sum(Sum(Dense(w.rows, w.columns), -1, v), -decay, w);
  };
  const double h = descent.rate;
  Dense w = start;
  for (int64_t step = 0; step < descent.steps; ++step) {
    const Dense a = velocity(w);
    const Dense b = velocity(Sum(w, h / 2, a));
    const Dense c = velocity(Sum(w, h / 2, b));
    const Dense d = velocity(Sum(w, h, c));
    w = Sum(Sum(w, h / 6, Sum(a, 2, b)), h / 6, Sum(d, 2, c));
  }
  return w;
}

std::vector<int64_t> Widths(int n, int64_t d, int64_t width, int64_t k) {
  std::vector<int64_t> widths(n + 1, width);
  widths.front() = d;
  widths.back() = k;
  return widths;
}

kernel::LinearNet BalancedNet(std::vector<int64_t> widths, const Dense& start) {
  kernel::LinearNet net(std::move(widths));
  [[maybe_unused]] const absl::Status status =
      kernel::InitializeBalanced(start.data, net);
  assert(status.ok());
  return net;
}

Dense EndToEnd(kernel::LinearNet& net, int64_t k, int64_t d) {
  Dense w(k, d);
  net.WriteEndToEnd(w);
  return w;
}

Dense ImbalanceOf(const kernel::LinearNet& net, int j) {
  const Dense above = CopyOf(net.factor(j + 1));
  const Dense below = CopyOf(net.factor(j));
  return Sum(Product(Transposed(above), above), -1,
             Product(below, Transposed(below)));
}

Dense StartMatrix(uint64_t seed, int64_t k, int64_t d, double norm) {
  Dense start(k, d);
  start.data = kernel::DrawEndToEnd(seed, k, d, norm);
  return start;
}

}  // namespace fathom::worker::theory
