#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "worker/kernel/models/initialize.h"
#include "worker/theory/claims.h"
#include "worker/theory/dynamics.h"

namespace fathom::worker::theory {
namespace {

// Returns singular value rank + 1 of the gradient of a factor as a share of the
// first one: the largest such share over the factors that have so many singular
// values.
double ShareBeyondRank(int64_t k, int64_t rank) {
  const LpProblem problem(1, {.k = k});
  kernel::LinearNet net({problem.d(), 6, 4, 5, k});
  kernel::InitializeGaussian(5, 0.5, net);
  const Dense gradient = problem.Gradient(EndToEnd(net, k, problem.d()));
  net.PullBack(gradient);
  double most = 0;
  for (int j = 1; j <= net.depth(); ++j) {
    Dense of_factor(net.factor(j).rows, net.factor(j).columns);
    net.WriteGradientRows(j, 0, of_factor);
    const std::vector<double> s = Decomposed(of_factor).s;
    if (rank < static_cast<int64_t>(s.size())) {
      most = std::max(most, s[rank] / s[0]);
    }
  }
  return most;
}

// The largest second singular value of a factor after training from near zero,
// as a share of its first one, and the bound of this share.
struct SecondShare {
  double measured = 0;
  double bound = 0;
};

SecondShare TrainFromNearZero(int n, double std) {
  const LpProblem problem(1, {.p = 2});
  kernel::LinearNet net(Widths(n, problem.d(), 6, 1));
  kernel::InitializeGaussian(4, std, net);
  // Sums over the layers from j on, at the start.
  std::vector<double> imbalances;
  for (int j = n - 1; j >= 1; --j) {
    imbalances.push_back((imbalances.empty() ? 0 : imbalances.back()) +
                         FrobeniusNorm(ImbalanceOf(net, j)));
  }
  std::reverse(imbalances.begin(), imbalances.end());
  Train(net, problem, {.rate = 0.02, .decay = 0, .steps = 20'000});
  SecondShare share;
  for (int j = 1; j < n; ++j) {
    const std::vector<double> s = Decomposed(CopyOf(net.factor(j))).s;
    if (s[1] / s[0] < share.measured) continue;
    share = {.measured = s[1] / s[0],
             .bound = std::sqrt(imbalances[j - 1]) / s[0]};
  }
  return share;
}

}  // namespace

// Checks section 4 and the appendix. The gradient of every factor is U^T G W^T,
// of rank k at most. A net for one output that starts near zero stays near rank
// one: W_N is a row, W_j W_j^T = W_{j+1}^T W_{j+1} - M_j, and adding M_j moves
// the second eigenvalue by no more than its norm, so that for all j
//   sigma_2(W_j)^2 <= |M_j| + ... + |M_{N-1}|.
// Training keeps the M_j of the start to order eta.
Findings CheckRankOne(const Formulas& formulas) {
  Findings findings;
  for (const int64_t k : {1, 2, 3}) {
    const int64_t rank = formulas.gradient_rank(k);
    findings.push_back(
        {.statement = "gradient of every factor has rank k",
         .setting = absl::StrCat("k=", k, " widths 5,6,4,5,", k, ": sigma_",
                                 rank + 1, " / sigma_1"),
         .predicted = 0,
         .measured = ShareBeyondRank(k, rank),
         .residual = ShareBeyondRank(k, rank),
         .tolerance = 64 * kEpsilon});
  }
  for (const int n : {2, 3}) {
    for (const double std : {0.05, 0.01}) {
      const SecondShare share = TrainFromNearZero(n, std);
      findings.push_back(
          {.statement = "factors trained from near 0 are near rank one",
           .setting = absl::StrCat("N=", n, " width 6 std=", std,
                                   ": sigma_2 / sigma_1"),
           .predicted = 0,
           .measured = share.measured,
           .residual = share.measured,
           .tolerance = share.bound});
    }
  }
  return findings;
}

}  // namespace fathom::worker::theory
