#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "worker/theory/claims.h"
#include "worker/theory/dynamics.h"

namespace fathom::worker::theory {
namespace {

// Returns the largest distance of a singular value after one update from the
// prediction.
double ErrorOfUpdate(const LpProblem& problem, const Dense& start,
                     const Dense& moved, int n, double rate,
                     const Formulas& formulas) {
  const SortedSvd svd = Decomposed(start);
  const std::vector<double> after = Decomposed(moved).s;
  const Dense gradient = problem.Gradient(start);
  double most = 0;
  for (size_t r = 0; r < svd.s.size(); ++r) {
    double along = 0;  // <G, u_r v_r^T>
    for (int64_t i = 0; i < start.rows; ++i) {
      for (int64_t c = 0; c < start.columns; ++c) {
        along += gradient.at(i, c) * svd.u.at(i, static_cast<int64_t>(r)) *
                 svd.v_t.at(static_cast<int64_t>(r), c);
      }
    }
    const double predicted =
        svd.s[r] - rate * formulas.singular_speed(n, svd.s[r]) * along;
    most = std::max(most, std::fabs(after[r] - predicted));
  }
  return most;
}

}  // namespace

// Checks theorem 3 of Arora, Cohen, Hu, Luo 2019. A singular value of the
// end-to-end matrix moves by -eta N sigma^(2-2/N) <G, u v^T>; the update of a
// balanced net, or of the rule, adds terms of order eta^2.
Findings CheckSingularValues(const Formulas& formulas) {
  constexpr double kRate = 1e-4;
  Findings findings;
  for (const int n : {2, 3, 4}) {
    for (const int p : {2, 4}) {
      const LpProblem problem(1, {.k = 3, .p = p});
      Findings nets, rules;
      for (const uint64_t seed : {1, 2, 3}) {
        const Dense start = StartMatrix(seed, 3, problem.d(), 1.5);
        double of_net[2], of_rule[2];
        for (const int half : {0, 1}) {
          const Descent once = {
              .rate = kRate / (1 << half), .decay = 0, .steps = 1};
          kernel::LinearNet net =
              BalancedNet(Widths(n, problem.d(), 4, 3), start);
          of_net[half] =
              ErrorOfUpdate(problem, start, Train(net, problem, once), n,
                            once.rate, formulas);
          of_rule[half] = ErrorOfUpdate(
              problem, start, TrainRule(n, start, problem, once, formulas), n,
              once.rate, formulas);
        }
        const std::string setting =
            absl::StrCat("3x5 N=", n, " p=", p, " eta=", kRate, " seeds 1-3");
        nets.push_back(OrderFinding("net: d sigma + eta N ... = O(eta^2)",
                                    setting, 2, of_net[0], of_net[1]));
        rules.push_back(OrderFinding("rule: d sigma + eta N ... = O(eta^2)",
                                     setting, 2, of_rule[0], of_rule[1]));
      }
      findings.push_back(Worst(nets));
      findings.push_back(Worst(rules));
    }
  }
  return findings;
}

}  // namespace fathom::worker::theory
