#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "worker/theory/claims.h"
#include "worker/theory/dynamics.h"

namespace fathom::worker::theory {
namespace {

constexpr double kWidthTime = 1;
constexpr int64_t kWidthSteps = 200;

// Turns the units of every hidden layer by a random rotation. This gives
// another balanced net with the same end-to-end matrix.
void Turn(uint64_t seed, kernel::LinearNet& net) {
  kernel::RandomStream random(seed, kernel::Purpose::kTheory, 1);
  for (int j = 1; j < net.depth(); ++j) {
    const Dense below = CopyOf(net.factor(j));
    const Dense above = CopyOf(net.factor(j + 1));
    const Dense turn = RandomOrthogonal(random, below.rows);
    kernel::Multiply(turn, below, net.factor(j));
    kernel::MultiplyTransposed(above, turn, net.factor(j + 1));
  }
}

struct WidthSetting {
  int64_t k;
  int64_t d;
  std::vector<int64_t> hidden;
};

std::vector<int64_t> AllWidths(const WidthSetting& s) {
  std::vector<int64_t> widths = {s.d};
  widths.insert(widths.end(), s.hidden.begin(), s.hidden.end());
  widths.push_back(s.k);
  return widths;
}

}  // namespace

// Checks a corollary of Theorem 1. Two balanced nets with the same end-to-end
// matrix differ by rotations of their hidden units, which gradient descent does
// not see: up to rounding they take the same path. Rounding errors of at most a
// few times 2^-52 in each of 200 updates may grow with the flow, by less than a
// factor of 100. Each of the nets follows the rule, which has no widths, to
// order eta.
Findings CheckWidth(const Formulas& formulas) {
  Findings findings;
  for (const WidthSetting& s : {WidthSetting{1, 5, {1, 1}},
                                {1, 5, {4, 4}},
                                {1, 5, {32, 32}},
                                {1, 5, {2, 9, 3}},
                                {3, 5, {3, 3}},
                                {3, 5, {32, 32}},
                                {3, 5, {7, 4}}}) {
    const int n = static_cast<int>(s.hidden.size()) + 1;
    const LpProblem problem(1, {.k = s.k, .d = s.d});
    const Dense start = StartMatrix(1, s.k, s.d, 0.5);
    const std::string setting = absl::StrCat(
        s.k, "x", s.d, " N=", n, " widths ", absl::StrJoin(s.hidden, ","));
    const Descent descent = {
        .rate = kWidthTime / kWidthSteps, .decay = 0.1, .steps = kWidthSteps};
    const Descent fine = {.rate = kWidthTime / kWidthSteps / 2,
                          .decay = 0.1,
                          .steps = 2 * kWidthSteps};

    kernel::LinearNet narrow =
        BalancedNet(Widths(n, s.d, std::min(s.k, s.d), s.k), start);
    const Dense expected = Train(narrow, problem, descent);
    kernel::LinearNet net = BalancedNet(AllWidths(s), start);
    Turn(2, net);
    const Dense reached = Train(net, problem, descent);
    const double size = FrobeniusNorm(expected);
    findings.push_back(
        {.statement = "same path as the narrowest net",
         .setting = setting + ", units rotated",
         .predicted = size,
         .measured = FrobeniusNorm(reached),
         .residual = Distance(reached, expected) / size,
         .tolerance = 100 * static_cast<double>(kWidthSteps) * kEpsilon});

    kernel::LinearNet again = BalancedNet(AllWidths(s), start);
    Turn(3, again);
    findings.push_back(OrderFinding(
        "net - rule = O(eta)", setting, 1,
        Distance(reached, TrainRule(n, start, problem, descent, formulas)),
        Distance(Train(again, problem, fine),
                 TrainRule(n, start, problem, fine, formulas))));
  }
  return findings;
}

}  // namespace fathom::worker::theory
