#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "worker/kernel/models/initialize.h"
#include "worker/theory/claims.h"
#include "worker/theory/dynamics.h"

namespace fathom::worker::theory {
namespace {

constexpr double kBalanceTime = 1;
constexpr int64_t kBalanceSteps = 400;

// Returns the largest relative distance, over the layers, of the imbalance
// after the time kBalanceTime from `left` times the imbalance of the start.
double Drift(const LpProblem& problem, int n, double decay, int64_t steps,
             double left) {
  kernel::LinearNet net(Widths(n, problem.d(), 4, problem.k()));
  kernel::InitializeGaussian(3, 0.5, net);
  std::vector<Dense> starts;
  for (int j = 1; j < n; ++j) starts.push_back(ImbalanceOf(net, j));
  Train(net, problem,
        {.rate = kBalanceTime / static_cast<double>(steps),
         .decay = decay,
         .steps = steps});
  double most = 0;
  for (int j = 1; j < n; ++j) {
    const Dense& start = starts[j - 1];
    const Dense kept = Sum(Dense(start.rows, start.columns), left, start);
    most = std::max(most,
                    Distance(ImbalanceOf(net, j), kept) / FrobeniusNorm(start));
  }
  return most;
}

// Returns max_j |W_{j+1}^T W_{j+1} - W_j W_j^T|_F of a Gaussian start.
double StartImbalance(int n, double std) {
  kernel::LinearNet net(Widths(n, 5, 4, 2));
  kernel::InitializeGaussian(3, std, net);
  return net.Balancedness();
}

}  // namespace

// Checks the lemma of Theorem 1. Gradient flow keeps W_{j+1}^T W_{j+1} - W_j
// W_j^T, or lets it decay as e^(-2 lambda t) under weight decay, and an update
// of gradient descent adds terms of order eta^2. A start near zero is therefore
// close to balanced: entries of size s have imbalances of size s^2, and this is
// exact.
Findings CheckBalancedness(const Formulas& formulas) {
  Findings findings;
  for (const int64_t k : {1, 3}) {
    for (const int n : {2, 3, 4}) {
      for (const double decay : {0.0, 0.2}) {
        const LpProblem problem(1, {.k = k});
        const double left = formulas.balance_left(decay, kBalanceTime);
        findings.push_back(OrderFinding(
            decay == 0 ? "imbalance is kept to O(eta)"
                       : "imbalance decays to O(eta)",
            absl::StrCat("k=", k, " N=", n, " lambda=", decay, " width 4"), 1,
            Drift(problem, n, decay, kBalanceSteps, left),
            Drift(problem, n, decay, 2 * kBalanceSteps, left)));
      }
    }
  }
  for (const int n : {2, 4}) {
    findings.push_back(OrderFinding("starts near 0 are balanced to O(std^2)",
                                    absl::StrCat("2x5 N=", n, " width 4"), 2,
                                    StartImbalance(n, 0.01),
                                    StartImbalance(n, 0.005), 1e-12));
  }
  return findings;
}

}  // namespace fathom::worker::theory
