#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "worker/kernel/models/preconditioner.h"
#include "worker/theory/claims.h"
#include "worker/theory/dynamics.h"

namespace fathom::worker::theory {
namespace {

// Returns |W|^(2-2/N) (G + (N-1) Pr_W G), which is 0 for W = 0, as N > 1.
Dense ClosedForm(double n, const Dense& w, const Dense& g,
                 const Formulas& formulas) {
  const double norm = FrobeniusNorm(w);
  if (norm == 0) return Dense(w.rows, w.columns);
  const double along = InnerProduct(g, w) / (norm * norm);
  const double rate = formulas.adaptive_rate(n, norm);
  return Sum(Sum(Dense(w.rows, w.columns), rate, g),
             rate * formulas.stretch(n) * along, w);
}

// Returns the result of the general rule for one output. A second output of
// zeros makes the kernel take its way over singular directions instead of the
// closed form.
Dense GeneralRule(double n, const Dense& w, const Dense& g) {
  Dense two_w(2, w.columns), two_g(2, w.columns), out(2, w.columns);
  std::copy(w.data.begin(), w.data.end(), two_w.data.begin());
  std::copy(g.data.begin(), g.data.end(), two_g.data.begin());
  kernel::Preconditioner preconditioner(n, 2, w.columns);
  preconditioner.Apply(two_w, two_g, out);
  Dense first(1, w.columns);
  std::copy_n(out.data.begin(), w.columns, first.data.begin());
  return first;
}

// Returns the result of the kernel for one output.
Dense KernelRule(double n, const Dense& w, const Dense& g) {
  Dense out(1, w.columns);
  kernel::Preconditioner preconditioner(n, 1, w.columns);
  preconditioner.Apply(w, g, out);
  return out;
}

Finding Compare(std::string statement, std::string setting,
                const Dense& predicted, const Dense& measured) {
  const double size = FrobeniusNorm(predicted);
  // The powers of |W| are accurate to 1e-15 (portable_math.h), and there are
  // sums of d products.
  return {.statement = std::move(statement),
          .setting = std::move(setting),
          .predicted = size,
          .measured = FrobeniusNorm(measured),
          .residual = size == 0 ? FrobeniusNorm(measured)
                                : Distance(measured, predicted) / size,
          .tolerance = 16 * static_cast<double>(predicted.columns) * kEpsilon};
}

}  // namespace

// Checks claim 2. The closed form for one output equals the general rule up to
// rounding, for integer and other orders.
Findings CheckSingleOutput(const Formulas& formulas) {
  Findings findings;
  for (const double n : {1.5, 2.0, 2.7, 3.0, 4.0, 8.0}) {
    for (const double norm : {0.0, 1e-3, 2.0}) {
      if (norm == 0 && n != 3.0) continue;
      Findings general, closed;
      for (const uint64_t seed : {1, 2, 3}) {
        const LpProblem problem(seed, {.d = 7});
        const Dense w = StartMatrix(seed, 1, 7, norm);
        const Dense g = problem.Gradient(w);
        const Dense predicted = ClosedForm(n, w, g, formulas);
        const std::string setting =
            absl::StrCat("d=7 N=", n, " |W|=", norm, " seeds 1-3");
        general.push_back(
            Compare("general rule for one output is the closed form", setting,
                    predicted, GeneralRule(n, w, g)));
        closed.push_back(Compare("kernel for one output is the closed form",
                                 setting, predicted, KernelRule(n, w, g)));
      }
      findings.push_back(Worst(general));
      findings.push_back(Worst(closed));
    }
  }
  return findings;
}

}  // namespace fathom::worker::theory
