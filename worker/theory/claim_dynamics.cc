#include <algorithm>

#include "absl/strings/str_cat.h"
#include "worker/theory/claims.h"
#include "worker/theory/dynamics.h"

namespace fathom::worker::theory {
namespace {

constexpr double kDynamicsTime = 1;
constexpr int64_t kDynamicsSteps = 200;

struct DynamicsSetting {
  int64_t k = 1;
  int64_t d = 5;
  int p = 4;
};

struct Deviations {
  double of_net_and_rule = 0;
  double of_net_and_flow = 0;
  double of_rule_and_flow = 0;
};

// Returns the distances after kDynamicsTime in `steps` updates, as shares of
// the way that W has gone.
Deviations Measure(const LpProblem& problem, int n, const Dense& start,
                   const Dense& flow, Descent descent, int64_t steps,
                   const Formulas& formulas) {
  descent.steps = steps;
  descent.rate = kDynamicsTime / static_cast<double>(steps);
  const int64_t width = std::min(problem.k(), problem.d()) + 1;
  kernel::LinearNet net =
      BalancedNet(Widths(n, problem.d(), width, problem.k()), start);
  const Dense trained = Train(net, problem, descent);
  const Dense ruled = TrainRule(n, start, problem, descent, formulas);
  const double size = Distance(flow, start);
  return {.of_net_and_rule = Distance(trained, ruled) / size,
          .of_net_and_flow = Distance(trained, flow) / size,
          .of_rule_and_flow = Distance(ruled, flow) / size};
}

}  // namespace

// Checks Theorem 1. In an update a net and the rule differ by terms of order
// eta^2, and each of them differs from the flow by such terms. After a fixed
// time eta * steps, here 1, they therefore differ by order eta, as a share of
// the way that W has gone. The flow is integrated to 1e-8, which is nothing
// beside these differences.
Findings CheckEndToEndDynamics(const Formulas& formulas) {
  Findings findings;
  for (const DynamicsSetting s :
       {DynamicsSetting{1, 5, 4}, {3, 5, 4}, {5, 3, 2}}) {
    for (const int n : {2, 3, 4}) {
      for (const double decay : {0.0, 0.2}) {
        const std::string setting =
            absl::StrCat(s.k, "x", s.d, " p=", s.p, " N=", n, " lambda=", decay,
                         " seeds 1-2");
        Findings with_rule, with_flow, of_rule;
        for (const uint64_t seed : {1, 2}) {
          const LpProblem problem(seed, {.k = s.k, .d = s.d, .p = s.p});
          const Dense start = StartMatrix(seed, s.k, s.d, 0.5);
          const Descent descent = {.rate = kDynamicsTime / kDynamicsSteps,
                                   .decay = decay,
                                   .steps = kDynamicsSteps};
          const Dense flow =
              IntegrateFlow(n, start, problem, descent, formulas);
          const Deviations coarse = Measure(problem, n, start, flow, descent,
                                            kDynamicsSteps, formulas);
          const Deviations fine = Measure(problem, n, start, flow, descent,
                                          2 * kDynamicsSteps, formulas);
          with_rule.push_back(OrderFinding("net - rule = O(eta)", setting, 1,
                                           coarse.of_net_and_rule,
                                           fine.of_net_and_rule));
          with_flow.push_back(OrderFinding("net - flow = O(eta)", setting, 1,
                                           coarse.of_net_and_flow,
                                           fine.of_net_and_flow));
          of_rule.push_back(OrderFinding("rule - flow = O(eta)", setting, 1,
                                         coarse.of_rule_and_flow,
                                         fine.of_rule_and_flow));
        }
        findings.push_back(Worst(with_rule));
        findings.push_back(Worst(with_flow));
        findings.push_back(Worst(of_rule));
      }
    }
  }
  return findings;
}

}  // namespace fathom::worker::theory
